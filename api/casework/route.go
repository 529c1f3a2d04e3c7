package casework

import (
	"slices"
	"strings"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/person"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

// routed refuses a referral along the pathway of another ADP than the one that the pathway's routeBy leads to, and reports
// whether that could be looked at: where somebody lives or returns to need not be told, and may be told in areas that the
// directory does not have.
func (d *Desk) routed(s Submission, p *v1alpha1.Pathway) (looked bool, err error) {
	area, path := s.areaOf(p.Spec.RouteBy)
	switch {
	case area == "" && p.Spec.RouteBy == v1alpha1.RoutePlaceOfIncident:
		return false, refusal.Of(refusal.Invalid, "Say in which council area it happened, for example S12000049: this pathway goes "+
			"by the place of the incident, not by where the person lives.", path...)
	case area == "" || area == person.NoFixedAbodeArea:
		return false, nil
	}
	view := d.View()
	named, _ := view.Partnership(s.Partnership) // that there is one was looked at before
	here := covering(view, area)
	switch {
	case len(here) == 0 && p.Spec.RouteBy == v1alpha1.RoutePlaceOfIncident:
		return false, refusal.Of(refusal.Invalid, "No ADP in the directory covers that council area: check its code.", path...)
	case len(here) == 0:
		return false, nil
	case slices.Contains(here, named):
		return true, nil
	}
	return true, refusal.Of(refusal.Invalid, "This pathway is for people whose "+placeOf[p.Spec.RouteBy]+" is in the area of "+
		named.Spec.DisplayName+". That area belongs to "+namesOf(here)+": name that ADP in partnership, and a pathway of it.", path...)
}

// placeOf is what a pathway goes by, in words.
var placeOf = map[v1alpha1.PathwayRoute]string{
	v1alpha1.RoutePlaceOfIncident: "incident", v1alpha1.RouteHomeArea: "home", v1alpha1.RouteAreaOfReturn: "area of return",
}

// areaOf is the code of the area that a pathway goes by, "" where it is not told, and where it is told. Whoever goes back to
// where they live says so once.
func (s Submission) areaOf(by v1alpha1.PathwayRoute) (area string, path []string) {
	if by == v1alpha1.RoutePlaceOfIncident {
		return s.Along.IncidentArea, []string{"input", "pathway", "incidentArea"}
	}
	path = []string{"input", "told", "locality"}
	l := s.Told.Person.Locality
	switch {
	case l == nil:
		return "", path
	case by == v1alpha1.RouteAreaOfReturn && l.ReturnArea != "":
		return l.ReturnArea, path
	default:
		return l.Area, path
	}
}

// covering are the ADPs that cover an area: a council's (S12), or a health board's (S08).
func covering(view directory.View, area string) (all []*directory.Partnership) {
	for _, p := range view.Partnerships() {
		council := func(c v1alpha1.CouncilArea) bool { return string(c.Code) == area }
		board := func(b v1alpha1.HealthBoardArea) bool { return string(b.Code) == area }
		if slices.ContainsFunc(p.Spec.Councils, council) || slices.ContainsFunc(p.Spec.HealthBoards, board) {
			all = append(all, p)
		}
	}
	return all
}

// whereItHappened is the ADP that covers the place of an incident, where one alone does.
func (d *Desk) whereItHappened(area string) (partnership string, known bool) {
	if !councilCode.MatchString(area) { // a board may lie in the areas of many ADPs, and be all of one
		return "", false
	}
	if here := covering(d.View(), area); len(here) == 1 {
		return here[0].Name, true
	}
	return "", false
}

func namesOf(partnerships []*directory.Partnership) string {
	var names []string
	for _, p := range partnerships {
		names = append(names, p.Spec.DisplayName+" ("+p.Name+")")
	}
	return strings.Join(names, " or ")
}
