package rulebook

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/directory"
	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

func TestNothingIsDecidedUntilBothKindsHaveBeenRead(t *testing.T) {
	for name, tc := range map[string]struct {
		organisations, agreements bool
		ready                     bool
	}{
		"nothing":            {false, false, false},
		"organisations only": {true, false, false},
		"agreements only":    {false, true, false},
		"both":               {true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			from := pretend()
			if tc.organisations {
				from.show(firth()...)
			}
			b := newRulebook(t, from)
			if tc.agreements {
				read(t, b, agreed())
			}
			b.rebuild(t.Context())
			got := decided(t, b, asked(given.Noon()))
			if b.Ready() != tc.ready || (got.Effect == policies.Allow) != tc.ready {
				t.Errorf("ready %t, decided %s for %v", b.Ready(), got.Effect, got.Reasons)
			}
			if !tc.ready && !slices.Equal(got.Reasons, []string{policies.ReasonUndecided}) {
				t.Errorf("denied for %v, as if it had been looked at", got.Reasons)
			}
		})
	}
}

// kept runs the rulebook but for its watches, in a bubble of time.
func kept(t *testing.T, b *Rulebook) {
	t.Helper()
	go b.keep(t.Context())
	synctest.Wait()
}

// settled waits until what changed has been taken in.
func settled() {
	time.Sleep(rebuildEvery)
	synctest.Wait()
}

func TestASuspensionCountsFromTheNextRequestOn(t *testing.T) {
	suspend := func(name string) []metav1.Object {
		objects := firth()
		for _, object := range objects {
			if p, ok := object.(*v1alpha1.Partner); ok && p.Name == name {
				p.Spec.Participation = v1alpha1.ParticipationSuspended
			}
		}
		return objects
	}
	synctest.Test(t, func(t *testing.T) {
		from := pretend(firth()...)
		b := newRulebook(t, from)
		read(t, b, agreed())
		kept(t, b)
		for _, step := range []struct {
			name   string
			do     func() error
			effect string
			reason string
		}{
			{"all take part", func() error { return nil }, policies.Allow, ""},
			{"who asks is suspended", func() error { from.show(suspend("harbour")...); return nil }, policies.Deny, "partner_not_active"},
			{"and is not any more", func() error { from.show(firth()...); return nil }, policies.Allow, ""},
			{"who asks is gone", func() error { from.show(firth()[:2]...); return nil }, policies.Deny, "partner_unknown"},
			{"and back", func() error { from.show(firth()...); return nil }, policies.Allow, ""},
			{"the agreement is suspended", func() error {
				return b.agreements.Update(agreed(func(a *v1alpha1.DataSharingAgreement) { a.Spec.Standing = v1alpha1.StandingSuspended }))
			}, policies.Deny, "agreement_not_active"},
			{"and is not any more", func() error { return b.agreements.Update(agreed()) }, policies.Allow, ""},
			{"the agreement is gone", func() error { return b.agreements.Delete(agreed()) }, policies.Deny, "no_agreement"},
			{"and made again", func() error { return b.agreements.Add(agreed()) }, policies.Allow, ""},
			{"a new list has it no more", func() error { return b.agreements.Replace(nil, "2") }, policies.Deny, "no_agreement"},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			settled()
			got := decided(t, b, asked(given.Noon()))
			if got.Effect != step.effect || step.reason != "" && !slices.Contains(got.Reasons, step.reason) {
				t.Errorf("%s: %s for %v", step.name, got.Effect, got.Reasons)
			}
		}
	})
}

func TestABurstIsTakenInAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := pretend(firth()...)
		b := newRulebook(t, from)
		read(t, b, agreed())
		kept(t, b)
		settled()
		before := b.measures.worlds.Load()
		for i := range 1000 {
			if err := b.agreements.Add(agreed(func(a *v1alpha1.DataSharingAgreement) { a.Name = fmt.Sprint("a", i) })); err != nil {
				t.Fatal(err)
			}
			from.show(firth()...)
		}
		settled()
		settled()
		if made := b.measures.worlds.Load() - before; made < 1 || made > 3 {
			t.Errorf("2000 changes were taken in %d times", made)
		}
		if all, _ := b.agreements.All(); len(all) != 1001 {
			t.Errorf("%d agreements", len(all))
		}
	})
}

// A world that cannot be made is none: going on with the one before could let somebody in who was suspended since.
func TestWhatCannotBeUsedIsNotDecidedOn(t *testing.T) {
	from := pretend(firth()...)
	b := newRulebook(t, from)
	read(t, b, agreed())
	b.rebuild(t.Context())
	many := agreed(func(a *v1alpha1.DataSharingAgreement) {
		a.Name = "too-large"
		for i := range policies.MaxParties + 1 {
			a.Spec.Parties = append(a.Spec.Parties, v1alpha1.ObjectName(fmt.Sprint("p", i)))
		}
	})
	read(t, b, agreed(), many)
	b.rebuild(t.Context())
	if got := decided(t, b, asked(given.Noon())); got.Effect != policies.Deny || b.Ready() {
		t.Errorf("ready %t, decided %s", b.Ready(), got.Effect)
	}
	read(t, b, agreed())
	b.rebuild(t.Context())
	if got := decided(t, b, asked(given.Noon())); got.Effect != policies.Allow {
		t.Errorf("decided %s for %v when it could be used again", got.Effect, got.Reasons)
	}
}

func TestWhatHasNotBeenHeardOfForTooLongIsDoubtful(t *testing.T) {
	noon := given.Noon()
	live := directory.Freshness{State: directory.Live, AsOf: noon}
	lastKnown := directory.Freshness{State: directory.LastKnown, AsOf: noon}
	for name, tc := range map[string]struct {
		fresh directory.Freshness
		// followed: the watch of agreements is open; if not, it has not been since noon.
		followed bool
		after    time.Duration
		doubtful bool
	}{
		"all is followed":                        {live, true, time.Hour, false},
		"the directory is away for five minutes": {lastKnown, true, 5 * time.Minute, false},
		"and for longer":                         {lastKnown, true, 5*time.Minute + 1, true},
		"agreements are for five minutes":        {live, false, 5 * time.Minute, false},
		"and for longer than that":               {live, false, 5*time.Minute + 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			from := pretend(firth()...)
			b := newRulebook(t, from)
			read(t, b, agreed(func(a *v1alpha1.DataSharingAgreement) { a.Spec.UntilTime = metav1.NewTime(noon.AddDate(1, 0, 0)) }))
			b.rebuild(t.Context())
			from.mu.Lock()
			from.fresh, from.now = tc.fresh, noon.Add(tc.after)
			from.mu.Unlock()
			b.lost = []func() time.Time{func() time.Time {
				if tc.followed {
					return time.Time{}
				}
				return noon
			}}
			got := decided(t, b, asked(noon.Add(tc.after)))
			if b.Doubtful() != tc.doubtful || (got.Effect == policies.Deny) != tc.doubtful || !b.Ready() {
				t.Errorf("doubtful %t, ready %t, decided %s for %v", b.Doubtful(), b.Ready(), got.Effect, got.Reasons)
			}
		})
	}
}

func TestFiguresSayWhetherDecisionsAreMade(t *testing.T) {
	from := pretend(firth()...)
	b := newRulebook(t, from)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(b.Collector())
	scrape := func() map[string]float64 {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]float64{}
		for _, family := range families {
			for _, metric := range family.GetMetric() {
				key := family.GetName()
				for _, label := range metric.GetLabel() {
					key += "/" + label.GetValue()
				}
				values[key] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
			}
		}
		return values
	}
	if got := scrape(); got[MetricDeciding] != 0 || got[MetricNarrowing+"/None"] != 1 || got[MetricWorlds] != 0 || got[MetricNarrowingRunning] != 0 || len(got) != 8 {
		t.Errorf("before anything is read: %v", got)
	}
	read(t, b, agreed())
	b.rebuild(t.Context())
	if got := scrape(); got[MetricDeciding] != 1 || got[MetricWorlds] != 1 {
		t.Errorf("when all is read: %v", got)
	}
}
