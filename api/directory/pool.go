package directory

import (
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// Pool is a number of like places in the directory. It does not change.
type Pool struct {
	*v1alpha1.CapacityPool
	// ID is its global ID.
	ID string
	// Partnership is the name of the ADP whose namespace it is in; "" if it is in none.
	Partnership string

	slot               uint32
	sortName, sortArea string
	latestFigures      atomic.Pointer[poolFigures]
}

// poolFigures are a pool's figures, good from one moment until the next at which trust in them changes.
type poolFigures struct {
	from, until time.Time
	figures     capacity.Figures
}

// figuresAt works the pool's figures out, or gives those kept if they still hold.
func (p *Pool) figuresAt(now time.Time) capacity.Figures {
	if kept := p.latestFigures.Load(); kept != nil && !now.Before(kept.from) && now.Before(kept.until) {
		return kept.figures
	}
	fresh := &poolFigures{from: now, until: now.AddDate(1, 0, 0), figures: capacity.FiguresAt(p.CapacityPool, now)}
	next, changes := capacity.NextTrustChange(fresh.figures.ConfirmedTime, now, capacity.Interval(p.CapacityPool))
	if changes && next.Before(fresh.until) {
		fresh.until = next
	}
	p.latestFigures.Store(fresh)
	return fresh.figures
}

func newPool(object *v1alpha1.CapacityPool) *Pool {
	partnership, title := string(v1alpha1.PartnershipOf(object.Namespace)), fold(object.Spec.DisplayName)
	return &Pool{
		CapacityPool: object, ID: IDOf(KindPool, object.Namespace, object.Name), Partnership: partnership,
		sortName: title, sortArea: partnership + "\x00" + string(object.Spec.Kind) + "\x00" + title,
	}
}

// Orders of pools, besides ByName.
const (
	// ByArea sorts by ADP, then kind of place, then name.
	ByArea Order = "AREA"
	// ByConfirmed sorts what was counted last first, and what was never counted last.
	ByConfirmed Order = "CONFIRMED"
	// ByFree sorts the most free places first; where that is not known comes last.
	ByFree Order = "FREE"
)

func (p *Pool) key(order Order) Key {
	switch order {
	case ByArea:
		return Key{Text: p.sortArea, ID: p.ID}
	case ByConfirmed:
		key := Key{Number: math.MaxInt64, Text: p.sortName, ID: p.ID}
		if p.Status.ConfirmedTime != nil {
			key.Number = -p.Status.ConfirmedTime.Unix()
		}
		return key
	default:
		return Key{Text: p.sortName, ID: p.ID}
	}
}

func (p *Pool) columns() []column {
	return []column{
		{propertyPartnership, p.Partnership},
		{propertyKind, string(p.Spec.Kind)},
		{propertyOperation, string(p.Spec.Operation)},
	}
}

// Needs are what one person needs of a place. What a pool does not say, or is Unknown, does not meet a need.
type Needs struct {
	// Gender of the person; GenderAny asks for places that take people of any gender; "" asks nothing.
	Gender v1alpha1.Gender
	// AgeYears of the person, in years; nil asks nothing. A limit that is not stated is no limit.
	AgeYears *int
	// Children that come too; 0 asks nothing.
	Children int
	// StepFree, DetoxOnSite and StayingOnMAT are needed when true.
	StepFree, DetoxOnSite, StayingOnMAT bool
}

// Meets reports whether a place in the pool is known to meet the needs.
func (p *Pool) Meets(n Needs) bool {
	f := v1alpha1.Features{}
	if p.Spec.Features != nil {
		f = *p.Spec.Features
	}
	return (n.Gender == "" || takesGender(f, n.Gender)) && (n.AgeYears == nil || takesAge(f, *n.AgeYears)) &&
		takesChildren(f, n.Children) && (!n.StepFree || f.StepFree == v1alpha1.KnownYes) &&
		(!n.DetoxOnSite || f.DetoxOnSite == v1alpha1.KnownYes) && (!n.StayingOnMAT || f.StayingOnMAT == v1alpha1.KnownYes)
}

func takesGender(f v1alpha1.Features, gender v1alpha1.Gender) bool {
	return slices.Contains(f.Genders, gender) || slices.Contains(f.Genders, v1alpha1.GenderAny)
}

func takesAge(f v1alpha1.Features, years int) bool {
	return (f.MinimumAgeYears == nil || int(*f.MinimumAgeYears) <= years) &&
		(f.MaximumAgeYears == nil || years <= int(*f.MaximumAgeYears))
}

// takesChildren reports whether so many children can come. One child needs only that children can come at all; more need
// a stated number.
func takesChildren(f v1alpha1.Features, children int) bool {
	if children <= 0 {
		return true
	}
	return f.Children == v1alpha1.KnownYes && (children == 1 || int(f.MaximumChildren) >= children)
}

// byServiceThenName sorts the pools of an area so that those of one service stand together.
func byServiceThenName(a, b *Pool) int {
	if c := strings.Compare(string(a.Spec.ServiceRef.Name), string(b.Spec.ServiceRef.Name)); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

func poolsByName(a, b *Pool) int { return strings.Compare(a.Name, b.Name) }

func servicesByName(a, b *Service) int { return strings.Compare(a.Name, b.Name) }
