package v1alpha1_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"lifeline.scot/crds/v1alpha1"
)

// optional lists the fields of each spec that may be left out.
var optional = map[string][]string{
	"Partnership": {"scotPHOCode", "contact", "matRatings", "administrators", "sources"},
	"Partner":     {"sector", "participation", "identifiers", "contact", "clients", "accounts", "delivery", "inbound", "dataProtection", "sources", "areas"},
	"SupportService": {
		"summary", "operation", "audience", "substances", "matStandards", "locations", "contact", "access",
		"languages", "careInspectorateNumber", "verification", "verifyEveryDays", "sources",
	},
	"CapacityPool":         {"operation", "registered", "otherFigures", "features", "claimableBy", "holdPeriodSeconds", "confirmEverySeconds"},
	"CapacityReport":       {"held", "reportedBy", "provenance"},
	"DataSharingAgreement": {"standing", "crossArea", "onwardDisclosure", "document", "sources"},
	"Pathway":              {"publicBodies", "partners", "deadline", "withoutAftercare", "withoutNaloxone", "sources"},
}

// Reading a manifest into the Go type and writing it again loses nothing and adds nothing, whatever is left out.
func TestObjectsRoundTripThroughYAML(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for kind := range resources {
		t.Run(kind, func(t *testing.T) {
			whole := valid(t, kind)
			rapid.Check(t, func(rt *rapid.T) {
				object := whole.DeepCopy()
				spec := object.Object["spec"].(map[string]any)
				for _, field := range optional[kind] {
					if rapid.Bool().Draw(rt, "leave out "+field) {
						delete(spec, field)
					}
				}
				typed, err := scheme.New(v1alpha1.GroupVersion.WithKind(kind))
				if err != nil {
					t.Fatal(err)
				}
				if err := yaml.UnmarshalStrict(asYAML(t, object), typed); err != nil {
					rt.Fatal(err)
				}
				if diff := cmp.Diff(asJSON(t, object.Object), asJSON(t, typed)); diff != "" {
					rt.Fatalf("after the round trip (-before +after):\n%s", diff)
				}
			})
		})
	}
}

func TestValidObjectsSetEveryField(t *testing.T) {
	for kind, fields := range optional {
		spec := valid(t, kind).Object["spec"].(map[string]any)
		for _, field := range slices.Sorted(slices.Values(fields)) {
			if _, set := spec[field]; !set {
				t.Errorf("testdata/valid has no %s in the spec of the %s", field, kind)
			}
		}
	}
}
