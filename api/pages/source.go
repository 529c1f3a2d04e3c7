package pages

import (
	"strconv"
	"strings"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// sources are who published a number of places, first the one shown.
type sources struct {
	// About names whose places they are, for those who hear the page.
	About   string
	Figures []published
}

// published is a number of places with where it comes from.
type published struct {
	Places, Title string
	// Address of the publication; "" when it has none.
	Address string
	// Lines say when, and how it came to be known where it was not simply published.
	Lines []string
}

// registered says the registered places, the date their source speaks of, and who published which number.
func (s speaker) registered(e entry, c capacity.Cell) number {
	n := s.number(c)
	figures := e.Pool.Spec.OtherFigures
	if shown := e.Pool.Spec.Registered; shown != nil {
		n.Note = s.sourceNote(shown.Source)
		figures = append([]v1alpha1.PlacesFigure{*shown}, figures...)
	}
	if len(figures) == 0 {
		return n
	}
	n.Sources = &sources{About: s.say("source.about", "service", serviceName(e))}
	for _, figure := range figures {
		n.Sources.Figures = append(n.Sources.Figures, s.published(figure))
	}
	return n
}

// sourceNote is how a number came to be known, in a word or two.
func (s speaker) sourceNote(source v1alpha1.Source) string {
	switch {
	case source.Provenance == v1alpha1.ProvenanceIllustrative:
		return s.say("number.example")
	case source.Provenance == v1alpha1.ProvenanceBackground:
		return s.say("number.background")
	case source.AsOf == "":
		return ""
	case source.Provenance == v1alpha1.ProvenanceDerived:
		return s.say("number.derived", "date", s.partialDate(source.AsOf))
	default:
		return s.say("number.published", "date", s.partialDate(source.AsOf))
	}
}

func (s speaker) published(figure v1alpha1.PlacesFigure) published {
	source := figure.Source
	said := published{Title: source.Title}
	if address := string(source.URI); strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://") {
		said.Address = address
	}
	if figure.Places != nil {
		said.Places = s.say("source.places", "count", strconv.Itoa(int(*figure.Places)))
	}
	if date := s.partialDate(source.AsOf); date != "" && !strings.Contains(said.Title, date) {
		said.Lines = append(said.Lines, s.say("source.as-of", "date", date))
	}
	if source.Provenance != v1alpha1.ProvenancePublished && source.Provenance != "" {
		said.Lines = append(said.Lines, s.say("source."+string(source.Provenance)))
	}
	return said
}
