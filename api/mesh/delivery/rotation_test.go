package delivery_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/crds/v1alpha1"
)

// The secret before a rotation, and after it.
const (
	earlierText = signingText
	laterText   = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// turning is a Secret that somebody rotates.
type turning struct {
	mu   sync.Mutex
	text string
}

// Of implements delivery.Secrets.
func (s *turning) Of(context.Context, v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return signature.ParseSecrets([]byte(s.text))
}

func (s *turning) turn(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

// verifier is a receiver that notes by which secrets the official library verifies what comes.
type verifier struct {
	*httptest.Server
	secrets *turning
	by      map[string]*official.Webhook
	came    chan []string
}

func newVerifier(t *testing.T, secrets *turning) *verifier {
	t.Helper()
	v := &verifier{secrets: secrets, by: map[string]*official.Webhook{}, came: make(chan []string, 10)}
	for name, text := range map[string]string{"earlier": earlierText, "later": laterText} {
		webhook, err := official.NewWebhook(text)
		if err != nil {
			t.Fatal(err)
		}
		v.by[name] = webhook
	}
	v.Server = httptest.NewTLSServer(v)
	t.Cleanup(v.Close)
	return v
}

// ServeHTTP implements http.Handler.
func (v *verifier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		secrets, err := v.secrets.Of(r.Context(), v1alpha1.SecretKeyReference{})
		if err != nil {
			return
		}
		answer, err := outbound.Agree(secrets, r.Header, time.Now())
		if err != nil {
			return
		}
		for name, values := range answer {
			w.Header()[name] = values
		}
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	names := []string{}
	for name, webhook := range v.by {
		if webhook.Verify(body, r.Header) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	w.WriteHeader(http.StatusNoContent)
	v.came <- names
}

// A secret is replaced while something is queued: what was queued before is signed by what counts when it leaves, so that a receiver
// that knows either of the two takes everything, and nothing is signed by the old one once it is gone.
func TestASecretIsReplacedWhileSomethingIsQueued(t *testing.T) {
	secrets := &turning{text: earlierText}
	v := newVerifier(t, secrets)
	inBothQueues(t, func(t *testing.T, q *queued) {
		q.endpoint("harbour", v.URL+"/events", v1alpha1.PayloadReference)
		secrets.turn(earlierText)
		about := q.refer(t)
		q.work(t, "harbour")
		came := func(id int64, want ...string) {
			t.Helper()
			select {
			case got := <-v.came:
				if !slices.Equal(got, want) {
					t.Errorf("event %d is verified by the secrets %v, want %v", id, got, want)
				}
			case <-time.After(time.Minute):
				t.Fatal("nothing came for a minute")
			}
			q.settled(t, id)
		}
		came(1, "earlier")
		for i, turn := range []struct {
			text string
			want []string
		}{{laterText + " " + earlierText, []string{"earlier", "later"}}, {laterText, []string{"later"}}} {
			if err := q.queue.Open(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			q.closed(t, "harbour")
			about = q.writes(t, about) // while nothing is sent
			secrets.turn(turn.text)
			if err := q.queue.Open(t.Context(), []string{"harbour"}); err != nil {
				t.Fatal(err)
			}
			came(int64(i)+2, turn.want...)
		}
	}, func(q *queued, _ *delivery.QueueOptions) {
		pool, err := rootsIn(pemOf(v.Server))
		if err != nil {
			t.Fatal(err)
		}
		q.courier.Secrets = secrets
		q.courier.Sender = outbound.New(outbound.Options{
			AllowedPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Roots: pool,
			AllowedPorts: []uint16{portOf(v.Listener.Addr().String())},
		})
	})
}
