package directory

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/geography"
)

// Snapshot is the whole directory at one moment, with its indexes. It is immutable. Read it through a [View].
type Snapshot struct {
	// Version counts the snapshots of this process: it grows with every change.
	Version uint64

	// districts are where places lie of which no more than the postcode is known.
	districts    geography.Districts
	partnerships register[*Partnership]
	partners     register[*Partner]
	clients      clients
	areas        map[string]*area
	services     collection[*Service]
	vocabulary   vocabulary
	grid         grid
	pools        collection[*Pool]
}

func emptySnapshot(districts geography.Districts) *Snapshot {
	return &Snapshot{
		districts: districts,
		areas:     map[string]*area{},
		services:  newCollection[*Service](ByName, ByVerified),
		pools:     newCollection[*Pool](ByName, ByArea, ByConfirmed),
	}
}

// Apply returns the snapshot after the changes. It shares with s all that did not change.
func (s *Snapshot) Apply(changes *Changes) *Snapshot {
	next := *s
	next.Version++
	members := map[string]*areaEdits{}
	var reshownPartnerships, reshownPartners map[string]bool
	next.partnerships, reshownPartnerships = s.partnerships.apply(wrap(changes.Partnerships, newPartnership))
	next.partners, reshownPartners = s.partners.apply(wrap(changes.Partners, newPartner))
	if len(changes.Partners) > 0 {
		next.clients = clientsOf(next.partners.sorted)
	}

	if edits := next.serviceEdits(changes, reshownPartnerships, reshownPartners); len(edits) > 0 {
		next.applyServices(edits)
		collectEdits(members, edits, func(a *areaEdits) *[]edit[*Service] { return &a.services })
	}
	if edits := next.poolEdits(changes); len(edits) > 0 {
		next.pools = next.pools.apply(edits, (*Pool).getSlot, (*Pool).setSlot)
		collectEdits(members, edits, func(a *areaEdits) *[]edit[*Pool] { return &a.pools })
	}
	if len(members) > 0 {
		areas := maps.Clone(s.areas)
		for namespace, edits := range members {
			areas[namespace] = edits.apply(areas[namespace])
		}
		next.areas = areas
	}
	return &next
}

func wrap[O any, T comparable](objects map[string]*O, of func(*O) T) map[string]T {
	wrapped := map[string]T{}
	for name, object := range objects {
		var thing T
		if object != nil {
			thing = of(object)
		}
		wrapped[name] = thing
	}
	return wrapped
}

// serviceEdits are the services that changed, and those that show something of an organisation that changed.
func (s *Snapshot) serviceEdits(changes *Changes, partnerships, partners map[string]bool) []edit[*Service] {
	var edits []edit[*Service]
	for name, object := range changes.Services {
		e := edit[*Service]{was: s.service(name.Namespace, name.Name)}
		if object != nil {
			e.now = newService(object, s)
		}
		if e.adds() || e.removes() {
			edits = append(edits, e)
		}
	}
	if len(partnerships)+len(partners) == 0 {
		return edits
	}
	for slot := range s.services.live.all() {
		was := s.services.rows[slot]
		if !partnerships[was.Partnership] && !partners[string(was.Spec.ProviderRef.Name)] {
			continue
		}
		if _, changed := changes.Services[types.NamespacedName{Namespace: was.Namespace, Name: was.Name}]; !changed {
			edits = append(edits, edit[*Service]{was: was, now: newService(was.SupportService, s)})
		}
	}
	return edits
}

func (s *Snapshot) poolEdits(changes *Changes) []edit[*Pool] {
	var edits []edit[*Pool]
	for name, object := range changes.Pools {
		e := edit[*Pool]{was: s.pool(name.Namespace, name.Name)}
		if object != nil {
			e.now = newPool(object)
		}
		if e.adds() || e.removes() {
			edits = append(edits, e)
		}
	}
	return edits
}

// applyServices puts the edits into the services and the indexes of their words and positions.
func (s *Snapshot) applyServices(edits []edit[*Service]) {
	s.services = s.services.apply(edits, (*Service).getSlot, (*Service).setSlot)
	words := newWordEdits()
	var gone, came []spot
	for _, e := range edits {
		var wasWords, nowWords []string
		var wasSpots, nowSpots []spot
		if e.removes() {
			wasWords, wasSpots = e.was.words(), e.was.spots()
		}
		if e.adds() {
			nowWords, nowSpots = e.now.words(), e.now.spots()
		}
		words.change(e.slot, wasWords, nowWords)
		if !slices.Equal(wasSpots, nowSpots) {
			gone, came = append(gone, wasSpots...), append(came, nowSpots...)
		}
	}
	s.vocabulary = s.vocabulary.apply(words)
	s.grid = s.grid.apply(gone, came)
}

func (s *Service) getSlot() uint32     { return s.slot }
func (s *Service) setSlot(slot uint32) { s.slot = slot }
func (s *Service) namespace() string   { return s.Namespace }
func (p *Pool) getSlot() uint32        { return p.slot }
func (p *Pool) setSlot(slot uint32)    { p.slot = slot }
func (p *Pool) namespace() string      { return p.Namespace }

// areaEdits are the edits in one namespace.
type areaEdits struct {
	services []edit[*Service]
	pools    []edit[*Pool]
}

// member is something in a namespace.
type member interface {
	Row
	namespace() string
}

func collectEdits[R member](areas map[string]*areaEdits, edits []edit[R], of func(*areaEdits) *[]edit[R]) {
	for _, e := range edits {
		who := e.now
		if !e.adds() {
			who = e.was
		}
		if areas[who.namespace()] == nil {
			areas[who.namespace()] = &areaEdits{}
		}
		list := of(areas[who.namespace()])
		*list = append(*list, e)
	}
}

// apply returns the area after the edits.
func (e *areaEdits) apply(before *area) *area {
	if before == nil {
		before = &area{}
	}
	return &area{
		services:    replaced(before.services, e.services, servicesByName),
		pools:       replaced(before.pools, e.pools, byServiceThenName),
		poolsByName: replaced(before.poolsByName, e.pools, poolsByName),
	}
}

func replaced[R Row](sorted []R, edits []edit[R], compare func(a, b R) int) []R {
	if len(edits) == 0 {
		return sorted
	}
	var gone, came []R
	for _, e := range edits {
		if e.removes() {
			gone = append(gone, e.was)
		}
		if e.adds() {
			came = append(came, e.now)
		}
	}
	return with(without(sorted, gone, compare), came, compare)
}

func (s *Snapshot) service(namespace, name string) *Service {
	if a := s.areas[namespace]; a != nil {
		return a.service(name)
	}
	return nil
}

func (s *Snapshot) pool(namespace, name string) *Pool {
	if a := s.areas[namespace]; a != nil {
		return a.pool(name)
	}
	return nil
}
