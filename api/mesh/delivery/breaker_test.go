package delivery

import (
	"testing"
	"time"
)

func TestAPartnerThatFailsIsLeftAloneForLongerEachTime(t *testing.T) {
	var b Breaker
	now := noon
	for i := range failuresInARow {
		if _, at := b.Enter("harbour", now); !at.IsZero() {
			t.Fatalf("failure %d: closed until %s", i+1, at)
		}
		if closed := b.Failed("harbour", now, 0); closed != (i == failuresInARow-1) {
			t.Fatalf("failure %d: closed: %v", i+1, closed)
		}
	}
	if b.Failed("harbour", now, 0) {
		t.Error("what was under way closed it again")
	}
	var rests []time.Duration
	for range 8 {
		_, at := b.Enter("harbour", now)
		if at.IsZero() || !b.Resting("harbour", now) {
			t.Fatal("it is open")
		}
		rests = append(rests, at.Sub(now))
		now = at
		_, first := b.Enter("harbour", now)
		if leave, second := b.Enter("harbour", now); !first.IsZero() || !second.Equal(now.Add(probeTime)) || leave != nil {
			t.Fatalf("after a rest one finds out, and the others wait: %s %s", first, second)
		}
		if b.Resting("harbour", now) || !b.Doubtful("harbour") {
			t.Fatal("nobody is let through, or all are")
		}
		if !b.Failed("harbour", now, 0) {
			t.Fatal("a probe that failed did not close it")
		}
	}
	want := []int{30, 60, 120, 240, 480, 900, 900, 900}
	for i, rest := range rests {
		if int(rest.Seconds()) != want[i] {
			t.Errorf("rest %d took %s", i+1, rest)
		}
	}
	if _, at := b.Enter("beacon", now); !at.IsZero() {
		t.Error("another partner is closed, too")
	}
	b.Well("harbour")
	if _, at := b.Enter("harbour", now); !at.IsZero() || b.Failed("harbour", now, 0) {
		t.Error("it is well, and closed")
	}
}

// Whoever says 429 asks for itself, and not for the one event that it was sent.
func TestAnEndpointThatAsksForTimeIsGivenItAtOnce(t *testing.T) {
	var b Breaker
	if !b.Failed("harbour", noon, 20*time.Minute) || !b.Resting("harbour", noon) {
		t.Error("it is open")
	}
	if leave, at := b.Enter("harbour", noon); at.Sub(noon) != 20*time.Minute || leave != nil {
		t.Errorf("closed for %s", at.Sub(noon))
	}
	b.Failed("harbour", noon.Add(time.Minute), time.Minute) // one that was under way asks for less
	if _, at := b.Enter("harbour", noon.Add(time.Minute)); at.Sub(noon) != 20*time.Minute {
		t.Errorf("closed for %s", at.Sub(noon))
	}
	after := noon.Add(20 * time.Minute)
	for range 3 { // it has not failed: there is nothing to find out
		if leave, at := b.Enter("harbour", after); leave == nil || b.Doubtful("harbour") {
			t.Errorf("closed until %s", at)
		}
	}
	b.Failed("harbour", after, 1000*time.Hour)
	if _, at := b.Enter("harbour", after); at.Sub(after) != time.Hour {
		t.Errorf("closed for %s", at.Sub(after))
	}
}

// A probe that sent nothing, since what was to be sent is not for the partner any more, is nobody's loss: the next one finds out.
func TestAProbeThatSentNothingLetsTheNextOneThroughAtOnce(t *testing.T) {
	var b Breaker
	for range failuresInARow {
		b.Failed("harbour", noon, 0)
	}
	now := noon.Add(shortestRest)
	first, _ := b.Enter("harbour", now)
	first()
	second, at := b.Enter("harbour", now)
	if second == nil {
		t.Fatalf("closed until %s", at)
	}
	if third, _ := b.Enter("harbour", now); third != nil {
		t.Error("two find out at once")
	}
	b.Failed("harbour", now, 0)
	if second(); !b.Resting("harbour", now) {
		t.Error("who left opened it")
	}
}

// Whoever found out and never said so, because the program was stopped, does not keep it closed.
func TestAProbeThatNeverEndsLetsAnotherOneThrough(t *testing.T) {
	var b Breaker
	for range failuresInARow {
		b.Failed("harbour", noon, 0)
	}
	b.Enter("harbour", noon.Add(shortestRest))
	if _, at := b.Enter("harbour", noon.Add(shortestRest+probeTime)); !at.IsZero() {
		t.Errorf("closed until %s", at)
	}
}
