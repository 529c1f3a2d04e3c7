package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "lifeline.scot/api/casework/caseworktest" //nolint:revive // the names of those who take part read like a story
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

// A person goes along the pathway of the ADP that its routeBy leads to: after an overdose that of the place of the call, wherever they
// live.
func TestAPathwayIsThatOfTheADPThatItsRouteLeadsTo(t *testing.T) {
	from := func(area, returns string) *person.Locality { return &person.Locality{Area: area, ReturnArea: returns} }
	const incident = v1alpha1.RoutePlaceOfIncident
	const home, back = v1alpha1.RouteHomeArea, v1alpha1.RouteAreaOfReturn
	for name, tc := range map[string]struct {
		by       v1alpha1.PathwayRoute
		incident string
		locality *person.Locality
		unrouted bool
		says     string // "" if it is taken
	}{
		"it happened here":                          {incident, MorayCouncil, nil, false, ""},
		"it happened here to somebody from Fife":    {incident, MorayCouncil, from(FifeCouncil, ""), false, ""},
		"it happened in Fife to somebody from here": {incident, FifeCouncil, from(MorayCouncil, ""), false, "Fife ADP (fife)"},
		"nobody says where it happened":             {incident, "", from(MorayCouncil, ""), false, "in which council area"},
		"it happened in this health board":          {incident, "S08000020", nil, false, "S12 and six digits"},
		"it happened in a council by its name":      {incident, "Moray", nil, false, "S12 and six digits"},
		"a place whose code is too long":            {incident, MorayCouncil + "0", nil, false, "S12 and six digits"},
		"it happened nowhere":                       {incident, "S12000099", nil, false, "No ADP in the directory covers"},
		"they live here":                            {home, "", from(MorayCouncil, FifeCouncil), false, ""},
		"they live in this health board":            {home, "", from("S08000020", ""), false, ""},
		"they live in Fife":                         {home, "", from(FifeCouncil, ""), false, "Fife ADP (fife)"},
		"they live in Fife's health board":          {home, "", from("S08000029", ""), false, "Fife ADP (fife)"},
		"they live nowhere":                         {home, "", from(person.NoFixedAbodeArea, ""), true, ""},
		"they live in an area that no ADP names":    {home, "", from("S37000019", ""), true, ""},
		"nobody says where they live":               {home, "", nil, true, ""},
		"they go back here":                         {back, "", from(FifeCouncil, MorayCouncil), false, ""},
		"they go back to Fife":                      {back, "", from(MorayCouncil, FifeCouncil), false, "Fife ADP (fife)"},
		"they go back to where they live":           {back, "", from(MorayCouncil, ""), false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			p := o.Pathways["overdose"]
			p.Spec.RouteBy = tc.by
			s := Submission()
			afterOverdose(&s)
			s.Along.IncidentArea, s.Told.Person.Locality = tc.incident, tc.locality
			done, err := o.Desk.Submit(t.Context(), Referrer, o.key(), s)
			if tc.says != "" {
				if codeOf(err) != refusal.Invalid || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			cut := o.see(Asks(Referrer, identity.Practitioner, disclosure.DirectCare), done.Referral, disclosure.Along)
			if along, may, err := cut.Along(); err != nil || !may || along.Unrouted != tc.unrouted || along.IncidentArea != tc.incident {
				t.Errorf("%t %v: unrouted %t, in %s", may, err, along.Unrouted, along.IncidentArea)
			}
		})
	}
}

// Whoever works for the whole country, as an ambulance crew does, names the place, and the ADP is found by it.
func TestTheADPIsFoundByThePlaceOfTheCall(t *testing.T) {
	national := Referrer
	national.Partnership = ""
	for name, tc := range map[string]struct {
		area, partnership, want string
		path                    []string
	}{
		"in Moray":            {MorayCouncil, "", "moray", nil},
		"in Moray, and named": {MorayCouncil, "moray", "moray", nil},
		"in Fife":             {FifeCouncil, "", "", []string{"input", "pathway", "name"}}, // which has no such pathway
		"in Moray's board":    {"S08000020", "", "", []string{"input", "partnership"}},
		"nowhere":             {"S12000099", "", "", []string{"input", "partnership"}},
		"nobody says where":   {"", "", "", []string{"input", "partnership"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t)
			s := Submission()
			afterOverdose(&s)
			s.Partnership, s.Along.IncidentArea = tc.partnership, tc.area
			done, err := o.Desk.Submit(t.Context(), national, o.key(), s)
			if tc.path != nil {
				var problems refusal.Refusal
				if !errors.As(err, &problems) || !slices.Equal(problems[0].Path, tc.path) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if state, err := o.Store.State(t.Context(), done.Referral); err != nil || state.Partnership != tc.want {
				t.Errorf("in %s: %v", state.Partnership, err)
			}
		})
	}
}

// On a pathway for those who agreed nobody is asked next on another basis, whatever the rules permit.
func TestTheNextResponderIsAskedOnABasisOfThePathway(t *testing.T) {
	for basis, with := range map[v1alpha1.PathwayBasis]string{
		v1alpha1.BasisConsented: "harbour", v1alpha1.BasisDidNotObject: "beacon",
	} {
		t.Run(string(basis), func(t *testing.T) {
			o := open(t)
			o.Pathways["overdose"].Spec.Bases = []v1alpha1.PathwayBasis{v1alpha1.BasisConsented, basis}
			o.Rules.Agree("council-harbour", Agreement("council", "harbour"))
			optOut := Agreement("council", "beacon")
			optOut.Purposes = []string{"nfo_response"}
			o.Rules.Agree("council-beacon", optOut)
			council := Referrer
			council.Partner = "council"
			s := Submission()
			afterOverdose(&s)
			agreed("harbour")(&s)
			s.Circumstances = referral.Circumstances{Capability: referral.Capable, Informed: true}
			done, err := o.Desk.Submit(t.Context(), council, o.key(), s)
			if err != nil {
				t.Fatal(err)
			}
			o.silence(3)
			state, err := o.Store.State(t.Context(), done.Referral)
			if err != nil {
				t.Fatal(err)
			}
			if state.Target != with {
				t.Errorf("with %s", state.Target)
			}
		})
	}
}
