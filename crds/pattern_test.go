package crds_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"pgregory.net/rapid"
)

// The rules in CEL against plain Go that says the same, on text that is nearly right.

// allows returns what the CEL rules of the property at a path say of a text, evaluated as the API server does.
func allows(t *testing.T, path string) func(text string) bool {
	t.Helper()
	found := structural(t, path)
	validator := cel.NewValidator(found, false, celconfig.PerCallLimit)
	return func(text string) bool {
		errs, _ := validator.Validate(context.Background(), nil, found, text, nil, celconfig.RuntimeCELCostBudget)
		return len(errs) == 0
	}
}

func structural(t *testing.T, path string) *structuralschema.Structural {
	t.Helper()
	var found *structuralschema.Structural
	visit(t, func(at string, property schema) {
		if at != path {
			return
		}
		internal := &apiextensions.JSONSchemaProps{}
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(&property, internal, nil); err != nil {
			t.Fatal(err)
		}
		result, err := structuralschema.NewStructural(internal)
		if err != nil {
			t.Fatal(err)
		}
		found = result
	})
	if found == nil || len(found.XValidations) == 0 {
		t.Fatalf("%s does not exist or has no rules", path)
	}
	return found
}

// agree checks that the rule of a property and a plain reference say the same of many texts, some right, most nearly so.
func agree(t *testing.T, path, shape, alphabet string, reference func(text string) bool) {
	t.Helper()
	allowed := allows(t, path)
	rapid.Check(t, func(t *rapid.T) {
		text := almost(t, shape, alphabet)
		if got, want := allowed(text), reference(text); got != want {
			t.Fatalf("%q: the rule says %v, the reference %v", text, got, want)
		}
	})
}

// almost draws a text of a shape, with up to two of its characters changed, cut or put in from an alphabet.
func almost(t *rapid.T, shape, alphabet string) string {
	text := []rune(rapid.StringMatching(shape).Draw(t, "text"))
	for range rapid.IntRange(0, 2).Draw(t, "changes") {
		at := rapid.IntRange(0, len(text)).Draw(t, "at")
		until := min(len(text), at+rapid.IntRange(0, 1).Draw(t, "cut"))
		put := rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), 0, 1, -1).Draw(t, "put")
		text = slices.Concat(text[:at], []rune(put), text[until:])
	}
	return string(text)
}

func TestPostcodeRule(t *testing.T) {
	agree(t, "SupportService.spec.locations[].postcode", `[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}`, "AZaz09 -\n", isPostcode)
}

// isPostcode: an outward part of 2 to 4 characters, one or two letters, a digit, perhaps one more; a space; a digit and
// two letters (Public Health Scotland's phsmethods).
func isPostcode(text string) bool {
	outward, inward, spaced := strings.Cut(text, " ")
	if !spaced || len(inward) != 3 || !isDigit(inward[0]) || !isCapital(inward[1]) || !isCapital(inward[2]) {
		return false
	}
	letters := 0
	for letters < min(2, len(outward)) && isCapital(outward[letters]) {
		letters++
	}
	rest := outward[letters:]
	if letters == 0 || len(rest) == 0 || len(rest) > 2 || !isDigit(rest[0]) {
		return false
	}
	return len(rest) == 1 || isDigit(rest[1]) || isCapital(rest[1])
}

func isDigit(c byte) bool   { return '0' <= c && c <= '9' }
func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

func TestPartialDateRule(t *testing.T) {
	agree(t, "SupportService.spec.closedOn", `(18|19|20|21)[0-9]{2}(-[01][0-9](-[0-3][0-9])?)?`, "0129- /\n", isPartialDate)
}

// isPartialDate: a year from 1900 to 2099, a month of one, or a day of one that is in the calendar.
func isPartialDate(text string) bool {
	for _, layout := range []string{"2006", "2006-01", "2006-01-02"} {
		if day, err := time.Parse(layout, text); err == nil && len(text) == len(layout) {
			return 1900 <= day.Year() && day.Year() <= 2099
		}
	}
	return false
}

func TestClockTimeRule(t *testing.T) {
	agree(t, "SupportService.spec.locations[].openingHours[].opens", `[0-2][0-9]:[0-6][0-9]`, "0129:-+ \n", isClockTime)
}

// isClockTime: HH:MM from 00:00 to 24:00.
func isClockTime(text string) bool {
	if len(text) != 5 || text[2] != ':' || !isDigit(text[0]) || !isDigit(text[3]) {
		return false
	}
	hours, hoursErr := strconv.Atoi(text[:2])
	minutes, minutesErr := strconv.Atoi(text[3:])
	return hoursErr == nil && minutesErr == nil && minutes < 60 && hours*60+minutes <= 24*60
}
