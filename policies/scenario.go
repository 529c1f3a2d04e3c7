package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// What a file of scenarios may hold at most.
const (
	MaxFile      = 64 << 20 // bytes
	MaxScenarios = 20_000
)

// Scenario is a request that was written down to be decided.
type Scenario struct {
	// ID is the name it has in its file; empty if that is missing or not fit to be repeated.
	ID      string
	Request Request
	// Err says why the request cannot be read; nil if it can.
	Err error
}

// Scenarios are what a file of them says.
type Scenarios struct {
	World *World
	All   []Scenario
	// beside are those names of what is beside fields that the file knows as fields: nothing is said of others.
	beside []string
}

// ReadScenarios reads a file of scenarios in the form that testdata/scenarios.json has: an object with "world" and "scenarios",
// or a list of scenarios alone, in whose world nobody is known. What is expected of them is passed over. What is beside fields
// (sharing/beside.json) is a field of those files alone whose "reference" has it in "field_category". A request that cannot
// be read is no error: its scenario says what is wrong with it. It fails on a file that cannot be read as a whole.
func ReadScenarios(from io.Reader) (*Scenarios, error) {
	text, err := io.ReadAll(io.LimitReader(from, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read scenarios: %w", err)
	}
	if len(text) > MaxFile {
		return nil, fmt.Errorf("read scenarios: %w: more than %d bytes", errBounds, MaxFile)
	}
	file := scenarioFile{decoder: json.NewDecoder(bytes.NewReader(text))}
	if err := file.read(); err != nil {
		return nil, fmt.Errorf("read scenarios: %w", err)
	}
	w, err := worldOf(file.world)
	if err != nil {
		return nil, fmt.Errorf("read scenarios: %w", err)
	}
	s := &Scenarios{World: w, All: make([]Scenario, len(file.scenarios))}
	if s.beside, err = besideIn(file.reference); err != nil {
		return nil, fmt.Errorf("read scenarios: %w", err)
	}
	for i, raw := range file.scenarios {
		s.All[i] = scenarioOf(raw)
		s.All[i].Request.Fields = slices.DeleteFunc(s.All[i].Request.Fields, s.unknown)
	}
	return s, nil
}

// unknown reports whether a name is of something beside fields that the file does not know.
func (s *Scenarios) unknown(name string) bool {
	return slices.Contains(besideNames, name) && !slices.Contains(s.beside, name)
}

// besideIn are the names of what is beside fields among the fields that a file knows: reference.field_category.
func besideIn(reference json.RawMessage) ([]string, error) {
	members, err := membersOf(reference, "reference")
	if err != nil {
		return nil, err
	}
	fields, err := membersOf(members["field_category"], "reference.field_category")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(besideNames), func(name string) bool {
		_, is := fields[name]
		return !is
	}), nil
}

// scenarioFile takes a file apart without looking into its scenarios, so that one that is malformed spoils no other.
type scenarioFile struct {
	decoder   *json.Decoder
	world     json.RawMessage
	reference json.RawMessage
	scenarios []json.RawMessage
}

func (f *scenarioFile) read() error {
	token, err := f.decoder.Token()
	if err != nil {
		return fmt.Errorf("%w: not JSON: %w", errShape, err)
	}
	switch token {
	case json.Delim('['):
		err = f.list()
	case json.Delim('{'):
		err = f.members()
	default:
		err = fmt.Errorf("%w: has to be an object with \"world\" and \"scenarios\"", errShape)
	}
	if err != nil {
		return err
	}
	if _, err := f.decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the scenarios", errShape)
	}
	return nil
}

func (f *scenarioFile) members() error {
	seen := map[string]bool{}
	for f.decoder.More() {
		token, err := f.decoder.Token()
		if err != nil {
			return fmt.Errorf("%w: not JSON: %w", errShape, err)
		}
		key, _ := token.(string) // a key is never anything else
		if seen[key] {
			return fmt.Errorf("%w: the file has one key twice", errShape)
		}
		seen[key] = true
		if err := f.member(key); err != nil {
			return err
		}
	}
	if !seen["scenarios"] {
		return fmt.Errorf("%w: the file has no \"scenarios\"", errShape)
	}
	return f.end()
}

func (f *scenarioFile) member(key string) error {
	if key != "scenarios" {
		var value json.RawMessage
		if err := f.decoder.Decode(&value); err != nil {
			return fmt.Errorf("%w: not JSON: %w", errShape, err)
		}
		switch key {
		case "world":
			f.world = value
		case "reference":
			f.reference = value
		}
		return nil
	}
	if token, err := f.decoder.Token(); err != nil || token != json.Delim('[') {
		return fmt.Errorf("%w: \"scenarios\" has to be a list", errShape)
	}
	return f.list()
}

func (f *scenarioFile) list() error {
	for f.decoder.More() {
		var scenario json.RawMessage
		if err := f.decoder.Decode(&scenario); err != nil {
			return fmt.Errorf("%w: not JSON: %w", errShape, err)
		}
		if f.scenarios = append(f.scenarios, scenario); len(f.scenarios) > MaxScenarios {
			return fmt.Errorf("%w: more than %d scenarios", errBounds, MaxScenarios)
		}
	}
	return f.end()
}

func (f *scenarioFile) end() error {
	if _, err := f.decoder.Token(); err != nil {
		return fmt.Errorf("%w: not JSON: %w", errShape, err)
	}
	return nil
}

func scenarioOf(raw json.RawMessage) Scenario {
	var s Scenario
	value, err := readTree(raw)
	if err != nil {
		var named struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(raw, &named) == nil && len(named.ID) <= MaxName {
			s.ID = named.ID
		}
		s.Err = err
		return s
	}
	o := objectOf(value, "scenario", &s.Err)
	s.ID = o.name("id")
	request, given := o.child("request")
	if !given {
		request.complain("", "is missing")
	}
	request.path = "request"
	s.Request = requestOf(request)
	if s.Err == nil {
		s.Err = s.Request.check()
	}
	return s
}

func requestOf(o object) Request {
	actor, _ := o.child("actor")
	referral, _ := o.child("referral")
	r := Request{
		Now:       o.moment("now"),
		Action:    o.text("action"),
		Purpose:   o.text("purpose"),
		Recipient: o.text("recipient_partner"),
		Fields:    o.texts("fields"),
		Referral:  referralOf(referral),
		Actor: Actor{
			ID: actor.text("id"), Partner: actor.text("partner"), Role: actor.text("role"), Active: actor.flag("active"),
			Assigned: actor.flag("assigned"), SecondFactor: actor.flag("mfa"),
			HealthProfessional: actor.flag("health_professional"), KeepsRecord: actor.flag("keeps_record"),
		},
	}
	for i, value := range o.list("consents", MaxConsents) {
		r.Consents = append(r.Consents, consentOf(objectOf(value, fmt.Sprintf("request.consents[%d]", i), o.err)))
	}
	if statutory, given := o.child("statutory_request"); given {
		r.StatutoryRequest = &StatutoryRequest{
			Act: statutory.text("act"), Section: statutory.text("section"), Reference: statutory.text("reference"),
		}
	}
	if declared, given := o.child("break_glass"); given {
		r.BreakGlass = &BreakGlass{
			Reason: declared.text("reason"), Justification: declared.text("justification"),
			DeclaredTime: declared.moment("declared_at"),
		}
	}
	return r
}

func referralOf(o object) Referral {
	overdose, _ := o.child("nfo")
	subject, _ := o.child("subject")
	return Referral{
		ADP: o.text("adp"), TransferredTo: o.text("transferred_to_adp"),
		Origin: o.text("origin_partner"), Target: o.text("target_partner"),
		Status: o.text("status"), Anonymous: o.flag("anonymous"),
		DisclosedTime: o.moment("disclosed_at"), Given: o.texts("given_categories"), OverdoseTime: overdose.moment("at"),
		Subject: Subject{
			ID: subject.text("id"), Age: subject.number("age"), OlderTime: subject.moment("older_at"),
			Capacity: subject.text("capacity"), Understanding: subject.text("understanding"),
			Deceased: subject.flag("deceased"), Informed: subject.flag("informed"),
			AdultAtRisk: subject.flag("adult_at_risk"), ChildAtRisk: subject.flag("child_at_risk"),
		},
	}
}

func consentOf(o object) Consent {
	capable := o.flag("capable_when_given")
	_, said := o.given("capable_when_given")
	return Consent{
		Decision: o.text("decision"), By: o.text("by"), Time: o.moment("at"), ExpiresTime: o.moment("expires_at"),
		Purposes: o.texts("purposes"), Recipients: o.texts("recipients"), Categories: o.texts("categories"),
		Incapable: said && !capable, ProxyAuthority: o.flag("proxy_authority"),
	}
}

func worldOf(raw json.RawMessage) (*World, error) {
	partners, agreements := map[string]Partner{}, map[string]Agreement{}
	world, err := membersOf(raw, "world")
	if err != nil {
		return nil, err
	}
	entries, err := membersOf(world["partners"], "world.partners")
	if err != nil {
		return nil, err
	}
	for name, raw := range entries {
		o, err := entryOf(raw, fmt.Sprintf("world.partners.%.40q", name))
		partners[name] = Partner{
			Kind: o.text("kind"), Statutory: o.flag("statutory"), Status: o.text("status"), ADPs: o.texts("adps"),
		}
		if *err != nil {
			return nil, *err
		}
	}
	if entries, err = membersOf(world["agreements"], "world.agreements"); err != nil {
		return nil, err
	}
	for name, raw := range entries {
		o, err := entryOf(raw, fmt.Sprintf("world.agreements.%.40q", name))
		agreements[name] = agreementOf(o)
		if *err != nil {
			return nil, *err
		}
	}
	return NewWorld(partners, agreements)
}

// membersOf takes an object apart, without looking into its members: it may hold more of them than one tree of JSON can. What is
// missing or null has none.
func membersOf(raw json.RawMessage, path string) (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	if raw == nil || string(raw) == "null" {
		return members, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, fmt.Errorf("%w: %s has to be an object", errShape, path)
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("%w: not JSON: %w", errShape, err)
		}
		key, _ := token.(string) // a key is never anything else
		if _, twice := members[key]; twice {
			return nil, fmt.Errorf("%w: %s has one key twice", errShape, path)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, fmt.Errorf("%w: not JSON: %w", errShape, err)
		}
		members[key] = value
	}
	return members, nil
}

func entryOf(raw json.RawMessage, path string) (object, *error) {
	value, err := readTree(raw)
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return objectOf(value, path, &err), &err
}

func agreementOf(o object) Agreement {
	return Agreement{
		Parties: o.texts("parties"), Purposes: o.texts("purposes"), Categories: o.texts("categories"), ADPs: o.texts("adps"),
		Status: o.text("status"), FromTime: o.moment("valid_from"), ToTime: o.moment("valid_to"),
		CrossADP: o.flag("cross_adp"), Onward: o.flag("onward"),
	}
}
