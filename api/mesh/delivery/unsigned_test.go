package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/crds/v1alpha1"
)

// unread reads no secret.
type unread struct{}

func (unread) Of(context.Context, v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	return nil, errors.New("read Secret lifeline/harbour: it is not there")
}

// Somebody has to put the secret there, so it is said which one; once in a while, and not for every event.
func TestASecretThatCannotBeReadIsLogged(t *testing.T) {
	w := newWorld(t, "")
	var log bytes.Buffer
	w.courier.Secrets, w.courier.Logger = unread{}, slog.New(slog.NewTextHandler(&log, nil))
	for range 3 {
		w.refer(t)
	}
	w.pass(t, 0)
	said := log.String()
	if strings.Count(said, "\n") != 1 || !strings.Contains(said, "name=harbour") || !strings.Contains(said, "it is not there") {
		t.Errorf("it says %q", said)
	}
	if log.Reset(); strings.Contains(said, "r-") {
		t.Errorf("it names a referral: %q", said)
	}
	w.pass(t, 5*time.Minute)
	if n := strings.Count(log.String(), "\n"); n < 1 || n > 10 {
		t.Errorf("in five minutes it says so %d times: %s", n, log.String())
	}
	if w.courier.Secrets = w; len(w.sent) != 0 {
		t.Error("something was sent")
	}
	if w.pass(t, 20*time.Minute); len(w.sent) != 3 {
		t.Errorf("now that it is there %d were sent: %s", len(w.sent), w.deliveries(t))
	}
}
