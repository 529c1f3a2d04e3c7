package policies

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// What the world may hold at most.
const (
	MaxPartners   = 20_000
	MaxAgreements = 50_000
	MaxParties    = 64 // of one agreement
)

// Partner is an organisation that refers or helps.
type Partner struct {
	Kind      string
	Statutory bool
	// Status is active or anything else.
	Status string
	// ADPs are the areas it serves.
	ADPs []string
}

// Agreement is a data sharing agreement.
type Agreement struct {
	Parties    []string
	Purposes   []string
	Categories []string
	ADPs       []string
	// Status is active or anything else.
	Status string
	// FromTime is its first moment, ToTime the first after it.
	FromTime, ToTime time.Time
	// CrossADP: the recipient need not serve the area.
	CrossADP bool
	// Onward: the recipient may pass on what it was given.
	Onward bool
}

// agreed is an agreement, and its categories as a set.
type agreed struct {
	*Agreement

	categories Categories
}

// World is the partners and agreements that decisions rest on. It never changes, and many may use it at once.
type World struct {
	partners map[string]Partner
	// between finds the agreements of two partners, the lesser name first.
	between map[[2]string][]agreed
}

// NewWorld indexes partners and agreements by their names. It keeps what it is given: leave it unchanged afterwards. It fails
// on more than it can hold.
func NewWorld(partners map[string]Partner, agreements map[string]Agreement) (*World, error) {
	if len(partners) > MaxPartners || len(agreements) > MaxAgreements {
		return nil, fmt.Errorf("%w: at most %d partners and %d agreements", errBounds, MaxPartners, MaxAgreements)
	}
	for name, p := range partners {
		if err := p.check(name); err != nil {
			return nil, fmt.Errorf("partner %.40q: %w", name, err)
		}
	}
	w := &World{partners: maps.Clone(partners), between: map[[2]string][]agreed{}}
	for _, name := range slices.Sorted(maps.Keys(agreements)) {
		a := agreements[name]
		if err := a.check(); err != nil {
			return nil, fmt.Errorf("agreement %.40q: %w", name, err)
		}
		w.index(&a)
	}
	return w, nil
}

func (w *World) index(a *Agreement) {
	indexed := agreed{a, categoriesOf(a.Categories)}
	parties := slices.Compact(slices.Sorted(slices.Values(a.Parties)))
	for i, first := range parties {
		for _, second := range parties[i+1:] {
			pair := [2]string{first, second}
			w.between[pair] = append(w.between[pair], indexed)
		}
	}
}

// agreementsOf lists the agreements that two partners are parties to.
func (w *World) agreementsOf(one, other string) []agreed {
	if cmp.Compare(one, other) > 0 {
		one, other = other, one
	}
	return w.between[[2]string{one, other}]
}

func (p Partner) check(name string) error {
	if err := boundNames("partner", name, p.Kind, p.Status); err != nil {
		return err
	}
	return boundList("partner", p.ADPs)
}

func (a *Agreement) check() error {
	if len(a.Parties) > MaxParties {
		return fmt.Errorf("%w: more than %d parties", errBounds, MaxParties)
	}
	if err := boundNames("agreement", a.Status); err != nil {
		return err
	}
	for _, list := range [][]string{a.Parties, a.Purposes, a.Categories, a.ADPs} {
		if err := boundList("agreement", list); err != nil {
			return err
		}
	}
	return nil
}
