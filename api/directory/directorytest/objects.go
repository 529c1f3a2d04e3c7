// Package directorytest makes resources for tests of the directory and of what is built on it.
package directorytest

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// Noon is the moment that tests take for now.
func Noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// Partnership makes an ADP.
func Partnership(name, title string) *v1alpha1.Partnership {
	return &v1alpha1.Partnership{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.PartnershipSpec{
			DisplayName:  title,
			Councils:     []v1alpha1.CouncilArea{{Code: "S12000049", Name: "Glasgow City"}},
			HealthBoards: []v1alpha1.HealthBoardArea{{Code: "S08000031", Name: "Greater Glasgow and Clyde"}},
		},
	}
}

// Partner makes an organisation of the third sector.
func Partner(name, title string) *v1alpha1.Partner {
	return &v1alpha1.Partner{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.PartnerSpec{
			DisplayName: title, Sector: v1alpha1.SectorThirdSector, Participation: v1alpha1.ParticipationActive,
		},
	}
}

// Service makes an open service in an ADP, run by the Partner named "provider".
func Service(partnership, name, title string, types ...v1alpha1.ServiceType) *v1alpha1.SupportService {
	return &v1alpha1.SupportService{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(partnership), Name: name},
		Spec: v1alpha1.SupportServiceSpec{
			DisplayName: title, Types: types, Operation: v1alpha1.OperationOpen, VerifyEveryDays: 180,
			ProviderRef: v1alpha1.PartnerReference{Name: "provider"},
		},
	}
}

// At gives a service one more place on the map, and returns it.
func At(s *v1alpha1.SupportService, town string, latitude, longitude float64) *v1alpha1.SupportService {
	west := int32(longitude * 1e6)
	s.Spec.Locations = append(s.Spec.Locations, v1alpha1.Location{
		Name: v1alpha1.ObjectName(fmt.Sprintf("place-%d", len(s.Spec.Locations))), Town: town, StepFree: v1alpha1.KnownUnknown,
		Position:       &v1alpha1.Position{LatitudeMicrodegrees: int32(latitude * 1e6), LongitudeMicrodegrees: &west},
		PositionSource: &v1alpha1.Source{Title: "Made for a test", Provenance: v1alpha1.ProvenanceIllustrative},
	})
	return s
}

// Pool makes an open pool of a service that is to be counted once a day. Nobody has counted it.
func Pool(partnership, name, service string, kind v1alpha1.PoolKind) *v1alpha1.CapacityPool {
	return &v1alpha1.CapacityPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(partnership), Name: name},
		Spec: v1alpha1.CapacityPoolSpec{
			DisplayName: name, Kind: kind, Operation: v1alpha1.OperationOpen, ConfirmEverySeconds: 86400,
			HoldPeriodSeconds: 172800, ServiceRef: v1alpha1.SupportServiceReference{Name: v1alpha1.ObjectName(service)},
		},
	}
}

// Counted gives a pool a count made by "provider", and returns it.
func Counted(p *v1alpha1.CapacityPool, when time.Time, staffed, occupied, held int32) *v1alpha1.CapacityPool {
	p.Status.Staffed, p.Status.Occupied, p.Status.Held = &staffed, &occupied, &held
	p.Status.ConfirmedTime, p.Status.ConfirmedBy = &metav1.Time{Time: when}, "provider"
	p.Status.Provenance = v1alpha1.CountCounted
	return p
}

// Crowd makes so many services in a hundred ADPs, with a pool for each fifth of them, and five hundred partners.
func Crowd(services int) []metav1.Object {
	types := []v1alpha1.ServiceType{
		v1alpha1.ServiceDetox, v1alpha1.ServiceResidentialRehab, v1alpha1.ServiceNeedleExchange, v1alpha1.ServiceAdvocacy,
	}
	var objects []metav1.Object
	for i := range 100 {
		objects = append(objects, Partnership(fmt.Sprintf("area-%02d", i), fmt.Sprintf("Area %d ADP", i)))
	}
	for i := range 500 {
		objects = append(objects, Partner(fmt.Sprintf("provider-%d", i), fmt.Sprintf("Provider %d", i)))
	}
	for i := range services {
		area := fmt.Sprintf("area-%02d", i%100)
		s := At(Service(area, fmt.Sprintf("service-%d", i), fmt.Sprintf("Service %d", i), types[i%len(types)]),
			fmt.Sprintf("Town %d", i%400), 54.6+float64(i%600)/100, -7+float64(i%500)/100)
		s.Spec.ProviderRef.Name = v1alpha1.ObjectName(fmt.Sprintf("provider-%d", i%500))
		s.Spec.Summary = fmt.Sprintf("Help for people who use drugs, close to where they live, number %d of many.", i)
		objects = append(objects, s)
		if i%5 == 0 {
			objects = append(objects,
				Counted(Pool(area, fmt.Sprintf("pool-%d", i), s.Name, v1alpha1.PoolDetox), Noon(), 12, 8, 1))
		}
	}
	return objects
}
