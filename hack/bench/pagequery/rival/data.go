package rival

import (
	"fmt"
	"strings"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds/v1alpha1"
)

// Data is what the server answers from. It never changes.
type Data struct {
	// edges are the services in the order of the list, at the place of each by its cursor.
	edges []SupportServiceEdge
	at    map[string]int
	named map[serviceName]*SupportService
}

type serviceName struct{ partnership, name string }

// NewData lays out the services of a view, with the same ids, cursors and order.
func NewData(v directory.View) (*Data, error) {
	d := &Data{at: map[string]int{}, named: map[serviceName]*SupportService{}}
	b := newBuilder(v)
	everything := directory.ServiceFilter{Operations: []v1alpha1.Operation{
		v1alpha1.OperationOpen, v1alpha1.OperationPaused, v1alpha1.OperationPlanned,
		v1alpha1.OperationClosed, v1alpha1.OperationUnknown,
	}}
	all, err := v.Services(everything, directory.ByName)
	if err != nil {
		return nil, fmt.Errorf("list all services: %w", err)
	}
	for _, s := range all.All() {
		d.named[serviceName{s.Partnership, s.Name}] = b.service(s)
	}
	listed, err := v.Services(directory.ServiceFilter{}, directory.ByName)
	if err != nil {
		return nil, fmt.Errorf("list the services: %w", err)
	}
	page := listed.Page(directory.PageRequest{First: listed.Total})
	for i, s := range page.Rows {
		cursor := directory.Cursor(listed.Scope, page.Keys[i])
		d.at[cursor] = i
		d.edges = append(d.edges, SupportServiceEdge{Cursor: cursor, Node: d.named[serviceName{s.Partnership, s.Name}]})
	}
	return d, b.err
}

// builder makes plain structs. Organisations are shared, as they are in the directory.
type builder struct {
	view     directory.View
	partners map[string]*Partner
	err      error

	known      map[string]Known
	operations map[string]Operation
	sectors    map[string]Sector
	types      map[string]ServiceType
	substances map[string]Substance
}

func newBuilder(v directory.View) *builder {
	b := &builder{
		view: v, partners: map[string]*Partner{},
		known: byPlainName(AllKnown), operations: byPlainName(AllOperation), sectors: byPlainName(AllSector),
		types: byPlainName(AllServiceType), substances: byPlainName(AllSubstance),
	}
	for _, p := range v.Partners() {
		b.partners[p.Name] = &Partner{
			ID: p.ID, Name: p.Name, DisplayName: p.Spec.DisplayName, Sector: optional(value(b, b.sectors, p.Spec.Sector)),
		}
	}
	return b
}

// byPlainName finds the values of an enum by their names without case and underscores, which is how they relate to the
// values in the resources: MAT_PRIMARY_CARE is MATPrimaryCare there.
func byPlainName[E ~string](all []E) map[string]E {
	names := map[string]E{}
	for _, v := range all {
		names[strings.ReplaceAll(string(v), "_", "")] = v
	}
	return names
}

// value is the enum value of a resource's value; "" for none. One that the schema lacks is an error of the builder.
func value[E, V ~string](b *builder, names map[string]E, of V) E {
	found, ok := names[strings.ToUpper(string(of))]
	if !ok && of != "" {
		b.err = fmt.Errorf("schema.graphqls has no enum value for %q", string(of))
	}
	return found
}

func values[E, V ~string](b *builder, names map[string]E, of []V) []E {
	out := make([]E, len(of))
	for i, v := range of {
		out[i] = value(b, names, v)
	}
	return out
}

// optional is null for a text that is empty.
func optional[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}

func (b *builder) service(s *directory.Service) *SupportService {
	spec := &s.Spec
	service := &SupportService{
		ID: s.ID, Name: s.Name, DisplayName: spec.DisplayName, Summary: optional(spec.Summary),
		Provider:   b.partners[string(spec.ProviderRef.Name)],
		Types:      values(b, b.types, spec.Types),
		Operation:  optional(value(b, b.operations, spec.Operation)),
		Accepting:  value(b, b.known, s.Accepting()),
		Substances: values(b, b.substances, spec.Substances),
		Languages:  append([]string{}, spec.Languages...),

		CareInspectorateNumber: optional(spec.CareInspectorateNumber),
		RecentlyVerified:       b.view.Checked(s),
		MatStandards:           []int{},
		Locations:              make([]Location, len(spec.Locations)),
	}
	for _, standard := range spec.MATStandards {
		service.MatStandards = append(service.MatStandards, int(standard))
	}
	for i := range spec.Locations {
		service.Locations[i] = b.location(&spec.Locations[i])
	}
	return service
}

func (b *builder) location(l *v1alpha1.Location) Location {
	stepFree := l.StepFree
	if stepFree == "" {
		stepFree = v1alpha1.KnownUnknown
	}
	location := Location{
		Name: string(l.Name), Town: optional(l.Town), Postcode: optional(string(l.Postcode)),
		StepFree: value(b, b.known, stepFree),
	}
	if l.Position != nil {
		location.Position = &Position{Latitude: float64(l.Position.LatitudeMicrodegrees) / 1e6}
		if east := l.Position.LongitudeMicrodegrees; east != nil {
			location.Position.Longitude = float64(*east) / 1e6
		}
	}
	return location
}
