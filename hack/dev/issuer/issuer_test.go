package issuer

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

// bench is an issuer that runs, with a clock, and the API's verifier of its tokens.
type bench struct {
	issuer   *Issuer
	verifier *oidc.Verifier
	dir      string
	now      atomic.Int64 // Unix time
	handler  atomic.Pointer[http.Handler]
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{dir: t.TempDir()}
	b.now.Store(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC).Unix())
	clock := func() time.Time { return time.Unix(b.now.Load(), 0) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*b.handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	var err error
	if b.issuer, err = New(server.URL, clock); err != nil {
		t.Fatal(err)
	}
	handler := b.issuer.Handler()
	b.handler.Store(&handler)
	if err := b.issuer.WriteAccess(b.dir); err != nil {
		t.Fatal(err)
	}
	known, err := oidc.Development(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if b.verifier, err = oidc.New([]oidc.Issuer{known}, oidc.Options{Now: clock}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) passes(d time.Duration) { b.now.Add(int64(d / time.Second)) }

// enrolled are the organisations of the sample data that sign in, by their clients.
func enrolled(t *testing.T) map[string]*v1alpha1.Partner {
	t.Helper()
	objects, err := scotland.Objects()
	if err != nil {
		t.Fatal(err)
	}
	if objects, err = Enrol(objects); err != nil {
		t.Fatal(err)
	}
	found := map[string]*v1alpha1.Partner{}
	for _, object := range objects {
		partner, ok := object.(*v1alpha1.Partner)
		if !ok {
			continue
		}
		for _, client := range partner.Spec.Clients {
			if client.Issuer != oidc.DevelopmentIssuer || found[client.ClientID] != nil {
				t.Errorf("%s signs in as %+v", partner.Name, client)
			}
			found[client.ClientID] = partner
		}
	}
	return found
}

func TestEachRoleHasSomebodyWhomTheAPIKnows(t *testing.T) {
	b := newBench(t)
	partners := enrolled(t)
	for _, role := range identity.AllRoles() {
		if got := b.signsIn(t, strings.ToLower(string(role))); got.Roles != identity.RolesOf(role) {
			t.Errorf("%s: %+v", role, got)
		}
	}
	subjects := map[string]bool{}
	for _, p := range people() {
		got := b.signsIn(t, p.called())
		if got.Roles != identity.RolesOf(p.role) || got.Care != identity.CareRolesOf(p.care...) || got.HealthProfessional != p.professional ||
			got.SecondFactor != (len(p.methods) > 1) || subjects[got.Subject] {
			t.Errorf("%s: %+v", p.called(), got)
		}
		subjects[got.Subject] = true
		partner := partners[got.ClientID]
		if partner == nil {
			t.Fatalf("%s: no organisation signs in as %s", p.called(), got.ClientID)
		}
		i := slices.IndexFunc(partner.Spec.Clients, func(c v1alpha1.LoginClient) bool { return c.ClientID == got.ClientID })
		if !slices.Contains(partner.Spec.Clients[i].Roles, v1alpha1.LoginRole(p.role)) {
			t.Errorf("%s: %s does not let anybody have that role", p.called(), partner.Name)
		}
		for _, care := range p.care {
			if !lets(partner.Spec.Clients[i], care) {
				t.Errorf("%s: %s lets nobody take the part in care %s", p.called(), partner.Name, care)
			}
		}
	}
	if _, err := Token(t.Context(), b.dir, "data-lead"); err != nil {
		t.Error(err)
	}
	if _, err := Token(t.Context(), b.dir, "nobody"); err == nil || !strings.Contains(err.Error(), "use ROLE=referrer, or ROLE=commissioner") {
		t.Error(err)
	}
}

// lets reports whether a client lets somebody take a part in care, which custom resources write in another way.
func lets(c v1alpha1.LoginClient, care identity.CareRole) bool {
	other := map[identity.CareRole]string{identity.OverdoseResponder: "OverdoseResponder"}
	return slices.ContainsFunc(c.CareRoles, func(role v1alpha1.CareRole) bool {
		return string(role) == other[care] || strings.EqualFold(string(role), strings.ReplaceAll(string(care), "_", ""))
	})
}

// signsIn is what the API makes of the token of somebody.
func (b *bench) signsIn(t *testing.T, role string) oidc.SignIn {
	t.Helper()
	text, err := Token(t.Context(), b.dir, role)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.verifier.Verify(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Whoever takes part in people's care can be tried: a practitioner, a clinician, a peer worker and who answers overdoses.
func TestPartsInCareThatCanBeTried(t *testing.T) {
	b := newBench(t)
	for role, want := range map[string]identity.CareRoles{
		"referrer": identity.CareRolesOf(identity.Practitioner), "provider": identity.CareRolesOf(identity.Practitioner),
		"data-lead": identity.CareRolesOf(identity.Analyst), "clinician": identity.CareRolesOf(identity.Clinician),
		"peer-worker": identity.CareRolesOf(identity.PeerWorker), "overdose-responder": identity.CareRolesOf(identity.OverdoseResponder),
		"commissioner": 0, "auditor": 0, "platformadmin": 0,
	} {
		if got := b.signsIn(t, role); got.Care != want {
			t.Errorf("%s: %v", role, got.Care.List())
		}
	}
}

// Tokens count for half an hour whenever the keys rotate, by either kind of key, and those who verify them need not ask in
// between.
func TestTokensCountWhileKeysRotate(t *testing.T) {
	b := newBench(t)
	kinds := map[string]bool{}
	type held struct {
		text    string
		expires int64
	}
	var all []held
	for range 40 {
		text, err := Token(t.Context(), b.dir, "provider")
		if err != nil {
			t.Fatal(err)
		}
		kinds[headerOf(t, text)] = true
		all = append(all, held{text, b.now.Load() + int64(Lifetime/time.Second)})
		for _, h := range all {
			_, err := b.verifier.Verify(t.Context(), h.text)
			if counts := b.now.Load() < h.expires+int64(oidc.Leeway/time.Second); counts != (err == nil) {
				t.Fatalf("it expires in %d s: %v", h.expires-b.now.Load(), err)
			}
		}
		b.passes(7 * time.Minute)
	}
	if len(kinds) < 4 || len(kinds) > 6 {
		t.Errorf("in 280 minutes %d keys signed", len(kinds))
	}
}

// headerOf tells keys apart.
func headerOf(t *testing.T, token string) string {
	t.Helper()
	header, _, ok := strings.Cut(token, ".")
	if !ok {
		t.Fatal(token)
	}
	return header
}

// One process's tokens are not those of the next, which has other keys.
func TestTokensEndWithTheIssuer(t *testing.T) {
	b := newBench(t)
	text, err := Token(t.Context(), b.dir, "auditor")
	if err != nil {
		t.Fatal(err)
	}
	next, err := New(b.issuer.address, b.issuer.now)
	if err != nil {
		t.Fatal(err)
	}
	handler := next.Handler()
	b.handler.Store(&handler)
	if _, err := b.verifier.Verify(t.Context(), text); err == nil {
		t.Error("it counts at the next one")
	}
	if _, err := Token(t.Context(), b.dir, "auditor"); err == nil || !strings.Contains(err.Error(), "the secret is that of another run") {
		t.Error(err)
	}
}

func TestWhoGetsNoToken(t *testing.T) {
	b := newBench(t)
	usual := url.Values{"grant_type": {"password"}, "username": {"callum"}}
	for what, tc := range map[string]struct {
		form           url.Values
		client, secret string
		host           string
		status         int
		says           string
	}{
		"as it should be":                {usual, "glasgow-commissioning", b.issuer.secret, "", 200, "access_token"},
		"without a secret":               {usual, "glasgow-commissioning", "", "", 401, "invalid_client"},
		"with another":                   {usual, "glasgow-commissioning", b.issuer.secret + "x", "", 401, "invalid_client"},
		"through another client":         {usual, "phoenix-beds", b.issuer.secret, "", 400, "invalid_grant"},
		"through none":                   {usual, "", b.issuer.secret, "", 400, "invalid_grant"},
		"as nobody":                      {url.Values{"grant_type": {"password"}, "username": {"nobody"}}, "phoenix-beds", b.issuer.secret, "", 400, "invalid_grant"},
		"in another way":                 {url.Values{"grant_type": {"client_credentials"}}, "phoenix-beds", b.issuer.secret, "", 400, "unsupported_grant_type"},
		"with a long form":               {url.Values{"username": {strings.Repeat("x", 8<<10)}}, "phoenix-beds", b.issuer.secret, "", 400, "invalid_request"},
		"by a name from somewhere":       {usual, "glasgow-commissioning", b.issuer.secret, "evil.example.org", 421, "loopback"},
		"by a name with a port":          {usual, "glasgow-commissioning", b.issuer.secret, "evil.example.org:8084", 421, "loopback"},
		"by an address that is not here": {usual, "glasgow-commissioning", b.issuer.secret, "192.0.2.1:8084", 421, "loopback"},
	} {
		t.Run(what, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.issuer.address+"/token", strings.NewReader(tc.form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth(tc.client, tc.secret)
			r.Host = tc.host
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != tc.status || !strings.Contains(string(body), tc.says) || strings.Contains(string(body), b.issuer.secret) {
				t.Errorf("%d %s %v", response.StatusCode, body, err)
			}
			if response.Header.Get("Access-Control-Allow-Origin") != "" || response.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%v", response.Header)
			}
		})
	}
}

func TestWhatItPublishesHoldsNoSecret(t *testing.T) {
	b := newBench(t)
	response, err := http.Get(b.issuer.address + "/keys")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var set struct{ Keys []map[string]any }
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil || len(set.Keys) != 2 {
		t.Fatal(set, err)
	}
	for _, key := range set.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
			if key[private] != nil {
				t.Errorf("it publishes %s of %v", private, key["kid"])
			}
		}
	}
}

func TestItListensOnThisMachineOnly(t *testing.T) {
	for _, address := range []string{"http://0.0.0.0:8084", "http://192.0.2.1:8084", "https://127.0.0.1:8084", "http://login.example.org:80"} {
		if _, err := New(address, time.Now); err == nil {
			t.Errorf("it takes %s", address)
		}
	}
}

func TestAccessIsItsOwnersAlone(t *testing.T) {
	b := newBench(t)
	info, err := os.Stat(accessFile(b.dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if _, err := Token(t.Context(), filepath.Join(b.dir, "none"), "provider"); err == nil || !strings.Contains(err.Error(), "make run is not up") {
		t.Error(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Token(gone, b.dir, "provider"); err == nil {
		t.Error("there is a token for somebody who has gone")
	}
}

// Whoever is to sign in works for an organisation of the sample data.
func TestNobodyWorksForAnOrganisationThatThereIsNot(t *testing.T) {
	if _, err := Enrol([]client.Object{&v1alpha1.Partner{}}); err == nil || !strings.Contains(err.Error(), "there is no such organisation") {
		t.Error(err)
	}
}
