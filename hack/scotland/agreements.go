package scotland

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// agreementEntry is an entry of agreements.yaml. Its days are counted from the day the agreements are made.
type agreementEntry struct {
	Name             string                          `json:"name"`
	Partnership      string                          `json:"partnership"`
	DisplayName      string                          `json:"displayName"`
	Parties          []v1alpha1.ObjectName           `json:"parties"`
	Purposes         []v1alpha1.SharingPurpose       `json:"purposes"`
	Categories       []v1alpha1.DataCategory         `json:"categories"`
	LawfulBasis      v1alpha1.LawfulBasis            `json:"lawfulBasis"`
	Confidentiality  []v1alpha1.ConfidentialityBasis `json:"confidentiality"`
	FromDays         int                             `json:"fromDays"`
	ReviewByDays     int                             `json:"reviewByDays"`
	UntilDays        int                             `json:"untilDays"`
	Standing         v1alpha1.Standing               `json:"standing,omitempty"`
	CrossArea        v1alpha1.Permission             `json:"crossArea,omitempty"`
	OnwardDisclosure v1alpha1.Permission             `json:"onwardDisclosure,omitempty"`
}

// Agreements gives a handful of invented agreements between organisations of Objects, marked Illustrative: one or more in each
// state that an agreement can be in now. They are in namespaces that the operator makes. Within a day (UTC) every call gives the
// same.
func Agreements(now time.Time) ([]*v1alpha1.DataSharingAgreement, error) {
	var entries []agreementEntry
	if err := readYAML("agreements.yaml", &entries); err != nil {
		return nil, err
	}
	f, err := readFacts()
	if err != nil {
		return nil, err
	}
	there := f.partnersByName()
	today := now.UTC().Truncate(24 * time.Hour)
	agreements := make([]*v1alpha1.DataSharingAgreement, 0, len(entries))
	for _, e := range entries {
		for _, party := range e.Parties {
			if !there[party] {
				return nil, fmt.Errorf("agreement %s: there is no partner %q", e.Name, party)
			}
		}
		agreements = append(agreements, e.agreement(today))
	}
	return agreements, nil
}

func (e agreementEntry) agreement(today time.Time) *v1alpha1.DataSharingAgreement {
	in := func(days int) metav1.Time { return metav1.NewTime(today.AddDate(0, 0, days)) }
	return &v1alpha1.DataSharingAgreement{
		TypeMeta: typeMeta("DataSharingAgreement"),
		ObjectMeta: metav1.ObjectMeta{
			Name: e.Name, Namespace: v1alpha1.NamespaceFor(e.Partnership), Labels: labels(DataScotland),
		},
		Spec: v1alpha1.DataSharingAgreementSpec{
			DisplayName: e.DisplayName, Parties: e.Parties, Purposes: e.Purposes, Categories: e.Categories,
			LawfulBasis: e.LawfulBasis, Confidentiality: e.Confidentiality,
			FromTime: in(e.FromDays), ReviewByTime: in(e.ReviewByDays), UntilTime: in(e.UntilDays),
			Standing: e.Standing, CrossArea: e.CrossArea, OnwardDisclosure: e.OnwardDisclosure,
			Sources: inventedForDemonstration(),
		},
	}
}
