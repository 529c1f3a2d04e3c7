package schema

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/directory"
	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/placement/placementtest"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/crds/v1alpha1"
)

// world is the whole API in memory, by HTTP. What the operator does in Kubernetes a test does itself.
type world struct {
	t        *testing.T
	url      string
	book     *placement.Book
	store    *placementtest.Store
	snapshot atomic.Pointer[directory.Snapshot]
	bells    bell.Bells[directory.PoolName]
}

// Who asks in these tests; the header Authorization names them.
var callers = map[string]identity.Caller{
	"":             {},
	"referrer":     {Roles: identity.RolesOf(identity.Referrer), Partnership: "north"},
	"commissioner": {Roles: identity.RolesOf(identity.Commissioner), Partnership: "north"},
	"data lead":    {Roles: identity.RolesOf(identity.DataLead), Partnership: "north"},
	"provider":     {Roles: identity.RolesOf(identity.Provider), Partner: "provider"},
	"elsewhere":    {Roles: identity.RolesOf(identity.Commissioner), Partnership: "south"},
	"competitor":   {Roles: identity.RolesOf(identity.Provider), Partner: "competitor"},
	"auditor":      {Roles: identity.RolesOf(identity.Auditor), Partner: "provider", Partnership: "north"},
	"admin":        {Roles: identity.RolesOf(identity.PlatformAdmin), Partner: "provider", Partnership: "north"},
	"no role":      {Partner: "provider", Partnership: "north"},
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, book: placement.NewBook(placement.RightsBy(rightstest.Rules()), given.Noon)}
	w.store = placementtest.New(w.book, given.Noon)
	w.book.AllRead()
	w.snapshot.Store(directory.SnapshotOf(directory.NewChanges(full()...)))
	w.count(5)
	compiled, err := CompileWith(Sources{
		Directory: w, Book: w.book, Desk: &placement.Desk{Store: w.store, Book: w.book, Now: given.Noon},
	})
	if err != nil {
		t.Fatal(err)
	}
	options := Options(w.View)
	options.Identify = func(r *http.Request, _ map[string]any) (context.Context, error) {
		caller, known := callers[r.Header.Get("Authorization")]
		if !known {
			return nil, &engine.Error{Code: engine.CodeUnauthenticated, Message: "This bearer token is not known."}
		}
		return identity.With(r.Context(), caller), nil
	}
	server := httptest.NewServer(engine.NewHandler(compiled, options))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) View() directory.View {
	return directory.NewView(w.snapshot.Load(), given.Noon(),
		directory.Freshness{State: directory.Live, AsOf: given.Noon(), Since: given.Noon()})
}

func (w *world) Listen(namespace, name string) *bell.Bell[directory.PoolName] {
	return w.bells.Listen(directory.PoolName{Namespace: namespace, Name: name})
}

// count makes the pool say that so many of its twelve places are free.
func (w *world) count(free int32) {
	pool := fullPool(v1alpha1.Source{Title: "A page", Provenance: v1alpha1.ProvenancePublished})
	staffed, occupied, none := int32(12), 12-free, int32(0)
	pool.Status.Staffed, pool.Status.Occupied, pool.Status.Held = &staffed, &occupied, &none
	pool.Status.Counted = &v1alpha1.PlaceCount{Staffed: &staffed, Occupied: &occupied, Held: &none}
	pool.Status.Provider, pool.UID = "provider", "pool"
	w.store.SetPool(pool)
	w.snapshot.Store(w.snapshot.Load().Apply(directory.NewChanges(pool)))
	w.bells.Ring(directory.PoolName{Namespace: pool.Namespace, Name: pool.Name})
}

func (w *world) send(ctx context.Context, who, accept, query string) *http.Response {
	w.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", accept)
	if who != "" {
		r.Header.Set("Authorization", who)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

// ask answers with the body, without what is said about the directory.
func (w *world) ask(who, query string) string {
	w.t.Helper()
	response := w.send(w.t.Context(), who, "application/json", query)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return withoutFreshness(string(body))
}

func withoutFreshness(body string) string {
	if text, _, found := strings.Cut(body, `,"extensions":{"directory"`); found {
		return text + "}"
	}
	return body
}

// does sends a mutation and gives the codes of its problems, or the body if it is an error.
func (w *world) does(who, mutation, input string) string {
	w.t.Helper()
	body := w.ask(who, fmt.Sprintf(`mutation { did: %s(input: {%s}) { replayed problems { code message path } } }`, mutation, input))
	var answer struct {
		Data struct {
			Did *struct {
				Replayed bool
				Problems []struct{ Code, Message string }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.Did == nil {
		return body
	}
	said := ""
	for _, p := range answer.Data.Did.Problems {
		if p.Message == "" {
			w.t.Errorf("%s has a problem without words", mutation)
		}
		said += p.Code
	}
	if answer.Data.Did.Replayed {
		said += "replayed"
	}
	return said
}

const claimInput = `partnership: "north", referralID: "referral-1", kind: DETOX, fundRoute: ADP, needs: {gender: WOMEN}`

// claim makes a claim and gives its name.
func (w *world) claim(key, input string) string {
	w.t.Helper()
	before := len(w.store.Claims())
	if said := w.does("referrer", "placementClaim", fmt.Sprintf("idempotencyKey: %q, ", key)+input); said != "" {
		w.t.Fatal(said)
	}
	claims := w.store.Claims()
	if len(claims) != before+1 {
		w.t.Fatalf("%d claims", len(claims))
	}
	for _, name := range claims {
		if claim, err := w.store.Placement(w.t.Context(), name); err == nil && strings.Contains(input, claim.Spec.ReferralID) {
			return name.Name
		}
	}
	w.t.Fatal("the claim is not there")
	return ""
}

// held gives the claim a place, as the operator would.
func (w *world) held(name string) {
	w.store.Change(placement.Name{Namespace: "adp-north", Name: name}, func(c *v1alpha1.Placement) {
		c.Status.Attempts = 1
		c.Status.Binding = &v1alpha1.PlacementBinding{
			Attempt: 1, Provider: "provider", State: v1alpha1.BindingHeld, Place: 3,
			Pool:     v1alpha1.PlacementPool{Partnership: "north", Name: "beds"},
			HeldTime: &metav1.Time{Time: given.Noon()}, HoldUntilTime: &metav1.Time{Time: given.Noon().Add(48 * time.Hour)},
		}
	})
}

func TestAJourney(t *testing.T) {
	w := newWorld(t)
	name := w.claim("journey-claim", claimInput)
	about := fmt.Sprintf(`idempotencyKey: "journey-step", partnership: "north", name: %q`, name)
	if said := w.does("provider", "placementAccept", about+", attempt: 1"); said != "NOT_FOUND" {
		t.Errorf("before a place is held: %s", said)
	}
	w.held(name)
	for _, step := range []struct{ who, mutation, input, want string }{
		{"elsewhere", "placementFundingApprove", about, "NOT_FOUND"},
		{"", "placementFundingApprove", about, "NOT_FOUND"},
		{"referrer", "placementFundingApprove", about, "FORBIDDEN"},
		{"provider", "placementAdmit", about, "NOT_ACCEPTED"},
		{"provider", "placementAccept", about + ", attempt: 7", "STALE_ATTEMPT"},
		{"provider", "placementAccept", about + ", attempt: 1", ""},
		{"provider", "placementAccept", about + ", attempt: 1", "replayed"},
		{"provider", "placementAccept", about + ", attempt: 2", "IDEMPOTENCY_KEY_REUSED"},
		{"provider", "placementAdmit", about, "FUNDING_NOT_APPROVED"},
		{"commissioner", "placementFundingApprove", about + `, version: "1"`, "STALE_VERSION"},
		{"commissioner", "placementFundingApprove", about, ""},
		{"provider", "placementDischarge", about + ", reason: COMPLETED", "NOT_ADMITTED"},
		{"provider", "placementHoldExtend", about + `, untilTime: "2026-11-25T12:00:00Z"`, ""},
		{"provider", "placementHoldExtend", strings.Replace(about, "step", "more", 1) + `, untilTime: "9999-12-31T00:00:00Z"`, "INVALID"},
		{"provider", "placementAdmit", about, ""},
		{"referrer", "placementRelease", about + ", reason: OTHER", "ALREADY_ADMITTED"},
		{"provider", "placementDischarge", about + `, reason: COMPLETED, dischargedTime: "1970-01-01T00:00:00Z"`, "INVALID"},
		{"provider", "placementDischarge", about + ", reason: COMPLETED", ""},
		{"provider", "placementDischarge", about + ", reason: COMPLETED", "replayed"},
		{"commissioner", "placementFundingApprove", about, "replayed"},
	} {
		if said := w.does(step.who, step.mutation, step.input); said != step.want {
			t.Errorf("%s as %q: %s, want %q", step.mutation, step.who, said, step.want)
		}
	}
	const want = `{"data":{"placement":{"funding":{"decidedTime":"2026-11-22T12:00:00Z"},"discharge":{"reason":"COMPLETED"}}}}`
	if got := w.ask("data lead", fmt.Sprintf(
		`{placement(partnership:"north",name:%q){funding{decidedTime} discharge{reason}}}`, name)); got != want {
		t.Error(got)
	}
}

func TestWhoSeesAClaim(t *testing.T) {
	w := newWorld(t)
	w.count(0)
	name := w.claim("seen-claim", claimInput)
	id := directory.IDOf(directory.KindPlacement, "adp-north", name)
	query := fmt.Sprintf(`{ placement(partnership: "north", name: %q) { referralID } node(id: %q) { id } nodes(ids: [%q]) { id }
		placements(first: 9) { totalCount nodes { referralID } } placementFunds(partnership: "north") { name } }`, name, id, id)
	sees := func(who string, want bool) {
		t.Helper()
		got := w.ask(who, query)
		if strings.Contains(got, "errors") || strings.Contains(got, "referral-1") != want || strings.Contains(got, id) != want {
			t.Errorf("%q: %s", who, got)
		}
	}
	for who := range callers {
		sees(who, who == "referrer" || who == "commissioner" || who == "data lead")
	}
	w.held(name)
	sees("provider", true)
	sees("competitor", false)
	w.store.Change(placement.Name{Namespace: "adp-north", Name: name}, func(c *v1alpha1.Placement) { c.Status.Binding = nil })
	sees("provider", false)
	response := w.send(t.Context(), "nobody", "application/json", query)
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized || response.Header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("a wrong token: %d %v", response.StatusCode, response.Header)
	}
}

func TestTheViewerIsWhoeverAsks(t *testing.T) {
	w := newWorld(t)
	for who, want := range map[string]string{
		"":         `{"roles":[],"partner":null,"partnership":null}`,
		"referrer": `{"roles":["REFERRER"],"partner":null,"partnership":{"name":"north"}}`,
		"provider": `{"roles":["PROVIDER"],"partner":{"name":"provider"},"partnership":null}`,
		"auditor":  `{"roles":["AUDITOR"],"partner":{"name":"provider"},"partnership":{"name":"north"}}`,
		"no role":  `{"roles":[],"partner":{"name":"provider"},"partnership":{"name":"north"}}`,
	} {
		if got := w.ask(who, `{ viewer { roles partner { name } partnership { name } } }`); got != `{"data":{"viewer":`+want+`}}` {
			t.Errorf("%q: %s", who, got)
		}
	}
}

func TestPositionsAreWithheldFromThePublic(t *testing.T) {
	w := newWorld(t)
	w.count(0)
	w.claim("position-claim", `partnership: "north", referralID: "referral-1", kind: DETOX, needs: {gender: WOMEN}`)
	offers := `{ offers(partnership: "north", kind: DETOX, needs: {gender: WOMEN}) { state position } }`
	if got := w.ask("", offers); got != `{"data":{"offers":[{"state":"FULL","position":null}]}}` {
		t.Error("public: ", got)
	}
	for who, want := range map[string]string{"elsewhere": "null", "competitor": "null", "referrer": "2", "provider": "2"} {
		if got := w.ask(who, offers); got != `{"data":{"offers":[{"state":"FULL","position":`+want+`}]}}` {
			t.Errorf("%s: %s", who, got)
		}
	}
	paid := strings.Replace(offers, "kind: DETOX", "kind: DETOX, fundRoute: ADP", 1)
	for who, told := range map[string]bool{"": false, "elsewhere": false, "provider": false, "referrer": true} {
		if got := w.ask(who, paid); strings.Contains(got, "FORBIDDEN") == told {
			t.Errorf("what the ADP can pay, asked by %q: %s", who, got)
		}
	}
	queue := `{ placementQueue(partnership: "north", name: "beds", first: 5) { waiting entries { position placement { referralID } } } }`
	for who, want := range map[string]string{
		"": "FORBIDDEN", "elsewhere": "FORBIDDEN", "competitor": "FORBIDDEN", "auditor": "FORBIDDEN", "admin": "FORBIDDEN", "no role": "FORBIDDEN",
		"provider": `"entries":[{"position":1,"placement":null}]`,
		"referrer": `"entries":[{"position":1,"placement":{"referralID":"referral-1"}}]`,
	} {
		if got := w.ask(who, queue); !strings.Contains(got, want) {
			t.Errorf("%q: %s", who, got)
		}
	}
}

func TestPagesOfClaims(t *testing.T) {
	w := newWorld(t)
	const made = 7
	for i := range made {
		w.claim(fmt.Sprintf("paged-claim-%d", i), fmt.Sprintf(`partnership: "north", referralID: "referral-%d", kind: DETOX`, i))
	}
	var seen []string
	for after := "null"; ; {
		body := w.ask("referrer", fmt.Sprintf(
			`{placements(first: 2, after: %s){totalCount nodes{referralID} pageInfo{hasNextPage endCursor}}}`, after))
		var page struct {
			Data struct {
				Placements struct {
					TotalCount int
					Nodes      []struct{ ReferralID string }
					PageInfo   struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil || page.Data.Placements.TotalCount != made {
			t.Fatal(body, err)
		}
		for _, node := range page.Data.Placements.Nodes {
			seen = append(seen, node.ReferralID)
		}
		if !page.Data.Placements.PageInfo.HasNextPage {
			break
		}
		after = fmt.Sprintf("%q", page.Data.Placements.PageInfo.EndCursor)
	}
	distinct := map[string]bool{}
	for _, id := range seen {
		distinct[id] = true
	}
	if len(seen) != made || len(distinct) != made {
		t.Errorf("pages show %v", seen)
	}
}

func TestClaimsThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	pools := strings.Repeat(`{partnership: "north", name: "beds"}`, 17)
	many := strings.Repeat(`{partnership: "a", name: "b"}`, 10_000)
	for input, want := range map[string]string{
		`needs: {children: -1}`:                 "children is a number from 0 to 12",
		`needs: {children: 13}`:                 "children is a number from 0 to 12",
		`needs: {ageYears: -1}`:                 "ageYears is a number from 0 to 120",
		`expectedLengthDays: -5`:                "1 to 730",
		`expectedLengthDays: 99999999999`:       "errors",
		`pools: [` + pools + `]`:                "at most 16",
		`pools: [` + many + `]`:                 "errors",
		`notBeforeTime: "0001-01-01T00:00:00Z"`: `In field \"notBefor`,
		`notBeforeTime: "tomorrow"`:             `In field \"notBefor`,
		`notBeforeTime: "2026-13-45T99:00:00Z"`: `In field \"notBefor`,
		`partnership: "../north"`:               "errors", // given twice
	} {
		got := w.ask("referrer", `mutation { placementClaim(input: {idempotencyKey: "senseless", `+claimInput[:strings.Index(claimInput, ", needs")]+
			`, `+input+`}) { problems { code message } } }`)
		if !strings.Contains(got, want) || strings.Contains(got, "INTERNAL") {
			t.Errorf("%.60s: %.300s", input, got)
		}
	}
	for partnership, want := range map[string]string{
		"../north": "FORBIDDEN", "north/placements": "FORBIDDEN", "": "FORBIDDEN", strings.Repeat("n", 65): "FORBIDDEN", "south": "FORBIDDEN",
	} {
		input := strings.Replace(claimInput, "north", partnership, 1)
		if said := w.does("referrer", "placementClaim", `idempotencyKey: "senseless", `+input); said != want {
			t.Errorf("%q: %s", partnership, said)
		}
	}
	if n := w.store.Writes(); n != 0 {
		t.Errorf("%d writes", n)
	}
}

func TestCountsByGraphQL(t *testing.T) {
	w := newWorld(t)
	about := `idempotencyKey: "counting", partnership: "north", name: "beds"`
	for _, step := range []struct{ who, mutation, input, want string }{
		{"", "capacityConfirm", about, "FORBIDDEN"},
		{"competitor", "capacityConfirm", about, "FORBIDDEN"},
		{"provider", "capacityConfirm", about + ", staffed: 12, occupied: 6", "STALE_VERSION"},
		{"provider", "capacityConfirm", about + ", staffed: 12, occupied: 7", ""},
		{"provider", "capacityConfirm", about + ", staffed: 12, occupied: 7", "replayed"},
		{"provider", "capacityReport", about + ", staffed: 10, occupied: 3", ""},
		{"provider", "capacityReport", about + ", staffed: 10, occupied: 4", "IDEMPOTENCY_KEY_REUSED"},
		{"provider", "capacityReport", `idempotencyKey: "counting", partnership: "../x", name: "beds", staffed: 1, occupied: 1`, "NOT_FOUND"},
	} {
		if said := w.does(step.who, step.mutation, step.input); said != step.want {
			t.Errorf("%s as %q: %s, want %q", step.mutation, step.who, said, step.want)
		}
	}
	if got := w.does("provider", "capacityReport", about+", staffed: -1, occupied: 0"); got != "INVALID" {
		t.Error(got)
	}
	if n := w.store.Writes(); n != 2 {
		t.Errorf("%d writes", n)
	}
}

// stream reads the events of a subscription.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (w *world) follow(ctx context.Context, who, query string) *stream {
	w.t.Helper()
	response := w.send(ctx, who, "text/event-stream", query)
	w.t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		w.t.Fatalf("%d", response.StatusCode)
	}
	return &stream{w.t, bufio.NewScanner(response.Body)}
}

// next is the data of the next event; "complete" when the server ends the stream.
func (s *stream) next() string {
	s.t.Helper()
	for s.lines.Scan() {
		if s.lines.Text() == "event: complete" {
			return "complete"
		}
		if data, ok := strings.CutPrefix(s.lines.Text(), "data: "); ok && data != "" {
			return withoutFreshness(data)
		}
	}
	s.t.Fatal("the stream broke off: ", s.lines.Err())
	return ""
}

func TestFollowingAClaimUntilItIsOutOfSight(t *testing.T) {
	w := newWorld(t)
	name := w.claim("followed-claim", claimInput)
	query := fmt.Sprintf(`subscription { placement(partnership: "north", name: %q) { hold { place } } }`, name)
	for _, who := range []string{"", "elsewhere", "provider"} {
		if s := w.follow(t.Context(), who, query); !strings.Contains(s.next(), "NOT_FOUND") || s.next() != "complete" {
			t.Errorf("%q follows it", who)
		}
	}
	referrer := w.follow(t.Context(), "referrer", query)
	if got := referrer.next(); got != `{"data":{"placement":{"hold":null}}}` {
		t.Error(got)
	}
	w.held(name)
	if got := referrer.next(); got != `{"data":{"placement":{"hold":{"place":3}}}}` {
		t.Error(got)
	}
	provider := w.follow(t.Context(), "provider", query)
	if got := provider.next(); got != `{"data":{"placement":{"hold":{"place":3}}}}` {
		t.Error(got)
	}
	w.store.Change(placement.Name{Namespace: "adp-north", Name: name}, func(c *v1alpha1.Placement) { c.Status.Binding = nil })
	if got := provider.next(); got != "complete" {
		t.Error("out of sight: ", got)
	}
	if got := referrer.next(); got != `{"data":{"placement":{"hold":null}}}` {
		t.Error(got)
	}
	w.book.RemovePlacement(placement.Name{Namespace: "adp-north", Name: name})
	if got := referrer.next(); got != "complete" {
		t.Error("gone: ", got)
	}
}

func TestFollowingAPool(t *testing.T) {
	w := newWorld(t)
	s := w.follow(t.Context(), "", `subscription { capacityPool(partnership: "north", name: "beds") { free { value } } }`)
	for _, free := range []int32{5, 3, 0} {
		w.count(free)
		if got := s.next(); got != fmt.Sprintf(`{"data":{"capacityPool":{"free":{"value":%d}}}}`, free) {
			t.Error(got)
		}
	}
	w.bells.Ring(directory.PoolName{Namespace: "adp-north", Name: "beds"}) // nothing to tell
	w.count(2)
	if got := s.next(); !strings.Contains(got, `"value":2`) {
		t.Error(got)
	}
	missing := w.follow(t.Context(), "", `subscription { capacityPool(partnership: "../x", name: "beds") { free { value } } }`)
	if got := missing.next(); !strings.Contains(got, "NOT_FOUND") {
		t.Error(got)
	}
}

func TestNobodyIsListenedForWhoHasGone(t *testing.T) {
	w := newWorld(t)
	name := placement.Name{Namespace: "adp-north", Name: w.claim("left-claim", claimInput)}
	ctx, cancel := context.WithCancel(t.Context())
	pool := `subscription { capacityPool(partnership: "north", name: "beds") { free { value } } }`
	for range 20 {
		w.follow(ctx, "", pool).next()
	}
	if n := w.bells.Listening(); n != 20 {
		t.Errorf("%d listen, want 20", n)
	}
	cancel()
	deadline := time.Now().Add(2 * time.Minute)
	for w.bells.Listening() > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d still listen", w.bells.Listening())
		}
		time.Sleep(time.Millisecond)
	}
	uid := w.book.Placement(w.t.Context(), callers["referrer"], name).UID
	gone, cancelled := context.WithCancel(t.Context())
	cancelled()
	for range 10_000 {
		source := &claimSource{
			view: w.View, book: w.book, showing: (&types{}).showingOne, caller: callers["referrer"], name: name, uid: uid, bell: w.book.Listen(name),
		}
		if _, err := source.Next(gone); err != nil {
			t.Fatal(err)
		}
		if _, err := source.Next(gone); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		source.Close()
		pools := &poolSource{view: w.View, namespace: "adp-north", name: "beds", bell: w.Listen("adp-north", "beds")}
		if _, err := pools.Next(gone); err != nil {
			t.Fatal(err)
		}
		if _, err := pools.Next(gone); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		pools.Close()
	}
	if n := w.bells.Listening(); n != 0 {
		t.Errorf("%d still listen", n)
	}
}
