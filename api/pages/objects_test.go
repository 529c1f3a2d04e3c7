package pages

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds/v1alpha1"
)

// now is when the pages of these tests are read: a Sunday evening in November, in Scottish winter time.
var now = time.Date(2026, time.November, 22, 21, 4, 0, 0, time.UTC)

// objects are the resources a test's directory holds.
type objects struct {
	partnerships []*v1alpha1.Partnership
	partners     []*v1alpha1.Partner
	services     []*v1alpha1.SupportService
	pools        []*v1alpha1.CapacityPool
}

// view is the directory of the objects, in a state, at a moment.
func (o objects) view(at time.Time, fresh directory.Freshness) directory.View {
	changes := directory.NewChanges()
	for _, p := range o.partnerships {
		changes.Partnerships[p.Name] = p
	}
	for _, p := range o.partners {
		changes.Partners[p.Name] = p
	}
	for _, s := range o.services {
		changes.Services[types.NamespacedName{Namespace: s.Namespace, Name: s.Name}] = s
	}
	for _, p := range o.pools {
		changes.Pools[types.NamespacedName{Namespace: p.Namespace, Name: p.Name}] = p
	}
	return directory.NewView(directory.SnapshotOf(changes), at, fresh)
}

// live is a source of the objects as a directory that follows what happens sees them now.
func (o objects) live() func() directory.View {
	v := o.view(now, directory.Freshness{State: directory.Live, AsOf: now})
	return func() directory.View { return v }
}

func ptr[T any](v T) *T { return &v }

func partnership(name, shown string) *v1alpha1.Partnership {
	return &v1alpha1.Partnership{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.PartnershipSpec{DisplayName: shown},
	}
}

func partner(name, shown string) *v1alpha1.Partner {
	return &v1alpha1.Partner{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1alpha1.PartnerSpec{DisplayName: shown},
	}
}

func service(area, name, shown, provider, town string) *v1alpha1.SupportService {
	return &v1alpha1.SupportService{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(area), Name: name},
		Spec: v1alpha1.SupportServiceSpec{
			DisplayName: shown,
			Operation:   v1alpha1.OperationOpen,
			Types:       []v1alpha1.ServiceType{v1alpha1.ServiceResidentialRehab},
			ProviderRef: v1alpha1.PartnerReference{Name: v1alpha1.ObjectName(provider)},
			Locations:   []v1alpha1.Location{{Name: "main", Town: town}},
		},
		Status: v1alpha1.SupportServiceStatus{Partnership: v1alpha1.ObjectName(area)},
	}
}

// pool is an open pool that nobody has counted yet.
func pool(area, service, name string, kind v1alpha1.PoolKind, shown string) *v1alpha1.CapacityPool {
	return &v1alpha1.CapacityPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(area), Name: name},
		Spec: v1alpha1.CapacityPoolSpec{
			DisplayName:         shown,
			ServiceRef:          v1alpha1.SupportServiceReference{Name: v1alpha1.ObjectName(service)},
			Kind:                kind,
			Operation:           v1alpha1.OperationOpen,
			ConfirmEverySeconds: 86400,
		},
		Status: v1alpha1.CapacityPoolStatus{
			Partnership: v1alpha1.ObjectName(area),
			Trust:       v1alpha1.TrustUnconfirmed,
		},
	}
}

func registered(pool *v1alpha1.CapacityPool, places int32, asOf v1alpha1.PartialDate) *v1alpha1.CapacityPool {
	pool.Spec.Registered = &v1alpha1.PlacesFigure{
		Places: &places,
		Source: v1alpha1.Source{Title: "A register", URI: "https://register.example/", AsOf: asOf, Provenance: v1alpha1.ProvenancePublished},
	}
	return pool
}

// counted gives a pool a count of staffed, occupied and held places, made some time before now.
func counted(pool *v1alpha1.CapacityPool, staffed, occupied, held int32, ago time.Duration, by string) *v1alpha1.CapacityPool {
	pool.Status.Staffed, pool.Status.Occupied, pool.Status.Held = &staffed, &occupied, &held
	pool.Status.ConfirmedTime = &metav1.Time{Time: now.Add(-ago)}
	pool.Status.ConfirmedBy = v1alpha1.ObjectName(by)
	pool.Status.Provenance = v1alpha1.CountCounted
	return pool
}

func illustrative(pool *v1alpha1.CapacityPool) *v1alpha1.CapacityPool {
	pool.Status.Provenance = v1alpha1.CountIllustrative
	return pool
}

func fits(pool *v1alpha1.CapacityPool, f v1alpha1.Features) *v1alpha1.CapacityPool {
	pool.Spec.Features = &f
	return pool
}

// sample holds a pool in every state that a row can be in.
func sample() objects {
	const glasgow, dundee, highland, borders = "glasgow-city", "dundee-city", "highland", "scottish-borders"
	women, men, anyone := []v1alpha1.Gender{v1alpha1.GenderWomen}, []v1alpha1.Gender{v1alpha1.GenderMen}, []v1alpha1.Gender{v1alpha1.GenderAny}
	withPhone := service(glasgow, "king-house", "King House", "north-star", "Glasgow")
	withPhone.Spec.Contact = &v1alpha1.Contact{Phone: "0141 496 0000"}
	withPhone.Spec.Access = &v1alpha1.Access{TypicalWaitDays: ptr[int32](21)}
	withPhone.Spec.Substances = []v1alpha1.Substance{v1alpha1.SubstanceAlcohol, v1alpha1.SubstanceOpioids}
	planned := service(glasgow, "clyde-house", "Clyde House", "north-star", "Glasgow")
	planned.Spec.Operation = v1alpha1.OperationPlanned
	plannedPool := pool(glasgow, "clyde-house", "clyde-house-rehab", v1alpha1.PoolResidentialRehab, "Beds for women")
	plannedPool.Spec.Operation = v1alpha1.OperationPlanned
	closedPool := pool(glasgow, "quay-house", "quay-house-annexe", v1alpha1.PoolResidentialRehab, "The annexe")
	closedPool.Spec.Operation = v1alpha1.OperationClosed
	unknownPool := pool(highland, "glen-lodge", "glen-lodge-crisis", v1alpha1.PoolCrisis, "Crisis beds")
	unknownPool.Spec.Operation = v1alpha1.OperationUnknown

	return objects{
		partnerships: []*v1alpha1.Partnership{
			partnership(dundee, "Dundee City ADP"), partnership(glasgow, "Glasgow City ADP"),
			partnership(highland, "Highland ADP"), partnership(borders, "Scottish Borders ADP"),
		},
		partners: []*v1alpha1.Partner{partner("north-star", "North Star Recovery"), partner("nhs-tay", "NHS Tayside")},
		services: []*v1alpha1.SupportService{
			withPhone, planned,
			service(glasgow, "quay-house", "Quay House", "north-star", "Glasgow"),
			service(dundee, "tay-house", "Tay House", "nhs-tay", "Dundee"),
			service(highland, "glen-lodge", "Glen Lodge", "north-star", "Inverness"),
		},
		pools: []*v1alpha1.CapacityPool{
			fits(registered(illustrative(counted(
				pool(glasgow, "king-house", "king-house-rehab", v1alpha1.PoolResidentialRehab, "Residential rehab beds"),
				26, 18, 5, 3*time.Hour, "north-star")), 30, "2025-09"), v1alpha1.Features{
				Genders: anyone, MinimumAgeYears: ptr[int32](18), Children: v1alpha1.KnownNo,
				StepFree: v1alpha1.KnownYes, DetoxOnSite: v1alpha1.KnownYes, StayingOnMAT: v1alpha1.KnownUnknown,
			}),
			fits(registered(counted(
				pool(glasgow, "quay-house", "quay-house-rehab", v1alpha1.PoolResidentialRehab, "Beds for men"),
				14, 14, 0, 30*time.Hour, "north-star"), 14, "2020-05-31"), v1alpha1.Features{
				Genders: men, Children: v1alpha1.KnownNo, StepFree: v1alpha1.KnownNo, DetoxOnSite: v1alpha1.KnownNo,
				StayingOnMAT: v1alpha1.KnownYes,
			}),
			fits(counted(
				pool(highland, "glen-lodge", "glen-lodge-rehab", v1alpha1.PoolResidentialRehab, "Residential rehab beds"),
				12, 7, 0, 9*24*time.Hour, "highland"), v1alpha1.Features{Genders: anyone, StayingOnMAT: v1alpha1.KnownYes}),
			plannedPool,
			closedPool,
			fits(registered(illustrative(counted(
				pool(dundee, "tay-house", "tay-house-family", v1alpha1.PoolFamilyResidential, "Family homes"),
				5, 3, 0, 20*time.Hour, "nhs-tay")), 5, "2024"), v1alpha1.Features{
				Genders: women, Children: v1alpha1.KnownYes, MaximumChildren: 2, StepFree: v1alpha1.KnownYes,
			}),
			counted(pool(dundee, "tay-house", "tay-house-detox", v1alpha1.PoolDetox, "Detox beds"),
				10, 8, 0, 28*time.Hour, "nhs-tay"),
			pool(glasgow, "quay-house", "quay-house-detox", v1alpha1.PoolDetox, "Detox beds"),
			unknownPool,
		},
	}
}
