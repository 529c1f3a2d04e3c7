package pathway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

var april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

func partnerOf(body v1alpha1.PublicBody, areas ...v1alpha1.ObjectName) *v1alpha1.Partner {
	return &v1alpha1.Partner{Spec: v1alpha1.PartnerSpec{PublicBody: body, Areas: areas, Participation: v1alpha1.ParticipationActive}}
}

// firth is a pathway on which harbour or haven answer, with the police in it, under an agreement for a year from April.
func firth() facts {
	four := int32(4)
	p := &v1alpha1.Pathway{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-firth", Name: "overdose", Generation: 3}}
	p.Spec = v1alpha1.PathwaySpec{
		PublicBodies: []v1alpha1.PublicBody{v1alpha1.BodyPolice},
		Partners:     []v1alpha1.ObjectName{"nhs-firth"},
		Purposes:     []v1alpha1.SharingPurpose{v1alpha1.PurposeOverdoseResponse},
		Bases:        []v1alpha1.PathwayBasis{v1alpha1.BasisDidNotObject},
		Steps: []v1alpha1.PathwayStep{{
			Task: v1alpha1.TaskAnswer, Responders: []v1alpha1.ObjectName{"harbour", "haven"}, Within: &v1alpha1.ResponseTime{Hours: &four},
		}},
	}
	a := v1alpha1.DataSharingAgreement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-firth", Name: "overdose"}}
	a.Spec.Parties = []v1alpha1.ObjectName{"harbour", "haven", "nhs-firth", "police-firth"}
	a.Spec.Purposes = []v1alpha1.SharingPurpose{v1alpha1.PurposeOverdoseResponse}
	a.Spec.Confidentiality = []v1alpha1.ConfidentialityBasis{v1alpha1.ConfidentialityDidNotObject}
	a.Spec.FromTime, a.Spec.ReviewByTime = metav1.NewTime(april), metav1.NewTime(april.AddDate(0, 9, 0))
	a.Spec.UntilTime = metav1.NewTime(april.AddDate(1, 0, 0))
	return facts{p, reference.Owner{Name: "firth"}, map[v1alpha1.ObjectName]*v1alpha1.Partner{
		"harbour": partnerOf("", "firth"), "haven": partnerOf("", "firth"), "nhs-firth": partnerOf(v1alpha1.BodyHealthBoard, "firth"),
		"police-firth": partnerOf(v1alpha1.BodyPolice, "firth"), "police-clyde": partnerOf(v1alpha1.BodyPolice, "clyde"),
	}, []v1alpha1.DataSharingAgreement{a}}
}

func TestWhatIsInTheWayOfAPathway(t *testing.T) {
	leaving := &metav1.Time{Time: april}
	for name, tc := range map[string]struct {
		change func(*facts)
		kind   string
		reason string
		says   []string
	}{
		"nothing": {func(*facts) {}, "", "", nil},
		"a responder that does not exist": {
			func(f *facts) { delete(f.partners, "haven") }, v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonPartnerNotFound,
			[]string{"do not exist as Partners: haven", "create them, or name others"},
		},
		"a responder that is suspended": {
			func(f *facts) { f.partners["harbour"].Spec.Participation = v1alpha1.ParticipationSuspended },
			v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonPartnerSuspended,
			[]string{"harbour", "name others"},
		},
		"a partner that is being deleted": {
			func(f *facts) { f.partners["nhs-firth"].DeletionTimestamp = leaving },
			v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonPartnerSuspended,
			[]string{"nhs-firth"},
		},
		"the police serve another area": {
			func(f *facts) { delete(f.partners, "police-firth") }, v1alpha1.ConditionPartiesPresent, v1alpha1.ReasonPublicBodyMissing,
			[]string{"stands for: Police", "Set publicBody and areas"},
		},
		"the police are suspended": {
			func(f *facts) { f.partners["police-firth"].Spec.Participation = v1alpha1.ParticipationSuspended },
			v1alpha1.ConditionPartiesPresent, v1alpha1.ReasonPublicBodyMissing,
			[]string{"Police"},
		},
		"the agreement is suspended": {
			func(f *facts) { f.agreements[0].Spec.Standing = v1alpha1.StandingSuspended }, v1alpha1.ConditionCovered,
			v1alpha1.ReasonNotCovered,
			[]string{"haven and harbour for OverdoseResponse", "and 3 more", "platform admin"},
		},
		"the police have agreed to nothing": {
			func(f *facts) { f.agreements[0].Spec.Parties = f.agreements[0].Spec.Parties[:3] }, v1alpha1.ConditionCovered,
			v1alpha1.ReasonNotCovered,
			[]string{"Police and harbour", "Police and haven", "did not object"},
		},
		"the namespace is nobody's": {
			func(f *facts) { f.owner.Name = "" }, v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonPartnershipNotFound,
			[]string{"adp-firth belongs to no Partnership"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := firth()
			tc.change(&f)
			is, _ := decide(f, april)
			if tc.kind == "" {
				if got := status.Reason(is.Conditions, v1alpha1.ConditionReady); got != v1alpha1.ReasonReady {
					t.Errorf("Ready says %s: %s", got, status.Message(is.Conditions, v1alpha1.ConditionReady))
				}
				return
			}
			if got := status.Reason(is.Conditions, tc.kind); got != tc.reason {
				t.Errorf("%s says %s", tc.kind, got)
			}
			if got := status.Reason(is.Conditions, v1alpha1.ConditionReady); got != tc.reason {
				t.Errorf("Ready says %s", got)
			}
			for _, words := range tc.says {
				if message := status.Message(is.Conditions, v1alpha1.ConditionReady); !strings.Contains(message, words) {
					t.Errorf("%q does not say %q", message, words)
				}
			}
		})
	}
}

// What covers a pathway changes by time alone, and it says when.
func TestAPathwayIsCoveredWhileItsAgreementIsInForce(t *testing.T) {
	end := april.AddDate(1, 0, 0)
	for name, tc := range map[string]struct {
		now    time.Time
		reason string
		next   time.Time
	}{
		"before it starts": {april.Add(-1), v1alpha1.ReasonNotCovered, april},
		"in force":         {april, v1alpha1.ReasonAgreementsInForce, april.AddDate(0, 9, 0)},
		"due for review":   {end.Add(-1), v1alpha1.ReasonAgreementsInForce, end},
		"ended":            {end, v1alpha1.ReasonNotCovered, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			is, next := decide(firth(), tc.now)
			if got := status.Reason(is.Conditions, v1alpha1.ConditionCovered); got != tc.reason {
				t.Errorf("Covered says %s, want %s", got, tc.reason)
			}
			if !next.Equal(tc.next) || (is.CoveredUntilTime == nil) != tc.next.IsZero() {
				t.Errorf("until %v, next %s, want %s", is.CoveredUntilTime, next, tc.next)
			}
			if is.Partnership != "firth" || is.ObservedGeneration != 3 {
				t.Errorf("%s, generation %d", is.Partnership, is.ObservedGeneration)
			}
		})
	}
}

// Naloxone and aftercare do not have to be written down to be offered; who leaves them out says why, and everybody sees it.
func TestLeavingOutASafetyStepIsVisible(t *testing.T) {
	f := firth()
	is, _ := decide(f, april)
	if got := status.Reason(is.Conditions, v1alpha1.ConditionSafetyStepsOffered); got != v1alpha1.ReasonOffered {
		t.Errorf("without a word about them it says %s", got)
	}
	f.pathway.Spec.WithoutNaloxone, f.pathway.Spec.WithoutAftercare = "Everybody has a kit.", "This is aftercare."
	is, _ = decide(f, april)
	if got := status.Reason(is.Conditions, v1alpha1.ConditionSafetyStepsOffered); got != v1alpha1.ReasonLeftOut {
		t.Errorf("it says %s", got)
	}
	message := status.Message(is.Conditions, v1alpha1.ConditionSafetyStepsOffered)
	for _, words := range []string{"naloxone is not offered: Everybody has a kit.", "Aftercare is not offered: This is aftercare."} {
		if !strings.Contains(message, words) {
			t.Errorf("%q does not say %q", message, words)
		}
	}
	if got := status.Reason(is.Conditions, v1alpha1.ConditionReady); got != v1alpha1.ReasonReady {
		t.Errorf("Ready says %s: people can be referred all the same", got)
	}
}

// That people can no longer be referred along it is told once for each reason, and that they can again once; a good start is no
// news.
func TestWhatHappenedIsToldOnce(t *testing.T) {
	f := firth()
	at := func(now time.Time) (told []string) {
		was := f.pathway.DeepCopy()
		f.pathway.Status, _ = decide(f, now)
		for _, c := range changes(was, f.pathway) {
			told = append(told, c.Kind+" "+c.Reason)
		}
		return told
	}
	for i, step := range []struct {
		now  time.Time
		do   func()
		want []string
	}{
		{april, func() {}, nil},
		{april, func() { f.partners["haven"].Spec.Participation = v1alpha1.ParticipationSuspended }, []string{"Warning PartnerSuspended"}},
		{april.Add(time.Hour), func() {}, nil},
		{april, func() { delete(f.partners, "haven") }, []string{"Warning PartnerNotFound"}},
		{april, func() { f.partners["haven"] = partnerOf("", "firth") }, []string{"Normal Ready"}},
		{april.AddDate(1, 0, 0), func() {}, []string{"Warning NotCovered"}},
	} {
		step.do()
		if got := at(step.now); !slices.Equal(got, step.want) {
			t.Errorf("step %d: told %q, want %q", i, got, step.want)
		}
	}
}

func TestADecisionThatChangesNothingWritesNothing(t *testing.T) {
	f := firth()
	f.pathway.Status, _ = decide(f, april)
	before := fmt.Sprint(f.pathway.Status)
	if again, _ := decide(f, april.Add(time.Hour)); fmt.Sprint(again) != before {
		t.Errorf("was %s, is %v", before, again)
	}
}
