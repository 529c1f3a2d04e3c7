package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/record"
)

// lookAgain is how often a worklist is looked at though nobody rang: another replica may have changed it, or an agreement.
const lookAgain = 15 * time.Second

// Following yields a worklist whenever it changes.
type Following struct {
	desk   *Desk
	asking disclosure.Asking
	filter Filter
	fields []record.Field
	first  int
	bell   *bell.Bell[string]
	last   string
}

// Follow begins to follow a worklist. It is refused where [Desk.Worklist] is.
func (d *Desk) Follow(ctx context.Context, a disclosure.Asking, f Filter, fields []record.Field, first int) (*Following, error) {
	s, err := d.scan(ctx, a, f, "")
	if err != nil {
		return nil, err
	}
	return &Following{
		desk: d, asking: a, filter: f, fields: fields, first: first,
		bell: d.bells.Listen(listOf(s.kept.Partner, s.kept.Partnership)),
	}, nil
}

// Next returns the first page as it is now: at once the first time, and then when it has changed. It is decided anew each
// time, so that a withdrawal is seen at once; what is shown is recorded only when there is something new to show.
func (f *Following) Next(ctx context.Context) (Page, error) {
	for {
		seen, until, err := f.look(ctx)
		if err != nil {
			return Page{}, err
		}
		if seen != f.last {
			page, err := f.desk.Worklist(ctx, f.asking, f.filter, f.fields, f.first, "")
			if err == nil {
				f.last = seen
			}
			return page, err
		}
		if err := f.wait(ctx, until); err != nil {
			return Page{}, err
		}
	}
}

// look says how the page looks without showing anything: which referrals, of which version, and what was decided about each.
func (f *Following) look(ctx context.Context) (seen string, until time.Time, err error) {
	s, err := f.desk.scan(ctx, f.asking, f.filter, "")
	if err != nil {
		return "", until, err
	}
	ids, _, err := s.find(ctx, f.first)
	if err != nil {
		return "", until, err
	}
	cuts, err := f.desk.Cutter.May(ctx, f.asking, ids...)
	if err != nil {
		return "", until, unavailable(err)
	}
	seen = "page"
	for _, cut := range cuts {
		d := cut.Decision()
		fields := slices.Sorted(slices.Values(d.Fields))
		seen += fmt.Sprintf(" %s %d %s %v %v;", cut.ID(), cut.Version(), d.Ground, fields, d.Beside)
		if !d.HoldsUntil.IsZero() && (until.IsZero() || d.HoldsUntil.Before(until)) {
			until = d.HoldsUntil
		}
	}
	return seen, until, nil
}

func (f *Following) wait(ctx context.Context, until time.Time) error {
	longest := lookAgain
	if !until.IsZero() {
		longest = min(longest, max(until.Sub(f.desk.now()), time.Millisecond))
	}
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.bell.Rings():
	case <-timer.C:
	}
	return nil
}

// Close ends it.
func (f *Following) Close() { f.bell.Close() }
