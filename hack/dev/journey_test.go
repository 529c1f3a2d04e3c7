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

	"lifeline.scot/hack/dev/tokens"
)

// caller asks the API in one role, with its development token.
type caller struct {
	t          *testing.T
	url, token string
}

func (b *bench) as(t *testing.T, role string) caller {
	t.Helper()
	token, err := tokens.Find(b.dir, role)
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

// journey goes from a claim to a discharge through GraphQL, as those who have the development tokens could, and follows it.
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
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
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
	discreet(t, b)
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

// discreet checks that logs hold neither tokens nor referrals.
func discreet(t *testing.T, b *bench) {
	t.Helper()
	secrets := []string{journeyReferral}
	for _, role := range []string{"referrer", "commissioner", "datalead", "provider"} {
		secrets = append(secrets, b.as(t, role).token)
	}
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
				t.Errorf("%s holds a token or a referral", filepath.Base(log))
			}
		}
	}
}
