package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"lifeline.scot/hack/dev/issuer"
	"lifeline.scot/hack/dev/story"
)

// caller asks the API in one role, with a token of the development issuer.
type caller struct {
	t          *testing.T
	url, token string
}

func (b *bench) as(t *testing.T, role string) caller {
	t.Helper()
	token, err := issuer.Token(t.Context(), b.dir, role)
	if err != nil {
		t.Fatal(err)
	}
	return caller{t, url(b.api, "/graphql"), token}
}

func (c caller) send(ctx context.Context, accept, query string) *http.Response {
	c.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(string(body)))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	r.Header.Set("Authorization", "Bearer "+c.token)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	return response
}

func (c caller) ask(query string) string {
	c.t.Helper()
	response := c.send(c.t.Context(), "application/json", query)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(body)
}

// does sends a mutation that must have no problems.
func (c caller) does(mutation, input string) (name string) {
	c.t.Helper()
	body := c.ask(fmt.Sprintf(
		`mutation { did: %s(input: {idempotencyKey: "one-journey", %s}) { placement { name } problems { code message path } } }`, mutation, input))
	var answer struct {
		Data struct {
			Did *struct {
				Placement *struct{ Name string }
				Problems  []any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.Did == nil || len(answer.Data.Did.Problems) > 0 {
		c.t.Fatalf("%s: %s", mutation, body)
	}
	if placed := answer.Data.Did.Placement; placed != nil {
		return placed.Name
	}
	return ""
}

// journeyReferral must be in no log.
const journeyReferral = "journey-referral-7f3kq29d"

// journey goes from a claim to a discharge through GraphQL, as the people of the development issuer could, and follows it.
func journey(t *testing.T, b *bench) {
	t.Helper()
	referrer, provider := b.as(t, "referrer"), b.as(t, "provider")
	pool, kind := providersPool(t, provider)
	counted := provider.ask(fmt.Sprintf(`mutation { capacityReport(input: {idempotencyKey: "one-journey", %s, staffed: 12, occupied: 5}) { problems { code } } }`, pool))
	if !strings.Contains(counted, `"problems":[]`) {
		t.Fatal(counted)
	}
	claimed := referrer.does("placementClaim", fmt.Sprintf(
		`partnership: "glasgow-city", referralID: %q, kind: %s, fundRoute: SELF_FUNDED, needs: {gender: WOMEN}, pools: [{%s}]`, journeyReferral, kind, pool))
	about := fmt.Sprintf(`partnership: "glasgow-city", name: %q`, claimed)
	if body := referrer.ask(`{ placement(` + about + `) { name } }`); !strings.Contains(body, claimed) {
		t.Fatalf("whoever made the claim does not find it: %s", body)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	stream := referrer.send(ctx, "text/event-stream", `subscription { placement(`+about+`) { state explanation hold { attempt } } }`)
	defer stream.Body.Close()
	states := bufio.NewScanner(stream.Body)
	until := func(state string) {
		t.Helper()
		last := ""
		for states.Scan() {
			if !strings.HasPrefix(states.Text(), "data: {") {
				continue
			}
			if last = states.Text(); strings.Contains(last, `"state":"`+state+`"`) {
				return
			}
		}
		t.Fatalf("it never was %s; at last: %s %v", state, last, states.Err())
	}
	until("HELD")
	provider.does("placementAccept", about+", attempt: 1")
	provider.does("placementAdmit", about)
	until("ADMITTED")
	provider.does("placementDischarge", about+", reason: COMPLETED")
	until("ENDED")
	senseless(t, referrer)
	discreet(t, b, append(signsIn(t, b), referrer.token, provider.token)...)
}

// plays the story of make demo, which must come to its end.
func plays(t *testing.T, b *bench) {
	t.Helper()
	var told strings.Builder
	if err := story.Play(t.Context(), story.Options{Dir: b.dir, API: url(b.api, ""), Out: &told}); err != nil {
		t.Fatalf("%v, after:\n%s", err, &told)
	}
	for _, want := range []string{
		"asks the next one, Glasgow City HSCP", "Lifeline passed the referral on", "holds a place in her name", "approves the money", "nothing. They would see nothing, because the person took back what they had",
		"and keep what they were given then",
		"» The software of Turning Point Scotland is told that it is asked, that the referral was",
		"» The software of Glasgow City HSCP is told that the referral was passed on.",
		"» The software of Glasgow City HSCP is not told that a message was written. The partner was not to know of it",
		"» Nothing more of it came to the software of Glasgow City HSCP after it was told that what may be shared has changed.",
	} {
		if !strings.Contains(strings.Join(strings.Fields(told.String()), " "), want) {
			t.Errorf("the story does not tell %q:\n%s", want, &told)
		}
	}
}

// signsIn asks in each role who asks, and returns what must be in no log.
func signsIn(t *testing.T, b *bench) (secrets []string) {
	t.Helper()
	for role, want := range map[string]string{
		"referrer":      `{"roles":["REFERRER"],"partner":{"name":"glasgow-city-hscp"},"partnership":{"name":"glasgow-city"}}`,
		"commissioner":  `{"roles":["COMMISSIONER"],"partner":{"name":"glasgow-city-hscp"},"partnership":{"name":"glasgow-city"}}`,
		"data-lead":     `{"roles":["DATA_LEAD"],"partner":{"name":"glasgow-city-hscp"},"partnership":{"name":"glasgow-city"}}`,
		"provider":      `{"roles":["PROVIDER"],"partner":{"name":"phoenix-futures"},"partnership":null}`,
		"auditor":       `{"roles":["AUDITOR"],"partner":{"name":"lifeline-development"},"partnership":null}`,
		"platformadmin": `{"roles":["PLATFORM_ADMIN"],"partner":{"name":"lifeline-development"},"partnership":null}`,
		"clinician":     `{"roles":["PROVIDER"],"partner":{"name":"phoenix-futures"},"partnership":null}`,
	} {
		as := b.as(t, role)
		if got := as.ask(`{ viewer { roles partner { name } partnership { name } } }`); !strings.Contains(got, `{"viewer":`+want+`}`) {
			t.Errorf("%s: %s", role, got)
		}
		secrets = append(secrets, as.token, subjectOf(t, as.token))
	}
	return append(secrets, "Rhona", "Callum", "Davina", "Pavel", "Aileen", "Petra", "Clodagh", "Padma", "Owen")
}

// subjectOf is the subject that a token names.
func subjectOf(t *testing.T, token string) string {
	t.Helper()
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var says jwt.Claims
	if err := parsed.UnsafeClaimsWithoutVerification(&says); err != nil || says.Subject == "" {
		t.Fatal(says, err)
	}
	return says.Subject
}

// providersPool is a pool of the development provider in Glasgow, as arguments, and its kind.
func providersPool(t *testing.T, provider caller) (pool, kind string) {
	t.Helper()
	body := provider.ask(`{ capacityPools(first: 100, filter: {kinds: [RESIDENTIAL_REHAB]}) {
		nodes { name kind partnership { name } provider { name } } } viewer { partner { name } } }`)
	type named struct{ Name string }
	var answer struct {
		Data struct {
			CapacityPools struct {
				Nodes []struct {
					Name, Kind            string
					Partnership, Provider *named
				}
			}
			Viewer struct{ Partner named }
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		t.Fatal(body, err)
	}
	for _, is := range answer.Data.CapacityPools.Nodes {
		if is.Provider != nil && is.Partnership != nil && is.Partnership.Name == "glasgow-city" && is.Provider.Name == answer.Data.Viewer.Partner.Name {
			return fmt.Sprintf("partnership: %q, name: %q", is.Partnership.Name, is.Name), is.Kind
		}
	}
	t.Fatalf("the provider has no pool: %.2000s", body)
	return "", ""
}

// senseless asks for what the API server itself refuses, and must be told in the words of the input.
func senseless(t *testing.T, referrer caller) {
	t.Helper()
	for input, want := range map[string]string{
		`kind: DETOX, needs: {singleGender: true}`:                                             `"path":["input","needs"]`,
		`kind: DETOX, needs: {language: "Polish"}`:                                             `"path":["input","needs","language"]`,
		`kind: DETOX, notBeforeTime: "2099-01-01T00:00:00Z"`:                                   "at most two years",
		`kind: DETOX, notBeforeTime: "1999-01-01T00:00:00Z"`:                                   `"path":["input","notBeforeTime"]`,
		`kind: DETOX, expectedLengthDays: 731`:                                                 `"path":["input","expectedLengthDays"]`,
		`kind: DETOX, pools: [{partnership: "../x", name: "beds"}]`:                            `"path":["input","pools","0","partnership"]`,
		`kind: DETOX, pools: [{partnership: "fife", name: "` + strings.Repeat("x", 65) + `"}]`: `"path":["input","pools","0","name"]`,
		`kind: DETOX, priority: EMERGENCY`:                                                     `"code":"FORBIDDEN"`,
	} {
		got := referrer.ask(`mutation { placementClaim(input: {idempotencyKey: "senseless", partnership: "glasgow-city", ` +
			`referralID: "` + journeyReferral + `-x", ` + input + `}) { placement { name } problems { code message path } } }`)
		if !strings.Contains(got, want) || !strings.Contains(got, `"placement":null`) || strings.Contains(got, "ValidatingAdmissionPolicy") {
			t.Errorf("%.80s: %s", input, got)
		}
	}
}

// discreet checks that logs hold neither tokens nor people nor referrals.
func discreet(t *testing.T, b *bench, people ...string) {
	t.Helper()
	secrets := append([]string{journeyReferral}, people...)
	logs, err := filepath.Glob(filepath.Join(b.dir, "log", "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatal(logs, err)
	}
	for _, log := range logs {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if strings.Contains(string(text), secret) {
				t.Errorf("%s holds a token, a person or a referral", filepath.Base(log))
			}
		}
	}
}

// isla is invented, and must be in no log.
const isla = "Isla Quillfeather-Sample"

// referralJourney goes from a referral with consent to its being taken back, between two organisations of the sample data, and has
// the data lead look at who saw what.
func referralJourney(t *testing.T, b *bench) {
	t.Helper()
	referrer, provider, lead := b.as(t, "referrer"), b.as(t, "provider"), b.as(t, "datalead")
	made := referrer.ask(`mutation { referralSubmit(input: {idempotencyKey: "one-journey", target: "phoenix-futures", told: {
		fullName: {chosen: "` + isla + `"}, ageBand: FROM_35_TO_44, phone: "0141 496 0123", referralReason: "Isla wants a place in rehab.", naloxone: HAS_KIT
	}, consents: [{decision: GRANT, purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: ["phoenix-futures"],
		categories: [ADMIN, IDENTITY, CONTACT, NEED]}]}) { id version problems { code message path } } }`)
	var answer struct {
		Data struct{ ReferralSubmit struct{ ID string } }
	}
	if err := json.Unmarshal([]byte(made), &answer); err != nil || answer.Data.ReferralSubmit.ID == "" {
		t.Fatal(made, err)
	}
	id := answer.Data.ReferralSubmit.ID
	list := provider.ask(`{ worklist(first: 5) { nodes { id fullName { state value { used } } naloxone { state } } } }`)
	want := fmt.Sprintf(`{"id":%q,"fullName":{"state":"KNOWN","value":{"used":%q}},"naloxone":{"state":"WITHHELD"}}`, id, isla)
	if !strings.Contains(list, want) {
		t.Fatalf("the provider's worklist is %s", list)
	}
	withdrawn := referrer.ask(fmt.Sprintf(`mutation { consentWithdraw(input: {idempotencyKey: "one-journey", referral: %q}) { problems { code } } }`, id))
	if !strings.Contains(withdrawn, `"problems":[]`) {
		t.Fatal(withdrawn)
	}
	after := provider.ask(fmt.Sprintf(`{ referral(id: %q, purpose: REFERRAL_COORDINATION) { fullName { state reasons { code } } } }`, id))
	if !strings.Contains(after, `{"state":"WITHHELD","reasons":[{"code":"consent_withdrawn"}]}`) {
		t.Errorf("after the withdrawal: %s", after)
	}
	trail := lead.ask(fmt.Sprintf(`{ whoSawWhat(referral: %q) { entries { sentence } } }`, id))
	if !strings.Contains(trail, "was shown when it was made, the name, its number, how it stands and how pressing it is for passing the referral on, because the person agreed") {
		t.Errorf("the data lead reads %s", trail)
	}
	discreet(t, b, isla, "0141 496 0123", "01414960123", referrer.token, provider.token, lead.token)
}
