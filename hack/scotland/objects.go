package scotland

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

const (
	// DataLabel is on every object of this package; its value is DataScotland or DataGenerated. It finds or deletes them
	// all: kubectl get lifeline -A -l lifeline.scot/data=scotland.
	DataLabel = "lifeline.scot/data"

	// DataScotland marks what comes from published facts, and the demonstration counts of the pools among them.
	DataScotland = "scotland"

	// DataGenerated marks what is invented.
	DataGenerated = "generated"

	// RowAnnotation is on each service and pool of Objects; its value is the id of the row in the tables, such as "R10".
	RowAnnotation = "lifeline.scot/data-row"
)

// AdministratorGroup is the Kubernetes group that the sample data makes administrators of a partnership. Nobody is in it
// until the cluster's own identity provider puts somebody in.
func AdministratorGroup(partnership string) string {
	return v1alpha1.NamespaceFor(partnership) + "-admins"
}

// ProviderGroup is the Kubernetes group that the sample data lets report counts for a partner's own pools.
func ProviderGroup(partner string) string { return "provider-" + partner }

// Objects gives Scotland's published facts in the order to apply them: Partnerships, Partners, SupportServices,
// CapacityPools. The last two are in namespaces that the operator makes for the Partnerships, so wait for those first.
// Every call gives objects of its own, equal to those of any other call. An error means that the embedded files
// contradict each other.
func Objects() ([]client.Object, error) {
	f, err := readFacts()
	if err != nil {
		return nil, err
	}
	var out []client.Object
	out = appendObjects(out, f.areas.partnerships)
	out = appendObjects(out, f.partners)
	out = appendObjects(out, f.services)
	return appendObjects(out, f.pools), nil
}

// facts is everything the embedded files say.
type facts struct {
	areas    *areas
	partners []*v1alpha1.Partner
	services []*v1alpha1.SupportService
	pools    []*v1alpha1.CapacityPool
}

// partnersByName says which organisations there are.
func (f *facts) partnersByName() map[v1alpha1.ObjectName]bool {
	there := map[v1alpha1.ObjectName]bool{}
	for _, partner := range f.partners {
		there[v1alpha1.ObjectName(partner.Name)] = true
	}
	return there
}

// inventedForDemonstration says of something that no source stands behind it.
func inventedForDemonstration() []v1alpha1.Source {
	return []v1alpha1.Source{{Title: "Invented for the demonstration", Provenance: v1alpha1.ProvenanceIllustrative}}
}

func readFacts() (*facts, error) {
	known, err := readSources()
	if err != nil {
		return nil, err
	}
	f := &facts{}
	if f.areas, err = readAreas(known); err != nil {
		return nil, err
	}
	if f.partners, err = readPartners(f.areas, known); err != nil {
		return nil, err
	}
	if f.services, f.pools, err = readServices(f.areas, known); err != nil {
		return nil, err
	}
	serveWhereTheirServicesAre(f.partners, f.services)
	return f, nil
}

func appendObjects[T client.Object](out []client.Object, more []T) []client.Object {
	for _, o := range more {
		out = append(out, o)
	}
	return out
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind}
}

func labels(data string) map[string]string { return map[string]string{DataLabel: data} }
