package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// whole is a scenario with every key there is.
const whole = `{
	"id": "W1", "title": "", "tags": [], "expected": {"effect": "maybe"},
	"request": {
		"now": "2026-11-02T10:00:00Z", "action": "onward_disclose", "purpose": "direct_care",
		"actor": {"id": "u-1", "partner": "p", "role": "clerk", "active": true, "assigned": true, "mfa": true, "health_professional": true},
		"referral": {
			"id": "r-1", "adp": "adp-a", "transferred_to_adp": "adp-b", "origin_partner": "o", "target_partner": "t",
			"status": "sent", "anonymous": true, "disclosed_at": "2026-11-01T10:00:00Z", "nfo": {"at": "2026-11-01T11:00:00+01:00"},
			"subject": {"id": "s-1", "age": 15, "capacity": "capable", "understanding": "shown", "deceased": true, "informed": true,
				"adult_at_risk": true, "child_at_risk": true}
		},
		"consents": [{"decision": "grant", "by": "self", "at": "2026-10-01T09:00:00Z", "expires_at": "2027-04-01T00:00:00Z",
			"purposes": ["direct_care"], "recipients": ["q"], "categories": ["need"], "capable_when_given": false, "proxy_authority": true}],
		"recipient_partner": "q", "fields": [],
		"statutory_request": {"act": "ASP2007", "section": "10", "reference": "AP-1"},
		"break_glass": {"reason": "life_at_risk", "justification": "x", "declared_at": "2026-11-02T09:55:00Z"}
	}
}`

func TestEveryKeyOfAScenarioIsRead(t *testing.T) {
	got := scenarioOf([]byte(whole))
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	day := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	want := Request{
		Now: day("2026-11-02T10:00:00Z"), Action: "onward_disclose", Purpose: "direct_care", Recipient: "q", Fields: []string{},
		Actor: Actor{
			ID: "u-1", Partner: "p", Role: "clerk", Active: true, Assigned: true, SecondFactor: true, HealthProfessional: true,
		},
		Referral: Referral{
			ADP: "adp-a", TransferredTo: "adp-b", Origin: "o", Target: "t", Status: "sent", Anonymous: true,
			DisclosedTime: day("2026-11-01T10:00:00Z"), OverdoseTime: day("2026-11-01T10:00:00Z"),
			Subject: Subject{
				ID: "s-1", Age: new(15), Capacity: "capable", Understanding: "shown", Deceased: true, Informed: true,
				AdultAtRisk: true, ChildAtRisk: true,
			},
		},
		Consents: []Consent{{
			Decision: "grant", By: "self", Time: day("2026-10-01T09:00:00Z"), ExpiresTime: day("2027-04-01T00:00:00Z"),
			Purposes: []string{"direct_care"}, Recipients: []string{"q"}, Categories: []string{"need"},
			Incapable: true, ProxyAuthority: true,
		}},
		StatutoryRequest: &StatutoryRequest{Act: "ASP2007", Section: "10", Reference: "AP-1"},
		BreakGlass:       &BreakGlass{Reason: "life_at_risk", Justification: "x", DeclaredTime: day("2026-11-02T09:55:00Z")},
	}
	gotText, _ := json.Marshal(got.Request)
	wantText, _ := json.Marshal(want)
	if got.ID != "W1" || !bytes.Equal(gotText, wantText) {
		t.Errorf("got  %s\nwant %s", gotText, wantText)
	}
}

func TestWhatIsMissingOrNullIsNotGiven(t *testing.T) {
	for _, text := range []string{
		`{"request": {}}`,
		`{"request": {"now": null, "fields": null, "consents": null, "actor": null, "referral": {"subject": null, "nfo": null}}}`,
		`{"request": {"actor": {}, "referral": {"nfo": {}, "subject": {"age": null}}, "break_glass": null, "statutory_request": null}}`,
	} {
		s := scenarioOf([]byte(text))
		empty, _ := json.Marshal(Request{})
		if got, _ := json.Marshal(s.Request); s.Err != nil || !bytes.Equal(got, empty) {
			t.Errorf("%s: got %s, error %v", text, got, s.Err)
		}
	}
}

// Nothing of a complaint repeats what the request holds: it may be somebody's.
func TestAMalformedRequestSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		`7`:                              "scenario has to be an object",
		`{"id": "x"}`:                    "request is missing",
		`{"request": []}`:                "request has to be an object",
		`{"request": {"now": "Secret"}}`: "request.now has to be an RFC 3339 time",
		`{"request": {"now": "1066-10-14T10:00:00Z"}}`:                           "of the years 1900 to 2200",
		`{"request": {"now": 1790000000}}`:                                       "request.now has to be a text",
		`{"request": {"actor": "Secret"}}`:                                       "request.actor has to be an object",
		`{"request": {"actor": {"active": "Secret"}}}`:                           "request.actor.active has to be true or false",
		`{"request": {"referral": {"subject": {"age": "Secret"}}}}`:              "request.referral.subject.age has to be a whole number",
		`{"request": {"referral": {"subject": {"age": 12.5}}}}`:                  "request.referral.subject.age has to be a whole number",
		`{"request": {"referral": {"subject": {"age": 1e99}}}}`:                  "request.referral.subject.age has to be a whole number",
		`{"request": {"referral": {"subject": {"age": 151}}}}`:                   "age is from 0 to 150",
		`{"request": {"fields": "Secret"}}`:                                      "request.fields has to be a list",
		`{"request": {"fields": ["Secret", 1]}}`:                                 "request.fields has to be a list of texts",
		`{"request": {"consents": [{}, {"at": "Secret"}]}}`:                      "request.consents[1].at",
		`{"request": {"consents": [{"decision": "withdraw", "by": "self"}]}}`:    "say when",
		`{"request": {"consents": ["Secret"]}}`:                                  "request.consents[0] has to be an object",
		`{"request": {"action": "read", "action": "read"}}`:                      "one key twice",
		`{"request": {"now": "` + strings.Repeat("Secret", 10_000) + `"}}`:       "a text of more than",
		`{"request": ` + strings.Repeat("[", 17) + strings.Repeat("]", 17) + `}`: "nested deeper than 16",
		`{"request": {"x": [` + strings.Repeat("1,", maxValues) + `1]}}`:         "more than 50000 values",
		`{"request": {"fields": [` + strings.Repeat(`"x",`, MaxNames) + `"x"]}}`: "at most 200",
	} {
		s := scenarioOf([]byte(text))
		if s.Err == nil || !strings.Contains(s.Err.Error(), want) || strings.Contains(s.Err.Error(), "Secret") {
			t.Errorf("%.60s: got %v, want %q", text, s.Err, want)
		}
	}
}

func TestAKeyInOtherLettersIsAnotherKey(t *testing.T) {
	s := scenarioOf([]byte(`{"request": {"Action": "read", "actor": {"ACTIVE": true}}}`))
	if s.Err != nil || s.Request.Action != "" || s.Request.Actor.Active {
		t.Errorf("got %+v, error %v", s.Request, s.Err)
	}
}

func TestAWorldInOtherLettersIsNone(t *testing.T) {
	s, err := ReadScenarios(strings.NewReader(`{"scenarios": [], "World": {"partners": {"a": {}}}, "world": {"Partners": {"a": {}}}}`))
	if err != nil || len(s.World.partners) != 0 {
		t.Errorf("got %+v, error %v", s, err)
	}
}

func TestAListAloneIsReadWithNobodyKnown(t *testing.T) {
	s, err := ReadScenarios(strings.NewReader("[" + whole + "]"))
	if err != nil || len(s.All) != 1 || len(s.World.partners) != 0 || s.All[0].ID != "W1" {
		t.Errorf("got %+v, error %v", s, err)
	}
}

func TestAFileThatCannotBeReadIsRefused(t *testing.T) {
	for text, want := range map[string]error{
		"":                                   errShape,
		"3":                                  errShape,
		"{":                                  errShape,
		"[":                                  errShape,
		"[] []":                              errShape,
		"{}":                                 errShape,
		`{"scenarios": 3}`:                   errShape,
		`{"scenarios": [}`:                   errShape,
		`{"scenarios": [], "scenarios": []}`: errShape,
		`{"scenarios": [], "world": 3}`:      errShape,
		`{"scenarios": [], "world": {"partners": {"a": 3}}}`:                                       errShape,
		`{"scenarios": [], "world": {"agreements": {"a": {"valid_to": "tomorrow"}}}}`:              errShape,
		`{"scenarios": [], "world": {"agreements": {"a": {"status": "x", "status": "y"}}}}`:        errShape,
		`{"scenarios": [], "world": {"partners": {"` + strings.Repeat("x", MaxName+1) + `": {}}}}`: errBounds,
		`{"scenarios": [], "world": {"partners": {"a": {}, "a": {}}}}`:                             errShape,
		"[" + strings.Repeat("1,", MaxScenarios) + "1]":                                            errBounds,
		strings.Repeat(" ", MaxFile+1):                                                             errBounds,
	} {
		if _, err := ReadScenarios(strings.NewReader(text)); !errors.Is(err, want) {
			t.Errorf("%.60s: got %v, want %v", text, err, want)
		}
	}
}

// Whatever is in a file: it is read or refused, and what is read is within bounds, and has facts that open nothing to anybody who
// is not known.
func FuzzScenarios(f *testing.F) {
	f.Add([]byte("[" + whole + "]"))
	f.Add([]byte(`{"world": {"partners": {"p": {"status": "active"}}, "agreements": {"a": {"parties": ["p", "q"]}}}, "scenarios": [` + whole + `, 7]}`))
	f.Add([]byte(`{"scenarios": [{"id": 3}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		scenarios, err := ReadScenarios(bytes.NewReader(text))
		if err != nil {
			return
		}
		for i := range scenarios.All {
			s := &scenarios.All[i]
			if len(s.ID) > MaxName || len(s.Request.Consents) > MaxConsents || len(s.Request.Fields) > MaxNames {
				t.Fatalf("out of bounds: %+v", s)
			}
			facts, until := two.factsOf(scenarios.World, &s.Request)
			by := s.Request.Actor.Partner
			if _, known := scenarios.World.partners[by]; facts.Is.has(IsActorPartnerKnown) != (known && by != "") {
				t.Fatalf("known is %v for %q", !known, by)
			}
			if !until.IsZero() && !until.After(s.Request.Now) {
				t.Fatalf("facts of %s stay until %s", s.Request.Now, until)
			}
			if _, err := ast.JSON(newWriter(two).facts(&facts).Value); err != nil {
				t.Fatal(err)
			}
		}
	})
}
