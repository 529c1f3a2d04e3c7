package pages

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds/v1alpha1"
)

// Names of the form's fields, which stand in shared addresses and so do not change.
const (
	fieldArea  = "area"
	fieldKind  = "kind"
	fieldFor   = "for"
	fieldAge   = "age"
	fieldNeeds = "needs"
	fieldHelp  = "substance"
	fieldFree  = "free"
	fieldTrust = "trust"
	fieldSort  = "sort"
	fieldPage  = "page"
)

// Values of the form's fields that are not values of a resource.
const (
	needChildren     = "children"
	needStepFree     = "step-free"
	needDetox        = "detox-on-site"
	needStayingOnMAT = "staying-on-mat"
	freeNow          = "now"
	sortFree         = "free"
	sortArea         = "area"
)

var (
	needs   = []string{needChildren, needStepFree, needDetox, needStayingOnMAT}
	genders = []v1alpha1.Gender{v1alpha1.GenderWomen, v1alpha1.GenderMen}
	// substances are what a service may help with, in the order of the form.
	substances = []v1alpha1.Substance{
		v1alpha1.SubstanceAlcohol, v1alpha1.SubstanceOpioids, v1alpha1.SubstanceBenzodiazepines, v1alpha1.SubstanceStimulants,
		v1alpha1.SubstanceCannabis, v1alpha1.SubstancePrescribedMedicines, v1alpha1.SubstanceOtherDrugs,
	}
	trusts = []v1alpha1.Trust{v1alpha1.TrustConfirmed, v1alpha1.TrustAgeing, v1alpha1.TrustUnconfirmed, v1alpha1.TrustDisputed}
	sorts  = []string{sortFree, sortArea}
)

// filter is what the reader asked the board for. The zero filter shows everything.
type filter struct {
	Area string // name of a Partnership
	Kind v1alpha1.PoolKind
	For  v1alpha1.Gender
	Age  string // of the person, in years; "" asks nothing
	// Substance the service says it helps with.
	Substance v1alpha1.Substance
	Needs     []string
	Free      bool
	Trust     v1alpha1.Trust
	Sort      string // "" is free places first
	Page      int    // from 1; 0 is 1
}

// problem is a value in the address that the board has no use for.
type problem struct{ Field, Value string }

// shownValueLength is how much of a value that made no sense is said back, in characters.
const shownValueLength = 40

// parseFilter reads an address's query. A value that makes no sense is left out and told of; fields the board does not
// know are not its business.
func parseFilter(query url.Values, knownArea func(string) bool) (filter, []problem) {
	p := parser{query: query}
	f := filter{
		Area:      p.one(fieldArea, knownArea),
		Kind:      v1alpha1.PoolKind(p.one(fieldKind, isOneOf(directory.PoolKinds()))),
		For:       v1alpha1.Gender(p.one(fieldFor, isOneOf(genders))),
		Age:       plainAge(p.one(fieldAge, isAge)),
		Substance: v1alpha1.Substance(p.one(fieldHelp, isOneOf(substances))),
		Needs:     p.several(fieldNeeds, needs),
		Free:      p.one(fieldFree, isOneOf([]string{freeNow})) != "",
		Trust:     v1alpha1.Trust(p.one(fieldTrust, isOneOf(trusts))),
		Sort:      p.one(fieldSort, isOneOf(sorts)),
	}
	if f.Sort == sortFree {
		f.Sort = ""
	}
	f.Page, _ = strconv.Atoi(p.one(fieldPage, isPage))
	return f, p.problems
}

type parser struct {
	query    url.Values
	problems []problem
}

// one returns a field's value; "" when it is empty, given twice over, or makes no sense.
func (p *parser) one(field string, known func(string) bool) string {
	var chosen string
	for _, value := range p.query[field] {
		switch value = strings.TrimSpace(value); {
		case value == "" || value == chosen:
		case chosen != "" || !known(value):
			p.refuse(field, value)
		default:
			chosen = value
		}
	}
	return chosen
}

// several returns those of a field's values that are known, in the known order.
func (p *parser) several(field string, known []string) []string {
	var chosen []string
	for _, value := range p.query[field] {
		if value != "" && !slices.Contains(known, value) {
			p.refuse(field, value)
		}
	}
	for _, value := range known {
		if slices.Contains(p.query[field], value) {
			chosen = append(chosen, value)
		}
	}
	return chosen
}

// refuse notes a problem once a field: an address with a thousand bad values gets one message.
func (p *parser) refuse(field, value string) {
	if slices.ContainsFunc(p.problems, func(known problem) bool { return known.Field == field }) {
		return
	}
	short := []rune(strings.ToValidUTF8(value, "\ufffd"))
	if len(short) > shownValueLength {
		short = append(short[:shownValueLength], '…')
	}
	p.problems = append(p.problems, problem{field, string(short)})
}

func isOneOf[T ~string](known []T) func(string) bool {
	return func(value string) bool { return slices.Contains(known, T(value)) }
}

func isPage(value string) bool {
	n, err := strconv.Atoi(value)
	return err == nil && n > 0
}

// oldest is the greatest age, in years, that a pool can state.
const oldest = 120

func isAge(value string) bool {
	years, err := strconv.ParseUint(value, 10, 8)
	return err == nil && years <= oldest
}

// plainAge is an age without noughts before it, so that one filter has one address.
func plainAge(value string) string {
	if len(value) < 2 {
		return value
	}
	return strings.TrimLeft(value[:len(value)-1], "0") + value[len(value)-1:]
}

// ageYears is the age asked for; nil when none is.
func (f filter) ageYears() *int {
	years, err := strconv.Atoi(f.Age)
	if err != nil {
		return nil
	}
	return &years
}

// address returns the board's address with the filter, in one form for one filter, so that it can be shared.
func (f filter) address() string {
	query := url.Values{}
	set := func(field, value string) {
		if value != "" {
			query.Add(field, value)
		}
	}
	set(fieldArea, f.Area)
	set(fieldKind, string(f.Kind))
	set(fieldFor, string(f.For))
	set(fieldAge, f.Age)
	set(fieldHelp, string(f.Substance))
	for _, need := range f.Needs {
		set(fieldNeeds, need)
	}
	if f.Free {
		set(fieldFree, freeNow)
	}
	set(fieldTrust, string(f.Trust))
	set(fieldSort, f.Sort)
	if f.Page > 1 {
		set(fieldPage, strconv.Itoa(f.Page))
	}
	if len(query) == 0 {
		return "/"
	}
	return "/?" + query.Encode()
}

// onPage is the filter, showing another page of its rows.
func (f filter) onPage(page int) filter {
	f.Page = page
	return f
}

// choice is one filter in force, and the filter without it.
type choice struct {
	Field, Value string
	Without      filter
}

// choices are the filters in force, in the order of the form. The order of the rows is not a filter.
func (f filter) choices() []choice {
	f.Page = 0
	var chosen []choice
	add := func(field, value string, without func(*filter)) {
		if value == "" {
			return
		}
		rest := f
		without(&rest)
		chosen = append(chosen, choice{field, value, rest})
	}
	add(fieldArea, f.Area, func(rest *filter) { rest.Area = "" })
	add(fieldKind, string(f.Kind), func(rest *filter) { rest.Kind = "" })
	add(fieldFor, string(f.For), func(rest *filter) { rest.For = "" })
	add(fieldAge, f.Age, func(rest *filter) { rest.Age = "" })
	add(fieldHelp, string(f.Substance), func(rest *filter) { rest.Substance = "" })
	for _, need := range f.Needs {
		add(fieldNeeds, need, func(rest *filter) {
			rest.Needs = slices.DeleteFunc(slices.Clone(f.Needs), func(n string) bool { return n == need })
		})
	}
	if f.Free {
		add(fieldFree, freeNow, func(rest *filter) { rest.Free = false })
	}
	add(fieldTrust, string(f.Trust), func(rest *filter) { rest.Trust = "" })
	return chosen
}

// wants reports whether the filter asks for a need.
func (f filter) wants(need string) bool { return slices.Contains(f.Needs, need) }

// narrow reports whether the filter asks for more than an area and a kind. Totals of people are only ever given for whole
// kinds in whole areas; package capacity says why.
func (f filter) narrow() bool {
	return f.For != "" || f.Age != "" || f.Substance != "" || len(f.Needs) > 0 || f.Free || f.Trust != ""
}
