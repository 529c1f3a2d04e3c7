package scotland_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/crds/agreement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

func agreements(t *testing.T, now time.Time) []*v1alpha1.DataSharingAgreement {
	t.Helper()
	all, err := scotland.Agreements(now)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestThereIsAnAgreementInEveryState(t *testing.T) {
	seen := map[v1alpha1.AgreementState]bool{}
	for _, a := range agreements(t, moment) {
		state, _ := agreement.StateAt(&a.Spec, moment)
		seen[state] = true
	}
	for _, state := range agreement.States() {
		if !seen[state] {
			t.Errorf("none is %s", state)
		}
	}
}

func TestEveryAgreementSaysThatItIsInvented(t *testing.T) {
	for _, a := range agreements(t, moment) {
		if !strings.HasSuffix(a.Spec.DisplayName, "(invented)") || a.Spec.Sources[0].Provenance != v1alpha1.ProvenanceIllustrative {
			t.Errorf("%s is shown as %q, from %+v", a.Name, a.Spec.DisplayName, a.Spec.Sources)
		}
	}
}

func TestAgreementsAreOfOrganisationsAndADPsThatAreThere(t *testing.T) {
	partnerships, partners := map[string]bool{}, map[string]*v1alpha1.Partner{}
	for _, p := range all[*v1alpha1.Partnership](t) {
		partnerships[p.Name] = true
	}
	for _, p := range all[*v1alpha1.Partner](t) {
		partners[p.Name] = p
	}
	for _, a := range agreements(t, moment) {
		area := v1alpha1.PartnershipOf(a.Namespace)
		if !partnerships[string(area)] {
			t.Errorf("%s is in %s, which belongs to no partnership", a.Name, a.Namespace)
		}
		serving := 0
		for _, party := range a.Spec.Parties {
			partner := partners[string(party)]
			if partner == nil {
				t.Errorf("%s names %s, which is not there", a.Name, party)
			} else if slices.Contains(partner.Spec.Areas, area) {
				serving++
			}
		}
		if across := a.Spec.CrossArea == v1alpha1.PermissionAllowed; !across && serving < len(a.Spec.Parties)-1 {
			t.Errorf("%s: %d of its parties serve %s, so it would allow little", a.Name, serving, area)
		}
	}
}

func TestWithinADayAgreementsStayTheSame(t *testing.T) {
	if diff := cmp.Diff(agreements(t, moment.Truncate(24*time.Hour)), agreements(t, moment)); diff != "" {
		t.Errorf("on one day:\n%s", diff)
	}
	first, second := agreements(t, moment)[0], agreements(t, moment.AddDate(0, 0, 1))[0]
	if got := second.Spec.FromTime.Sub(first.Spec.FromTime.Time); got != 24*time.Hour {
		t.Errorf("a day later it begins %s later", got)
	}
}

// An organisation serves an ADP where it has a service; a health board those that lie in its area, too; a national body all.
func TestWhereOrganisationsServeFollowsFromTheTables(t *testing.T) {
	services := map[string][]v1alpha1.ObjectName{}
	for _, s := range all[*v1alpha1.SupportService](t) {
		name := string(s.Spec.ProviderRef.Name)
		services[name] = append(services[name], v1alpha1.PartnershipOf(s.Namespace))
	}
	everywhere := len(all[*v1alpha1.Partnership](t))
	for _, p := range all[*v1alpha1.Partner](t) {
		if !slices.IsSorted(p.Spec.Areas) || len(slices.Compact(slices.Clone(p.Spec.Areas))) != len(p.Spec.Areas) {
			t.Errorf("%s serves %v: not in order, or one twice", p.Name, p.Spec.Areas)
		}
		for _, area := range services[p.Name] {
			if !slices.Contains(p.Spec.Areas, area) {
				t.Errorf("%s has a service in %s, and serves %v", p.Name, area, p.Spec.Areas)
			}
		}
		if p.Spec.PublicBody != "" && p.Spec.Sector != v1alpha1.SectorStatutory {
			t.Errorf("%s is a %s of the sector %q", p.Name, p.Spec.PublicBody, p.Spec.Sector)
		}
	}
	for name, want := range map[string]int{
		"police-scotland": everywhere, "scottish-ambulance-service": everywhere, "scottish-prison-service": everywhere,
		"nhs-lothian": 3, "nhs-tayside": 3, "glasgow-city-hscp": 1, "castle-craig": 1,
	} {
		for _, p := range all[*v1alpha1.Partner](t) {
			if p.Name == name && len(p.Spec.Areas) != want {
				t.Errorf("%s serves %v, want %d areas", name, p.Spec.Areas, want)
			}
		}
	}
}
