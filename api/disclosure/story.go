package disclosure

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Story is a part of what happened, in order.
type Story struct {
	Events []referral.Event
	// Words says whether what was written with the events may be seen; Reasons why not.
	Words   bool
	Reasons []string
	// More says that there is more after it.
	More bool
}

// errNoStory is a story that was asked for though the cut has none.
var errNoStory = errors.New("what happened to this referral is not for whoever asks to see")

// Story returns what happened after a version: who did what and when for those who may see how the referral stands, and what was
// written with it for those who may see that. At most limit events, of 1 to [MostAtOnce].
func (c *Cutter) Story(ctx context.Context, cut Cut, after int64, limit int) (Story, error) {
	if !cut.Permits(record.Status) {
		return Story{}, errNoStory
	}
	words := cut.Permits(Words)
	page, err := c.Kept.HistoryAsDecided(ctx, cut.id, cut.dossier.Basis, after, limit, words)
	if errors.Is(err, store.ErrMoved) {
		err = fmt.Errorf("%w (%w)", ErrNotDecided, err)
	}
	if err != nil {
		return Story{}, err
	}
	if page.Unreadable {
		c.isUnreadable(ctx, cut.id)
	}
	story := Story{Words: words && !page.WordsGone && !page.Unreadable, More: page.More}
	switch {
	case !words:
		story.Reasons = cut.WhyNot(Words)
	case page.WordsGone:
		story.Reasons = []string{ReasonErased}
	case page.Unreadable:
		story.Reasons = []string{ReasonUnreadable}
	}
	for _, e := range page.Events {
		if e.Version > cut.dossier.State.Version { // came meanwhile, or after the partner's time
			story.More = false
			break
		}
		story.Events = append(story.Events, cut.event(e))
	}
	shown := []string{string(record.Status)}
	if story.Words {
		shown = []string{string(record.Status), string(Words)}
	}
	entry := cut.entry(audit.Read, c.Clock(), &audit.Decision{Effect: policies.Allow, Ground: cut.decision.Ground, Fields: shown})
	entry.Detail = "story"
	if err := c.Kept.Record(ctx, entry); err != nil {
		return Story{}, fmt.Errorf("record what is about to be shown: %w", err)
	}
	return story, nil
}

// event leaves out of an event the names of fields that may not be seen, since that one changed tells that it was told, and
// steps that would tell along which pathway the referral was made. Of what came after a kept copy only that it came is told.
func (c Cut) event(e referral.Event) referral.Event {
	amended, ok := e.Change.(referral.Amend)
	if ok {
		e.Change = referral.Amend{Fields: slices.DeleteFunc(slices.Clone(amended.Fields), func(name string) bool {
			return !c.Permits(record.Field(name))
		})}
	}
	if c.snapshot > 0 && e.Version > c.snapshot {
		e.Words = ""
		if ok {
			e.Change = referral.Amend{}
		}
	}
	if !c.seesAlong() {
		e = e.WithoutPlan()
	}
	return e
}
