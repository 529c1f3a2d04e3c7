package signature

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Whatever a stranger sends is taken or not taken without a crash, and nothing is taken that the standard's own library does not
// take.
func FuzzVerify(f *testing.F) {
	secrets := secretsOf(f, newText)
	good := Sign(secrets, "msg_1", noon, []byte("body"))
	f.Add("msg_1", good.Get(HeaderTimestamp), good.Get(HeaderSignature), []byte("body"))
	f.Add("msg_1", "1", "v1,", []byte{})
	f.Add("", "-9999999999999999999", "v1,v1 , v1a", []byte("{}"))
	receiver, err := official.NewWebhook(newText)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id, timestamp, signature string, body []byte) {
		header := http.Header{HeaderID: {id}, HeaderTimestamp: {timestamp}, HeaderSignature: {signature}}
		if Verify(secrets, header, body, noon) != nil {
			return
		}
		if err := receiver.VerifyIgnoringTimestamp(body, header); err != nil {
			t.Errorf("it is taken here and not by the library: %v", err)
		}
	})
}

// Whatever is in a Secret of Kubernetes becomes one or two keys of the right length, with which is signed and verified, or an error
// that does not repeat it.
func FuzzParseSecrets(f *testing.F) {
	f.Add([]byte(newText))
	f.Add([]byte(newText + "\n" + oldText))
	f.Add([]byte("whsec_ \x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		secrets, err := ParseSecrets(text)
		if err != nil {
			if word := strings.TrimPrefix(string(bytes.TrimSpace(text)), "whsec_"); len(word) > 8 &&
				!strings.Contains(ErrNotSecret.Error()+ErrNoSecret.Error()+ErrTooManySecrets.Error(), word) &&
				strings.Contains(err.Error(), word) {
				t.Error("the error repeats the text")
			}
			return
		}
		if len(secrets) < 1 || len(secrets) > MostSecrets {
			t.Fatalf("there are %d", len(secrets))
		}
		for _, secret := range secrets {
			if n := len(secret.bytes()); n < ShortestKey || n > LongestKey {
				t.Errorf("a key of %d bytes", n)
			}
			if err := Verify(secrets, Sign([]Secret{secret}, "a", time.Unix(0, 0), text), text, time.Unix(1, 0)); err != nil {
				t.Error(err)
			}
		}
	})
}
