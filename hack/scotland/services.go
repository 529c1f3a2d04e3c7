package scotland

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// serviceEntry is an entry of services.yaml: what a row of a table becomes.
type serviceEntry struct {
	Row         string                      `json:"row"`
	Name        string                      `json:"name"`
	Provider    v1alpha1.ObjectName         `json:"provider"`
	Service     v1alpha1.SupportServiceSpec `json:"service"`
	AlsoSources []string                    `json:"alsoSources,omitempty"`
	Pools       []poolEntry                 `json:"pools,omitempty"`
}

// poolEntry is a pool of a serviceEntry.
type poolEntry struct {
	Name         string                `json:"name"`
	DisplayName  string                `json:"displayName"`
	Kind         v1alpha1.PoolKind     `json:"kind"`
	Operation    v1alpha1.Operation    `json:"operation,omitempty"`
	Registered   *figure               `json:"registered,omitempty"`
	OtherFigures []figure              `json:"otherFigures,omitempty"`
	Features     *v1alpha1.Features    `json:"features,omitempty"`
	ClaimableBy  *v1alpha1.ClaimableBy `json:"claimableBy,omitempty"`
}

// readServiceRows reads both tables of services, by the id of the row.
func readServiceRows() (map[string]tableRow, error) {
	byID := map[string]tableRow{}
	for _, name := range []string{"residential-rehabilitation.csv", "crisis-stabilisation-detox.csv"} {
		rows, err := readTable(name)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			byID[row["id"]] = row
		}
	}
	return byID, nil
}

// readServices gives the services and their pools, in the order of the tables.
func readServices(a *areas, known sources) ([]*v1alpha1.SupportService, []*v1alpha1.CapacityPool, error) {
	rows, err := readServiceRows()
	if err != nil {
		return nil, nil, err
	}
	positions, err := readPositions(known)
	if err != nil {
		return nil, nil, err
	}
	var entries []serviceEntry
	if err := readYAML("services.yaml", &entries); err != nil {
		return nil, nil, err
	}
	var services []*v1alpha1.SupportService
	var pools []*v1alpha1.CapacityPool
	for _, e := range entries {
		service, err := e.service(rows[e.Row], a, known, positions)
		if err != nil {
			return nil, nil, fmt.Errorf("row %s: %w", e.Row, err)
		}
		services = append(services, service)
		its, err := e.pools(service, known)
		if err != nil {
			return nil, nil, fmt.Errorf("row %s: %w", e.Row, err)
		}
		pools = append(pools, its...)
	}
	return services, pools, nil
}

// service fills in what the row says itself (the name, the council area and the sources) and the approximate position.
func (e serviceEntry) service(
	row tableRow, a *areas, known sources, positions placed,
) (*v1alpha1.SupportService, error) {
	partnership, covered := a.partnership[row["council_area"]]
	if !covered {
		return nil, fmt.Errorf("no partnership covers %q", row["council_area"])
	}
	spec := e.Service
	var err error
	if spec.Sources, err = known.list(append(strings.Split(row["sources"], ";"), e.AlsoSources...)...); err != nil {
		return nil, err
	}
	spec.DisplayName = row["service"]
	spec.ProviderRef = v1alpha1.PartnerReference{Name: e.Provider}
	for i := range spec.Locations {
		spec.Locations[i].CouncilCode = a.councilCode[row["council_area"]]
		positions.at(e.Row, &spec.Locations[i])
	}
	return &v1alpha1.SupportService{
		TypeMeta:   typeMeta("SupportService"),
		ObjectMeta: e.meta(e.Name, v1alpha1.NamespaceFor(partnership)),
		Spec:       spec,
	}, nil
}

func (e serviceEntry) meta(name, namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: namespace,
		Labels:      labels(DataScotland),
		Annotations: map[string]string{RowAnnotation: e.Row},
	}
}

func (e serviceEntry) pools(service *v1alpha1.SupportService, known sources) ([]*v1alpha1.CapacityPool, error) {
	pools := make([]*v1alpha1.CapacityPool, 0, len(e.Pools))
	for _, p := range e.Pools {
		spec, err := p.spec(service, known)
		if err != nil {
			return nil, fmt.Errorf("pool %s: %w", p.Name, err)
		}
		pools = append(pools, &v1alpha1.CapacityPool{
			TypeMeta: typeMeta("CapacityPool"), ObjectMeta: e.meta(p.Name, service.Namespace), Spec: spec,
		})
	}
	return pools, nil
}

func (p poolEntry) spec(service *v1alpha1.SupportService, known sources) (v1alpha1.CapacityPoolSpec, error) {
	spec := v1alpha1.CapacityPoolSpec{
		DisplayName: p.DisplayName,
		ServiceRef:  v1alpha1.SupportServiceReference{Name: v1alpha1.ObjectName(service.Name)},
		Kind:        p.Kind,
		Operation:   p.Operation,
		Features:    p.Features,
		ClaimableBy: p.ClaimableBy,
	}
	if spec.ClaimableBy == nil && takesFromAllScotland(service.Spec.Audience) {
		spec.ClaimableBy = &v1alpha1.ClaimableBy{Scope: v1alpha1.ClaimScotland}
	}
	if p.Registered != nil {
		registered, err := known.figure(*p.Registered)
		if err != nil {
			return spec, err
		}
		spec.Registered = &registered
	}
	for _, other := range p.OtherFigures {
		f, err := known.figure(other)
		if err != nil {
			return spec, err
		}
		spec.OtherFigures = append(spec.OtherFigures, f)
	}
	return spec, nil
}

func takesFromAllScotland(audience *v1alpha1.Audience) bool {
	return audience != nil &&
		(audience.Catchment == v1alpha1.CatchmentScotland || audience.Catchment == v1alpha1.CatchmentUnitedKingdom)
}
