package scotland

import (
	"fmt"

	"lifeline.scot/crds/v1alpha1"
)

// sources are the publications that the facts come from, by the tag the tables use for them.
type sources map[string]v1alpha1.Source

func readSources() (sources, error) {
	rows, err := readTable("sources.csv")
	if err != nil {
		return nil, err
	}
	known := make(sources, len(rows))
	for _, row := range rows {
		known[row["tag"]] = v1alpha1.Source{
			Title:      row["title"],
			AsOf:       v1alpha1.PartialDate(row["as_of"]),
			Provenance: v1alpha1.Provenance(row["provenance"]),
		}
	}
	return known, nil
}

// of returns the source of a tag; an unknown tag is an error, so that no fact stands without its source.
func (s sources) of(tag string) (v1alpha1.Source, error) {
	source, known := s[tag]
	if !known {
		return v1alpha1.Source{}, fmt.Errorf("no source has the tag %q", tag)
	}
	return source, nil
}

// list returns the sources of tags in their order, each title once.
func (s sources) list(tags ...string) ([]v1alpha1.Source, error) {
	var out []v1alpha1.Source
	seen := map[string]bool{}
	for _, tag := range tags {
		source, err := s.of(tag)
		if err != nil {
			return nil, err
		}
		if !seen[source.Title] {
			out = append(out, source)
		}
		seen[source.Title] = true
	}
	return out, nil
}

// about returns a source with what it is the source of written behind its title.
func about(source v1alpha1.Source, subject string) v1alpha1.Source {
	source.Title += " (" + subject + ")"
	return source
}

// figure is a published number of places with the tag of its source. The date is the one the table gives for the number,
// which may differ from that of the source.
type figure struct {
	Places int32                `json:"places"`
	Source string               `json:"source"`
	AsOf   v1alpha1.PartialDate `json:"asOf,omitempty"`
	Note   string               `json:"note,omitempty"`
}

func (s sources) figure(f figure) (v1alpha1.PlacesFigure, error) {
	source, err := s.of(f.Source)
	if err != nil {
		return v1alpha1.PlacesFigure{}, err
	}
	source.AsOf = f.AsOf
	if f.Note != "" {
		source = about(source, f.Note)
	}
	return v1alpha1.PlacesFigure{Places: &f.Places, Source: source}, nil
}
