package crds_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"pgregory.net/rapid"
)

// The moments that people write. The format date-time alone takes text that metav1.Time cannot read, and one object with
// such a text ends every typed watch of its kind.
var moments = []string{
	"CapacityReport.spec.observedTime",
	"DataSharingAgreement.spec.fromTime",
	"DataSharingAgreement.spec.reviewByTime",
	"DataSharingAgreement.spec.untilTime",
	"Placement.spec.acceptance.decidedTime",
	"Placement.spec.admission.time",
	"Placement.spec.discharge.time",
	"Placement.spec.funding.decidedTime",
	"Placement.spec.holdUntilTime",
	"Placement.spec.notBeforeTime",
	"SupportService.spec.verification.verifiedTime",
}

// takes returns whether the API server would store a text in the property at a path: format, pattern and rules.
func takes(t *testing.T, path string) func(text string) bool {
	t.Helper()
	internal := &apiextensions.JSONSchemaProps{}
	visit(t, func(at string, property schema) {
		if at != path {
			return
		}
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&property, internal, nil); err != nil {
			t.Fatal(err)
		}
	})
	shape, _, err := validation.NewSchemaValidator(internal)
	if err != nil {
		t.Fatal(err)
	}
	found := structural(t, path)
	rules := cel.NewValidator(found, false, celconfig.PerCallLimit)
	return func(text string) bool {
		errs := validation.ValidateCustomResource(nil, text, shape)
		ruled, _ := rules.Validate(context.Background(), nil, found, text, nil, celconfig.RuntimeCELCostBudget)
		return len(errs) == 0 && len(ruled) == 0
	}
}

func TestEveryMomentTakenCanBeRead(t *testing.T) {
	const right = `20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`
	const wrong = `(1999|20[0-9]{2}|2100)-[0-1][0-9]-[0-3][0-9][Tt ][0-2][0-9](:[0-6][0-9]){2}([.,x][0-9]{1,10})?([Zz]|[+-][0-9]{2}:[0-9]{2})?`
	for _, path := range moments {
		t.Run(path, func(t *testing.T) {
			taken, count := takes(t, path), 0
			rapid.Check(t, func(t *rapid.T) {
				text := almost(t, rapid.SampledFrom([]string{right, wrong}).Draw(t, "shape"), "0159-:.,+TtZzx \n")
				if !taken(text) {
					return
				}
				count++
				if _, err := time.Parse(time.RFC3339, text); err != nil {
					t.Fatalf("%q is taken, and cannot be read: %v", text, err)
				}
				readable(t, text)
			})
			if count == 0 {
				t.Error("no text was taken: the test says nothing")
			}
		})
	}
}

func readable(t *rapid.T, text string) {
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(quoted, &metav1.Time{}); err != nil {
		t.Fatalf("%q is taken, and clients cannot read it: %v", text, err)
	}
}

// The other way round: what a client writes is taken.
func TestEveryMomentWrittenByAClientIsTaken(t *testing.T) {
	first := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	last := time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
	for _, path := range moments {
		t.Run(path, func(t *testing.T) {
			taken := takes(t, path)
			rapid.Check(t, func(t *rapid.T) {
				moment := time.Unix(rapid.Int64Range(first, last).Draw(t, "second"), 0)
				zone := time.FixedZone("", 60*rapid.IntRange(-23*60-59, 23*60+59).Draw(t, "minutes east"))
				for _, text := range []string{moment.UTC().Format(time.RFC3339), moment.In(zone).Format(time.RFC3339)} {
					if !taken(text) {
						t.Fatalf("%q is not taken", text)
					}
				}
			})
		})
	}
}

// A status is written by the operator alone, with a typed client; whatever else is a moment must be among those above.
func TestEveryMomentIsTested(t *testing.T) {
	var found []string
	visit(t, func(path string, property schema) {
		if property.Format == "date-time" && property.Pattern != "" {
			found = append(found, path)
		} else if property.Format == "date-time" && !strings.Contains(path, ".status.") {
			t.Errorf("%s takes moments that clients cannot read: give it the pattern of %s", path, moments[0])
		}
	})
	if !slices.Equal(found, moments) {
		t.Errorf("these have the pattern: %v, want %v", found, moments)
	}
}
