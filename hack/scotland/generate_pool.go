package scotland

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// pool makes the invented pool of a number. Its kind is the one its service drew.
func (g *Generated) pool(i int) *v1alpha1.CapacityPool {
	d := g.random(forPool, i)
	service := g.serviceOf(i)
	of := g.random(forService, service)
	pick(of, serviceTypes) // drawn first for every service, so that the kind is the second draw
	kind := pick(of, poolKinds)
	pool := &v1alpha1.CapacityPool{
		TypeMeta:   typeMeta("CapacityPool"),
		ObjectMeta: g.meta(poolNumber(i), g.namespace(service)),
		Spec: v1alpha1.CapacityPoolSpec{
			DisplayName: poolWords[kind],
			ServiceRef:  v1alpha1.SupportServiceReference{Name: v1alpha1.ObjectName(serviceNumber(service))},
			Kind:        kind,
			Operation:   operation(service),
			Registered:  &v1alpha1.PlacesFigure{Places: number(4 + d.Int32N(37)), Source: inventedSource()},
			Features:    d.features(kind),
			ClaimableBy: &v1alpha1.ClaimableBy{Scope: pick(d, claimScopes)},

			HoldPeriodSeconds:   int32(pick(d, []time.Duration{24 * time.Hour, 48 * time.Hour, 72 * time.Hour}) / time.Second),
			ConfirmEverySeconds: int32(24 * time.Hour / time.Second),
		},
	}
	return pool
}

func (d dice) features(kind v1alpha1.PoolKind) *v1alpha1.Features {
	f := &v1alpha1.Features{
		Genders:         []v1alpha1.Gender{pick(d, genders)},
		MinimumAgeYears: number(pick(d, []int32{16, 18})),
		Children:        v1alpha1.KnownNo,
		StepFree:        pick(d, known),
		DetoxOnSite:     pick(d, known),
		StayingOnMAT:    pick(d, known),
	}
	if kind == v1alpha1.PoolFamilyResidential {
		f.Children, f.MaximumChildren = v1alpha1.KnownYes, 1+d.Int32N(4)
	}
	return f
}

// report counts a pool: mostly nearly full, one in 50 with more people than places. Half the counts are of the last day,
// a third of the two days before that, so that every level of trust is there.
func (g *Generated) report(i int, now time.Time) *v1alpha1.CapacityReport {
	d := g.random(forReport, i)
	pool := g.pool(i)
	staffed := *pool.Spec.Registered.Places - d.Int32N(3)
	occupied := staffed - d.Int32N(min(staffed, 6)+1)
	held := d.Int32N(min(staffed-occupied, 2) + 1)
	if d.chance(2) {
		occupied = staffed + 1 + d.Int32N(2)
	}
	age := time.Duration(d.IntN(24*60)+pick(d, []int{0, 0, 0, 1, 1, 2})*24*60) * time.Minute
	observed := now.UTC().Truncate(time.Second).Add(-age)
	provider := v1alpha1.ObjectName(partnerNumber(g.serviceOf(i) / servicesPerPartner))
	return &v1alpha1.CapacityReport{
		TypeMeta:   typeMeta("CapacityReport"),
		ObjectMeta: g.meta(reportName(pool.Name, observed), pool.Namespace),
		Spec: v1alpha1.CapacityReportSpec{
			PoolRef:      v1alpha1.CapacityPoolReference{Name: v1alpha1.ObjectName(pool.Name)},
			ObservedTime: metav1.NewTime(observed),
			Staffed:      &staffed, Occupied: &occupied, Held: &held,
			ReportedBy: &v1alpha1.PartnerReference{Name: provider},
			Provenance: v1alpha1.CountIllustrative,
		},
	}
}
