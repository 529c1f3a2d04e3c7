package oidc_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/identity/oidc"
)

func TestATokenSaysWhoAsks(t *testing.T) {
	w := newWorld(t)
	got, err := w.verifier.Verify(t.Context(), token(t, map[string]any{"roles": []string{"Referrer", "Auditor", "Other"}}))
	want := oidc.SignIn{
		Issuer: name, ClientID: "harbour-app", Subject: got.Subject, Roles: identity.RolesOf(identity.Referrer, identity.Auditor),
		Expires: noon.Add(10 * time.Minute).Local(),
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
}

// A subject is always the same, and can be told apart from others and from the same name elsewhere, but is not that name.
func TestSubjectsArePseudonyms(t *testing.T) {
	const second = "https://second.example.org"
	w := newWorld(t, "- {issuer: "+name+", audiences: ["+audience+"]}", "- {issuer: "+second+", audiences: ["+audience+"]}")
	w.publishes(second, public("ec", ec().Public()))
	subject := func(changes map[string]any) string {
		got, err := w.verifier.Verify(t.Context(), token(t, changes))
		if err != nil {
			t.Fatal(err)
		}
		return got.Subject
	}
	seven := subject(nil)
	if again := subject(map[string]any{"jti": "token-2"}); again != seven || len(seven) != 32 {
		t.Errorf("%q, then %q", seven, again)
	}
	if strings.Contains(seven, "person") || subject(map[string]any{"sub": "person-8"}) == seven || subject(map[string]any{"iss": second}) == seven {
		t.Error("it is the name, or that of somebody else")
	}
}

func TestClaimsThatDoNotCount(t *testing.T) {
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	for what, tc := range map[string]struct {
		changes map[string]any
		want    oidc.Reason
	}{
		"as it should be":                         {nil, ""},
		"for several":                             {map[string]any{"aud": []string{"else", audience}}, ""},
		"for somebody else":                       {map[string]any{"aud": "else"}, oidc.ReasonAudience},
		"for somebody with a longer name":         {map[string]any{"aud": audience + "-2"}, oidc.ReasonAudience},
		"for nobody":                              {map[string]any{"aud": nil}, oidc.ReasonAudience},
		"for an empty list":                       {map[string]any{"aud": []string{}}, oidc.ReasonAudience},
		"of another issuer":                       {map[string]any{"iss": "https://other.example.org"}, oidc.ReasonIssuer},
		"of the issuer with a slash":              {map[string]any{"iss": name + "/"}, oidc.ReasonIssuer},
		"of the issuer in capitals":               {map[string]any{"iss": strings.ToUpper(name)}, oidc.ReasonIssuer},
		"of no issuer":                            {map[string]any{"iss": nil}, oidc.ReasonIssuer},
		"of a number":                             {map[string]any{"iss": 7}, oidc.ReasonMalformed},
		"expired within the leeway":               {map[string]any{"iat": at(-time.Hour), "exp": at(-29 * time.Second)}, ""},
		"expired":                                 {map[string]any{"iat": at(-time.Hour + time.Minute), "exp": at(-30 * time.Second)}, oidc.ReasonExpired},
		"expired long ago":                        {map[string]any{"iat": at(-48 * time.Hour), "exp": at(-47 * time.Hour)}, oidc.ReasonExpired},
		"without an end":                          {map[string]any{"exp": nil}, oidc.ReasonClaims},
		"without an end that is a number":         {map[string]any{"exp": "never"}, oidc.ReasonClaims},
		"without a beginning":                     {map[string]any{"iat": nil}, oidc.ReasonClaims},
		"issued just now by a clock ahead":        {map[string]any{"iat": at(30 * time.Second)}, ""},
		"issued in the future":                    {map[string]any{"iat": at(31 * time.Second)}, oidc.ReasonNotYet},
		"counts within the leeway":                {map[string]any{"nbf": at(30 * time.Second)}, ""},
		"does not count yet":                      {map[string]any{"nbf": at(31 * time.Second)}, oidc.ReasonNotYet},
		"ends before it begins":                   {map[string]any{"iat": at(20 * time.Second), "exp": at(10 * time.Second)}, oidc.ReasonClaims},
		"for an hour":                             {map[string]any{"exp": at(time.Hour)}, ""},
		"for more than an hour":                   {map[string]any{"exp": at(time.Hour + time.Second)}, oidc.ReasonLifetime},
		"for a lifetime":                          {map[string]any{"exp": 1e300}, oidc.ReasonClaims},
		"for ever":                                {map[string]any{"exp": 9_000_000_000_000}, oidc.ReasonLifetime},
		"of nobody":                               {map[string]any{"sub": nil}, oidc.ReasonClaims},
		"of an empty name":                        {map[string]any{"sub": ""}, oidc.ReasonClaims},
		"of a name that is too long":              {map[string]any{"sub": strings.Repeat("x", 256)}, oidc.ReasonClaims},
		"of a person who is a number":             {map[string]any{"sub": 7}, oidc.ReasonClaims},
		"without an id":                           {map[string]any{"jti": nil}, oidc.ReasonClaims},
		"of no client":                            {map[string]any{"azp": nil}, oidc.ReasonClaims},
		"of a client by its other claim":          {map[string]any{"azp": nil, "client_id": "harbour-app"}, ""},
		"of a client by both claims":              {map[string]any{"client_id": "harbour-app"}, ""},
		"of two clients":                          {map[string]any{"client_id": "quay-app"}, oidc.ReasonClaims},
		"of a client that is a list":              {map[string]any{"azp": []string{"a"}, "client_id": []string{"a"}}, oidc.ReasonClaims},
		"an ID token by its hash of another":      {map[string]any{"at_hash": "x"}, oidc.ReasonKind},
		"an ID token by its own word":             {map[string]any{"typ": "ID"}, oidc.ReasonKind},
		"a refresh token":                         {map[string]any{"typ": "Refresh"}, oidc.ReasonKind},
		"a bearer token by its own word":          {map[string]any{"typ": "Bearer"}, ""},
		"bound to a key":                          {map[string]any{"cnf": map[string]string{"jkt": "x"}}, oidc.ReasonKind},
		"to log out":                              {map[string]any{"events": map[string]any{}}, oidc.ReasonKind},
		"with roles that are one text":            {map[string]any{"roles": "Referrer"}, ""},
		"with roles that are none":                {map[string]any{"roles": map[string]any{"Referrer": true}}, ""},
		"longer than 8 KiB":                       {map[string]any{"padding": strings.Repeat("x", 8<<10)}, oidc.ReasonMalformed},
		"with a picture in it, but not so long":   {map[string]any{"picture": strings.Repeat("x", 4<<10)}, ""},
		"with roles nested as deep as can be":     {map[string]any{"roles": nested(1500)}, ""},
		"with fewer characters than it has roles": {map[string]any{"roles": strings.Split(strings.Repeat("R", 800), "")}, ""},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			text := token(t, tc.changes)
			_, err := w.verifier.Verify(t.Context(), text)
			if got := reasonOf(t, err); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if err != nil && (strings.Contains(err.Error(), "person") || strings.Contains(err.Error(), "harbour")) {
				t.Errorf("the error tells who it was: %v", err)
			}
			if w.log.Len() > 0 {
				t.Errorf("the log tells of it: %s", w.log)
			}
		})
	}
}

func nested(depth int) any {
	var value any = "Referrer"
	for range depth {
		value = []any{value}
	}
	return value
}

// What a bearer token is: it can be sent again, here, until it expires.
func TestATokenThatIsSentAgain(t *testing.T) {
	w := newWorld(t)
	text := token(t, nil)
	for _, step := range []struct {
		passes time.Duration
		want   oidc.Reason
	}{{0, ""}, {0, ""}, {10 * time.Minute, ""}, {29 * time.Second, ""}, {time.Second, oidc.ReasonExpired}, {time.Hour, oidc.ReasonExpired}} {
		w.passes(step.passes)
		if got := w.outcome(text); got != step.want {
			t.Errorf("at %s: %q, want %q", w.clock().Format(time.TimeOnly), got, step.want)
		}
	}
	elsewhere := newWorld(t, "- {issuer: "+name+", audiences: [another-api]}")
	if got := elsewhere.outcome(text); got != oidc.ReasonAudience {
		t.Errorf("at another API: %q", got)
	}
}

func TestSignaturesThatDoNotCount(t *testing.T) {
	kid := map[string]any{"kid": "ec"}
	asPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki(t)})
	good := token(t, nil)
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"ec"}`))
	for what, tc := range map[string]struct {
		text string
		want oidc.Reason
	}{
		"by its key":                         {good, ""},
		"by its RSA key":                     {sign(t, jose.RS256, rsa2k(), map[string]any{"kid": "rsa"}, usual(nil)), ""},
		"as an access token":                 {sign(t, jose.ES256, ec(), map[string]any{"kid": "ec", "typ": "at+jwt"}, usual(nil)), ""},
		"as an access token, at length":      {sign(t, jose.ES256, ec(), map[string]any{"kid": "ec", "typ": "application/AT+JWT"}, usual(nil)), ""},
		"to log out":                         {sign(t, jose.ES256, ec(), map[string]any{"kid": "ec", "typ": "logout+jwt"}, usual(nil)), oidc.ReasonKind},
		"of a type that is no text":          {sign(t, jose.ES256, ec(), map[string]any{"kid": "ec", "typ": 7}, usual(nil)), oidc.ReasonKind},
		"none":                               {none + "." + parts[1] + ".", oidc.ReasonAlgorithm},
		"none, with one left":                {none + "." + parts[1] + "." + parts[2], oidc.ReasonAlgorithm},
		"none, in capitals":                  {base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"None","kid":"ec"}`)) + "." + parts[1] + ".", oidc.ReasonAlgorithm},
		"no algorithm":                       {base64.RawURLEncoding.EncodeToString([]byte(`{"kid":"ec"}`)) + "." + parts[1] + "." + parts[2], oidc.ReasonAlgorithm},
		"left out":                           {parts[0] + "." + parts[1] + ".", oidc.ReasonSignature},
		"by a secret that is the public key": {sign(t, jose.HS256, asPEM, map[string]any{"kid": "rsa"}, usual(nil)), oidc.ReasonAlgorithm},
		"by somebody else, as its key":       {sign(t, jose.ES256, other(), kid, usual(nil)), oidc.ReasonSignature},
		"by a key that is not said":          {sign(t, jose.ES256, ec(), nil, usual(nil)), oidc.ReasonSignature},
		"by a key of no name":                {sign(t, jose.ES256, ec(), map[string]any{"kid": ""}, usual(nil)), oidc.ReasonSignature},
		"by an unheard-of key":               {sign(t, jose.ES256, ec(), map[string]any{"kid": "ec2"}, usual(nil)), oidc.ReasonSignature},
		"by its key under the other's name":  {sign(t, jose.ES256, ec(), map[string]any{"kid": "rsa"}, usual(nil)), oidc.ReasonSignature},
		"in an accepted way that the issuer does not use": {sign(t, jose.ES384, ec384(), kid, usual(nil)), oidc.ReasonAlgorithm},
		"of something else":              {parts[0] + "." + strings.Split(token(t, map[string]any{"sub": "person-8"}), ".")[1] + "." + parts[2], oidc.ReasonSignature},
		"with something critical":        {sign(t, jose.ES256, ec(), map[string]any{"kid": "ec", "crit": []string{"exp"}, "exp": 1}, usual(nil)), oidc.ReasonSignature},
		"by a key that is inside":        {embedded(t), oidc.ReasonSignature},
		"by a key at an address":         {sign(t, jose.ES256, other(), map[string]any{"kid": "ec", "jku": "https://evil.example.org/keys", "x5u": "https://evil.example.org/x5u"}, usual(nil)), oidc.ReasonSignature},
		"twice in one":                   {good + "." + good, oidc.ReasonMalformed},
		"cut off":                        {good[:len(good)/2], oidc.ReasonMalformed},
		"all in JSON":                    {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, oidc.ReasonMalformed},
		"of a claim that is there twice": {twice(t), oidc.ReasonMalformed},
		"of what is no JSON":             {signText(t, "hello"), oidc.ReasonMalformed},
		"of a list":                      {signText(t, "[]"), oidc.ReasonMalformed},
		"of null":                        {signText(t, "null"), oidc.ReasonIssuer},
		"empty":                          {"..", oidc.ReasonAlgorithm},
		"nothing":                        {"", oidc.ReasonMalformed},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld(t)
			evil := false
			for _, path := range []string{"keys", "x5u"} {
				w.serves("https://evil.example.org/"+path, says(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public("ec", other().Public())}}))
			}
			if got := w.outcome(tc.text); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			for _, path := range []string{"keys", "x5u"} {
				evil = evil || w.count("https://evil.example.org/"+path) > 0
			}
			if evil {
				t.Error("an address in a token was followed")
			}
		})
	}
}

func spki(t *testing.T) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(rsa2k().Public())
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// embedded is a token that carries the key it is signed by.
func embedded(t *testing.T) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: other(), KeyID: "ec"}},
		&jose.SignerOptions{EmbedJWK: true, ExtraHeaders: map[jose.HeaderKey]any{"kid": "ec"}})
	if err != nil {
		t.Fatal(err)
	}
	return serialised(t, signer, usual(nil))
}

func serialised(t testing.TB, signer jose.Signer, claims any) string {
	t.Helper()
	text, ok := claims.(string)
	if !ok {
		encoded, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	object, err := signer.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return compact
}

// signText signs what need be no claims.
func signText(t testing.TB, text string) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: ec(), KeyID: "ec"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return serialised(t, signer, text)
}

// twice names two issuers: whoever reads the first and whoever reads the last would not agree.
func twice(t *testing.T) string {
	t.Helper()
	encoded, err := json.Marshal(usual(nil))
	if err != nil {
		t.Fatal(err)
	}
	return signText(t, `{"iss":"https://other.example.org",`+string(encoded[1:]))
}

func TestIssuersNameThingsInTheirOwnWay(t *testing.T) {
	w := newWorld(t, `
- issuer: `+name+`
  audiences: [`+audience+`, second]
  clientClaim: appid
  tokenIDClaim: uti
  roleClaim: [realm_access, roles]
  roles: {adp-referrer: Referrer, worker: Referrer, adp-lead: Commissioner}
  algorithms: [ES256]
  longestLifetimeSeconds: 7200
`)
	with := func(roles any) map[string]any {
		return map[string]any{
			"aud": "second", "azp": nil, "appid": "harbour-app", "jti": nil, "uti": "token-1", "realm_access": map[string]any{"roles": roles},
			"roles": []string{"PlatformAdmin"}, "exp": noon.Add(2 * time.Hour).Unix(),
		}
	}
	for what, tc := range map[string]struct {
		roles any
		want  identity.Roles
	}{
		"two":                        {[]any{"worker", "adp-lead", "offline_access"}, identity.RolesOf(identity.Referrer, identity.Commissioner)},
		"one text":                   {"adp-lead", identity.RolesOf(identity.Commissioner)},
		"as we call them":            {[]any{"Referrer", "PlatformAdmin"}, 0},
		"none":                       {nil, 0},
		"an empty name":              {[]any{""}, 0},
		"things that are no texts":   {[]any{7, nil, []any{"worker"}}, 0},
		"an object":                  {map[string]any{"worker": true}, 0},
		"separated by spaces":        {"worker adp-lead", 0},
		"one of them in other words": {[]any{"Worker", "adp-lead"}, identity.RolesOf(identity.Commissioner)},
	} {
		got, err := w.verifier.Verify(t.Context(), token(t, with(tc.roles)))
		if err != nil || got.Roles != tc.want || got.ClientID != "harbour-app" {
			t.Errorf("%s: %+v %v, want %v", what, got, err, tc.want.List())
		}
	}
	without := with(nil)
	without["realm_access"] = "roles"
	if got, err := w.verifier.Verify(t.Context(), token(t, without)); err != nil || got.Roles != 0 {
		t.Errorf("without the outer claim: %+v %v", got, err)
	}
	if got := w.outcome(sign(t, jose.RS256, rsa2k(), map[string]any{"kid": "rsa"}, usual(with(nil)))); got != oidc.ReasonAlgorithm {
		t.Errorf("by a key of the issuer, in a way that is not its own: %q", got)
	}
}

func TestThePartSomebodyTakesInCare(t *testing.T) {
	w := newWorld(t)
	renamed := newWorld(t, "- {issuer: "+name+", audiences: ["+audience+"], careRoleClaim: [groups, care], careRoles: {nurse: clinician}}")
	for what, tc := range map[string]struct {
		w       *world
		changes map[string]any
		want    identity.CareRoles
	}{
		"nobody says":                   {w, nil, 0},
		"two":                           {w, map[string]any{"care_roles": []any{"practitioner", "peer_worker", "else"}}, identity.CareRolesOf(identity.Practitioner, identity.PeerWorker)},
		"one text":                      {w, map[string]any{"care_roles": "nfo_responder"}, identity.CareRolesOf(identity.OverdoseResponder)},
		"in other letters":              {w, map[string]any{"care_roles": []any{"Clinician", "peer worker"}}, 0},
		"among what they may do":        {w, map[string]any{"roles": []any{"clinician"}}, 0},
		"no texts":                      {w, map[string]any{"care_roles": []any{7, nil, []any{"clinician"}}}, 0},
		"true":                          {w, map[string]any{"care_roles": true}, 0},
		"by another name":               {renamed, map[string]any{"groups": map[string]any{"care": []any{"nurse"}}}, identity.CareRolesOf(identity.Clinician)},
		"by ours, where it has its own": {renamed, map[string]any{"groups": map[string]any{"care": []any{"clinician"}}, "care_roles": "clinician"}, 0},
	} {
		got, err := tc.w.verifier.Verify(t.Context(), token(t, tc.changes))
		if err != nil || got.Care != tc.want {
			t.Errorf("%s: %v %v, want %v", what, got.Care.List(), err, tc.want.List())
		}
	}
}

func TestWhatIsASecondFactor(t *testing.T) {
	w := newWorld(t)
	known := newWorld(t, "- {issuer: "+name+", audiences: ["+audience+"], secondFactorContexts: [gold, \"3\"]}")
	for what, tc := range map[string]struct {
		w       *world
		changes map[string]any
		want    bool
	}{
		"nothing is said":                       {w, nil, false},
		"it says so":                            {w, map[string]any{"amr": []any{"mfa"}}, true},
		"a password and a code":                 {w, map[string]any{"amr": []any{"pwd", "otp"}}, true},
		"a key that a PIN opens":                {w, map[string]any{"amr": []any{"hwk", "pin"}}, true},
		"a smart card and a finger":             {w, map[string]any{"amr": []any{"sc", "fpt", "geo"}}, true},
		"a password":                            {w, map[string]any{"amr": []any{"pwd"}}, false},
		"a code alone":                          {w, map[string]any{"amr": []any{"otp"}}, false},
		"two of what somebody knows":            {w, map[string]any{"amr": []any{"pwd", "pin", "kba"}}, false},
		"two of what somebody has":              {w, map[string]any{"amr": []any{"sms", "otp"}}, false},
		"a password twice":                      {w, map[string]any{"amr": []any{"pwd", "pwd"}}, false},
		"a password, and where they are":        {w, map[string]any{"amr": []any{"pwd", "geo", "rba", "user"}}, false},
		"one text":                              {w, map[string]any{"amr": "mfa"}, true},
		"one text with spaces":                  {w, map[string]any{"amr": "pwd otp"}, false},
		"in capitals":                           {w, map[string]any{"amr": []any{"MFA"}}, false},
		"true":                                  {w, map[string]any{"amr": true}, false},
		"a context that nobody has told us of":  {w, map[string]any{"acr": "gold"}, false},
		"a context":                             {known, map[string]any{"acr": "gold"}, true},
		"a context that is a number":            {known, map[string]any{"acr": 3}, false},
		"another context":                       {known, map[string]any{"acr": "silver"}, false},
		"another context, and two proofs":       {known, map[string]any{"acr": "silver", "amr": []any{"pwd", "tel"}}, true},
		"no context, where there are such ones": {known, map[string]any{"acr": ""}, false},
	} {
		got, err := tc.w.verifier.Verify(t.Context(), token(t, tc.changes))
		if err != nil || got.SecondFactor != tc.want {
			t.Errorf("%s: %t %v", what, got.SecondFactor, err)
		}
	}
}

func TestHealthProfessionals(t *testing.T) {
	w := newWorld(t)
	renamed := newWorld(t, "- {issuer: "+name+", audiences: ["+audience+"], healthProfessionalClaim: registered}")
	for what, tc := range map[string]struct {
		w       *world
		changes map[string]any
		want    bool
	}{
		"nothing is said":               {w, nil, false},
		"true":                          {w, map[string]any{"health_professional": true}, true},
		"false":                         {w, map[string]any{"health_professional": false}, false},
		"a text":                        {w, map[string]any{"health_professional": "true"}, false},
		"a number":                      {w, map[string]any{"health_professional": 1}, false},
		"a list":                        {w, map[string]any{"health_professional": []any{true}}, false},
		"by another name":               {renamed, map[string]any{"registered": true}, true},
		"by ours, where it has its own": {renamed, map[string]any{"health_professional": true}, false},
	} {
		got, err := tc.w.verifier.Verify(t.Context(), token(t, tc.changes))
		if err != nil || got.HealthProfessional != tc.want {
			t.Errorf("%s: %t %v", what, got.HealthProfessional, err)
		}
	}
}

func TestWithoutIssuersNobodyIsKnown(t *testing.T) {
	var v *oidc.Verifier
	_, err := v.Verify(t.Context(), token(t, nil))
	if got := reasonOf(t, err); got != oidc.ReasonIssuer {
		t.Error(got)
	}
}

// Whatever is sent, nothing goes wrong, and nothing counts that the issuer did not sign.
func FuzzVerify(f *testing.F) {
	w := newWorld(f)
	good := token(f, nil)
	parts := strings.Split(good, ".")
	for _, seed := range []string{
		good, "", "..", "a.b.c", parts[0] + "." + parts[1] + ".", good + "=", " " + good, strings.Replace(good, ".", "..", 1),
		signText(f, `{"iss":"`+name+`","aud":{"a":1}}`), signText(f, `{"iss":"`+name+`","exp":1e999}`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := w.verifier.Verify(t.Context(), text)
		if reason := reasonOf(t, err); reason == "" {
			// What is signed is the first two parts; the last bits of the third can be written in several ways.
			if got := strings.Split(text, "."); got[0] != parts[0] || got[1] != parts[1] {
				t.Errorf("%q counts", text)
			}
		}
	})
}
