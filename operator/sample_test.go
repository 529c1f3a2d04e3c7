package main

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// What the tests are about: one Partnership, one partner with one service, one pool, and counts of it.

func partnershipNamed(name string, admins ...string) *v1alpha1.Partnership {
	p := &v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Spec.DisplayName = name + " ADP"
	p.Spec.Councils = []v1alpha1.CouncilArea{{Code: "S12000049", Name: "Glasgow City"}}
	p.Spec.HealthBoards = []v1alpha1.HealthBoardArea{{Code: "S08000031", Name: "Greater Glasgow and Clyde"}}
	p.Spec.Administrators = users(admins)
	return p
}

func partnerNamed(name string, accounts ...string) *v1alpha1.Partner {
	p := &v1alpha1.Partner{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Spec.DisplayName, p.Spec.Sector = name, v1alpha1.SectorThirdSector
	p.Spec.Participation = v1alpha1.ParticipationActive
	p.Spec.Accounts = users(accounts)
	return p
}

func users(names []string) []v1alpha1.Account {
	var list []v1alpha1.Account
	for _, name := range names {
		list = append(list, v1alpha1.Account{Kind: v1alpha1.AccountUser, Name: name})
	}
	return list
}

func serviceIn(partnership, name, provider string) *v1alpha1.SupportService {
	s := &v1alpha1.SupportService{ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(partnership), Name: name}}
	s.Spec.DisplayName, s.Spec.Types = name, []v1alpha1.ServiceType{"ResidentialRehab"}
	s.Spec.ProviderRef.Name = v1alpha1.ObjectName(provider)
	s.Spec.Operation, s.Spec.VerifyEveryDays = v1alpha1.OperationOpen, 180
	return s
}

func poolIn(partnership, name, service string) *v1alpha1.CapacityPool {
	p := &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor(partnership), Name: name}}
	p.Spec.DisplayName, p.Spec.Kind = "Rehab beds", v1alpha1.PoolResidentialRehab
	p.Spec.ServiceRef.Name = v1alpha1.ObjectName(service)
	p.Spec.Operation, p.Spec.ConfirmEverySeconds, p.Spec.HoldPeriodSeconds = v1alpha1.OperationOpen, 3600, 3600
	return p
}

func reportOn(pool *v1alpha1.CapacityPool, name string, observed time.Time, staffed, occupied int32) *v1alpha1.CapacityReport {
	held := int32(0)
	r := &v1alpha1.CapacityReport{ObjectMeta: metav1.ObjectMeta{Namespace: pool.Namespace, Name: name, UID: types.UID(name)}}
	r.Spec.PoolRef.Name = v1alpha1.ObjectName(pool.Name)
	r.Spec.ObservedTime = metav1.NewTime(observed.Truncate(time.Second))
	r.Spec.Staffed, r.Spec.Occupied, r.Spec.Held = &staffed, &occupied, &held
	r.Spec.Provenance = v1alpha1.CountCounted
	return r
}
