package delivery_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/store"
)

// sendings are what the audit log says was sent, in its own order: no clock is asked.
type sendings struct {
	// begun is how often each event was, by its id up to its kind.
	begun map[string]int
	// named is how often a name was decided to be sent, by partner and referral.
	named map[string]int
	wrong []string
	// said is how many things were said about sharing, and after how many events were sent after something was taken back.
	said, after int
}

// logged reads the audit log. Nothing but that something was said is sent after somebody took back what they agreed to, and no
// name after they wanted it to be shared no longer.
func logged(t *testing.T, kept *store.Store) sendings {
	t.Helper()
	s := sendings{begun: map[string]int{}, named: map[string]int{}}
	over, grants := map[string]bool{}, map[string]int{}
	for item, err := range kept.Log(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if item.Record == nil {
			continue
		}
		e, err := audit.Parse(item.Record)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case e.What == audit.Changed && e.Detail == "consent.withdraw":
			over[e.Referral] = true
			s.said++
		case e.What == audit.Changed && e.Detail == "consent.grant":
			if grants[e.Referral]++; grants[e.Referral] == 2 {
				s.said++
			}
		case e.What == audit.Sent:
			s.begun[fmt.Sprintf("%s-%d-%s", e.Referral, e.Version, e.Detail)]++
			if over[e.Referral] {
				s.after++
			}
			if over[e.Referral] && e.Detail != "Sharing" {
				s.wrong = append(s.wrong, fmt.Sprintf("%s of %s began after its end was in the log", e.Detail, e.Referral))
			}
		case e.What == audit.Read && slices.Contains(e.Decision.Fields, "full_name"):
			if s.named[e.To+"/"+e.Referral]++; over[e.Referral] || grants[e.Referral] > 1 {
				s.wrong = append(s.wrong, "the name of "+e.Referral+" was sent after it was to be shared no longer")
			}
		}
	}
	return s
}

// holds makes sure that nothing came that the log does not say was sent, nor more often.
func (s sendings) holds(t *testing.T, p *post) {
	t.Helper()
	for _, wrong := range s.wrong[:min(len(s.wrong), 10)] {
		t.Error(wrong)
	}
	if s.said == 0 || s.after == 0 {
		t.Errorf("%d people said something, and %d events were sent after they took it back", s.said, s.after)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	came := map[string]int{}
	for id, n := range p.came {
		came[withoutSaid(id)] += n
	}
	for of, n := range came {
		if n > s.begun[of] {
			t.Errorf("%s came %d times, and was begun %d times", of, n, s.begun[of])
		}
	}
	for of, n := range p.named {
		if n > s.named[of] {
			t.Errorf("a name came to %s %d times, and was decided to %d times", of, n, s.named[of])
		}
	}
	t.Logf("%d said something about sharing, %d events came with a name", s.said, len(p.named))
}

// withoutSaid is an event's id up to its kind.
func withoutSaid(id string) string {
	parts := strings.Split(id, "-") // r, the referral, version, kind, …
	return strings.Join(parts[:min(len(parts), 4)], "-")
}
