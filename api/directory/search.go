package directory

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"lifeline.scot/crds/v1alpha1"
)

// ErrNoPoint is an order by distance for a search that is not near a point.
var ErrNoPoint = errors.New("an order by distance needs a point")

// ServiceFilter says which services to find. Each field narrows the search, an empty list does not; the zero value finds
// all but closed services.
type ServiceFilter struct {
	// Types finds services that offer any of these.
	Types []v1alpha1.ServiceType
	// Partnerships finds services of any of these ADPs, by name.
	Partnerships []string
	// Providers finds services run by any of these organisations, by name.
	Providers []string
	// Text finds services whose names, summary, towns, types, provider or ADP have every word in it. The last word may
	// be the beginning of one. Capitals and accents make no difference. Text without a word narrows nothing: see HasWords.
	Text string
	// Near finds services with a place within a distance.
	Near *Near
	// Gender finds services that are for people of this gender, or not known to be limited.
	Gender v1alpha1.Gender
	// AgeYears finds services that take people of this age, or are not known to be limited; nil for any.
	AgeYears *int
	// Groups finds services made for any of these.
	Groups []v1alpha1.AudienceGroup
	// Substances finds services that help with any of these.
	Substances []v1alpha1.Substance
	// Accepting finds services where [Service.Accepting] is one of these.
	Accepting []v1alpha1.Known
	// MATStandards finds services that deliver every one of these.
	MATStandards []int
	// Operations finds services where the operation is one of these. Empty: all but Closed.
	Operations []v1alpha1.Operation
}

// PoolFilter says which pools to find. An empty list narrows nothing; the zero value finds all but closed ones.
type PoolFilter struct {
	Kinds        []v1alpha1.PoolKind
	Partnerships []string
	// Needs finds pools that are known to meet them.
	Needs Needs
	// FreePlaces finds pools with at least so many places known to be free now; 0 for any.
	FreePlaces int
	// Trust finds pools whose count can be trusted so far, at the view's moment.
	Trust []v1alpha1.Trust
	// Operations finds pools where the operation is one of these. Empty: all but Closed.
	Operations []v1alpha1.Operation
}

// Services finds services. order is ByName, ByVerified or, with Near, ByDistance.
func (v View) Services(filter ServiceFilter, order Order) (Found[*Service], error) {
	c := &v.snapshot.services
	scope := "services/" + string(order)
	if order == ByDistance && filter.Near == nil {
		return Found[*Service]{}, ErrNoPoint
	}
	matched := v.matchServices(filter)
	if filter.Near == nil {
		return inOrder(c, matched, order, scope), nil
	}
	ranks := v.snapshot.within(*filter.Near, matched)
	var found Found[*Service]
	if order == ByDistance {
		scope += fmt.Sprintf("/%.6f,%.6f", filter.Near.Point.Latitude, filter.Near.Point.Longitude)
		found = byRank(c, ranks, ByName, scope)
	} else {
		found = inOrder(c, matched, order, scope)
	}
	found.near = filter.Near
	return found, nil
}

// matchServices are the services that fit all of the filter but its circle.
func (v View) matchServices(f ServiceFilter) slots {
	c := &v.snapshot.services
	matched := c.live.clone()
	narrow := func(property string, values []string) {
		if len(values) > 0 {
			matched.and(c.any(property, values))
		}
	}
	narrow(propertyType, texts(f.Types))
	narrow(propertyPartnership, f.Partnerships)
	narrow(propertyGroup, texts(f.Groups))
	narrow(propertySubstance, texts(f.Substances))
	narrow(propertyAccepting, texts(f.Accepting))
	narrow(propertyOperation, texts(operations(f.Operations)))
	if f.Gender != "" {
		narrow(propertyGender, []string{string(f.Gender)})
	}
	for _, standard := range f.MATStandards {
		narrow(propertyMAT, []string{strconv.Itoa(standard)})
	}
	if said, ok := v.snapshot.vocabulary.find(f.Text); ok {
		matched.and(said)
	}
	keep(matched, c.rows, len(f.Providers) > 0, func(s *Service) bool {
		return slices.Contains(f.Providers, string(s.Spec.ProviderRef.Name))
	})
	keep(matched, c.rows, f.AgeYears != nil, func(s *Service) bool { return s.takesAge(*f.AgeYears) })
	return matched
}

// Pools finds pools. order is ByName, ByArea, ByConfirmed or ByFree.
func (v View) Pools(filter PoolFilter, order Order) Found[*Pool] {
	c := &v.snapshot.pools
	matched := c.live.clone()
	if len(filter.Kinds) > 0 {
		matched.and(c.any(propertyKind, texts(filter.Kinds)))
	}
	if len(filter.Partnerships) > 0 {
		matched.and(c.any(propertyPartnership, filter.Partnerships))
	}
	matched.and(c.any(propertyOperation, texts(operations(filter.Operations))))
	keep(matched, c.rows, filter.Needs != Needs{}, func(p *Pool) bool { return p.Meets(filter.Needs) })
	keep(matched, c.rows, len(filter.Trust) > 0, func(p *Pool) bool {
		return slices.Contains(filter.Trust, v.Figures(p).Trust)
	})
	keep(matched, c.rows, filter.FreePlaces > 0, func(p *Pool) bool {
		free, known := v.Figures(p).Free()
		return known && int(free) >= filter.FreePlaces
	})
	if order == ByFree {
		return byRank(c, ranked(matched, func(slot uint32) int64 { return v.freeRank(c.rows[slot]) }), ByName, "pools/"+string(order))
	}
	return inOrder(c, matched, order, "pools/"+string(order))
}

// freeRank puts the most free places first, and what is not known last.
func (v View) freeRank(p *Pool) int64 {
	if free, known := v.Figures(p).Free(); known {
		return -int64(free)
	}
	return 1
}

// PoolList is the pools of a service as a list that can be read a page at a time, in order of their names.
func (v View) PoolList(s *Service) Found[*Pool] {
	pools := slices.SortedFunc(slices.Values(v.PoolsOf(s)), func(a, b *Pool) int {
		return a.key(ByName).Compare(b.key(ByName))
	})
	return listed(pools, "pools/"+string(ByName)+"/"+s.ID)
}

// PartnershipList is all ADPs as a list that can be read a page at a time.
func (v View) PartnershipList() Found[*Partnership] {
	return listed(v.snapshot.partnerships.sorted, "partnerships/"+string(ByName))
}

// PartnerList is the organisations of a sector, or all for "", as a list that can be read a page at a time.
func (v View) PartnerList(sectors []v1alpha1.Sector) Found[*Partner] {
	partners := v.snapshot.partners.sorted
	if len(sectors) > 0 {
		partners = slices.DeleteFunc(slices.Clone(partners), func(p *Partner) bool {
			return !slices.Contains(sectors, p.Spec.Sector)
		})
	}
	return listed(partners, "partners/"+string(ByName))
}

// operations are those asked for or, if none are, all but Closed.
func operations(asked []v1alpha1.Operation) []v1alpha1.Operation {
	if len(asked) > 0 {
		return asked
	}
	return []v1alpha1.Operation{
		v1alpha1.OperationOpen, v1alpha1.OperationPlanned, v1alpha1.OperationPaused, v1alpha1.OperationUnknown, "",
	}
}

// keep takes out, in place, the matches for which fits says no; if asked.
func keep[R any](matched slots, rows []R, asked bool, fits func(R) bool) {
	if !asked {
		return
	}
	for slot := range matched.all() {
		if !fits(rows[slot]) {
			matched.remove(slot)
		}
	}
}

func texts[V ~string](values []V) []string {
	plain := make([]string, len(values))
	for i, value := range values {
		plain[i] = string(value)
	}
	return plain
}
