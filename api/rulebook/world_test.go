package rulebook

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/agreement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

func TestWhatTheRulesKnowOfAPartner(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1alpha1.Partner)
		want   policies.Partner
	}{
		"a charity": {
			func(p *v1alpha1.Partner) { p.Spec.Areas = []v1alpha1.ObjectName{"firth", "clyde"} },
			policies.Partner{Kind: "third_sector", Status: "active", ADPs: []string{"firth", "clyde"}},
		},
		"a council": {
			func(p *v1alpha1.Partner) {
				p.Spec.Sector, p.Spec.PublicBody = v1alpha1.SectorStatutory, v1alpha1.BodyCouncil
			},
			policies.Partner{Kind: "local_authority", Statutory: true, Status: "active", ADPs: []string{}},
		},
		"the police": {
			func(p *v1alpha1.Partner) {
				p.Spec.Sector, p.Spec.PublicBody = v1alpha1.SectorStatutory, v1alpha1.BodyPolice
			},
			policies.Partner{Kind: "police", Statutory: true, Status: "active", ADPs: []string{}},
		},
		"a statutory body of which no more is said": {
			func(p *v1alpha1.Partner) { p.Spec.Sector = v1alpha1.SectorStatutory },
			policies.Partner{Statutory: true, Status: "active", ADPs: []string{}},
		},
		"an organisation of no sector that says it is a council": {
			func(p *v1alpha1.Partner) { p.Spec.Sector, p.Spec.PublicBody = "", v1alpha1.BodyCouncil },
			policies.Partner{Status: "active", ADPs: []string{}},
		},
		"suspended": {
			func(p *v1alpha1.Partner) { p.Spec.Participation = v1alpha1.ParticipationSuspended },
			policies.Partner{Kind: "third_sector", Status: "suspended", ADPs: []string{}},
		},
		"of a participation that nobody knows": {
			func(p *v1alpha1.Partner) { p.Spec.Participation = "Paused" },
			policies.Partner{Kind: "third_sector", Status: "suspended", ADPs: []string{}},
		},
		"being deleted": {
			func(p *v1alpha1.Partner) { p.DeletionTimestamp = &metav1.Time{Time: given.Noon()} },
			policies.Partner{Kind: "third_sector", Status: "leaving", ADPs: []string{}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := given.Partner("harbour", "Harbour")
			tc.change(p)
			if diff := cmp.Diff(tc.want, partnerOf(p)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The codes of the rules, and what stands for each in a custom resource.
func TestEveryPurposeAndCategoryOfTheRulesCanBeAgreed(t *testing.T) {
	text, err := os.ReadFile("../../policies/sharing/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var rules struct {
		Reference struct {
			Field      map[string]string   `json:"field_category"`
			Purpose    map[string][]string `json:"purpose_categories"`
			Prohibited []string            `json:"prohibited_purposes"`
		}
	}
	if err := json.Unmarshal(text, &rules); err != nil {
		t.Fatal(err)
	}
	var purposes, categories []string
	for _, purpose := range []v1alpha1.SharingPurpose{
		v1alpha1.PurposeDirectCare, v1alpha1.PurposeReferralCoordination, v1alpha1.PurposeOverdoseResponse,
		v1alpha1.PurposeAdultProtection, v1alpha1.PurposeChildProtection, v1alpha1.PurposeServiceMonitoring,
		v1alpha1.PurposeDeathReview,
	} {
		purposes = append(purposes, purposeCode(purpose))
	}
	for _, category := range []v1alpha1.DataCategory{
		v1alpha1.CategoryAdmin, v1alpha1.CategoryIdentity, v1alpha1.CategoryContact, v1alpha1.CategoryDemographic,
		v1alpha1.CategoryNeed, v1alpha1.CategoryClinical, v1alpha1.CategoryRisk, v1alpha1.CategorySocial,
		v1alpha1.CategoryRestricted,
	} {
		categories = append(categories, categoryCode(category))
	}
	// A person's own access to what is held about them needs no agreement.
	want := slices.DeleteFunc(slices.Sorted(maps.Keys(rules.Reference.Purpose)), func(p string) bool { return p == "subject_access" })
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(purposes))); diff != "" {
		t.Errorf("purposes (-rules +resource):\n%s", diff)
	}
	want = slices.Compact(slices.Sorted(maps.Values(rules.Reference.Field)))
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(categories))); diff != "" {
		t.Errorf("categories (-rules +resource):\n%s", diff)
	}
	for _, code := range append(rules.Reference.Prohibited, "", "direct_care") {
		if purposeCode(v1alpha1.SharingPurpose(code)) != "" || categoryCode(v1alpha1.DataCategory(code)) != "" {
			t.Errorf("%q is taken for a purpose or a category", code)
		}
	}
}

func TestWhatTheRulesKnowOfAnAgreement(t *testing.T) {
	plain := agreementOf(agreed(), "firth")
	noon := given.Noon()
	want := policies.Agreement{
		Parties: []string{"harbour", "nhs-firth"}, Purposes: []string{"direct_care"}, Categories: []string{"admin", "need"},
		ADPs: []string{"firth"}, Status: "active", FromTime: noon.Add(-time.Hour), ToTime: noon.Add(time.Hour),
	}
	if diff := cmp.Diff(want, plain); diff != "" {
		t.Error(diff)
	}
	for name, tc := range map[string]struct {
		change func(*v1alpha1.DataSharingAgreement)
		want   func(*policies.Agreement)
	}{
		"across areas": {
			func(a *v1alpha1.DataSharingAgreement) { a.Spec.CrossArea = v1alpha1.PermissionAllowed },
			func(a *policies.Agreement) { a.CrossADP = true },
		},
		"onward": {
			func(a *v1alpha1.DataSharingAgreement) { a.Spec.OnwardDisclosure = v1alpha1.PermissionAllowed },
			func(a *policies.Agreement) { a.Onward = true },
		},
		"permissions that nobody knows": {
			func(a *v1alpha1.DataSharingAgreement) { a.Spec.CrossArea, a.Spec.OnwardDisclosure = "Perhaps", "" },
			func(*policies.Agreement) {},
		},
		"suspended": {
			func(a *v1alpha1.DataSharingAgreement) { a.Spec.Standing = v1alpha1.StandingSuspended },
			func(a *policies.Agreement) { a.Status = "suspended" },
		},
		"being deleted": {
			func(a *v1alpha1.DataSharingAgreement) { a.DeletionTimestamp = &metav1.Time{Time: noon} },
			func(a *policies.Agreement) { a.Status = "leaving" },
		},
	} {
		a := agreed(tc.change)
		want := plain
		tc.want(&want)
		if diff := cmp.Diff(want, agreementOf(a, "firth")); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

// What kubectl says and what is decided follow from one definition: an agreement permits exactly while it is in force.
func TestAnAgreementPermitsExactlyWhileItIsInForce(t *testing.T) {
	b := newRulebook(t, pretend(firth()...))
	noon := given.Noon()
	rapid.Check(t, func(rt *rapid.T) {
		second := func(name string, from, to int64) int64 { return rapid.Int64Range(from, to).Draw(rt, name) }
		from := second("from", -50, 50)
		review := from + second("review after", 1, 50)
		until := review + second("until after", 0, 50)
		at := func(second int64) metav1.Time { return metav1.NewTime(noon.Add(time.Duration(second) * time.Second)) }
		a := agreed(func(a *v1alpha1.DataSharingAgreement) {
			a.Spec.FromTime, a.Spec.ReviewByTime, a.Spec.UntilTime = at(from), at(review), at(until)
			a.Spec.Standing = rapid.SampledFrom([]v1alpha1.Standing{"", "Active", "Suspended", "Unheard"}).Draw(rt, "standing")
		})
		read(t, b, a)
		b.rebuild(t.Context())
		now := at(second("now", -100, 200)).Time
		state, _ := agreement.StateAt(&a.Spec, now)
		got := decided(t, b, asked(now))
		if (got.Effect == policies.Allow) != agreement.InForce(state) {
			rt.Fatalf("%s, and decided %s for %v", state, got.Effect, got.Reasons)
		}
		if got.Effect == policies.Allow && !got.HoldsUntil.Equal(a.Spec.UntilTime.Time) {
			rt.Fatalf("permitted until %s, and the agreement ends at %s", got.HoldsUntil, a.Spec.UntilTime)
		}
	})
}

func TestAnAgreementIsForTheAreaWhoseNamespaceItIsIn(t *testing.T) {
	in := func(namespace string) *v1alpha1.DataSharingAgreement {
		return agreed(func(a *v1alpha1.DataSharingAgreement) { a.Namespace = namespace })
	}
	for name, tc := range map[string]struct {
		agreements []*v1alpha1.DataSharingAgreement
		want       string
	}{
		"none":                                   {nil, policies.Deny},
		"its own":                                {[]*v1alpha1.DataSharingAgreement{in("adp-firth")}, policies.Allow},
		"another ADP's":                          {[]*v1alpha1.DataSharingAgreement{in("adp-clyde")}, policies.Deny},
		"both":                                   {[]*v1alpha1.DataSharingAgreement{in("adp-clyde"), in("adp-firth")}, policies.Allow},
		"a namespace that is no ADP's":           {[]*v1alpha1.DataSharingAgreement{in("firth")}, policies.Deny},
		"a namespace of an ADP that is not here": {[]*v1alpha1.DataSharingAgreement{in("adp-gone")}, policies.Deny},
	} {
		t.Run(name, func(t *testing.T) {
			b := newRulebook(t, pretend(append(firth(), given.Partnership("clyde", "Clyde ADP"))...))
			read(t, b, tc.agreements...)
			b.rebuild(t.Context())
			if got := decided(t, b, asked(given.Noon())); got.Effect != tc.want {
				t.Errorf("%s, for %v", got.Effect, got.Reasons)
			}
		})
	}
	b := newRulebook(t, pretend(firth()...))
	read(t, b, in("adp-gone"))
	b.rebuild(t.Context())
	gone := asked(given.Noon())
	gone.Referral.ADP = "gone"
	if got := decided(t, b, gone); got.Effect != policies.Deny {
		t.Errorf("an ADP that is not in the directory has agreements: %v", got.Reasons)
	}
}

// As large as Scotland might become: each of two thousand organisations in five agreements of three.
func BenchmarkAWorld(b *testing.B) {
	objects := []metav1.Object{given.Partnership("firth", "Firth ADP")}
	var agreements []*v1alpha1.DataSharingAgreement
	party := func(i int) v1alpha1.ObjectName { return v1alpha1.ObjectName(fmt.Sprintf("partner-%04d", i%2000)) }
	for i := range 2000 {
		objects = append(objects, given.Partner(string(party(i)), string(party(i))))
	}
	for i := range 5000 {
		agreements = append(agreements, agreed(func(a *v1alpha1.DataSharingAgreement) {
			a.Name = fmt.Sprint("a", i)
			a.Spec.Parties = []v1alpha1.ObjectName{party(i), party(i + 1), party(3 * i)}
		}))
	}
	view := pretend(objects...).View()
	for b.Loop() {
		if _, err := worldOf(view, agreements); err != nil {
			b.Fatal(err)
		}
	}
}
