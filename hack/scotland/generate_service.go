package scotland

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// service makes the invented service of a number. A service with pools offers what the pools are for.
func (g *Generated) service(i int) *v1alpha1.SupportService {
	d := g.random(forService, i)
	first := pick(d, serviceTypes)
	kind := pick(d, poolKinds)
	if g.hasPools(i) {
		first = serviceForPool[kind]
	}
	types := some(d, serviceTypes, first, 4)
	where := pick(d, towns)
	spec := v1alpha1.SupportServiceSpec{
		DisplayName: fmt.Sprintf("%s %s %d", where.name, serviceWords[first], i+1),
		Summary:     d.summary(where, types),
		Types:       types,
		ProviderRef: v1alpha1.PartnerReference{Name: v1alpha1.ObjectName(partnerNumber(i / servicesPerPartner))},
		Operation:   operation(i),
		Audience:    d.audience(),
		Substances:  some(d, substances, pick(d, substances), 5),
		Locations:   d.locations(where),
		Contact:     d.contact(serviceNumber(i)),
		Access:      d.access(),
		Languages:   some(d, languages, "en", 3),

		CareInspectorateNumber: fmt.Sprintf("CS%010d", i+1),
		Verification: &v1alpha1.Verification{
			VerifiedTime: metav1.NewTime(g.size.Now.Add(-time.Duration(d.IntN(400*24)) * time.Hour)),
			VerifiedBy:   v1alpha1.ObjectName(partnershipNumber(i % g.size.Partnerships)),
		},
		VerifyEveryDays: 180,
		Sources:         invented(),
	}
	spec.MATStandards = some(d, matStandards, pick(d, matStandards), 4)
	if spec.Operation == v1alpha1.OperationClosed {
		spec.ClosedOn = v1alpha1.PartialDate(fmt.Sprintf("%d-%02d", 2015+d.IntN(10), 1+d.IntN(12)))
	}
	if spec.Operation != v1alpha1.OperationOpen {
		spec.Access.Accepting = v1alpha1.KnownNo
	}
	return &v1alpha1.SupportService{
		TypeMeta:   typeMeta("SupportService"),
		ObjectMeta: g.meta(serviceNumber(i), g.namespace(i)),
		Spec:       spec,
	}
}

// operation of a service and its pools: of 50, 46 are open and one is each of the others.
func operation(service int) v1alpha1.Operation {
	switch service % 50 {
	case 10:
		return v1alpha1.OperationClosed
	case 20:
		return v1alpha1.OperationPaused
	case 30:
		return v1alpha1.OperationPlanned
	case 40:
		return v1alpha1.OperationUnknown
	default:
		return v1alpha1.OperationOpen
	}
}

func (d dice) audience() *v1alpha1.Audience {
	a := &v1alpha1.Audience{
		Genders:         []v1alpha1.Gender{pick(d, genders)},
		MinimumAgeYears: number(pick(d, []int32{0, 12, 16, 16, 18, 18, 18})),
		Groups:          some(d, groups, pick(d, groups), 3),
		Catchment:       pick(d, catchments),
		Summary:         pick(d, audienceSentences),
	}
	if d.chance(10) {
		a.MaximumAgeYears = number(pick(d, []int32{25, 65}))
	}
	return a
}

func (d dice) access() *v1alpha1.Access {
	return &v1alpha1.Access{
		Routes:          some(d, routes, pick(d, routes), 4),
		Accepting:       pick(d, append([]v1alpha1.Known{v1alpha1.KnownYes}, known...)),
		TypicalWaitDays: number(d.Int32N(60)),
		Summary:         pick(d, accessSentences),
	}
}

// contact uses what is set aside for invented contacts: telephone numbers of Ofcom's drama range 01632 960, and the
// reserved domain example.org.
func (d dice) contact(name string) *v1alpha1.Contact {
	return &v1alpha1.Contact{
		Phone:   v1alpha1.PhoneNumber(fmt.Sprintf("01632 960%03d", d.IntN(1000))),
		Email:   v1alpha1.EmailAddress(name + "@example.org"),
		Website: v1alpha1.WebAddress("https://" + name + ".example.org/"),
	}
}

// locations gives one to four places in and around a town, most services one.
func (d dice) locations(where town) []v1alpha1.Location {
	n := pick(d, []int{1, 1, 1, 1, 2, 2, 3, 4})
	out := make([]v1alpha1.Location, 0, n)
	for i := range n {
		out = append(out, v1alpha1.Location{
			Name:        v1alpha1.ObjectName(fmt.Sprintf("place-%d", i+1)),
			Address:     fmt.Sprintf("%d %s %s", 1+d.IntN(180), pick(d, placeWords), pick(d, streetWords)),
			Town:        where.name,
			Postcode:    d.postcode(where.postcodeArea),
			CouncilCode: where.council,
			Position: &v1alpha1.Position{
				LatitudeMicrodegrees:  where.latitude + d.Int32N(2*spread) - spread,
				LongitudeMicrodegrees: number(where.longitude + d.Int32N(2*spread) - spread),
			},
			PositionSource: new(inventedSource()),
			StepFree:       pick(d, known),
			OpeningHours:   d.openingHours(),
		})
	}
	return out
}

// spread is how far a place lies from the middle of its town at most, in millionths of a degree: about 2 km to the north
// and 1 km to the east.
const spread = 20_000

func (d dice) openingHours() []v1alpha1.OpeningHours {
	week := []v1alpha1.OpeningHours{{Days: weekdays, Opens: "09:00", Closes: pick(d, closingTimes)}}
	if d.chance(30) {
		week = append(week, v1alpha1.OpeningHours{Days: weekend, Opens: "10:00", Closes: "16:00"})
	}
	return week
}

// postcode has the shape of one; whether it exists is not checked. The letters C, I, K, M, O and V never stand at the end
// of a postcode.
func (d dice) postcode(area string) v1alpha1.Postcode {
	const letters = "ABDEFGHJLNPQRSTUWXYZ"
	return v1alpha1.Postcode(fmt.Sprintf("%s%d %d%c%c", area, 1+d.IntN(19), d.IntN(10),
		letters[d.IntN(len(letters))], letters[d.IntN(len(letters))]))
}
