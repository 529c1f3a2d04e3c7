package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// GroupVersion is the API group and version of every kind in this package.
var GroupVersion = schema.GroupVersion{Group: "lifeline.scot", Version: "v1alpha1"}

// SchemeBuilder registers the kinds of this package; AddToScheme adds them to a scheme.
var (
	SchemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)
	AddToScheme   = SchemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion,
		&Partnership{}, &PartnershipList{},
		&Partner{}, &PartnerList{},
		&SupportService{}, &SupportServiceList{},
		&CapacityPool{}, &CapacityPoolList{},
		&CapacityReport{}, &CapacityReportList{},
		&Placement{}, &PlacementList{},
		&PlacementFund{}, &PlacementFundList{},
		&UnmetNeed{}, &UnmetNeedList{},
		&DataSharingAgreement{}, &DataSharingAgreementList{},
		&Pathway{}, &PathwayList{},
	)
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
