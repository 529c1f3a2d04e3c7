package pathway_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/crds/pathway"
	"lifeline.scot/crds/v1alpha1"
)

// tuesday is in Scotland's summer, before a week without bank holidays.
var tuesday = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)

func hours(n int32) *v1alpha1.ResponseTime { return &v1alpha1.ResponseTime{Hours: &n} }

func days(n int32) *v1alpha1.ResponseTime { return &v1alpha1.ResponseTime{WorkingDays: &n} }

// overdose is answered by harbour or haven within four hours of the call, and the person is spoken with on the next working day.
func overdose() *v1alpha1.PathwaySpec {
	return &v1alpha1.PathwaySpec{
		Journey:      v1alpha1.JourneyNearFatalOverdose,
		PublicBodies: []v1alpha1.PublicBody{v1alpha1.BodyAmbulanceService},
		Purposes:     []v1alpha1.SharingPurpose{v1alpha1.PurposeOverdoseResponse},
		Bases:        []v1alpha1.PathwayBasis{v1alpha1.BasisConsented, v1alpha1.BasisDidNotObject},
		Steps: []v1alpha1.PathwayStep{
			{Task: v1alpha1.TaskAnswer, Responders: []v1alpha1.ObjectName{"harbour", "haven"}, Within: hours(4), CountedFrom: v1alpha1.FromIncident},
			{Task: v1alpha1.TaskContact, Within: days(1), CountedFrom: v1alpha1.FromStepBefore},
		},
	}
}

func tasks(steps []pathway.Step) string {
	var all []string
	for _, s := range steps {
		all = append(all, string(s.Task))
	}
	return strings.Join(all, " ")
}

func TestNaloxoneAndAftercareAreOfferedUnlessAReasonIsGiven(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.PathwaySpec)
		want   string
	}{
		"nothing is said of them": {func(*v1alpha1.PathwaySpec) {}, "Answer Contact Naloxone Aftercare"},
		"naloxone has a step of its own": {func(s *v1alpha1.PathwaySpec) {
			s.Steps = slices.Insert(s.Steps, 1, v1alpha1.PathwayStep{Task: v1alpha1.TaskNaloxone, Within: hours(24)})
		}, "Answer Naloxone Contact Aftercare"},
		"aftercare is left out": {func(s *v1alpha1.PathwaySpec) { s.WithoutAftercare = "It is aftercare" }, "Answer Contact Naloxone"},
		"both are left out": {func(s *v1alpha1.PathwaySpec) {
			s.WithoutAftercare, s.WithoutNaloxone = "It is aftercare", "Everybody has a kit"
		}, "Answer Contact"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := overdose()
			tc.change(spec)
			if got := tasks(pathway.Steps(spec)); got != tc.want {
				t.Errorf("steps %s, want %s", got, tc.want)
			}
		})
	}
}

func TestWhenAStepIsDue(t *testing.T) {
	step := func(from v1alpha1.PathwayMoment, within *v1alpha1.ResponseTime) pathway.Step {
		spec := overdose()
		spec.Steps[0].CountedFrom, spec.Steps[0].Within = from, within
		return pathway.Steps(spec)[0]
	}
	before := tuesday.Add(-3 * time.Hour)
	for name, tc := range map[string]struct {
		step pathway.Step
		m    pathway.Moments
		want time.Time
		late bool
	}{
		"from the referral":               {step("", hours(4)), pathway.Moments{Referral: tuesday}, tuesday.Add(4 * time.Hour), false},
		"from the incident":               {step(v1alpha1.FromIncident, hours(4)), pathway.Moments{Incident: before, Referral: tuesday}, tuesday.Add(time.Hour), false},
		"from the notice":                 {step(v1alpha1.FromNotice, hours(4)), pathway.Moments{Incident: before.Add(-time.Hour), Notice: before, Referral: tuesday}, tuesday.Add(time.Hour), false},
		"nobody said when the notice was": {step(v1alpha1.FromNotice, hours(4)), pathway.Moments{Referral: tuesday}, tuesday.Add(4 * time.Hour), false},
		"the time was over already":       {step(v1alpha1.FromIncident, hours(3)), pathway.Moments{Incident: before, Referral: tuesday}, tuesday.Add(3 * time.Hour), true},
		"over long ago":                   {step(v1alpha1.FromIncident, days(1)), pathway.Moments{Incident: tuesday.AddDate(0, 0, -9), Referral: tuesday}, time.Date(2026, 7, 15, 23, 0, 0, 0, time.UTC), true},
		"not known yet":                   {step(v1alpha1.FromStepBefore, hours(4)), pathway.Moments{Referral: tuesday}, time.Time{}, false},
		"whenever":                        {step("", nil), pathway.Moments{Referral: tuesday}, time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if due, late := tc.step.Due(tc.m); !due.Equal(tc.want) || late != tc.late {
				t.Errorf("due %s, late %t; want %s, %t", due, late, tc.want, tc.late)
			}
		})
	}
}

// Whatever is counted from whatever: nobody is asked to have answered before they were asked.
func TestNothingIsDueBeforeItWasAskedFor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := func(name string) time.Time {
			return tuesday.Add(time.Duration(rapid.Int64Range(-2_000_000, 0).Draw(t, name)) * time.Second)
		}
		m := pathway.Moments{Incident: at("incident"), Notice: at("notice"), Referral: tuesday}
		spec := overdose()
		spec.Steps[0].CountedFrom = rapid.SampledFrom([]v1alpha1.PathwayMoment{
			v1alpha1.FromIncident, v1alpha1.FromNotice, v1alpha1.FromReferral,
		}).Draw(t, "counted from")
		if n := rapid.Int32Range(1, 90).Draw(t, "n"); rapid.Bool().Draw(t, "in hours") {
			spec.Steps[0].Within = hours(n)
		} else {
			spec.Steps[0].Within = days(n)
		}
		due, late := pathway.Steps(spec)[0].Due(m)
		if !due.After(m.Referral) {
			t.Fatalf("due at %s, asked at %s (late: %t)", due, m.Referral, late)
		}
		if latest := pathway.Steps(spec)[0].Within.From(m.Referral); due.After(latest) {
			t.Fatalf("due at %s, later than if it were counted from the referral: %s", due, latest)
		}
	})
}

// Two weeks for the assessment, counted from the answer, do not fit before a liberation in ten days.
func TestWhenSomebodyCouldMoveOn(t *testing.T) {
	spec := &v1alpha1.PathwaySpec{Steps: []v1alpha1.PathwayStep{
		{Task: v1alpha1.TaskAnswer, Responders: []v1alpha1.ObjectName{"rehab"}, Within: days(2)},
		{Task: v1alpha1.TaskAssessment, Within: days(10), CountedFrom: v1alpha1.FromStepBefore},
		{Task: v1alpha1.TaskPreparation},
		{Task: v1alpha1.TaskFollowUp, Within: days(90)},
	}}
	got := pathway.ReadyBy(pathway.Steps(spec), pathway.Moments{Referral: tuesday})
	if want := time.Date(2026, 7, 31, 23, 0, 0, 0, time.UTC); !got.Equal(want) { // 14 July + 2 + the rest of the 17th + 10 working days
		t.Errorf("ready by %s, want %s", got, want)
	}
}

func agreements(change func(a *v1alpha1.DataSharingAgreementSpec)) []*v1alpha1.DataSharingAgreementSpec {
	a := &v1alpha1.DataSharingAgreementSpec{
		Parties:         []v1alpha1.ObjectName{"harbour", "haven", "sas", "nhs-firth"},
		Purposes:        []v1alpha1.SharingPurpose{v1alpha1.PurposeOverdoseResponse},
		Confidentiality: []v1alpha1.ConfidentialityBasis{v1alpha1.ConfidentialityConsented, v1alpha1.ConfidentialityDidNotObject},
	}
	change(a)
	return []*v1alpha1.DataSharingAgreementSpec{a}
}

func TestWhatNoAgreementCovers(t *testing.T) {
	all := func(*v1alpha1.DataSharingAgreementSpec) {}
	for name, tc := range map[string]struct {
		change  func(*v1alpha1.DataSharingAgreementSpec)
		outside v1alpha1.ObjectName
		want    []string
	}{
		"one agreement covers all of it": {all, "", nil},
		"the ambulance service has not agreed": {
			func(a *v1alpha1.DataSharingAgreementSpec) { a.Parties = []v1alpha1.ObjectName{"harbour", "haven"} }, "",
			[]string{"AmbulanceService and harbour for OverdoseResponse where the person agreed", "AmbulanceService and haven"},
		},
		"it speaks of another purpose": {
			func(a *v1alpha1.DataSharingAgreementSpec) {
				a.Purposes = []v1alpha1.SharingPurpose{v1alpha1.PurposeDirectCare}
			}, "", []string{"haven and harbour", "AmbulanceService and harbour"},
		},
		"it asks for consent": {
			func(a *v1alpha1.DataSharingAgreementSpec) { a.Confidentiality = a.Confidentiality[:1] }, "",
			[]string{"where the person did not object (DidNotObject)"},
		},
		"a responder is from elsewhere": {all, "haven", []string{"harbour and haven", "AmbulanceService and haven"}},
		"a responder is from elsewhere, and may be": {
			func(a *v1alpha1.DataSharingAgreementSpec) { a.CrossArea = v1alpha1.PermissionAllowed }, "haven", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := overdose()
			parties := pathway.Parties(spec, func(v1alpha1.PublicBody) []v1alpha1.ObjectName { return []v1alpha1.ObjectName{"sas"} })
			gaps := pathway.Gaps(spec, parties, func(p v1alpha1.ObjectName) bool { return p != tc.outside }, agreements(tc.change))
			var said []string
			for _, g := range gaps {
				said = append(said, g.String())
			}
			got := strings.Join(said, "\n")
			if (got == "") != (tc.want == nil) {
				t.Errorf("gaps:\n%s", got)
			}
			for _, words := range tc.want {
				if !strings.Contains(got, words) {
					t.Errorf("no %q in\n%s", words, got)
				}
			}
			if strings.Contains(got, "and harbour for OverdoseResponse where the person agreed") && tc.outside == "haven" {
				t.Errorf("what is covered is told of as well:\n%s", got)
			}
		})
	}
}

// An agreement more never leaves more open, and a party that nobody stands for is told of elsewhere.
func TestMoreAgreementsLeaveNoMoreOpen(t *testing.T) {
	spec := overdose()
	nobody := pathway.Parties(spec, func(v1alpha1.PublicBody) []v1alpha1.ObjectName { return nil })
	serves := func(v1alpha1.ObjectName) bool { return true }
	if gaps := pathway.Gaps(spec, nobody, serves, agreements(func(*v1alpha1.DataSharingAgreementSpec) {})); len(gaps) > 0 {
		t.Errorf("a body that nobody stands for leaves %v open", gaps)
	}
	parties := pathway.Parties(spec, func(v1alpha1.PublicBody) []v1alpha1.ObjectName { return []v1alpha1.ObjectName{"sas", "nhs-firth"} })
	rapid.Check(t, func(t *rapid.T) {
		names := []v1alpha1.ObjectName{"harbour", "haven", "sas", "nhs-firth"}
		var inForce []*v1alpha1.DataSharingAgreementSpec
		before := len(pathway.Gaps(spec, parties, serves, nil))
		for range rapid.IntRange(1, 6).Draw(t, "agreements") {
			chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 2, 4, rapid.ID[v1alpha1.ObjectName]).Draw(t, "parties")
			inForce = append(inForce, agreements(func(a *v1alpha1.DataSharingAgreementSpec) { a.Parties = chosen })...)
			after := len(pathway.Gaps(spec, parties, serves, inForce))
			if after > before {
				t.Fatalf("%d gaps became %d", before, after)
			}
			before = after
		}
	})
}
