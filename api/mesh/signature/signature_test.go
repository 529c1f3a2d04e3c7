package signature

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

const (
	newText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	oldText = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

func secretsOf(t testing.TB, text string) []Secret {
	t.Helper()
	secrets, err := ParseSecrets([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return secrets
}

// The known answer of the standard's own libraries.
func TestASignatureIsWhatTheStandardSays(t *testing.T) {
	body := []byte(`{"test": 2432232314}`)
	header := Sign(secretsOf(t, newText), "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), body)
	for name, want := range map[string]string{
		"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
		"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// Who receives uses the standard's own libraries: during a rotation with the new secret or with the old one.
func TestTheOfficialLibraryVerifiesWhatIsSigned(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(r, "body")
		keys := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), ShortestKey, LongestKey), 1, MostSecrets).Draw(r, "keys")
		id := rapid.StringMatching("[A-Za-z0-9_-]{1,64}").Draw(r, "id")
		var texts []string
		for _, key := range keys {
			texts = append(texts, "whsec_"+base64.StdEncoding.EncodeToString(key))
		}
		header := Sign(secretsOf(t, strings.Join(texts, "\n")), id, time.Now(), body)
		for _, text := range texts {
			receiver, err := official.NewWebhook(text)
			if err != nil {
				r.Fatal(err)
			}
			if err := receiver.Verify(body, header); err != nil {
				r.Fatal(err)
			}
		}
	})
}

func TestWhatTheOfficialLibrarySignsIsVerified(t *testing.T) {
	sender, err := official.NewWebhook(oldText)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte("what somebody sends")
	signed, err := sender.Sign("msg_1", noon, body)
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{
		HeaderID: {"msg_1"}, HeaderTimestamp: {strconv.FormatInt(noon.Unix(), 10)}, HeaderSignature: {signed},
	}
	if err := Verify(secretsOf(t, newText+" "+oldText), header, body, noon); err != nil {
		t.Error(err)
	}
}

func TestWhatIsSignedIsVerifiedAndNoOneBitChangeIs(t *testing.T) {
	secrets := secretsOf(t, newText+"\n"+oldText)
	rapid.Check(t, func(r *rapid.T) {
		body := rapid.SliceOfN(rapid.Byte(), 0, 500).Draw(r, "body")
		id := rapid.StringMatching("[A-Za-z0-9_-]{1,128}").Draw(r, "id")
		by := rapid.IntRange(0, 1).Draw(r, "by")
		away := time.Duration(rapid.Int64Range(-300, 300).Draw(r, "seconds away")) * time.Second
		header := Sign(secrets[by:by+1], id, noon.Add(away), body)
		if err := Verify(secrets, header, body, noon); err != nil {
			r.Fatal(err)
		}
		changed, changedBody := header.Clone(), bytes.Clone(body)
		what := rapid.SampledFrom([]string{"body", HeaderID, HeaderTimestamp, HeaderSignature}).Draw(r, "what")
		if what == "body" && len(body) > 0 {
			flip(r, changedBody)
		} else if what != "body" {
			text := []byte(changed.Get(what))
			flip(r, text)
			changed.Set(what, string(text))
		} else {
			changedBody = []byte{0}
		}
		if err := Verify(secrets, changed, changedBody, noon); err == nil {
			r.Fatalf("a changed %s is taken for signed", what)
		}
	})
}

func flip(r *rapid.T, text []byte) {
	text[rapid.IntRange(0, len(text)-1).Draw(r, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(r, "bit")
}

func TestWhatIsNotTakenForSigned(t *testing.T) {
	secrets, body := secretsOf(t, newText), []byte("body")
	second := time.Second
	for what, tc := range map[string]struct {
		change func(http.Header)
		now    time.Time
		want   error
	}{
		"just in time":            {nil, noon.Add(Tolerance), nil},
		"just not too early":      {nil, noon.Add(-Tolerance), nil},
		"too old":                 {nil, noon.Add(Tolerance + second), ErrTooOld},
		"too new":                 {nil, noon.Add(-Tolerance - second), ErrTooNew},
		"no id":                   {func(h http.Header) { h.Del(HeaderID) }, noon, ErrMissing},
		"an empty id":             {func(h http.Header) { h.Set(HeaderID, "") }, noon, ErrMissing},
		"no time":                 {func(h http.Header) { h.Del(HeaderTimestamp) }, noon, ErrMissing},
		"no signature":            {func(h http.Header) { h.Del(HeaderSignature) }, noon, ErrMissing},
		"two ids":                 {func(h http.Header) { h.Add(HeaderID, "other") }, noon, ErrMissing},
		"two signature headers":   {func(h http.Header) { h.Add(HeaderSignature, h.Get(HeaderSignature)) }, noon, ErrMissing},
		"an id with a full stop":  {func(h http.Header) { h.Set(HeaderID, "msg.1") }, noon, ErrInvalid},
		"a very long id":          {func(h http.Header) { h.Set(HeaderID, strings.Repeat("a", 129)) }, noon, ErrInvalid},
		"no number for a time":    {func(h http.Header) { h.Set(HeaderTimestamp, "noon") }, noon, ErrInvalid},
		"a time with a plus":      {func(h http.Header) { h.Set(HeaderTimestamp, "+1614265330") }, noon, ErrInvalid},
		"a time of many digits":   {func(h http.Header) { h.Set(HeaderTimestamp, strings.Repeat("9", 13)) }, noon, ErrInvalid},
		"a time before all times": {func(h http.Header) { h.Set(HeaderTimestamp, "-99999999999") }, noon, ErrTooOld},
		"a time after all times":  {func(h http.Header) { h.Set(HeaderTimestamp, "999999999999") }, noon, ErrTooNew},
		"too many signatures": {func(h http.Header) {
			h.Set(HeaderSignature, strings.Repeat("v1,a ", 16)+h.Get(HeaderSignature))
		}, noon, ErrInvalid},
		"a very long signature": {func(h http.Header) { h.Set(HeaderSignature, "v1,"+strings.Repeat("a", 5000)) }, noon, ErrInvalid},
		"one of several is right": {func(h http.Header) {
			h.Set(HeaderSignature, "v1,AAAA v1a,AAAA v2,"+h.Get(HeaderSignature)[3:]+" "+h.Get(HeaderSignature))
		}, noon, nil},
		"right, of another version": {func(h http.Header) {
			h.Set(HeaderSignature, "v2,"+h.Get(HeaderSignature)[3:])
		}, noon, ErrMismatch},
		"an empty signature": {func(h http.Header) { h.Set(HeaderSignature, "v1,") }, noon, ErrMismatch},
		"by another secret": {func(h http.Header) {
			h.Set(HeaderSignature, Sign(secretsOf(t, oldText), "msg_1", noon, body).Get(HeaderSignature))
		}, noon, ErrMismatch},
		"for another id": {func(h http.Header) { h.Set(HeaderID, "msg_2") }, noon, ErrMismatch},
	} {
		header := Sign(secrets, "msg_1", noon, body)
		if tc.change != nil {
			tc.change(header)
		}
		if err := Verify(secrets, header, body, tc.now); !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) {
			t.Errorf("%s: got %v, want %v", what, err, tc.want)
		}
	}
}

// Nobody makes a signature by no key at all.
func TestWithoutASecretNothingIsVerified(t *testing.T) {
	for what, secrets := range map[string][]Secret{"none": nil, "an empty one": {{}}} {
		header := Sign([]Secret{{}}, "msg_1", noon, nil)
		if err := Verify(secrets, header, nil, noon); err == nil {
			t.Errorf("%s: it is taken for signed", what)
		}
	}
}

func TestSecretsAreRead(t *testing.T) {
	key := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, n)) }
	for what, tc := range map[string]struct {
		text string
		want int
		err  error
	}{
		"one":                          {newText, 1, nil},
		"with white space around":      {" \n" + newText + "\r\n", 1, nil},
		"two":                          {newText + "\n" + oldText, 2, nil},
		"the same twice":               {newText + " " + newText, 1, nil},
		"without its prefix":           {strings.TrimPrefix(newText, "whsec_"), 1, nil},
		"the shortest":                 {key(24), 1, nil},
		"the longest":                  {key(64), 1, nil},
		"none":                         {"", 0, ErrNoSecret},
		"white space":                  {" \n\t", 0, ErrNoSecret},
		"three":                        {newText + " " + oldText + " " + key(30), 0, ErrTooManySecrets},
		"too short":                    {key(23), 0, ErrNotSecret},
		"too long":                     {key(65), 0, ErrNotSecret},
		"a prefix alone":               {"whsec_", 0, ErrNotSecret},
		"a private key of another way": {"whsk_" + newText[6:], 0, ErrNotSecret},
		"no base64":                    {"whsec_this is none", 0, ErrTooManySecrets},
		"no base64 in one word":        {"whsec_not!base64", 0, ErrNotSecret},
		"base64 for URLs":              {"whsec_" + strings.Repeat("-_", 16), 0, ErrNotSecret},
		"without its padding":          {strings.TrimRight(oldText, "="), 0, ErrNotSecret},
		"one right and one wrong":      {newText + " whsec_x", 0, ErrNotSecret},
		"a novel":                      {strings.Repeat(newText, 100), 0, ErrNotSecret},
	} {
		secrets, err := ParseSecrets([]byte(tc.text))
		if !errors.Is(err, tc.err) || (err == nil) != (tc.err == nil) || len(secrets) != tc.want {
			t.Errorf("%s: %d secrets, %v; want %d, %v", what, len(secrets), err, tc.want, tc.err)
		}
		if err != nil && strings.Contains(err.Error(), "MfKQ") {
			t.Errorf("%s: the error shows it: %v", what, err)
		}
	}
}

func TestTheNewestSecretSignsFirst(t *testing.T) {
	both := Sign(secretsOf(t, newText+" "+oldText), "msg_1", noon, nil).Get(HeaderSignature)
	alone := Sign(secretsOf(t, newText), "msg_1", noon, nil).Get(HeaderSignature)
	if !strings.HasPrefix(both, alone+" v1,") {
		t.Errorf("%q does not begin with %q", both, alone)
	}
}

// However a secret is printed, also deep inside something else, neither its text nor its bytes show.
func TestASecretNeverShows(t *testing.T) {
	secret := secretsOf(t, newText)[0]
	type within struct {
		Open   Secret
		hidden Secret
		list   []Secret
		any    any
	}
	w := within{secret, secret, []Secret{secret}, secret}
	var shown []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b", "%c", "%U", "%t"} {
		for _, x := range []any{secret, &secret, []Secret{secret}, w, &w, map[string]Secret{"a": secret}} {
			shown = append(shown, fmt.Sprintf(verb, x))
		}
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(handler).Info("secret", "secret", secret, "within", w, "list", []Secret{secret}, "pointer", &secret)
	}
	text, err := json.Marshal([]any{secret, w, map[string]Secret{"a": secret}})
	if err != nil {
		t.Fatal(err)
	}
	shown = append(shown, log.String(), string(text))
	for _, s := range shown {
		lower := strings.ToLower(s)
		for _, part := range []string{"mfkq", "31f290", "[49 242", "49 242 144", "0x31, 0xf2", "110001 11110010"} {
			if strings.Contains(lower, part) {
				t.Errorf("a secret shows: %s", s)
			}
		}
	}
}
