package directory

import "lifeline.scot/crds/v1alpha1"

// Organisations names all organisations and ADPs together, where somebody listens for a change of any of them.
type Organisations struct{}

// Partnership is an ADP in the directory. It is immutable.
type Partnership struct {
	*v1alpha1.Partnership
	// ID is its global ID.
	ID       string
	sortName string
}

func newPartnership(object *v1alpha1.Partnership) *Partnership {
	return &Partnership{object, IDOf(KindPartnership, "", object.Name), fold(object.Spec.DisplayName)}
}

func (p *Partnership) name() string { return p.Name }
func (p *Partnership) shows() shown { return shown{title: p.Spec.DisplayName} }

func (p *Partnership) key(Order) Key     { return Key{Text: p.sortName, ID: p.ID} }
func (p *Partnership) columns() []column { return nil }

// Partner is an organisation in the directory. It is immutable.
type Partner struct {
	*v1alpha1.Partner
	// ID is its global ID.
	ID       string
	sortName string
}

func newPartner(object *v1alpha1.Partner) *Partner {
	return &Partner{object, IDOf(KindPartner, "", object.Name), fold(object.Spec.DisplayName)}
}

func (p *Partner) name() string { return p.Name }
func (p *Partner) shows() shown {
	return shown{p.Spec.DisplayName, p.Spec.Participation == v1alpha1.ParticipationSuspended}
}

func (p *Partner) key(Order) Key     { return Key{Text: p.sortName, ID: p.ID} }
func (p *Partner) columns() []column { return nil }
