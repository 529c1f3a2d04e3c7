package referral_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/api/referral"
)

// outline is what is left of how a referral stands of somebody who was erased.
type outline struct {
	Status                                referral.Status
	Stage                                 referral.Stage
	Urgency                               referral.Urgency
	Version                               int64
	Target, Origin, Partnership, Claim    string
	AskedAt                               int64
	SubmittedAt, ChangedAt, Began, Held   time.Time
	Escalated                             bool
	Asked, Workers, Links, Questions, All int
}

func outlineOf(s referral.State) outline {
	return outline{
		s.Status, s.Stage(), s.Urgency, s.Version, s.Target, s.Origin, s.Partnership, s.Claim, s.AskedAt, s.SubmittedAt, s.ChangedAt,
		s.BeganAt, s.HeldUntil, s.Escalation != nil, len(s.Asked), len(s.Workers), len(s.Links), len(s.Questions), len(s.Stages),
	}
}

// Any history replays without what its codes tell of the person, to the same outline, and says no reason, outcome or step.
func TestARedactedHistoryReplaysAndTellsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := anyTale(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			anyDelay(t, x)
			_ = x.try(anyStep(t, x))
		}
		redacted := make([]referral.Event, len(x.history))
		for i, e := range x.history {
			text, err := referral.EncodeChange(referral.Redacted(e.Change))
			if err != nil {
				t.Fatal(err)
			}
			for _, tells := range []string{
				"Died", "Protection", "Naloxone", "RiskHasRisen", "LeftBefore", "CouldNotBeReached", "Declined", "bbv", "given", "nextDue", "FollowUp",
			} {
				if strings.Contains(string(text), tells) && e.Change.Kind() != referral.KindSettleStage {
					t.Fatalf("%s says %s", e.Change.Kind(), text)
				}
			}
			redacted[i] = e
			if redacted[i].Change, err = referral.DecodeChange(e.Change.Kind(), text); err != nil {
				t.Fatal(err)
			}
			again, err := referral.EncodeChange(referral.Redacted(redacted[i].Change))
			if err != nil || string(again) != string(text) {
				t.Fatalf("redacted once more it says %s, not %s: %v", again, text, err)
			}
			got, err := referral.Fold(redacted[:i+1])
			if err != nil {
				t.Fatal(err)
			}
			want, err := referral.Fold(x.history[:i+1])
			if d := cmp.Diff(outlineOf(want), outlineOf(got)); err != nil || d != "" {
				t.Fatalf("version %d: %v %s", i+1, err, d)
			}
		}
	})
}
