package directory

import (
	"time"

	"lifeline.scot/api/geography"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// View is the directory at one moment: one snapshot, read by one clock reading. Make an answer from one View, so that its
// parts agree. It is cheap to make and to pass on.
type View struct {
	snapshot *Snapshot
	now      time.Time
	fresh    Freshness
}

// NewView is the view of a snapshot at a moment.
func NewView(snapshot *Snapshot, now time.Time, fresh Freshness) View {
	return View{snapshot, now, fresh}
}

// SnapshotOf is a snapshot of the things given, for tests and benchmarks. It knows no postcode district.
func SnapshotOf(changes *Changes) *Snapshot { return SnapshotIn(geography.Districts{}, changes) }

// SnapshotIn is a snapshot of the things given, in which places without a position are found by their postcode districts.
func SnapshotIn(districts geography.Districts, changes *Changes) *Snapshot {
	return emptySnapshot(districts).Apply(changes)
}

// Now is the moment that trust and free places are worked out for.
func (v View) Now() time.Time { return v.now }

// Version grows with every change of the data, within one process.
func (v View) Version() uint64 { return v.snapshot.Version }

// Freshness says how far the view can be relied on to be what Kubernetes holds now.
func (v View) Freshness() Freshness { return v.fresh }

// Ready reports whether everything had been read from Kubernetes when the view was made. Before that a view holds nothing.
func (v View) Ready() bool { return v.fresh.State != Starting }

// Partnership finds an ADP by name.
func (v View) Partnership(name string) (*Partnership, bool) {
	p, ok := v.snapshot.partnerships.byName[name]
	return p, ok
}

// Partnerships are all ADPs, in order of the names people know them by. Do not change the list.
func (v View) Partnerships() []*Partnership { return v.snapshot.partnerships.sorted }

// Partner finds an organisation by name.
func (v View) Partner(name string) (*Partner, bool) {
	p, ok := v.snapshot.partners.byName[name]
	return p, ok
}

// Client finds the organisation that signs in as a client of an issuer, and what it may do there; false if that is nobody, or if
// two organisations say that the client is theirs. Do not change the client.
func (v View) Client(issuer, id string) (*Partner, *v1alpha1.LoginClient, bool) {
	found := v.snapshot.clients[clientName{issuer, id}]
	return found.partner, found.client, found.partner != nil
}

// Partners are all organisations, in order of the names people know them by. Do not change the list.
func (v View) Partners() []*Partner { return v.snapshot.partners.sorted }

// Service finds a support service by the ADP whose namespace it is in, and its name there.
func (v View) Service(namespace, name string) (*Service, bool) {
	s := v.snapshot.service(namespace, name)
	return s, s != nil
}

// Pool finds a number of places by the namespace it is in, and its name there.
func (v View) Pool(namespace, name string) (*Pool, bool) {
	p := v.snapshot.pool(namespace, name)
	return p, p != nil
}

// Provider is the organisation that runs a service; nil if it is not in the directory.
func (v View) Provider(s *Service) *Partner {
	return v.snapshot.partners.byName[string(s.Spec.ProviderRef.Name)]
}

// ServiceOf is the service that the places of a pool belong to; nil if it is not in the directory.
func (v View) ServiceOf(p *Pool) *Service {
	return v.snapshot.service(p.Namespace, string(p.Spec.ServiceRef.Name))
}

// PoolsOf are the pools of a service, by name. Do not change the list.
func (v View) PoolsOf(s *Service) []*Pool {
	if a := v.snapshot.areas[s.Namespace]; a != nil {
		return a.poolsOf(s.Name)
	}
	return nil
}

// Figures are what is known of a pool at the view's moment, exact. The public may see Figures.Public only. Do not change
// what they point to.
func (v View) Figures(p *Pool) capacity.Figures { return p.figuresAt(v.now) }

// Totals adds up the open pools of one ADP kind by kind, as anybody may see it. Kinds with no open pool are left out. Do
// not change the list.
func (v View) Totals(partnership string) []capacity.Total {
	if a := v.snapshot.areas[v1alpha1.NamespaceFor(partnership)]; a != nil {
		return a.totalsAt(v.now)
	}
	return nil
}

// NationalTotals adds up the totals of all ADPs kind by kind, as anybody may see it.
func (v View) NationalTotals() []capacity.Total {
	var areas []capacity.Total
	for _, a := range v.snapshot.areas {
		areas = append(areas, a.totalsAt(v.now)...)
	}
	var totals []capacity.Total
	for _, kind := range PoolKinds() {
		if total := capacity.TotalOfAreas(kind, areas); total.Pools > 0 {
			totals = append(totals, total)
		}
	}
	return totals
}

// Checked reports whether somebody has checked a service against the service itself within its own interval. A check dated
// after now is not believed.
func (v View) Checked(s *Service) bool {
	if s.Spec.Verification == nil {
		return false
	}
	checked := s.Spec.Verification.VerifiedTime.Time
	return !checked.After(v.now) && v.now.Before(checked.AddDate(0, 0, int(s.Spec.VerifyEveryDays)))
}
