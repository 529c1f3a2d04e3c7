package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// dueAt has the answer due at a moment, and nothing else.
func dueAt(at time.Time) func(*store.Submission) {
	return func(s *store.Submission) {
		alongPathway(s)
		s.Submit.Plan.Steps = s.Submit.Plan.Steps[:1]
		s.Submit.Plan.Steps[0].Due = at
	}
}

// The timers are those that follow from how each referral stands, whatever happens to it.
func TestTimersFollowWhatHappens(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id := w.submit(t, alongPathway)
		for i, tc := range []struct {
			by     referral.Actor
			change referral.Change
			want   []referral.Task
		}{
			{haven, referral.Message{}, []referral.Task{v1alpha1.TaskAnswer, v1alpha1.TaskNaloxone}},
			{keeper, referral.PassOn{Target: "beacon"}, []referral.Task{v1alpha1.TaskAnswer, v1alpha1.TaskNaloxone}},
			{haven, referral.Redirect{Target: "harbour"}, []referral.Task{v1alpha1.TaskAnswer, v1alpha1.TaskNaloxone}},
			{harbour, referral.Acknowledge{}, []referral.Task{v1alpha1.TaskNaloxone}},
			{harbour, referral.SettleStep{Task: v1alpha1.TaskNaloxone, Outcome: referral.StepOffered}, []referral.Task{v1alpha1.TaskNaloxone}},
			{keeper, referral.Escalate{Reason: referral.EscalateLate, Task: v1alpha1.TaskNaloxone}, nil},
			{haven, referral.Withdraw{Reason: referral.WithdrawChoice}, nil},
		} {
			w.do(t, id, int64(i+1), tc.by, tc.change, "because")
			timed(t, w, id, tc.want...)
		}
		other := w.submit(t, alongPathway)
		w.do(t, other, 1, haven, referral.Withdraw{Reason: referral.WithdrawChoice}, "because")
		timed(t, w, other)
	})
}

// The earliest come first, and none is left out however many there are.
func TestTimersComeInTheirOrder(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		var want []string
		for i := range 7 {
			id := w.submit(t, dueAt(noon.Add(time.Duration(i/2)*time.Hour)))
			want = append(want, id)
		}
		var got []store.Timer
		for after := (store.Timer{}); ; {
			page, err := w.Timers(t.Context(), after, 3)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got, after = append(got, page...), page[len(page)-1]
		}
		if !slices.IsSortedFunc(got, func(a, b store.Timer) int { return a.DueAt.Compare(b.DueAt) }) {
			t.Errorf("not in order: %v", got)
		}
		var ids []string
		for _, timer := range got {
			ids = append(ids, timer.Referral)
		}
		slices.Sort(ids)
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Errorf("%d timers of %d referrals", len(ids), len(want))
		}
	})
}

// Several replicas that find a time over at once pass the referral on once; whoever acknowledges at the same moment either is in
// time, or is not, and nobody is told both.
func TestATimerFiresOnce(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		others := []*world{w, w.again(t), w.again(t)}
		for range 5 {
			id := w.submit(t, alongPathway)
			var together sync.WaitGroup
			errs := make([]error, 2*len(others))
			for i, other := range others {
				for j, c := range []struct {
					by     referral.Actor
					change referral.Change
				}{{keeper, referral.PassOn{Target: "beacon"}}, {harbour, referral.Acknowledge{}}} {
					st := store.Step{
						Once: store.Once{Scope: fmt.Sprint("replica", i), Key: fmt.Sprintf("%s-%d", id, j)}, By: c.by, Referral: id, Read: 1, Change: c.change,
					}
					together.Go(func() { _, errs[2*i+j] = other.Change(context.Background(), st) })
				}
			}
			together.Wait()
			if s := w.state(t, id); s.Version != 2 || len(s.Asked) > 2 {
				t.Fatalf("version %d, asked %v", s.Version, s.Asked)
			}
			done := 0
			for _, err := range errs {
				var stale *referral.Stale
				if err == nil {
					done++
				} else if !errors.As(err, &stale) {
					t.Errorf("got %v", err)
				}
			}
			if done != 1 {
				t.Errorf("%d were told that it was done", done)
			}
		}
	})
}

// The same request, sent again when the pathway or the clock would give another plan, is the same request.
func TestAPlanIsNotWhatWasAskedFor(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		s := w.submission(alongPathway)
		first, err := w.Submit(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		s.Submit.Target, s.Submit.Plan.Steps[0].Responders = "beacon", []string{"beacon"}
		s.Submit.Plan.Steps[0].Due = noon.Add(time.Hour)
		again, err := w.Submit(t.Context(), s)
		if err != nil || !again.Replayed || again.Referral != first.Referral {
			t.Errorf("%+v %v", again, err)
		}
		s.Asked.Pathway = "another"
		if _, err := w.Submit(t.Context(), s); !errors.Is(err, store.ErrKeyReused) {
			t.Errorf("another pathway: %v", err)
		}
	})
}

// Along which pathway somebody was referred is nowhere in the clear.
func TestThePathwayIsKeptEncrypted(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		w.submit(t, alongPathway, func(s *store.Submission) { s.Along.Pathway = "xylophones-only" })
		for _, table := range kept(t, w) {
			lookInTable(t, w, table, "xylophones", "NearFatalOverdose")
		}
		lookInFiles(t, w.place, "xylophones", "NearFatalOverdose")
	})
}
