package schema

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/casework"
	cases "lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/pace"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/placement/placementtest"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights/rightstest"
)

// office is the API with referrals, by HTTP.
type office struct {
	*cases.World
	t     *testing.T
	url   string
	keys  int
	book  *placement.Book
	bells bell.Bells[directory.PoolName]
	paced *slowClock
}

// Who asks in these tests; the header Authorization names them.
var workers = map[string]identity.Caller{
	"": {}, "referrer": cases.Referrer, "colleague": cases.Colleague, "provider": cases.Provider, "competitor": cases.Competitor,
	"commissioner": cases.Commissioner, "data lead": cases.DataLead, "elsewhere": cases.Elsewhere, "auditor": cases.Auditor,
	"admin": cases.Admin,
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{World: cases.New(t), t: t, book: placement.NewBook(placement.RightsBy(rightstest.Rules()), cases.Noon), paced: newSlowClock()}
	o.Asked.Each = o.paced.work
	o.book.AllRead()
	compiled, err := CompileWith(Sources{
		Directory: o, Casework: func() (*casework.Desk, error) { return o.World.Desk, nil }, Book: o.book,
		Desk: &placement.Desk{Store: placementtest.New(o.book, cases.Noon), Book: o.book, Now: cases.Noon},
		Deliveries: func() (*delivery.Desk, error) {
			return &delivery.Desk{Book: o.Store, Rights: o.World.Desk.Rights, View: o.View}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	options := Options(o.View)
	options.Pace = pace.Schedule{AtLeast: pace.DefaultAtLeast, Every: pace.DefaultEvery, Clock: o.paced}.Begin
	options.Identify = func(r *http.Request, _ map[string]any) (context.Context, error) {
		caller, known := workers[r.Header.Get("Authorization")]
		if !known {
			return nil, &engine.Error{Code: engine.CodeUnauthenticated, Message: "This bearer token is not known."}
		}
		return identity.With(r.Context(), caller), nil
	}
	server := httptest.NewServer(engine.NewHandler(compiled, options))
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

func (o *office) Listen(namespace, name string) *bell.Bell[directory.PoolName] {
	return o.bells.Listen(directory.PoolName{Namespace: namespace, Name: name})
}

func (o *office) send(ctx context.Context, who, accept, query string) *http.Response {
	o.t.Helper()
	return (&world{t: o.t, url: o.url}).send(ctx, who, accept, query)
}

func (o *office) ask(who, query string) string {
	o.t.Helper()
	response := o.send(o.t.Context(), who, "application/json", query)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return withoutFreshness(string(body))
}

// reads gives the data of a query that nothing is wrong with, in one line.
func (o *office) reads(who, query string) string {
	o.t.Helper()
	body := o.ask(who, query)
	data, ok := strings.CutPrefix(body, `{"data":`)
	if !ok || strings.Contains(body, `"errors"`) {
		o.t.Fatalf("%s: %s: %s", who, query, body)
	}
	return strings.TrimSuffix(data, "}")
}

// outcome is what came of a mutation.
type outcome struct {
	ID       string
	Version  int
	Replayed bool
	Problems []struct {
		Code, Message              string
		Path                       []string
		ReadVersion, LatestVersion *int
	}
}

func (r outcome) code() string {
	if len(r.Problems) == 0 {
		return ""
	}
	return r.Problems[0].Code
}

func (o *office) does(who, mutation, input string) outcome {
	o.t.Helper()
	if !strings.Contains(input, "idempotencyKey") {
		o.keys++
		input = fmt.Sprintf(`idempotencyKey: "request-%06d", %s`, o.keys, input)
	}
	body := o.ask(who, fmt.Sprintf(
		`mutation { did: %s(input: {%s}) { id version replayed problems { code message path readVersion latestVersion } } }`, mutation, input))
	var answer struct {
		Data   struct{ Did *outcome }
		Errors []any
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.Did == nil {
		o.t.Fatalf("%s: %s: %s", who, mutation, body)
	}
	return *answer.Data.Did
}

const sorcha = `target: "harbour", words: "Sorcha asked for this herself.", told: {
	fullName: {chosen: "Sorcha Quillfeather", pronouns: "she/her"}, dateOfBirth: "1990-05-04", phone: "0141 496 0123",
	address: {abode: NO_FIXED_ABODE, found: "the Wednesday lunch club"}, safeContact: {may: [TEXT], saying: NOTHING},
	gender: {is: WOMAN}, referralReason: "Sorcha wants to stop using benzodiazepines safely.", naloxone: HAS_KIT,
	substances: {kinds: [BENZODIAZEPINES]}, ostStatus: {kind: METHADONE, dailyMicrograms: 40000, wishes: "to stay on it"},
	riskLevel: {grade: RAISED, inWords: "lives alone"}, housing: {kind: TEMPORARY, keepTenancy: YES}, bbvStatus: {tested: YES}
}`

const agreed = `, consents: [{decision: GRANT, purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: ["harbour"],
	categories: [ADMIN, IDENTITY, CONTACT, DEMOGRAPHIC, NEED, CLINICAL, RISK, SOCIAL]}]`

// submitted makes a referral and gives its number.
func (o *office) submitted(input string) string {
	o.t.Helper()
	done := o.does("referrer", "referralSubmit", input)
	if done.ID == "" || done.Version != 1 {
		o.t.Fatalf("%+v", done)
	}
	return done.ID
}

func TestAReferralIsReadByAnotherPartnerAsFarAsAgreed(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	about := fmt.Sprintf(`referral: %q`, id)
	name := fmt.Sprintf(`{ referral(id: %q, as: CLINICIAN) { fullName { state value { used } reasons { code inWords } } } }`, id)
	want := `{"referral":{"fullName":{"state":"WITHHELD","value":null,"reasons":[{"code":"no_relationship","inWords":"whoever asks does not work ` +
		`with this person: take it up first"}]}}}`
	if got := o.reads("provider", name); got != want {
		t.Errorf("before anybody works with her: %s", got)
	}
	if done := o.does("provider", "referralAcknowledge", about+`, version: 1`); done.Version != 2 {
		t.Fatalf("%+v", done)
	}
	want = `{"referral":{"fullName":{"state":"KNOWN","value":{"used":"Sorcha Quillfeather"},"reasons":[]}}}`
	if got := o.reads("provider", name); got != want {
		t.Errorf("afterwards: %s", got)
	}
	got := o.reads("provider", fmt.Sprintf(`{ referral(id: %q, as: CLINICIAN) {
		id version sides sharing { effect ground groundInWords obligations { code } }
		status { value } originPartner { state name partner { displayName } } medication { state value { prescribed } }
		bbvStatus { state reasons { code } } ostStatus { value { kind dailyMicrograms } } dateOfBirth { value } ageBand { value }
		address { value { abode found } } safeContact { value { may } } circumstances { state }
		standing { route stage partnership { displayName } questions { version } }
	} }`, id))
	for _, part := range []string{
		`"sides":["TARGET"]`, `"ground":"consent"`, `"groundInWords":"the person agreed and an agreement covers it"`,
		`"obligations":[{"code":"audit"},{"code":"no_onward_disclosure"}]`, `"status":{"value":"ACKNOWLEDGED"}`,
		`"originPartner":{"state":"KNOWN","name":"haven","partner":{"displayName":"Haven Outreach"}}`,
		`"medication":{"state":"NOT_KNOWN","value":null}`, `"bbvStatus":{"state":"WITHHELD","reasons":[{"code":"outside_ground"}]}`,
		`"ostStatus":{"value":{"kind":"METHADONE","dailyMicrograms":40000}}`, `"dateOfBirth":{"value":"1990-05-04"}`,
		`"ageBand":{"value":"FROM_35_TO_44"}`, `"abode":"NO_FIXED_ABODE"`, `"may":["TEXT"]`, `"circumstances":{"state":"WITHHELD"}`,
		`"standing":{"route":"DIRECT","stage":null,"partnership":{"displayName":"Moray ADP"},"questions":[]}`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
}

// What the policy can release has a field in the schema, under one name.
func TestEveryFieldOfAReferralIsInTheSchema(t *testing.T) {
	types := declare(Sources{})
	var names []string
	for _, f := range types.referral.Fields() {
		names = append(names, f.Name)
	}
	for _, f := range record.Fields() {
		if !slices.Contains(names, casework.InputName(f)) {
			t.Errorf("%s is not in the schema", f)
		}
	}
	var sent []string
	for _, f := range types.toldInput.Fields {
		sent = append(sent, f.Name)
	}
	for _, f := range record.Fields() {
		category, _ := record.CategoryOf(f)
		if slices.Contains(sent, casework.InputName(f)) != (category != record.Admin) {
			t.Errorf("%s can be sent, or cannot", f)
		}
	}
}

func TestEveryFieldOfAReferralCanBeRead(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed + `, circumstances: {capability: CAPABLE, informed: true}`)
	query := "{ referral(id: \"" + id + "\", as: PRACTITIONER) { " + o.everything() + " } }"
	got := o.reads("referrer", query)
	for _, part := range []string{`"capability":"CAPABLE"`, `"kind":"SUBMIT"`, `"decision":"GRANT"`, `"pronouns":"she/her"`} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
}

// everything is a selection of all there is of a referral, but what needs arguments.
func (o *office) everything() string {
	types := declare(Sources{})
	objects := map[string]*engine.Object{}
	for _, object := range objectsBelow(types) {
		objects[object.Name] = object
	}
	var selection func(name string, depth int) string
	selection = func(name string, depth int) string {
		var fields []string
		for _, field := range objects[name].Fields() {
			below := strings.Trim(field.Type.TypeName(), "[]!")
			switch {
			case slices.ContainsFunc(field.Args, func(a engine.Argument) bool { return strings.HasSuffix(a.Type.TypeName(), "!") }):
			case slices.Contains([]string{"Partner", "Partnership"}, below):
				fields = append(fields, field.Name+" { name }")
			case objects[below] == nil:
				fields = append(fields, field.Name)
			case depth > 0:
				fields = append(fields, field.Name+" { "+selection(below, depth-1)+" }")
			}
		}
		return strings.Join(fields, " ")
	}
	return selection("Referral", 4)
}

func objectsBelow(t *types) []*engine.Object {
	return []*engine.Object{
		t.referral, t.sharing, t.obligation, t.standing, t.stageObject, t.question, t.link, t.refusalObject, t.escalation, t.story, t.storyEvent,
		t.consent, t.trail, t.trailEntry, t.sharingReason, t.toldText, t.toldDate, t.toldInstant, t.toldStatus, t.toldPartner, t.toldUrgency,
		t.toldName, t.toldAddress, t.toldSafeContact, t.toldAgeBand, t.toldGender, t.toldLocality, t.toldSubstances, t.toldMedication, t.toldOST,
		t.toldNaloxone, t.toldOverdose, t.toldRisk, t.toldHousing, t.toldDependants, t.toldBBV, t.toldJustice, t.toldCircumstances, t.personName,
		t.address, t.safeContact, t.genderSaidObject, t.locality, t.substancesTold, t.medication, t.ostObject, t.overdose, t.risk,
		t.housingObject, t.dependants, t.bbv, t.justice, t.circumstances, t.due, t.stepObject, t.pathway, t.toldPathway,
	}
}

func TestAReferralJourneyByGraphQL(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	version := 1
	does := func(who, mutation, input string) {
		t.Helper()
		done := o.does(who, mutation, fmt.Sprintf(`referral: %q, version: %d, %s`, id, version, input))
		if len(done.Problems) > 0 || done.Version != version+1 {
			t.Fatalf("%s: %+v", mutation, done)
		}
		version = done.Version
	}
	does("provider", "referralAcknowledge", `words: "We have it."`)
	does("provider", "referralAsk", `of: ORIGIN, words: "Which GP?"`)
	does("referrer", "referralAnswer", `question: 3, words: "Dr Sample."`)
	does("provider", "referralCannotOffer", `reason: NO_PLACE_NOW, possible: PLACE_LATER`)
	does("referrer", "referralReconsider", `words: "Two weeks are fine."`)
	does("provider", "referralAcknowledge", ``)
	does("provider", "referralAccept", ``)
	does("referrer", "referralEscalate", `reason: RISK_HAS_RISEN`)
	does("commissioner", "referralEscalationSettle", `words: "Seen."`)
	does("commissioner", "referralUrgencySet", `urgency: URGENT`)
	does("referrer", "referralAmend", `as: PRACTITIONER, told: {goals: "To see her daughter."}, clear: [PHONE]`)
	does("referrer", "referralCircumstancesSet", `circumstances: {capability: CAPABLE}`)
	does("colleague", "referralTakeUp", ``)
	does("colleague", "referralStepBack", ``)
	does("provider", "referralStartSupport", ``)
	does("provider", "referralComplete", `outcome: AS_PLANNED`)
	o.Rules.Agree("harbour-beacon", cases.Agreement("harbour", "beacon"))
	next := o.does("provider", "referralReferOnward", fmt.Sprintf(`target: "beacon", told: {referralReason: "Aftercare."}%s,
		follows: {kind: AFTERCARE, referral: %q, version: %d}`, strings.ReplaceAll(agreed, "harbour", "beacon"), id, version))
	if next.ID == "" || next.ID == id {
		t.Fatalf("%+v", next)
	}
	got := o.reads("referrer", fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) { status { value } goals { value } phone { state }
		standing { outcome followedBy { kind referral } } story(first: 3) { hasMore events { kind inWords words { state value } partner { name } } } } }`, id))
	for _, part := range []string{
		`"status":{"value":"COMPLETED"}`, `"goals":{"value":"To see her daughter."}`, `"phone":{"state":"NOT_KNOWN"}`,
		`"followedBy":[{"kind":"AFTERCARE","referral":"` + next.ID + `"}]`, `"hasMore":true`,
		`{"kind":"ACKNOWLEDGE","inWords":"Somebody at Harbour House said that they have the referral.","words":{"state":"KNOWN","value":"We have it."},"partner":{"name":"harbour"}}`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
}

func TestConsentByGraphQL(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha)
	phone := fmt.Sprintf(`{ referral(id: %q, purpose: REFERRAL_COORDINATION, as: PRACTITIONER) { phone { state reasons { code } } consents { decision } } }`, id)
	says := func(want string) {
		t.Helper()
		if got := o.reads("provider", phone); !strings.HasPrefix(got, `{"referral":{"phone":`+want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	says(`{"state":"WITHHELD","reasons":[{"code":"consent_none"}]}`)
	about := fmt.Sprintf(`referral: %q, `, id)
	scope := `purposes: [REFERRAL_COORDINATION], recipients: ["harbour"], `
	if done := o.does("provider", "consentRecord", about+`decision: GRANT, categories: [CONTACT], `+scope); done.code() != "FORBIDDEN" {
		t.Errorf("%+v", done)
	}
	if done := o.does("referrer", "consentRecord", about+`decision: GRANT, categories: [ADMIN, CONTACT], `+scope); done.Version != 1 {
		t.Fatalf("%+v", done)
	}
	says(`{"state":"KNOWN","reasons":[]}`)
	o.Clock.SetTime(cases.Noon().Add(time.Minute))
	if done := o.does("referrer", "consentNarrow", about+`categories: [CONTACT, CLINICAL], `+scope); done.code() != "INVALID" {
		t.Errorf("a narrowing that is wider: %+v", done)
	}
	if done := o.does("referrer", "consentNarrow", about+`categories: [ADMIN], `+scope); done.Version != 2 {
		t.Errorf("%+v", done)
	}
	says(`{"state":"WITHHELD","reasons":[{"code":"outside_ground"}]}`)
	o.Clock.SetTime(cases.Noon().Add(2 * time.Minute))
	if done := o.does("provider", "consentWithdraw", about); done.ID != id || len(done.Problems) > 0 || done.Version != 0 {
		t.Errorf("a withdrawal is taken from every side, and how much has been said is not told: %+v", done)
	}
	says(`{"state":"WITHHELD","reasons":[{"code":"consent_withdrawn"}]}`)
}

// What is sent again later is the same request, also where nobody said when something was said.
func TestTheSameSentAgainLaterIsTheSame(t *testing.T) {
	o := newOffice(t)
	first := o.does("referrer", "referralSubmit", `idempotencyKey: "once-and-again", `+sorcha+agreed)
	about := fmt.Sprintf(`referral: %q, `, first.ID)
	withdrawn := o.does("referrer", "consentWithdraw", about+`idempotencyKey: "taken-back-once"`)
	o.Clock.SetTime(cases.Noon().Add(time.Minute))
	if again := o.does("referrer", "referralSubmit", `idempotencyKey: "once-and-again", `+sorcha+agreed); !again.Replayed || again.ID != first.ID {
		t.Errorf("a referral: %+v", again)
	}
	if again := o.does("referrer", "consentWithdraw", about+`idempotencyKey: "taken-back-once"`); !again.Replayed || again.Version != withdrawn.Version {
		t.Errorf("a withdrawal: %+v", again)
	}
}

// What is shown besides fields is in the trail like fields are.
func TestWhatIsShownBesidesFieldsIsRecorded(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed + `, circumstances: {adultAtRisk: true}`)
	got := o.reads("referrer", fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) { about: circumstances { value { adultAtRisk } }
		... on Referral { said: consents { decision } } standing { route } } }`, id))
	if !strings.Contains(got, `"adultAtRisk":true`) || !strings.Contains(got, `"said":[{"decision":"GRANT"}]`) {
		t.Error(got)
	}
	trail := o.reads("auditor", fmt.Sprintf(`{ whoSawWhat(referral: %q) { entries { what fields sentence } } }`, id))
	for _, part := range []string{
		`"fields":["circumstances","consents","status"]`, "was shown the person's circumstances, what was said about sharing it and how it stands",
	} {
		if !strings.Contains(trail, part) {
			t.Errorf("no %s in %s", part, trail)
		}
	}
}

func TestWhatIsInTheWayOfAReferral(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	long := strings.Repeat("x", 4001)
	for name, tc := range map[string]struct{ who, mutation, input, code, path string }{
		"wrong CHI":       {"referrer", "referralSubmit", `target: "harbour", told: {chi: "0405901234", referralReason: "r"}`, "INVALID", "input told chi"},
		"unknown partner": {"referrer", "referralSubmit", `target: "nobody", told: {referralReason: "r"}`, "INVALID", "input target"},
		"suspended":       {"referrer", "referralSubmit", `target: "away", told: {referralReason: "r"}`, "PARTNER_SUSPENDED", "input target"},
		"no reason":       {"referrer", "referralSubmit", `target: "harbour", told: {goals: "g"}`, "INVALID", "input told referralReason"},
		"over-long":       {"referrer", "referralSubmit", `target: "harbour", told: {referralReason: "` + long + `"}`, "INVALID", "input told referralReason"},
		"long words":      {"referrer", "referralMessage", fmt.Sprintf(`referral: %q, version: 1, words: "%s"`, id, long), "INVALID", ""},
		"stale":           {"provider", "referralAcknowledge", fmt.Sprintf(`referral: %q, version: 7`, id), "STALE_VERSION", "input version"},
		"not yours":       {"competitor", "referralAcknowledge", fmt.Sprintf(`referral: %q, version: 1`, id), "NOT_FOUND", "input referral"},
		"too early":       {"provider", "referralStartSupport", fmt.Sprintf(`referral: %q, version: 1`, id), "WRONG_STATUS", ""},
		"a short key":     {"referrer", "referralSubmit", `idempotencyKey: "k", target: "harbour", told: {referralReason: "r"}`, "INVALID", "input"},
		"no second factor": {"referrer", "emergencyDeclare", fmt.Sprintf(
			`referral: %q, as: PRACTITIONER, reason: LIFE_AT_RISK, justification: "Found unconscious at home today."`, id), "SECOND_FACTOR_NEEDED", ""},
	} {
		done := o.does(tc.who, tc.mutation, tc.input)
		if done.code() != tc.code || done.ID != "" {
			t.Errorf("%s: %+v", name, done)
			continue
		}
		if got := strings.Join(done.Problems[0].Path, " "); got != tc.path {
			t.Errorf("%s: the path is %q", name, got)
		}
		if tc.code == "STALE_VERSION" && (*done.Problems[0].ReadVersion != 7 || *done.Problems[0].LatestVersion != 1) {
			t.Errorf("%+v", done)
		}
	}
	first := o.does("referrer", "referralMessage", fmt.Sprintf(`idempotencyKey: "again-and-again", referral: %q, version: 1, words: "hello"`, id))
	again := o.does("referrer", "referralMessage", fmt.Sprintf(`idempotencyKey: "again-and-again", referral: %q, version: 1, words: "hello"`, id))
	if first.Replayed || !again.Replayed || again.Version != first.Version {
		t.Errorf("%+v %+v", first, again)
	}
}

// Whoever has no part in a referral gets, byte by byte, what they would get if there was none.
func TestNotThereAndNotYoursAreTheSame(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed + `, circumstances: {capability: CAPABLE}`) // whom no emergency overrules
	const none = "r-nobodyhasthisone0000"
	queries := []string{
		`{ referral(id: "ID") { id version status { value } fullName { state } sharing { effect } story { hasMore } } }`,
		`{ referral(id: "ID", purpose: REFERRAL_COORDINATION) { phone { state } whoSawWhat { endCursor } } }`,
		`{ whoSawWhat(referral: "ID") { entries { sentence } } }`,
		`{ whoSawWhat(referral: "ID", wholePerson: true) { entries { sentence } } }`,
		`mutation { x: referralAcknowledge(input: {idempotencyKey: "KEY-0000", referral: "ID", version: 1}) { id problems { code message path } referral { id } } }`,
		`mutation { x: referralMessage(input: {idempotencyKey: "KEY-0001", referral: "ID", version: 99, words: "hello"}) { id problems { code message path latestVersion } } }`,
		`mutation { x: referralRedirect(input: {idempotencyKey: "KEY-0002", referral: "ID", version: 1, target: "nobody"}) { id problems { code message path } } }`,
		`mutation { x: consentWithdraw(input: {idempotencyKey: "KEY-0003", referral: "ID"}) { id problems { code message path } } }`,
		`mutation { x: referralReferOnward(input: {idempotencyKey: "KEY-0004", target: "beacon", told: {referralReason: "r"},
			follows: {kind: ONWARD, referral: "ID", version: 1}}) { id problems { code message path } } }`,
		`mutation { x: emergencyDeclare(input: {idempotencyKey: "KEY-0005", referral: "ID", reason: LIFE_AT_RISK,
			justification: "Found unconscious at home today."}) { id problems { code message path } } }`,
		`mutation { x: emergencyReview(input: {idempotencyKey: "KEY-0006", referral: "ID", number: 1, outcome: JUSTIFIED}) { id problems { code message path } } }`,
	}
	for _, who := range []string{"", "competitor", "elsewhere", "admin", "auditor"} {
		for i, query := range queries {
			if who == "auditor" && strings.Contains(query, "{ whoSawWhat(") { // which is what auditors are for
				continue
			}
			if len(workers[who].Care.List()) > 1 {
				query = strings.NewReplacer(`id: "ID"`, `id: "ID", as: CLINICIAN`, `referral: "ID", reason`, `referral: "ID", as: CLINICIAN, reason`,
					`whoSawWhat(referral: "ID"`, `whoSawWhat(as: CLINICIAN, referral: "ID"`).Replace(query)
			}
			asked := func(id, key string) string {
				return o.ask(who, strings.NewReplacer("ID", id, "KEY", fmt.Sprintf("%s%s%d", who, key, i)).Replace(query))
			}
			there, not := asked(id, "there"), asked(none, "none-")
			if there != not {
				t.Errorf("%q asks %s:\n%s\n%s", who, query, there, not)
			}
			if strings.Contains(there, "Sorcha") || strings.Contains(there, `"version":1`) {
				t.Errorf("%q is shown %s", who, there)
			}
		}
	}
}

// The reference of a request by law is written into the audit log, so it is not to be a CHI number.
func TestAReferenceIsNoCHINumber(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	ask := func(reference string) string {
		return o.ask("provider", fmt.Sprintf(`{ referral(id: %q, as: CLINICIAN, statutoryRequest: {act: "ASP2007", section: "10", reference: %q}) { id } }`,
			id, reference))
	}
	if got := ask("1904851231"); !strings.Contains(got, `"BAD_ARGUMENT"`) || strings.Contains(got, "1904851231") {
		t.Error(got)
	}
	if got := ask("case-7.2026"); strings.Contains(got, "errors") {
		t.Error(got)
	}
}

func TestWorklistsByGraphQL(t *testing.T) {
	o := newOffice(t)
	var ids []string
	for i, urgency := range []string{"ROUTINE", "URGENT", "EMERGENCY"} {
		o.Clock.SetTime(cases.Noon().Add(time.Duration(i) * time.Minute))
		ids = append(ids, o.submitted(sorcha+agreed+`, urgency: `+urgency))
	}
	hidden := o.submitted(sorcha)
	order := func(who, args string) string {
		t.Helper()
		got := o.reads(who, `{ worklist(as: PRACTITIONER, `+args+`) { hasNextPage endCursor edges { waitsForYou node { id fullName { state } } } } }`)
		for i, id := range ids {
			got = strings.ReplaceAll(got, id, fmt.Sprint(i))
		}
		return got
	}
	got := order("provider", "first: 2")
	if !strings.Contains(got, `"edges":[{"waitsForYou":true,"node":{"id":"2","fullName":{"state":"KNOWN"}}},{"waitsForYou":true,"node":{"id":"1"`) ||
		!strings.Contains(got, `"hasNextPage":true`) || strings.Contains(got, hidden) {
		t.Error(got)
	}
	if got := order("referrer", `first: 10, filter: {waitsForYou: true}`); !strings.Contains(got, `"edges":[]`) {
		t.Error(got)
	}
	if got := order("provider", `first: 10, filter: {urgencies: [URGENT], statuses: [SUBMITTED]}`); !strings.Contains(got, `"edges":[{"waitsForYou":true,"node":{"id":"1"`) {
		t.Error(got)
	}
	want := `{"withheldReferrals":[{"id":"` + hidden + `","reasons":[{"code":"consent_none"}]}]}`
	if got := o.reads("provider", `{ withheldReferrals(as: PRACTITIONER) { id reasons { code } } }`); got != want {
		t.Error(got)
	}
	for _, who := range []string{"", "admin", "auditor"} {
		if got := o.ask(who, `{ worklist(first: 5) { hasNextPage } }`); !strings.Contains(got, `"code":"FORBIDDEN"`) {
			t.Errorf("%q: %s", who, got)
		}
	}
}

func TestFollowingAWorklist(t *testing.T) {
	o := newOffice(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &world{t: t, url: o.url}
	events := w.follow(ctx, "provider", `subscription { worklist(first: 10, as: PRACTITIONER) { nodes { id phone { state value } } } }`)
	if got := events.next(); !strings.Contains(got, `"nodes":[]`) {
		t.Fatal(got)
	}
	id := o.submitted(sorcha + agreed)
	if got := events.next(); !strings.Contains(got, id) || !strings.Contains(got, `"value":"01414960123"`) {
		t.Fatal(got)
	}
	if done := o.does("referrer", "consentWithdraw", fmt.Sprintf(`referral: %q`, id)); done.code() != "" {
		t.Fatal(done)
	}
	if got := events.next(); strings.Contains(got, id) {
		t.Error("after the withdrawal:", got)
	}
}

func TestAnEmergencyByGraphQL(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + `, circumstances: {capability: INCAPABLE}`)
	phone := fmt.Sprintf(`{ referral(id: %q, as: CLINICIAN) { phone { value } goals { state } sharing { obligations { code } } } }`, id)
	if got := o.reads("competitor", phone); got != `{"referral":null}` {
		t.Fatal(got)
	}
	const why = "Found unconscious; the ward has to know whom to call."
	done := o.does("competitor", "emergencyDeclare", fmt.Sprintf(`referral: %q, as: CLINICIAN, reason: LIFE_AT_RISK, justification: %q`, id, why))
	if done.code() != "" || done.Version != 0 {
		t.Fatalf("%+v", done)
	}
	if got := o.reads("competitor", phone); !strings.Contains(got, `"phone":{"value":"01414960123"},"goals":{"state":"WITHHELD"}`) ||
		!strings.Contains(got, "review_within_72h") {
		t.Error(got)
	}
	open := `{ openEmergencies { referral number reason justification reviewByTime partner { displayName } } }`
	if got := o.reads("data lead", open); !strings.Contains(got, why) || !strings.Contains(got, `"displayName":"Beacon Recovery"`) ||
		!strings.Contains(got, `"reason":"LIFE_AT_RISK"`) {
		t.Error(got)
	}
	if got := o.ask("provider", open); !strings.Contains(got, `"FORBIDDEN"`) {
		t.Error(got)
	}
	if done := o.does("data lead", "emergencyReview", fmt.Sprintf(`referral: %q, number: 1, outcome: JUSTIFIED, words: "The ward confirmed it."`, id)); done.code() != "" {
		t.Errorf("%+v", done)
	}
	if got := o.reads("data lead", open); got != `{"openEmergencies":[]}` {
		t.Error(got)
	}
	trail := o.reads("data lead", fmt.Sprintf(`{ whoSawWhat(referral: %q) { entries { sentence worker fields ground } } }`, id))
	for _, part := range []string{
		"Somebody at Beacon Recovery, as a clinician, was shown the telephone number for direct care, because they declared an emergency, which somebody else reviews.",
		"Somebody at Beacon Recovery declared an emergency (a life was at risk).", "Somebody at Moray Council reviewed an emergency.",
		`"worker":"u-competitor"`,
	} {
		if !strings.Contains(trail, part) {
			t.Errorf("no %s in %s", part, trail)
		}
	}
}

func TestWhatAPartnerWouldSeeByGraphQL(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	would := func(who, partner string) string {
		t.Helper()
		return o.reads(who, fmt.Sprintf(`{ referral(id: %q, as: PRACTITIONER) {
			wouldSee(partner: %q, as: PRACTITIONER) { effect inWords fields withheld { field reasons { code } } } } }`, id, partner))
	}
	got := would("referrer", "harbour")
	for _, part := range []string{
		`"effect":"ALLOW"`, `They would see it, because the person agreed and an agreement covers it.`, `"referralReason"`,
		`{"field":"medication","reasons":[{"code":"outside_role"}]}`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("no %s in %s", part, got)
		}
	}
	if got := would("referrer", "beacon"); !strings.Contains(got, `"effect":"DENY"`) || !strings.Contains(got, "nobody has said that the person agreed") {
		t.Error(got)
	}
	if strings.Contains(got, "Sorcha") || strings.Contains(got, "NOT_KNOWN") {
		t.Error("an explanation has data in it:", got)
	}
	if got := would("colleague", "harbour"); got != `{"referral":{"wouldSee":null}}` {
		t.Error("somebody who may not see it has it explained:", got)
	}
}

func TestWithoutAStoreTheDirectoryIsStillThere(t *testing.T) {
	h := server(t, directory.Live, full()...)
	if got := code(t, h, `{ referral(id: "r-nobodyhasthisone00") { id } }`); got != CodeNotSetUp {
		t.Error(got)
	}
	if got := code(t, h, `{ worklist(first: 1) { hasNextPage } }`); got != CodeNotSetUp {
		t.Error(got)
	}
	if got := compact(t, data(t, h, `{ directory { state } }`)); got != `{"directory":{"state":"LIVE"}}` {
		t.Error(got)
	}
}

func TestEnumsOfReferralsAreComplete(t *testing.T) {
	e := newReferralEnums()
	for name, pair := range map[string][2]int{
		"statuses": {len(e.referralStatus.Values), len(referral.Statuses())}, "stages": {len(e.stage.Values), len(referral.Stages())},
		"kinds": {len(e.changeKind.Values), len(referral.Kinds())}, "care roles": {len(e.careRole.Values), len(identity.AllCareRoles())},
		"categories": {len(e.category.Values), len(record.Categories())},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%d of %d %s", pair[0], pair[1], name)
		}
	}
	for _, v := range slices.Concat(e.purpose.Values, e.category.Values, e.careRole.Values) {
		if v.Name == "" || v.Description == "" {
			t.Errorf("%v has no name", v.Value)
		}
	}
}
