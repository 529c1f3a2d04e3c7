package policies

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
)

var (
	noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	two  = mustMeasure(map[string]int{"understanding": 12, "adult": 16}, map[string]Window{
		"outreach": {After: eventOverdose, Seconds: 600}, "vital": {After: eventOverdose, Seconds: 60},
		"emergency": {After: eventBreakGlass, Seconds: 30},
	})
)

func mustMeasure(ages map[string]int, windows map[string]Window) *measures {
	m, err := newMeasures(ages, windows, map[string]string{"phone": "contact", "email": "contact", "goals": "need"})
	if err != nil {
		panic(err)
	}
	m.role = map[string]Categories{"worker": m.all, "clerk": categoryOf("contact")}
	m.purpose = map[string]Categories{"care": m.all, "planning": categoryOf("need")}
	m.settings = settings{Held: []string{"accepted", "closed"}, Section: section{Act: "ASP2007", Section: "10"}}
	return m
}

func stated(t *testing.T, r Request) (Facts, time.Time) {
	t.Helper()
	w, err := NewWorld(
		map[string]Partner{"a": {Status: "active", ADPs: []string{"adp-a"}}, "b": {Status: "active", ADPs: []string{"adp-b"}}},
		map[string]Agreement{
			"now":  {Parties: []string{"b", "a"}, Purposes: []string{"care"}, ADPs: []string{"adp-a"}, FromTime: noon, ToTime: noon.Add(time.Hour)},
			"else": {Parties: []string{"a", "c"}, Purposes: []string{"care"}, FromTime: noon, ToTime: noon.Add(time.Hour)},
		})
	if err != nil {
		t.Fatal(err)
	}
	return two.factsOf(w, &r)
}

// Every interval holds its first second and not its end.
func TestIntervalsAreHalfOpen(t *testing.T) {
	const second = time.Second
	for name, tc := range map[string]struct {
		now   time.Time
		fact  func(Facts) bool
		want  bool
		until time.Time
	}{
		"a window, a second before":      {noon.Add(-second), inWindow("vital"), false, noon},
		"a window, its first second":     {noon, inWindow("vital"), true, noon.Add(60 * second)},
		"a window, its last second":      {noon.Add(59 * second), inWindow("vital"), true, noon.Add(60 * second)},
		"a window, its end":              {noon.Add(60 * second), inWindow("vital"), false, noon.Add(600 * second)},
		"a longer window goes on":        {noon.Add(60 * second), inWindow("outreach"), true, noon.Add(600 * second)},
		"an event, a second before":      {noon.Add(-second), is(IsOverdoseRecorded), false, noon},
		"an event, at once":              {noon, is(IsOverdoseRecorded), true, noon.Add(60 * second)},
		"an agreement, a second before":  {noon.Add(-second), func(f Facts) bool { return f.Agreements[0].Started }, false, noon},
		"an agreement, its first second": {noon, func(f Facts) bool { return f.Agreements[0].Started }, true, noon.Add(60 * second)},
		"an agreement, its last second":  {noon.Add(time.Hour - second), func(f Facts) bool { return !f.Agreements[0].Ended }, true, noon.Add(time.Hour)},
		"an agreement, its end":          {noon.Add(time.Hour), func(f Facts) bool { return !f.Agreements[0].Ended }, false, time.Time{}},
		"a grant, a second before":       {noon.Add(-second), func(f Facts) bool { return len(f.Consents) > 0 }, false, noon},
		"a grant, its first second":      {noon, func(f Facts) bool { return f.Consents[0].End == endAhead }, true, noon.Add(60 * second)},
		"a grant, its end":               {noon.Add(time.Hour), func(f Facts) bool { return f.Consents[0].End == endPast }, true, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			facts, until := stated(t, Request{
				Now: tc.now, Action: "read", Purpose: "care", Actor: Actor{Partner: "b"},
				Referral: Referral{ADP: "adp-a", Origin: "a", OverdoseTime: noon},
				Consents: []Consent{{
					Decision: "grant", Time: noon, ExpiresTime: noon.Add(time.Hour), Purposes: []string{"care"}, Recipients: []string{"b"},
				}},
			})
			if got := tc.fact(facts); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			if !until.Equal(tc.until) {
				t.Errorf("stays so until %s, want %s", until, tc.until)
			}
		})
	}
}

func inWindow(name string) func(Facts) bool {
	return func(f Facts) bool {
		i := slices.IndexFunc(two.windows, func(w window) bool { return w.name == name })
		return f.Open.has(i)
	}
}

func TestWithoutATimeNothingHasCome(t *testing.T) {
	facts, _ := stated(t, Request{
		Action: "read", Purpose: "care", Actor: Actor{Partner: "b"}, Referral: Referral{Origin: "a", OverdoseTime: noon, DisclosedTime: noon},
		Consents:   []Consent{{Decision: "grant", Time: noon, Purposes: []string{"care"}, Recipients: []string{"b"}}},
		BreakGlass: &BreakGlass{DeclaredTime: noon},
	})
	come := []Is{IsTimeGiven, IsTargetHoldsRecord, IsOverdoseRecorded, IsBreakGlassBegun}
	if facts.Open != 0 || len(facts.Consents) > 0 || facts.Agreements[0].Started || slices.ContainsFunc(come, facts.Is.has) {
		t.Errorf("got %+v", facts)
	}
	if !facts.Is.has(IsOverdoseOnRecord | IsBreakGlassDeclared) {
		t.Errorf("what is on record is there whatever the time: %+v", facts)
	}
}

func is(fact Is) func(Facts) bool { return func(f Facts) bool { return f.Is.has(fact) } }

// An age that is ahead is reached on a birthday at the earliest: until then the facts stay as they are.
func TestFactsChangeOnABirthday(t *testing.T) {
	birthday := noon.Add(12 * time.Hour)
	for name, tc := range map[string]struct {
		age   int
		older time.Time
		until time.Time
	}{
		"a child of fifteen": {15, birthday, birthday}, "one of twelve, for whom nothing changes that day": {12, birthday, birthday},
		"an adult": {16, birthday, time.Time{}}, "when they were born is not known": {15, time.Time{}, time.Time{}},
	} {
		subject := Subject{Age: &tc.age, OlderTime: tc.older}
		if _, until := stated(t, Request{Now: noon, Referral: Referral{Subject: subject}}); !until.Equal(tc.until) {
			t.Errorf("%s: they stay so until %s, want %s", name, until, tc.until)
		}
	}
	if _, until := stated(t, Request{Now: noon, Referral: Referral{Subject: Subject{OlderTime: birthday}}}); !until.IsZero() {
		t.Errorf("of nobody knows what age they stay so until %s", until)
	}
}

func TestPartiesFollowFromTheAction(t *testing.T) {
	read, _ := stated(t, Request{Action: "read", Actor: Actor{Partner: "b"}, Recipient: "c", Referral: Referral{Origin: "a", ADP: "adp-b"}})
	if !read.Is.has(IsDiscloserIsOrigin | IsAreaServed | IsNotOwnRecord) {
		t.Errorf("a read goes from the referrer to who asks: %+v", read)
	}
	onward, _ := stated(t, Request{
		Action: "onward_disclose", Actor: Actor{Partner: "b"}, Recipient: "a",
		Referral: Referral{Origin: "a", Target: "b", ADP: "adp-b", TransferredTo: "adp-a"},
	})
	if !onward.Is.has(IsOwnRecord|IsAreaServed) || onward.Is.has(IsDiscloserIsOrigin) {
		t.Errorf("an onward disclosure goes from who asks to the recipient named: %+v", onward)
	}
}

func TestWhatIsNotKnownIsNobody(t *testing.T) {
	facts, _ := stated(t, Request{Action: "read", Actor: Actor{}, Referral: Referral{}})
	known := []Is{
		IsActorPartnerKnown, IsDiscloserKnown, IsRecipientKnown, IsRecipientNamed, IsOwnRecord, IsDiscloserIsOrigin, IsTarget, IsOwnData,
		IsAreaServed,
	}
	if facts.RecipientKind != "" || slices.ContainsFunc(known, facts.Is.has) {
		t.Errorf("empty names are taken for somebody: %+v", facts)
	}
}

func TestAnAgeIsReachedOnTheBirthday(t *testing.T) {
	for age, want := range map[int][]string{0: {}, 11: {}, 12: {"understanding"}, 15: {"understanding"}, 16: {"adult", "understanding"}} {
		facts, _ := stated(t, Request{Referral: Referral{Subject: Subject{Age: new(age)}}})
		reached := []string{}
		for i, a := range two.ages {
			if facts.Reached.has(i) {
				reached = append(reached, a.name)
			}
		}
		if !slices.Equal(reached, want) || !facts.Is.has(IsAgeKnown) {
			t.Errorf("at %d: got %v, want %v", age, reached, want)
		}
	}
}

func TestConsentsAreFactsOfThisPurposeAndRecipient(t *testing.T) {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	facts, _ := stated(t, Request{
		Now: minute(9), Action: "read", Purpose: "care", Actor: Actor{Partner: "b"}, Referral: Referral{Origin: "a"},
		Consents: []Consent{
			{Decision: "refuse", Time: minute(1), Purposes: []string{"*"}, Recipients: []string{"b", "*"}},
			{Decision: "grant", Time: minute(3), Purposes: []string{"care"}, Recipients: []string{"*"}},
			{Decision: "withdraw", Time: minute(3), Purposes: []string{"care"}, Recipients: []string{"b"}},
			{Decision: "grant", Time: minute(5), Purposes: []string{"review"}, Recipients: []string{"b"}},
			{Decision: "grant", Time: minute(6), Purposes: []string{"care"}, Recipients: []string{"c"}},
		},
	})
	var got []string
	for _, c := range facts.Consents {
		got = append(got, c.Decision+" "+c.Purpose+" "+c.Recipient+" "+string(rune('0'+c.Order)))
	}
	slices.Sort(got)
	if want := []string{"grant named all 0", "refuse all named 1", "withdraw named named 0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// holding is a referral that was given to its target and is held by it.
var holding = Referral{Origin: "a", Target: "b", Status: "accepted", DisclosedTime: noon}

func TestTheTargetHoldsWhatItAcceptedAndWasGiven(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Request)
		want   bool
	}{
		"accepted":            {func(*Request) {}, true},
		"closed":              {func(r *Request) { r.Referral.Status = "closed" }, true},
		"declined":            {func(r *Request) { r.Referral.Status = "declined" }, false},
		"not yet given":       {func(r *Request) { r.Now = noon.Add(-time.Second) }, false},
		"never given":         {func(r *Request) { r.Referral.DisclosedTime = time.Time{} }, false},
		"somebody else":       {func(r *Request) { r.Referral.Target = "c" }, false},
		"nobody":              {func(r *Request) { r.Referral.Target, r.Actor.Partner = "", "" }, false},
		"a partner not known": {func(r *Request) { r.Referral.Target, r.Actor.Partner = "c", "c" }, false},
	} {
		r := Request{Now: noon, Action: "read", Actor: Actor{Partner: "b"}, Referral: holding}
		tc.change(&r)
		facts, _ := stated(t, r)
		if got := facts.Is.has(IsTargetHoldsRecord); got != tc.want {
			t.Errorf("%s: it holds the record: %v", name, got)
		}
		r.Action, r.Recipient = "onward_disclose", "a"
		facts, _ = stated(t, r)
		if got := facts.Is.has(IsHoldsRecord); got != tc.want {
			t.Errorf("%s: it may pass the record on: %v", name, got)
		}
	}
}

func TestACouncilOfficerAsksUnderTheSectionThatIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		asks *StatutoryRequest
		want bool
	}{
		"nobody asks":         {nil, false},
		"with all":            {&StatutoryRequest{Act: "ASP2007", Section: "10", Reference: "AP-1"}, true},
		"without a reference": {&StatutoryRequest{Act: "ASP2007", Section: "10"}, false},
		"another section":     {&StatutoryRequest{Act: "ASP2007", Section: "5", Reference: "AP-1"}, false},
		"another act":         {&StatutoryRequest{Act: "MHA2003", Section: "10", Reference: "AP-1"}, false},
		"no act":              {&StatutoryRequest{Reference: "AP-1"}, false},
	} {
		facts, _ := stated(t, Request{StatutoryRequest: tc.asks})
		if got := facts.Is.has(IsSection10Request); got != tc.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestWhatReferenceAndSettingsSayIsAFact(t *testing.T) {
	m := *two
	m.roles, m.prohibited = map[string][]string{"care": {"worker", "wizard"}}, []string{"marketing"}
	m.settings.Related = []string{"care"}
	m.settings.Adult, m.settings.Child = []string{"council"}, []string{"council", "police"}
	for name, tc := range map[string]struct {
		request Request
		kind    string
		want    Is
	}{
		"a role that the purpose is given to": {
			Request{Purpose: "care", Actor: Actor{Role: "worker"}}, "", IsRoleAllowed | IsPurposeAllowed,
		},
		"another role":             {Request{Purpose: "care", Actor: Actor{Role: "clerk"}}, "", IsPurposeAllowed},
		"a role that is not known": {Request{Purpose: "care", Actor: Actor{Role: "wizard"}}, "", IsPurposeAllowed},
		"somebody who is assigned": {Request{Purpose: "care", Actor: Actor{Assigned: true}}, "", IsPurposeAllowed | IsRelationship},
		"a purpose for anybody":    {Request{Purpose: "planning"}, "", IsPurposeAllowed | IsRelationship},
		"a purpose for nobody":     {Request{Purpose: "marketing"}, "", IsRelationship},
		"to a council": {
			Request{Purpose: "care"}, "council", IsPurposeAllowed | IsAdultProtectionRecipient | IsChildProtectionRecipient,
		},
		"to the police": {Request{Purpose: "care"}, "police", IsPurposeAllowed | IsChildProtectionRecipient},
	} {
		if got := m.allowed(&tc.request, tc.kind); got != tc.want {
			t.Errorf("%s: got %b, want %b", name, got, tc.want)
		}
	}
}

// Every fact has its bit and its name, and the schema lists the same.
func TestFactsAreNamedAsTheirSchemaHasThem(t *testing.T) {
	if IsReadable != 1<<(len(isNames)-1) {
		t.Errorf("%d names, and the last fact is bit %b", len(isNames), IsSection10Request)
	}
	text, err := embedded.ReadFile("schemas/facts.json")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Is struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	listed, named := slices.Sorted(maps.Keys(schema.Properties.Is.Properties)), slices.Sorted(slices.Values(isNames))
	if !slices.Equal(listed, named) {
		t.Errorf("the schema lists %v, facts are %v", listed, named)
	}
}

// Whatever there is to a fact, facts that differ in it are of another kind.
func TestFactsThatDifferAreOfAnotherKind(t *testing.T) {
	whole := Facts{Consents: []ConsentFacts{{}}, Agreements: []AgreementFacts{{}}}
	before := string(whole.kind(nil))
	leaves := 0
	eachLeaf(reflect.ValueOf(&whole).Elem(), "Facts", func(path string, leaf reflect.Value) {
		leaves++
		old := reflect.New(leaf.Type()).Elem()
		old.Set(leaf)
		switch leaf.Kind() {
		case reflect.Bool:
			leaf.SetBool(true)
		case reflect.String:
			leaf.SetString("x")
		case reflect.Int:
			leaf.SetInt(1)
		default:
			leaf.SetUint(1)
		}
		if string(whole.kind(nil)) == before {
			t.Errorf("%s makes no difference to the kind", path)
		}
		leaf.Set(old)
	})
	if leaves < 20 || string(whole.kind(nil)) != before {
		t.Errorf("%d facts were tried", leaves)
	}
}

func eachLeaf(v reflect.Value, path string, visit func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			eachLeaf(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachLeaf(v.Index(i), path+"[]", visit)
		}
	default:
		visit(path, v)
	}
}

func TestWhatIsAskedForIsCategories(t *testing.T) {
	for name, tc := range map[string]struct {
		fields []string
		want   Categories
	}{
		"all":                          {nil, categoriesOf([]string{"contact", "need"})},
		"none":                         {[]string{}, 0},
		"two of one":                   {[]string{"phone", "email"}, categoriesOf([]string{"contact"})},
		"one, and one that is none":    {[]string{"goals", "shoe_size"}, categoriesOf([]string{"need"})},
		"names that are no field":      {[]string{"contact", ""}, 0},
		"one of each of two, reversed": {[]string{"phone", "goals"}, categoriesOf([]string{"need", "contact"})},
	} {
		if got := two.requested(tc.fields); got != tc.want {
			t.Errorf("%s: got %b, want %b", name, got, tc.want)
		}
	}
}

func TestWithinReachIsWhatIsAskedForAndRoleAndPurposeReachTo(t *testing.T) {
	for name, tc := range map[string]struct {
		role, purpose string
		fields        []string
		want          []string
	}{
		"all":                 {"worker", "care", nil, []string{"contact", "need"}},
		"the role less":       {"clerk", "care", nil, []string{"contact"}},
		"the purpose less":    {"worker", "planning", nil, []string{"need"}},
		"neither both":        {"clerk", "planning", nil, nil},
		"less is asked for":   {"worker", "care", []string{"goals"}, []string{"need"}},
		"a role not known":    {"wizard", "care", nil, nil},
		"a purpose not known": {"worker", "curiosity", nil, nil},
	} {
		facts, _ := stated(t, Request{Actor: Actor{Role: tc.role}, Purpose: tc.purpose, Fields: tc.fields})
		if want := categoriesOf(tc.want); facts.Reach != want {
			t.Errorf("%s: got %b, want %b", name, facts.Reach, want)
		}
	}
}

func TestBlanksAreNoJustification(t *testing.T) {
	for text, want := range map[string]int{"": 0, "    \n\t   ": 0, "  ten chars ": 9, "zwölf Zeichen": 13} {
		facts, _ := stated(t, Request{BreakGlass: &BreakGlass{Justification: text}})
		if facts.BreakGlass.JustificationLength != want {
			t.Errorf("%q: got %d, want %d", text, facts.BreakGlass.JustificationLength, want)
		}
	}
}
