package policies

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// What the program asks the rules for, and how long it waits, is what their settings say.
func TestTheProgramIsSetByTheSettingsOfTheRules(t *testing.T) {
	rules, err := loadRules(embedded)
	if err != nil {
		t.Fatal(err)
	}
	s := rules.settings
	if s.EmergencyLasts != time.Hour || s.EmergencyReview != 72*time.Hour || s.ShortestJustification != 20 {
		t.Errorf("got %+v", s)
	}
	for what, tc := range map[string]struct{ got, want []string }{
		"kept":   {s.KeptPurposes, []string{"direct_care", "referral_coordination"}},
		"asked":  {s.AskedPurposes, []string{"adult_protection", "child_protection", "direct_care", "nfo_response", "referral_coordination"}},
		"onward": {s.OnwardPurposes, []string{"direct_care", "nfo_response", "referral_coordination"}},
	} {
		if !slices.Equal(tc.got, tc.want) {
			t.Errorf("%s: %v", what, tc.got)
		}
	}
	changed := func(old, to string) (*Settings, error) {
		text, err := embedded.ReadFile("sharing/settings.json")
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%q is not in the settings: %v", old, err)
		}
		rules, err := loadRules(rulesWith(t, map[string]string{"sharing/settings.json": strings.Replace(string(text), old, to, 1)}))
		if err != nil {
			return nil, err
		}
		return rules.settings, nil
	}
	if s, err := changed(`"after": "break_glass", "seconds": 3600`, `"after": "break_glass", "seconds": 1800`); err != nil || s.EmergencyLasts != 30*time.Minute {
		t.Errorf("got %+v, %v", s, err)
	}
	if s, err := changed(`"kept_purposes": ["direct_care", `, `"kept_purposes": [`); err != nil || !slices.Equal(s.KeptPurposes, []string{"referral_coordination"}) {
		t.Errorf("got %+v, %v", s, err)
	}
	for old, to := range map[string]string{
		`"kept_purposes": ["direct_care"`: `"kept_purposes": ["direct_car"`, `"asked_purposes": ["referral_coordination"`: `"asked_purposes": ["*"`,
		`"told_when_sharing_ends": [`:        `"told_when_sharing_ends": ["curiosity", `,
		`"emergency_review_seconds": 259200`: `"emergency_review_seconds": -1`,
	} {
		if _, err := changed(old, to); err == nil {
			t.Errorf("%s makes rules", to)
		}
	}
}

// Every reason that the settings keep from others is one that the rules give.
func TestReasonsOfThePersonAreReasons(t *testing.T) {
	rules, err := loadRules(embedded)
	if err != nil {
		t.Fatal(err)
	}
	text, err := embedded.ReadFile("sharing/reasons.rego")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range rules.settings.OfThePerson {
		if !strings.Contains(string(text), `"`+code+`"`) {
			t.Errorf("no rule gives %s", code)
		}
	}
}
