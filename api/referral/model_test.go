package referral_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/api/referral"
)

// paths is the state machine written down a second time, as it is drawn in the design: for each status what may follow.
var paths = map[referral.Status]map[referral.Kind]referral.Status{
	referral.Submitted: {
		"Acknowledge": referral.Acknowledged, "Redirect": referral.Redirected, "PassOn": referral.Redirected,
	},
	referral.Redirected: {
		"Acknowledge": referral.Acknowledged, "Redirect": referral.Redirected, "PassOn": referral.Redirected,
	},
	referral.Acknowledged: {"Accept": referral.Accepted, "CannotOffer": referral.CannotBeOffered, "Redirect": referral.Redirected},
	referral.CannotBeOffered: {
		"Accept": referral.Accepted, "Reconsider": referral.Submitted, "Redirect": referral.Redirected,
	},
	referral.Accepted: {
		"CannotOffer": referral.CannotBeOffered, "Redirect": referral.Redirected, "WaitForPlace": referral.PlacementWaiting,
		"StartSupport": referral.InSupport,
	},
	referral.PlacementWaiting: {
		"HoldPlace": referral.PlacementHeld, "ReleasePlace": referral.Accepted, "Admit": referral.Admitted,
	},
	referral.PlacementHeld: {
		"Admit": referral.Admitted, "EndHold": referral.PlacementWaiting, "ReleasePlace": referral.Accepted,
		"HoldPlace": referral.PlacementHeld,
	},
	referral.Admitted:  {"Complete": referral.Completed},
	referral.InSupport: {"Complete": referral.Completed},
}

// beside are the changes that leave the status as it is.
var beside = []referral.Kind{
	"Escalate", "SettleEscalation", "Message", "Ask", "Answer", "SettleStage", "SetUrgency", "Amend", "MakeLink",
	"SetCircumstances", "TakeUp", "StepBack", "SettleStep",
}

func anyActor() *rapid.Generator[referral.Actor] {
	return rapid.SampledFrom([]referral.Actor{haven, harbour, beacon, moray, fife, self, other, program})
}

func anyChange() *rapid.Generator[referral.Change] {
	return rapid.Custom(func(t *rapid.T) referral.Change {
		partner := rapid.SampledFrom([]string{"harbour", "beacon", "haven"})
		claim := rapid.SampledFrom([]string{"c-1", "c-2"})
		link := rapid.Custom(func(t *rapid.T) referral.Link {
			return referral.Link{
				Kind:     rapid.SampledFrom([]referral.LinkKind{referral.Aftercare, referral.Onward}).Draw(t, "kind"),
				Referral: fmt.Sprintf("r-%07d", rapid.IntRange(0, 30).Draw(t, "linked")),
			}
		})
		changes := []func() referral.Change{
			func() referral.Change { return referral.Acknowledge{} },
			func() referral.Change { return referral.Accept{} },
			func() referral.Change { return cannot.c },
			func() referral.Change { return referral.Redirect{Target: partner.Draw(t, "to")} },
			func() referral.Change { return referral.Reconsider{} },
			func() referral.Change { return referral.WaitForPlace{Claim: claim.Draw(t, "claim")} },
			func() referral.Change {
				return referral.HoldPlace{Claim: claim.Draw(t, "claim"), Until: noon.Add(rapid.SampledFrom([]time.Duration{0, 1000 * time.Hour}).Draw(t, "until"))}
			},
			func() referral.Change { return referral.EndHold{} },
			func() referral.Change { return referral.ReleasePlace{} },
			func() referral.Change { return referral.Admit{} },
			func() referral.Change { return referral.StartSupport{} },
			func() referral.Change { return complete.c },
			func() referral.Change { return withdraw.c },
			func() referral.Change { return referral.Escalate{Reason: referral.EscalateRisk} },
			func() referral.Change { return referral.SettleEscalation{} },
			func() referral.Change { return referral.Message{} },
			func() referral.Change {
				return referral.Ask{Of: rapid.SampledFrom([]referral.Side{referral.SideOrigin, referral.SideTarget, referral.SidePartnership}).Draw(t, "of")}
			},
			func() referral.Change { return referral.Answer{To: rapid.Int64Range(0, 40).Draw(t, "answers")} },
			func() referral.Change {
				return referral.SettleStage{
					Stage:   rapid.SampledFrom(referral.Stages()).Draw(t, "stage"),
					Outcome: rapid.SampledFrom([]referral.StageOutcome{referral.StageDone, referral.StageNotNeeded, referral.StageDeclined}).Draw(t, "outcome"),
				}
			},
			func() referral.Change { return referral.SetUrgency{Urgency: referral.Urgent} },
			func() referral.Change { return referral.Amend{Fields: []string{"phone"}} },
			func() referral.Change { return referral.MakeLink{Link: link.Draw(t, "link")} },
			func() referral.Change { return referral.SetCircumstances{} },
			func() referral.Change { return referral.TakeUp{} },
			func() referral.Change { return referral.StepBack{} },
			func() referral.Change { return submit(referral.Direct) },
			func() referral.Change { return referral.PassOn{Target: partner.Draw(t, "next")} },
			func() referral.Change {
				return referral.Escalate{Reason: referral.EscalateLate, Task: rapid.SampledFrom(referral.Tasks()).Draw(t, "late")}
			},
			func() referral.Change {
				return referral.SettleStep{
					Task: rapid.SampledFrom(referral.Tasks()).Draw(t, "task"),
					Outcome: rapid.SampledFrom([]referral.StepOutcome{
						referral.StepOffered, referral.StepDone, referral.StepDeclined, referral.StepNotNeeded,
					}).Draw(t, "outcome"),
				}
			},
		}
		return rapid.SampledFrom(changes).Draw(t, "change")()
	})
}

// likely draws a change that the path goes on with, so that tales get far.
func likely(t *rapid.T, x *tale) step {
	var way []step
	target := referral.Actor{ID: "u-target", Partner: x.Target}
	switch x.Status {
	case referral.Submitted, referral.Redirected:
		way = []step{{target, referral.Acknowledge{}, ""}}
	case referral.Acknowledged:
		way = []step{{target, referral.Accept{}, ""}, {target, referral.Accept{}, ""}, {target, cannot.c, ""}}
	case referral.CannotBeOffered:
		way = []step{{haven, referral.Redirect{Target: "haven"}, ""}, {haven, referral.Reconsider{}, "detox is done"}}
	case referral.Accepted:
		way = []step{{program, referral.WaitForPlace{Claim: "c-1"}, ""}, {target, referral.StartSupport{}, ""}}
	case referral.PlacementWaiting:
		way = []step{{program, referral.HoldPlace{Claim: x.Claim, Until: noon.Add(1000 * time.Hour)}, ""}}
	case referral.PlacementHeld:
		way = []step{{target, referral.Admit{}, ""}}
	case referral.Admitted, referral.InSupport:
		way = []step{{target, complete.c, ""}, {target, referral.Message{}, "all is well"}}
	default:
		way = []step{{moray, referral.Message{}, "hello"}}
	}
	if stage := x.Stage(); stage != "" {
		for _, by := range []referral.Actor{haven, moray} {
			way = append(way, step{by, referral.SettleStage{Stage: stage, Outcome: referral.StageDone}, ""})
		}
	}
	if now := x.WhatNow(x.now(), func(string) bool { return rapid.IntRange(0, 3).Draw(t, "can be asked") > 0 }); now != nil {
		way = append(way, step{program, now, ""})
	}
	return rapid.SampledFrom(way).Draw(t, "likely")
}

// anyTale begins a referral, with a plan or without one.
func anyTale(t *rapid.T) *tale {
	route := rapid.SampledFrom([]referral.Route{referral.Direct, referral.Funded}).Draw(t, "route")
	if rapid.Bool().Draw(t, "planned") {
		return along(t, route, planned())
	}
	return begin(t, route)
}

// anyDelay lets some time go by.
func anyDelay(t *rapid.T, x *tale) {
	x.late += time.Duration(rapid.SampledFrom([]int{0, 0, 0, 20, 60, 600}).Draw(t, "minutes later")) * time.Minute
}

func anyStep(t *rapid.T, x *tale) step {
	if rapid.IntRange(0, 2).Draw(t, "likely?") > 0 {
		return likely(t, x)
	}
	return step{anyActor().Draw(t, "by"), anyChange().Draw(t, "change"), rapid.SampledFrom([]string{"", "because"}).Draw(t, "words")}
}

func TestEveryPathIsDrawn(t *testing.T) {
	reached, passed := map[referral.Status]int{}, 0
	rapid.Check(t, func(t *rapid.T) {
		x := anyTale(t)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			before := x.State
			anyDelay(t, x)
			st := anyStep(t, x)
			err := x.try(st)
			checkStep(t, before, x.State, st, err)
			reached[x.Status]++
			if err == nil && st.c.Kind() == "PassOn" {
				passed++
			}
		}
		checkHistory(t, x)
	})
	for _, status := range referral.Statuses() {
		if reached[status] == 0 {
			t.Errorf("no tale came to %s: this test shows less than it should", status)
		}
	}
	if passed == 0 {
		t.Error("nothing was passed on: this test shows less than it should")
	}
}

// checkStep compares one step with the paths that are drawn.
func checkStep(t *rapid.T, before, after referral.State, st step, err error) {
	if err != nil {
		if d := cmp.Diff(before, after); d != "" {
			t.Fatalf("refused, and changed all the same: %s", d)
		}
		var refused *referral.Refused
		if !errors.As(err, &refused) || refused.Message == "" {
			t.Fatalf("refused without saying why: %v", err)
		}
		return
	}
	kind := st.c.Kind()
	want, ok := paths[before.Status][kind]
	switch {
	case kind == "Withdraw" && !before.Status.Ended():
		want, ok = referral.Withdrawn, true
	case slices.Contains(beside, kind):
		want, ok = before.Status, true
	}
	if !ok || after.Status != want {
		t.Fatalf("%s led from %s to %s", kind, before.Status, after.Status)
	}
	if before.Status.Ended() && (after.Status != before.Status || after.Outcome != before.Outcome || after.Withdrawal != before.Withdrawal ||
		after.Target != before.Target) {
		t.Fatalf("%s changed a referral that had ended", kind)
	}
	if after.Version != before.Version+1 {
		t.Fatalf("version %d follows %d", after.Version, before.Version)
	}
	checkTime(t, before, after, st)
	if after.Status == referral.PlacementHeld && (after.Claim == "" || after.HeldUntil.IsZero()) {
		t.Fatal("a place is held for no claim, or without an end")
	}
}

// checkTime looks at what is due before and after a step: only what is late is passed on or escalated, and each only once.
func checkTime(t *rapid.T, before, after referral.State, st step) {
	due := func(task referral.Task) bool {
		return slices.ContainsFunc(before.Timers(), func(d referral.Due) bool { return d.Task == task && d.Overdue(after.ChangedAt) })
	}
	switch c := st.c.(type) {
	case referral.PassOn:
		asked := slices.ContainsFunc(before.Asked, func(turn referral.Turn) bool { return turn.Partner == c.Target })
		if !due("Answer") && !before.Steps[0].LateAt.IsZero() || st.by.Capacity != referral.AsProgram || asked || after.Target != c.Target {
			t.Fatalf("passed on from %s to %s: %+v", before.Target, after.Target, before.Steps[0])
		}
	case referral.Escalate:
		late := slices.ContainsFunc(before.DueSteps(), func(d referral.Due) bool { return d.Task == c.Task && d.Overdue(after.ChangedAt) })
		if c.Task != "" && !late {
			t.Fatalf("%s is said to be late, and is not: %+v", c.Task, before.DueSteps())
		}
	}
	if after.Status.Ended() && len(after.DueSteps()) > 0 {
		t.Fatalf("the referral has ended, and %v are due", after.DueSteps())
	}
	for _, d := range after.DueSteps() {
		waits := after.Status == referral.Submitted || after.Status == referral.Redirected
		if d.Task == "Answer" && !waits || d.Responder != after.Target {
			t.Fatalf("the referral is %s with %s, and %+v is due", after.Status, after.Target, d)
		}
	}
}

// checkHistory looks at what must have come before, whatever the path.
func checkHistory(t *rapid.T, x *tale) {
	first := func(match func(referral.Event) bool) int { return slices.IndexFunc(x.history, match) }
	kind := func(k referral.Kind) func(referral.Event) bool {
		return func(e referral.Event) bool { return e.Change.Kind() == k }
	}
	settled := func(stage referral.Stage) func(referral.Event) bool {
		return func(e referral.Event) bool {
			c, ok := e.Change.(referral.SettleStage)
			return ok && c.Stage == stage && c.Outcome != referral.StageDeclined
		}
	}
	began := first(func(e referral.Event) bool { return e.Change.Kind() == "Admit" || e.Change.Kind() == "StartSupport" })
	if began < 0 {
		return
	}
	earlier := []func(referral.Event) bool{kind("Acknowledge"), kind("Accept")}
	if x.history[began].By.Capacity == referral.AsProgram { // it says what has happened, and did not see all that came before
		return
	}
	if x.history[began].Change.Kind() == "Admit" {
		earlier = append(earlier, kind("WaitForPlace"), kind("HoldPlace"))
	}
	if x.Route == referral.Funded {
		earlier = append(earlier, settled(referral.StageContact), settled(referral.StageAssessment), settled(referral.StageFunding))
	}
	last := -1
	for i, match := range earlier {
		at := first(match)
		if at < 0 || at > began {
			t.Fatalf("stay or support began without %d of what comes before", i)
		}
		if i >= len(earlier)-3 && x.Route == referral.Funded {
			if at < last {
				t.Fatal("the stages are not in order")
			}
			last = at
		}
	}
	for _, e := range x.history {
		c, ok := e.Change.(referral.SettleStage)
		if ok && (c.Stage == referral.StageAssessment || c.Stage == referral.StageFunding) && e.By.Partnership != "moray" {
			t.Fatalf("%s was settled by %s", c.Stage, e.By.ID)
		}
	}
}

func TestAnyHistoryReplaysToTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := anyTale(t)
		states := []referral.State{x.State}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			anyDelay(t, x)
			if x.try(anyStep(t, x)) == nil {
				states = append(states, x.State)
			}
		}
		history := make([]referral.Event, len(x.history))
		for i, e := range x.history { // as it comes from a store: codes as JSON, and perhaps nobody's words any more
			text, err := referral.EncodeChange(e.Change)
			if err != nil {
				t.Fatal(err)
			}
			history[i] = e
			history[i].Words = ""
			if history[i].Change, err = referral.DecodeChange(e.Change.Kind(), text); err != nil {
				t.Fatal(err)
			}
		}
		for i := range history {
			got, err := referral.Fold(history[:i+1])
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(states[i], got); d != "" {
				t.Fatalf("version %d: %s", i+1, d)
			}
		}
		tampered(t, history)
	})
}

// tampered histories do not replay.
func tampered(t *rapid.T, history []referral.Event) {
	if len(history) < 3 {
		return
	}
	at := rapid.IntRange(1, len(history)-1).Draw(t, "tamper at")
	for name, wrong := range map[string][]referral.Event{
		"one missing":   slices.Delete(slices.Clone(history), at-1, at),
		"one twice":     slices.Insert(slices.Clone(history), at, history[at]),
		"none at first": history[1:],
	} {
		if _, err := referral.Fold(wrong); err == nil {
			t.Fatalf("%s: replays all the same", name)
		}
	}
	moved := slices.Clone(history)
	moved[at].Referral = "r-9999999"
	if _, err := referral.Fold(moved); err == nil {
		t.Fatal("an event of another referral replays")
	}
}

// Writers who read at some time and decide later: of those who read one version, at most one wins, and each other is told
// both versions. The model counts versions; nothing else.
func TestNoTwoWritersBothWin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := begin(t, referral.Direct)
		latest := int64(1)
		read := [4]int64{1, 1, 1, 1}
		for range rapid.IntRange(1, 60).Draw(t, "turns") {
			w := rapid.IntRange(0, len(read)-1).Draw(t, "writer")
			if rapid.Bool().Draw(t, "reads") {
				read[w] = latest
				continue
			}
			st := step{haven, referral.Message{}, "hello"}
			after, e, err := log.Decide(read[w], st.c, st.by, st.words, noon)
			if read[w] == latest {
				if err != nil || e.Version != latest+1 {
					t.Fatalf("the first to write at version %d: %v", latest, err)
				}
				log.State, latest = after, e.Version
				continue
			}
			var stale *referral.Stale
			if !errors.As(err, &stale) || *stale != (referral.Stale{Read: read[w], Now: latest}) {
				t.Fatalf("read %d at %d: %v", read[w], latest, err)
			}
		}
	})
}
