package pages

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"lifeline.scot/api/directory"
)

// explorerAddress is the address of the GraphQL explorer with the query filled in that asks for what the filter shows; ""
// when the API has no such filter for pools.
func explorerAddress(path string, f filter) string {
	if f.Substance != "" {
		return ""
	}
	return path + "?" + url.Values{"query": {f.query()}}.Encode()
}

// query is the GraphQL query for the filter's pools with the figures the board shows.
func (f filter) query() string {
	order := directory.ByFree
	if f.Sort == sortArea {
		order = directory.ByArea
	}
	arguments := "first: " + strconv.Itoa(rowsOnPage) + ", orderBy: " + string(order)
	if chosen := f.argument(); chosen != "" {
		arguments += ", filter: {" + chosen + "}"
	}
	return strings.NewReplacer("{arguments}", arguments).Replace(boardQuery)
}

const boardQuery = `{
  directory { asOf state }
  capacityPools({arguments}) {
    totalCount
    nodes {
      displayName
      kind
      operation
      service { displayName contact { phone } }
      partnership { displayName }
      registered { ...Figure }
      staffed { ...Figure }
      occupied { ...Figure }
      held { ...Figure }
      free { ...Figure }
      lastKnown {
        staffed { ...Figure }
        occupied { ...Figure }
        held { ...Figure }
        free { ...Figure }
      }
      trust
      confirmedTime
      confirmedBy
      provenance
    }
  }
}

fragment Figure on Figure { value state }
`

// argument is the filter as an input object of GraphQL, without its braces. Every value in it is one of a known few, or a
// whole number.
func (f filter) argument() string {
	var fields []string
	add := func(name, value string) { fields = append(fields, name+": "+value) }
	if f.Area != "" {
		add("partnerships", "["+strconv.Quote(f.Area)+"]")
	}
	if f.Kind != "" {
		add("kinds", "["+enumName(string(f.Kind))+"]")
	}
	if needs := f.needsArgument(); needs != "" {
		add("needs", "{"+needs+"}")
	}
	if f.Free {
		add("freeNow", "true")
	}
	if f.Trust != "" {
		add("trust", "["+enumName(string(f.Trust))+"]")
	}
	return strings.Join(fields, ", ")
}

func (f filter) needsArgument() string {
	var fields []string
	if f.For != "" {
		fields = append(fields, "gender: "+enumName(string(f.For)))
	}
	if f.Age != "" {
		fields = append(fields, "ageYears: "+f.Age)
	}
	for _, need := range []struct{ name, field string }{
		{needChildren, "children: 1"},
		{needStepFree, "stepFree: true"},
		{needDetox, "detoxOnSite: true"},
		{needStayingOnMAT, "stayingOnMAT: true"},
	} {
		if f.wants(need.name) {
			fields = append(fields, need.field)
		}
	}
	return strings.Join(fields, ", ")
}

// enumName is the GraphQL name of a resource's value: ResidentialRehab is RESIDENTIAL_REHAB.
func enumName(value string) string {
	var name strings.Builder
	for i, r := range value {
		if i > 0 && unicode.IsUpper(r) {
			name.WriteByte('_')
		}
		name.WriteRune(unicode.ToUpper(r))
	}
	return name.String()
}
