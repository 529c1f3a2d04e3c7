package pages

import (
	"slices"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// figures is what the board asks of the directory, at one moment.
type figures struct{ directory.View }

// live reports whether the directory follows what happens; if not, it shows what it last knew.
func (d figures) live() bool { return d.Freshness().State == directory.Live }

func (d figures) hasArea(name string) bool {
	_, ok := d.Partnership(name)
	return ok
}

// areaName is the name people know an area by; the name itself when there is no such area.
func (d figures) areaName(name string) string {
	if p, ok := d.Partnership(name); ok {
		return p.Spec.DisplayName
	}
	return name
}

// find returns the pools that fit a filter. Like the API it leaves out those that have closed for good.
func (d figures) find(f filter) []entry {
	pools := d.pools(f)
	found := make([]entry, len(pools))
	for i, pool := range pools {
		found[i] = d.entry(pool)
	}
	return found
}

// count is how many pools fit a filter.
func (d figures) count(f filter) int { return len(d.pools(f)) }

// pools are those that fit a filter, by area. What substances a place helps with its service says.
func (d figures) pools(f filter) []*directory.Pool {
	pools := d.Pools(f.poolFilter(), directory.ByArea).All()
	if f.Substance == "" {
		return pools
	}
	return slices.DeleteFunc(slices.Clone(pools), func(pool *directory.Pool) bool {
		service := d.ServiceOf(pool)
		return service == nil || !slices.Contains(service.Spec.Substances, f.Substance)
	})
}

// substancesSaid are those that any service says it helps with, and the chosen one.
func (d figures) substancesSaid(chosen v1alpha1.Substance) []v1alpha1.Substance {
	var said []v1alpha1.Substance
	for _, substance := range substances {
		filter := directory.ServiceFilter{Substances: []v1alpha1.Substance{substance}}
		found, err := d.Services(filter, directory.ByName)
		if substance == chosen || err == nil && found.Total > 0 {
			said = append(said, substance)
		}
	}
	return said
}

func (f filter) poolFilter() directory.PoolFilter {
	asked := directory.PoolFilter{
		Needs: directory.Needs{
			Gender:       f.For,
			AgeYears:     f.ageYears(),
			StepFree:     f.wants(needStepFree),
			DetoxOnSite:  f.wants(needDetox),
			StayingOnMAT: f.wants(needStayingOnMAT),
		},
	}
	if f.Area != "" {
		asked.Partnerships = []string{f.Area}
	}
	if f.Kind != "" {
		asked.Kinds = []v1alpha1.PoolKind{f.Kind}
	}
	if f.Trust != "" {
		asked.Trust = []v1alpha1.Trust{f.Trust}
	}
	if f.wants(needChildren) {
		asked.Needs.Children = 1
	}
	if f.Free {
		asked.FreePlaces = 1
	}
	return asked
}

func (d figures) entry(pool *directory.Pool) entry {
	e := entry{Pool: pool.CapacityPool, Area: d.areaName(pool.Partnership), Figures: d.Figures(pool)}
	if by := string(e.Figures.ConfirmedBy); by != "" {
		e.ConfirmedBy = d.nameOf(by)
	}
	service := d.ServiceOf(pool)
	if service == nil {
		return e
	}
	e.Service = service.SupportService
	if provider := d.Provider(service); provider != nil {
		e.Provider = provider.Partner
	}
	return e
}

// nameOf is the name people know a partner or a partnership by. Whoever counted may be either.
func (d figures) nameOf(name string) string {
	if p, ok := d.Partner(name); ok {
		return p.Spec.DisplayName
	}
	return d.areaName(name)
}

// totals adds up the kinds of an area, "" for the nation, as anybody may see them.
func (d figures) totals(area string) []capacity.Total {
	if area == "" {
		return d.NationalTotals()
	}
	return d.Totals(area)
}
