package directory

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// area is what one namespace holds. It is immutable, and replaced as a whole when something in it changes.
type area struct {
	services     []*Service // by name
	pools        []*Pool    // by service, then name
	poolsByName  []*Pool
	latestTotals atomic.Pointer[areaTotals]
}

// areaTotals are an area's totals, good from one moment until the next at which trust in one of its pools changes.
type areaTotals struct {
	from, until time.Time
	totals      []capacity.Total
}

func (a *area) service(name string) *Service {
	i, found := slices.BinarySearchFunc(a.services, name, func(s *Service, name string) int {
		return strings.Compare(s.Name, name)
	})
	if !found {
		return nil
	}
	return a.services[i]
}

func (a *area) pool(name string) *Pool {
	i, found := slices.BinarySearchFunc(a.poolsByName, name, func(p *Pool, name string) int {
		return strings.Compare(p.Name, name)
	})
	if !found {
		return nil
	}
	return a.poolsByName[i]
}

// poolsOf are the pools of a service, by name.
func (a *area) poolsOf(service string) []*Pool {
	byService := func(p *Pool, name string) int { return strings.Compare(string(p.Spec.ServiceRef.Name), name) }
	from, found := slices.BinarySearchFunc(a.pools, service, byService)
	if !found {
		return nil
	}
	to := from
	for to < len(a.pools) && string(a.pools[to].Spec.ServiceRef.Name) == service {
		to++
	}
	return a.pools[from:to]
}

// totalsAt adds up the area's open pools kind by kind, as anybody may see it. The answer is kept until the clock changes it.
func (a *area) totalsAt(now time.Time) []capacity.Total {
	if kept := a.latestTotals.Load(); kept != nil && !now.Before(kept.from) && now.Before(kept.until) {
		return kept.totals
	}
	fresh := &areaTotals{from: now, until: now.AddDate(1, 0, 0)}
	byKind := map[v1alpha1.PoolKind][]capacity.Figures{}
	for _, pool := range a.pools {
		figures := pool.figuresAt(now)
		byKind[figures.Kind] = append(byKind[figures.Kind], figures)
		if next, changes := capacity.NextTrustChange(figures.ConfirmedTime, now,
			capacity.Interval(pool.CapacityPool)); changes && next.Before(fresh.until) {
			fresh.until = next
		}
	}
	for _, kind := range PoolKinds() {
		if total := capacity.TotalOf(kind, byKind[kind]); total.Pools > 0 {
			fresh.totals = append(fresh.totals, total)
		}
	}
	a.latestTotals.Store(fresh)
	return fresh.totals
}

// PoolKinds are the kinds of places, in the order of the resource's enum.
func PoolKinds() []v1alpha1.PoolKind {
	return []v1alpha1.PoolKind{
		v1alpha1.PoolResidentialRehab, v1alpha1.PoolDetox, v1alpha1.PoolStabilisation, v1alpha1.PoolCrisis,
		v1alpha1.PoolFamilyResidential, v1alpha1.PoolDayProgramme, v1alpha1.PoolDevice,
	}
}
