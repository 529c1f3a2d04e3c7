package pages

import "lifeline.scot/api/directory"

// form is the filter form with the reader's choices in it.
type form struct {
	Selects []selection
	Age     string
	Boxes   []box
}

type selection struct {
	Field, Label string
	Options      []option
}

type option struct {
	Value, Text string
	Chosen      bool
}

type box struct {
	ID, Field, Value, Text string
	Chosen                 bool
}

func (s speaker) form(d figures, f filter) form {
	area := selection{Field: fieldArea, Label: s.say("filter.area")}
	area.add("", s.say("filter.area.any"), f.Area)
	for _, a := range d.Partnerships() {
		area.add(a.Name, a.Spec.DisplayName, f.Area)
	}
	said := form{Selects: []selection{
		area,
		choose(s, fieldKind, directory.PoolKinds(), "kind.", string(f.Kind)),
		choose(s, fieldFor, genders, "filter.for.", string(f.For)),
		choose(s, fieldTrust, trusts, "filter.trust.", string(f.Trust)),
	}, Age: f.Age}
	if help := d.substancesSaid(f.Substance); len(help) > 0 {
		said.Selects = append(said.Selects, choose(s, fieldHelp, help, "filter.substance.", string(f.Substance)))
	}
	order := selection{Field: fieldSort, Label: s.say("filter.sort")}
	order.add("", s.say("filter.sort.free"), f.Sort)
	order.add(sortArea, s.say("filter.sort.area"), f.Sort)
	said.Selects = append(said.Selects, order)

	said.Boxes = append(said.Boxes, box{fieldFree, fieldFree, freeNow, s.say("filter.free"), f.Free})
	for _, need := range needs {
		said.Boxes = append(said.Boxes, box{fieldNeeds + "-" + need, fieldNeeds, need, s.say("filter.needs." + need), f.wants(need)})
	}
	return said
}

func (s *selection) add(value, text, chosen string) {
	s.Options = append(s.Options, option{value, text, value == chosen})
}

// choose makes a selection of values of a resource, in the words under prefix.
func choose[T ~string](s speaker, field string, values []T, prefix, chosen string) selection {
	said := selection{Field: field, Label: s.say("filter." + field)}
	said.add("", s.say("filter."+field+".any"), chosen)
	for _, value := range values {
		said.add(string(value), s.say(prefix+string(value)), chosen)
	}
	return said
}

// chips are the choices in force, each a link to the board without it.
func (s speaker) chips(d figures, f filter) []link {
	var chips []link
	for _, c := range f.choices() {
		chips = append(chips, link{c.Without.address(), s.choice(d, c)})
	}
	return chips
}

// choice says one choice in the form's words.
func (s speaker) choice(d figures, c choice) string {
	switch c.Field {
	case fieldArea:
		return d.areaName(c.Value)
	case fieldKind:
		return s.say("kind." + c.Value)
	case fieldAge:
		return s.say("filter.age.chosen", "age", c.Value)
	case fieldFree:
		return s.say("filter.free")
	default:
		return s.say("filter." + c.Field + "." + c.Value)
	}
}
