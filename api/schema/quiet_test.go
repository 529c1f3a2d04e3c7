package schema

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	cases "lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/pace"
)

// slowClock is one by which everything that is asked of the database and of the rules takes its time, and nobody waits for a timer.
type slowClock struct {
	*clocktesting.FakeClock
	mu    sync.Mutex
	waits []time.Duration
	// waiting and goOn, unless they are nil, hold up whoever waits.
	waiting, goOn chan struct{}
}

func newSlowClock() *slowClock { return &slowClock{FakeClock: clocktesting.NewFakeClock(cases.Noon())} }

// work has time go by.
func (c *slowClock) work() { c.Step(7 * time.Millisecond) }

// Sleep notes how long somebody waits, and has that go by.
func (c *slowClock) Sleep(_ context.Context, d time.Duration) {
	if c.waiting != nil {
		c.waiting <- struct{}{}
		<-c.goOn
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	c.Step(d)
}

// waited are the waits since it was asked last.
func (c *slowClock) waited() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	waits := c.waits
	c.waits = nil
	return waits
}

// observed is everything that whoever asks can observe, and what it rests on: status, headers, body, what was asked of the database and
// of the rules, when it was answered by the injected clock, and how many records it left in the audit log.
func (o *office) observed(who, accept, query string) string {
	o.t.Helper()
	records := o.records()
	o.paced.waited()
	began := o.paced.Now()
	var text string
	asked := o.Asked.Of(func() {
		response := o.send(o.t.Context(), who, accept, query)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			o.t.Fatal(err)
		}
		text = fmt.Sprintln(response.Status)
		for _, name := range slices.Sorted(maps.Keys(response.Header)) {
			if name != "Date" { // of when it is sent, in seconds
				text += fmt.Sprintln(name, response.Header[name])
			}
		}
		text += string(body)
	})
	took := o.paced.Since(began)
	return fmt.Sprintf("%s\n%s\nafter %s, of which it waited %v\n%d records", text, asked, took, o.paced.waited(), o.records()-records)
}

func (o *office) records() (n int) {
	o.t.Helper()
	for item, err := range o.Store.Log(o.t.Context()) {
		if err != nil {
			o.t.Fatal(err)
		}
		if item.Record != nil {
			n++
		}
	}
	return n
}

const nobodysNumber = "1904851231"

// hide makes referrals of somebody with a number that harbour, which is asked, may not see: she has not agreed.
func (o *office) hide(urgency string) string {
	o.t.Helper()
	return o.submitted(strings.Replace(sorcha, "told: {", `urgency: `+urgency+`, told: {chi: "`+sorchasNumber+`", `, 1))
}

// same compares what two askings show, and makes sure that each was answered at its moment.
func (o *office) same(what, there, absent string) {
	o.t.Helper()
	if there != absent {
		o.t.Errorf("%s\nthere:\n%s\nabsent:\n%s", what, there, absent)
	}
	if strings.Contains(there, "waited []") {
		o.t.Errorf("%s is answered as soon as it is ready: %s", what, there)
	}
}

// Whether somebody is there whom one may not see makes no difference to anything that can be observed of a search.
func TestASearchThatFindsWhatMayNotBeSeenIsAsOneThatFindsNothing(t *testing.T) {
	o := newOffice(t)
	o.hide("ROUTINE")
	search := func(by string) string {
		return fmt.Sprintf(`{ referralSearch(by: {%s}, as: PRACTITIONER) { id fullName { value { used } } status { value } } }`, by)
	}
	name := func(name, born string) string { return search(fmt.Sprintf(`name: %q, dateOfBirth: %q`, name, born)) }
	number := func(chi string) string { return search(fmt.Sprintf(`chi: %q`, chi)) }
	for _, who := range []string{"provider", "colleague", "competitor"} {
		for _, accept := range []string{"application/json", "application/graphql-response+json", "text/event-stream"} {
			o.observed(who, accept, number(nobodysNumber)) // connections are open, and rules remembered
			o.same(who+" by number", o.observed(who, accept, number(sorchasNumber)), o.observed(who, accept, number(nobodysNumber)))
			there := o.observed(who, accept, name("Sorcha Quillfeather", "1990-05-04"))
			o.same(who+" by name", there, o.observed(who, accept, name("Sorcha Quillfeather", "1990-05-05")))
			if strings.Contains(there, "Sorcha") || !strings.Contains(there, `{"referralSearch":[]}`) {
				t.Errorf("%s finds %s", who, there)
			}
		}
	}
}

// Nor to anything of a worklist, whatever filter it is asked with.
func TestAWorklistWithWhatMayNotBeSeenIsAsOneWithoutIt(t *testing.T) {
	with, without := newOffice(t), newOffice(t)
	for _, o := range []*office{with, without} {
		o.submitted(sorcha + agreed) // which harbour sees: its number differs
	}
	for range 3 {
		with.hide("EMERGENCY")
	}
	with.hide("ROUTINE")
	for _, filter := range []string{
		`urgencies: [EMERGENCY]`, `urgencies: [EMERGENCY, URGENT]`, `statuses: [SUBMITTED], urgencies: [EMERGENCY]`,
		`waitsForYou: true, urgencies: [EMERGENCY]`, `statuses: [ADMITTED]`, ``,
	} {
		fields := `nodes { urgency { value } fullName { value { used } } } edges { waitsForYou } hasNextPage holdsUntilTime`
		query := `{ worklist(first: 5, as: PRACTITIONER, filter: {` + filter + `}) { ` + fields + ` } }`
		with.same(filter, with.observed("provider", "application/json", query), without.observed("provider", "application/json", query))
	}
	// Whoever follows one gets its first page at its moment, and nothing more, whatever comes that they may not see.
	subscription := `subscription { worklist(first: 5, as: PRACTITIONER, filter: {urgencies: [EMERGENCY]}) { nodes { id } hasNextPage } }`
	first := map[*office]string{}
	for _, o := range []*office{with, without} {
		o.paced.waited()
		first[o] = (&world{t: t, url: o.url}).follow(t.Context(), "provider", subscription).next()
		first[o] += fmt.Sprint(o.paced.waited())
	}
	if first[with] != first[without] || !strings.Contains(first[with], `{"nodes":[],"hasNextPage":false}`) || strings.HasSuffix(first[with], "[]") {
		t.Errorf("who follows gets %s, and %s without", first[with], first[without])
	}
}

// Nor to what is asked of one by its number, whatever is asked.
func TestWhatIsNotYoursIsAskedAndAnsweredAsIfItWereNotThere(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed + `, circumstances: {capability: CAPABLE}`)
	const none = "r-nobodyhasthisone0000"
	queries := []string{
		`{ referral(id: "ID") { id status { value } fullName { state } story { hasMore } } }`, `{ whoSawWhat(referral: "ID") { entries { sentence } } }`,
		`{ whoSawWhat(referral: "ID", wholePerson: true) { endCursor } }`, `{ placement(partnership: "moray", name: "ID-4") { id } }`,
	}
	for _, mutation := range []string{
		`referralAcknowledge(input: {idempotencyKey: "KEY", referral: "ID", version: 1})`,
		`referralAccept(input: {idempotencyKey: "KEY", referral: "ID", version: 99})`,
		`referralMessage(input: {idempotencyKey: "KEY", referral: "ID", version: 99, words: "hello"})`,
		`referralRedirect(input: {idempotencyKey: "KEY", referral: "ID", version: 1, target: "nobody"})`,
		`referralAmend(input: {idempotencyKey: "KEY", referral: "ID", version: 1, told: {goals: "x"}})`,
		`referralCircumstancesSet(input: {idempotencyKey: "KEY", referral: "ID", version: 1, circumstances: {}})`,
		`referralWaitForPlace(input: {idempotencyKey: "KEY", referral: "ID", version: 1, kind: DETOX})`,
		`consentWithdraw(input: {idempotencyKey: "KEY", referral: "ID"})`,
		`referralReferOnward(input: {idempotencyKey: "KEY", target: "beacon", told: {referralReason: "r"}, follows: {kind: ONWARD, referral: "ID", version: 1}})`,
		`emergencyDeclare(input: {idempotencyKey: "KEY", referral: "ID", reason: LIFE_AT_RISK, justification: "Found unconscious at home today."})`,
		`emergencyReview(input: {idempotencyKey: "KEY", referral: "ID", number: 1, outcome: JUSTIFIED})`,
	} {
		queries = append(queries, `mutation { x: `+mutation+` { id version replayed problems { code message path latestVersion } } }`)
	}
	for _, who := range []string{"", "competitor", "elsewhere", "admin", "auditor"} {
		for i, query := range queries {
			if who == "auditor" && strings.Contains(query, "{ whoSawWhat(") { // which is what auditors are for
				continue
			}
			if len(workers[who].Care.List()) > 1 {
				query = strings.NewReplacer(`id: "ID"`, `id: "ID", as: CLINICIAN`, `referral: "ID", reason`, `referral: "ID", as: CLINICIAN, reason`,
					`whoSawWhat(referral: "ID"`, `whoSawWhat(as: CLINICIAN, referral: "ID"`, `told: {goals`, `as: CLINICIAN, told: {goals`).Replace(query)
			}
			asked := func(id, key string) string {
				return o.observed(who, "application/json", strings.NewReplacer("ID", id, "KEY", fmt.Sprintf("%s-%02d", key, i)).Replace(query))
			}
			there, absent := asked(id, "there-"+who), asked(none, "none--"+who)
			o.same(fmt.Sprintf("%q asks %s", who, query), there, absent)
			if strings.Contains(there, "GRAPHQL_VALIDATION") {
				t.Errorf("%s: %s", query, there)
			}
		}
	}
}

// SQLite has one connection that writes: whoever waits with it in hand would have everybody wait.
func TestWhileAnAnswerWaitsTheDatabaseIsFree(t *testing.T) {
	o := newOffice(t)
	id := o.submitted(sorcha + agreed)
	o.paced.waiting, o.paced.goOn = make(chan struct{}), make(chan struct{})
	answers := make(chan string, 2)
	for _, query := range []string{
		`{ referralSearch(by: {chi: "` + nobodysNumber + `"}, as: PRACTITIONER) { id } }`,
		fmt.Sprintf(`mutation { referralAcknowledge(input: {idempotencyKey: "while-waiting", referral: %q, version: 1}) { version } }`, id),
	} {
		go func() { answers <- o.ask("provider", query) }()
		<-o.paced.waiting
	}
	if _, err := o.World.Desk.Submit(t.Context(), cases.Referrer, "meanwhile", cases.Submission()); err != nil {
		t.Error(err)
	}
	if len(answers) > 0 {
		t.Error("it was answered before its moment: ", <-answers)
	}
	close(o.paced.goOn)
	got := []string{<-answers, <-answers}
	slices.Sort(got)
	if want := []string{`{"data":{"referralAcknowledge":{"version":2}}}`, `{"data":{"referralSearch":[]}}`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Nor does whoever may have no delivery tried again learn which numbers of deliveries there are.
func TestADeliveryOfOthersIsAsOneThatIsNotThere(t *testing.T) {
	o := newOffice(t)
	o.submitted(sorcha + agreed) // of which harbour is told
	replay := func(who, key, id string) string {
		return o.observed(who, "application/json", fmt.Sprintf(
			`mutation { x: deliveryReplay(input: {idempotencyKey: "replay-%s", delivery: %q}) { count problems { code message path } } }`, key, id))
	}
	for _, who := range []string{"", "competitor", "referrer", "commissioner", "data lead", "auditor"} {
		there := replay(who, "there", "1")
		o.same(who, there, replay(who, "none-", "z"))
		if !strings.Contains(there, `"count":0`) {
			t.Errorf("%q: %s", who, there)
		}
	}
	if own := replay("provider", "owned", "1"); !strings.Contains(own, "NOT_GIVEN_UP") {
		t.Errorf("there is no delivery 1: %s", own)
	}
}

// Nor does whoever refers somebody learn whether they are known here, by others.
func TestReferringSomebodyWhoIsKnownIsAsReferringSomebodyNew(t *testing.T) {
	o := newOffice(t)
	o.hide("ROUTINE")
	refer := func(key, chi string) string {
		input := strings.Replace(sorcha, "told: {", `told: {chi: "`+chi+`", `, 1) + agreed
		text := o.observed("referrer", "application/json", fmt.Sprintf(
			`mutation { x: referralSubmit(input: {idempotencyKey: "refer-%s", %s}) { id version replayed problems { code message path } } }`, key, input))
		return regexp.MustCompile(`r-[0-9a-z]{20}`).ReplaceAllString(text, "r-…")
	}
	refer("first", "2902721239") // what is asked for the first time is remembered from then on
	o.same("a referral", refer("known", sorchasNumber), refer("other", nobodysNumber))
}

// What is public is answered as soon as it is ready, and what is about people is not, all fields of it.
func TestWhatIsAboutPeopleIsAnsweredAtFixedMoments(t *testing.T) {
	o := newOffice(t)
	waits := func(query string) []time.Duration {
		o.paced.waited()
		o.ask("referrer", query)
		return o.paced.waited()
	}
	for _, query := range []string{
		`{ __typename }`, `{ directory { state } partnerships(first: 3) { nodes { name } } }`, `{ viewer { roles } }`,
	} {
		if got := waits(query); len(got) != 0 {
			t.Errorf("%s waits %v", query, got)
		}
	}
	for _, query := range []string{
		`{ worklist(first: 1, as: CLERK) { hasNextPage } }`, `{ withheldReferrals(as: CLERK) { id } }`, `{ pathways { name } }`,
		`{ openEmergencies { number } }`, `{ deliveries { endCursor } }`, `{ lateSteps { referral } }`,
		`{ placements(first: 1) { nodes { id } } }`, `{ placementFunds(partnership: "moray") { name } }`,
		`mutation { deliveryReplay(input: {idempotencyKey: "replay-1", delivery: "1"}) { count } }`,
		`mutation { placementRelease(input: {idempotencyKey: "release-1", partnership: "moray", name: "r-1", reason: OTHER}) { replayed } }`,
	} {
		if got := waits(query); len(got) != 1 || got[0] <= 0 || got[0] > pace.DefaultAtLeast {
			t.Errorf("%s waits %v: %s", query, got, o.ask("referrer", query))
		}
	}
}
