package placement

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/crds/v1alpha1"
)

func TestWhoeverMadeAClaimHereOrIsAskedForThePlaceSeesWhatItTells(t *testing.T) {
	may := RightsBy(rightstest.Rules())
	claim := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{
		Namespace: "adp-moray", Name: "c-x", Annotations: map[string]string{ClaimedByAnnotation: "haven"},
	}}
	pool := &v1alpha1.CapacityPool{Status: v1alpha1.CapacityPoolStatus{Provider: "harbour"}}
	person := func(partner, partnership string, roles ...identity.Role) identity.Caller {
		return identity.Caller{Subject: "u-1", Partner: partner, Partnership: partnership, Roles: identity.RolesOf(roles...)}
	}
	for name, tc := range map[string]struct {
		who  identity.Caller
		want bool
	}{
		"the organisation that made it":     {person("haven", "moray", identity.Referrer), true},
		"another that refers for the ADP":   {person("other", "moray", identity.Referrer), false},
		"the provider that is asked":        {person("harbour", "", identity.Provider), true},
		"another provider":                  {person("beacon", "", identity.Provider), false},
		"who decides about money":           {person("council", "moray", identity.Commissioner), true},
		"the same of another ADP":           {person("council", "fife", identity.Commissioner), false},
		"the data lead":                     {person("council", "moray", identity.DataLead), false},
		"who looks after the platform":      {person("council", "moray", identity.PlatformAdmin), false},
		"an organisation without its name":  {person("", "moray", identity.Referrer), false},
		"a worker there without that role":  {person("haven", "moray", identity.Auditor), false},
		"nobody in particular, the public":  {identity.Caller{}, false},
		"the provider as one that refers":   {person("harbour", "moray", identity.Referrer), false},
		"the ADP's commissioner of nothing": {person("council", "", identity.Commissioner), false},
	} {
		if got := may.MaySeeNeeds(t.Context(), tc.who, claim, pool); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
	claim.Annotations = nil
	if may.MaySeeNeeds(t.Context(), person("haven", "moray", identity.Referrer), claim) {
		t.Error("a claim that says nobody made it is shown to somebody who may have")
	}
}
