package scotland

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/pathway"
	"lifeline.scot/crds/v1alpha1"
)

// pathwayEntry is an entry of pathways.yaml.
type pathwayEntry struct {
	Name        string               `json:"name"`
	Partnership string               `json:"partnership"`
	Spec        v1alpha1.PathwaySpec `json:"spec"`
}

// Pathways gives an invented pathway for each journey, marked Illustrative, between organisations of Objects: who answers, and
// how soon, is published by no ADP in the sources read. They are in namespaces that the operator makes. Every call gives the
// same.
func Pathways() ([]*v1alpha1.Pathway, error) {
	var entries []pathwayEntry
	if err := readYAML("pathways.yaml", &entries); err != nil {
		return nil, err
	}
	f, err := readFacts()
	if err != nil {
		return nil, err
	}
	there := f.partnersByName()
	pathways := make([]*v1alpha1.Pathway, 0, len(entries))
	for _, e := range entries {
		for _, name := range pathway.Named(&e.Spec) {
			if !there[name] {
				return nil, fmt.Errorf("pathway %s: there is no partner %q", e.Name, name)
			}
		}
		e.Spec.Sources = inventedForDemonstration()
		pathways = append(pathways, &v1alpha1.Pathway{
			TypeMeta: typeMeta("Pathway"),
			ObjectMeta: metav1.ObjectMeta{
				Name: e.Name, Namespace: v1alpha1.NamespaceFor(e.Partnership), Labels: labels(DataScotland),
			},
			Spec: e.Spec,
		})
	}
	return pathways, nil
}
