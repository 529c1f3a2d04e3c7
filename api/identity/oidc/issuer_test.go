package oidc_test

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/identity/oidc"
)

func TestIssuersAreReadFromYAML(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	server.Close()
	authority := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	path := filepath.Join(t.TempDir(), "issuers.yaml")
	text := `
- issuer: https://login.example.org/realms/lifeline
  audiences: [lifeline-api]
- issuer: https://tenant.example.com/v2.0/
  audiences: [a, b]
  clientClaim: appid
  roleClaim: [realm_access, roles]
  roles: {worker: Referrer}
  careRoleClaim: [care]
  careRoles: {nurse: clinician}
  secondFactorContexts: ["2"]
  healthProfessionalClaim: registered
  tokenIDClaim: uti
  algorithms: [ES384, EdDSA]
  longestLifetimeSeconds: 7200
  certificateAuthority: |
    ` + strings.ReplaceAll(authority, "\n", "\n    ")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := oidc.ReadIssuers(path)
	want := []oidc.Issuer{
		{
			Issuer: "https://login.example.org/realms/lifeline", Audiences: []string{"lifeline-api"}, RoleClaim: []string{"roles"},
			TokenIDClaim: "jti", LongestLifetimeSeconds: 3600,
			CareRoleClaim: []string{"care_roles"}, HealthProfessionalClaim: "health_professional",
			Algorithms: []jose.SignatureAlgorithm{"RS256", "PS256", "ES256", "EdDSA"},
		},
		{
			Issuer: "https://tenant.example.com/v2.0/", Audiences: []string{"a", "b"}, ClientClaim: "appid",
			RoleClaim: []string{"realm_access", "roles"}, Roles: map[string]identity.Role{"worker": identity.Referrer},
			CareRoleClaim: []string{"care"}, CareRoles: map[string]identity.CareRole{"nurse": identity.Clinician},
			SecondFactorContexts: []string{"2"}, HealthProfessionalClaim: "registered",
			TokenIDClaim: "uti", LongestLifetimeSeconds: 7200, Algorithms: []jose.SignatureAlgorithm{"ES384", "EdDSA"},
			CertificateAuthority: authority,
		},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
	if _, err := oidc.ReadIssuers(path + ".none"); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	if err := os.WriteFile(path, make([]byte, 256<<10+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := oidc.ReadIssuers(path); err == nil || !strings.Contains(err.Error(), "at most 262144") {
		t.Error(err)
	}
}

func TestIssuersThatAreNotTaken(t *testing.T) {
	one := func(rest string) string { return "- {issuer: https://a.example.org, audiences: [api]" + rest + "}\n" }
	named := func(issuer string) string { return fmt.Sprintf("- {issuer: %q, audiences: [api]}", issuer) }
	many := strings.Builder{}
	for i := range 33 {
		many.WriteString(named(fmt.Sprintf("https://i%d.example.org", i)) + "\n")
	}
	long := strings.Repeat("x", 256)
	for what, tc := range map[string]struct{ text, says string }{
		"nothing":                        {"", "there is no issuer"},
		"an empty list":                  {"[]", "there is no issuer"},
		"no list":                        {"issuer: https://a.example.org", "a YAML list of issuers is wanted"},
		"no YAML":                        {"- {", "a YAML list of issuers is wanted"},
		"a key that there is not":        {one(", audience: x"), "audience"},
		"a key twice":                    {one(", audiences: [x]"), "audiences"},
		"too many":                       {many.String(), "33 issuers are too many"},
		"one twice":                      {one("") + one(""), "issuer 2: https://a.example.org is listed twice"},
		"no address":                     {"- {audiences: [api]}", "issuer 1: issuer: give the address"},
		"http":                           {named("http://a.example.org"), "must start with https://"},
		"this machine by http":           {named("http://127.0.0.1:8084"), "--development-issuer"},
		"this machine":                   {named("https://localhost"), "must be a name with a dot, and not this machine"},
		"this machine, by its own name":  {named("https://login.localhost"), "not this machine"},
		"this machine, by its number":    {named("https://127.0.0.1"), "must be a name with a dot"},
		"this machine, by a long number": {named("https://[::1]:8443"), "must be a name with a dot"},
		"a number":                       {named("https://2130706433"), "must be a name with a dot"},
		"the development issuer":         {named(oidc.DevelopmentIssuer), "is the issuer of `make run`"},
		"a password":                     {named("https://a:b@a.example.org"), "leave out user names"},
		"a query":                        {named("https://a.example.org?x=y"), "leave out user names"},
		"a question mark":                {named("https://a.example.org?"), "leave out user names"},
		"a fragment":                     {named("https://a.example.org#"), "leave out user names"},
		"a long address":                 {named("https://a.example.org/" + strings.Repeat("x", 2048)), "at most 2048 characters"},
		"no audience":                    {"- {issuer: https://a.example.org}", "audiences: name 1 to 8"},
		"nine audiences":                 {"- {issuer: https://a.example.org, audiences: [a, b, c, d, e, f, g, h, i]}", "audiences: name 1 to 8"},
		"an empty audience":              {`- {issuer: https://a.example.org, audiences: [""]}`, "audiences: each has 1 to 255"},
		"a role that there is not":       {one(", roles: {admin: Administrator}"), "Referrer, Commissioner, DataLead, Provider, Auditor, PlatformAdmin"},
		"a role of no name":              {one(`, roles: {"": Referrer}`), "roles"},
		"a care role that there is not":  {one(", careRoles: {nurse: Nurse}"), "practitioner, clinician, clerk, peer_worker"},
		"a care role of no name":         {one(`, careRoles: {"": clinician}`), "careRoles"},
		"care roles too deep":            {one(", careRoleClaim: [a, b, c, d, e]"), "careRoleClaim: name 1 to 4"},
		"a context of no name":           {one(`, secondFactorContexts: [""]`), "secondFactorContexts"},
		"a long claim":                   {one(", healthProfessionalClaim: " + long), "at most 255"},
		"roles too deep":                 {one(", roleClaim: [a, b, c, d, e]"), "roleClaim: name 1 to 4"},
		"a claim of no name":             {one(`, roleClaim: [""]`), "roleClaim"},
		"a claim of a long name":         {one(", clientClaim: " + long), "at most 255"},
		"an algorithm without keys":      {one(", algorithms: [none]"), `"none" is not accepted`},
		"an algorithm with a secret":     {one(", algorithms: [RS256, HS256]"), `"HS256" is not accepted`},
		"a long lifetime":                {one(", longestLifetimeSeconds: 7201"), "not between 60 and 7200"},
		"a short lifetime":               {one(", longestLifetimeSeconds: 59"), "not between 60 and 7200"},
		"an authority that is none":      {one(", certificateAuthority: mine"), "there is no certificate in it"},
	} {
		t.Run(what, func(t *testing.T) {
			if _, err := oidc.ParseIssuers([]byte(tc.text)); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

func TestWhereTheDevelopmentIssuerMayListen(t *testing.T) {
	for address, taken := range map[string]bool{
		"http://127.0.0.1:8084": true, "http://[::1]:8084": true, "http://localhost:8084": true,
		"http://127.0.0.1": false, "https://127.0.0.1:8084": false, "http://0.0.0.0:8084": false, "http://:8084": false,
		"http://192.0.2.1:8084": false, "http://login.example.org:80": false, "http://127.0.0.1:8084/": false,
		"http://a@127.0.0.1:8084": false, "http://127.0.0.1:8084?x": false, "127.0.0.1:8084": false, "": false,
		"http://localhost.example.org:80": false, "http://127.0.0.1.example.org:80": false,
	} {
		issuer, err := oidc.Development(address)
		if (err == nil) != taken || (taken && issuer.Issuer != oidc.DevelopmentIssuer) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWhereTheDevelopmentIssuerIsRefused(t *testing.T) {
	for _, tc := range []struct{ listen, cluster, says string }{
		{"127.0.0.1:8080", "", ""},
		{"[::1]:8080", "", ""},
		{"localhost:8080", "", ""},
		{":8080", "", "must be a loopback address"},
		{"0.0.0.0:8080", "", "must be a loopback address"},
		{"192.0.2.1:8080", "", "must be a loopback address"},
		{"localhost.example.org:8080", "", "must be a loopback address"},
		{"127.0.0.1", "", "must be a loopback address"},
		{"127.0.0.1:8080", "10.96.0.1", "refused in a cluster"},
	} {
		err := oidc.CheckDevelopment(tc.listen, func(name string) string {
			return map[string]string{"KUBERNETES_SERVICE_HOST": tc.cluster}[name]
		})
		if (err == nil) != (tc.says == "") || (err != nil && !strings.Contains(err.Error(), tc.says)) {
			t.Errorf("%+v: %v", tc, err)
		}
	}
}
