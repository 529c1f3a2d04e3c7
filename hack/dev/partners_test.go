package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/hack/dev/partners"
)

// arrives has somebody referred and taken back, and makes sure that the partner's software got both as signed events, verified, and
// nothing in between that was not for it.
func arrives(t *testing.T, b *bench, key string) {
	t.Helper()
	ask, err := partners.NewAsk(b.dir)
	if err != nil {
		t.Fatal(err)
	}
	referrer := b.as(t, "referrer")
	made := referrer.ask(fmt.Sprintf(`mutation { referralSubmit(input: {idempotencyKey: "arrives-%s", target: "phoenix-futures",
		told: {fullName: {chosen: "Sample Arrival"}, ageBand: FROM_35_TO_44, referralReason: "A place in rehab."},
		consents: [{decision: GRANT, purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: ["phoenix-futures"],
			categories: [ADMIN, IDENTITY, CONTACT, NEED]}]}) { id problems { code message } } }`, key))
	_, rest, _ := strings.Cut(made, `"id":"`)
	id, _, _ := strings.Cut(rest, `"`)
	if id == "" || !strings.Contains(made, `"problems":[]`) {
		t.Fatal(made)
	}
	got := func() (types []string) {
		inbox, err := ask.Inbox(t.Context(), "phoenix-futures")
		if err != nil || inbox.Rejected != 0 {
			t.Fatalf("%+v %v", inbox, err)
		}
		for _, e := range inbox.Events {
			if e.Referral == id {
				types = append(types, e.Type)
			}
		}
		return types
	}
	is := func(want ...string) func() error {
		return func() error {
			if now := got(); !slices.Equal(now, want) {
				return fmt.Errorf("it got %v", now)
			}
			return nil
		}
	}
	await(t, time.Minute, "the partner to be told that it is asked", is(string(event.Submitted)))
	withdrawn := referrer.ask(fmt.Sprintf(`mutation { consentWithdraw(input: {idempotencyKey: "arrives-%s-w", referral: %q}) { problems { code } } }`, key, id))
	if !strings.Contains(withdrawn, `"problems":[]`) {
		t.Fatal(withdrawn)
	}
	await(t, time.Minute, "the partner to be told of the withdrawal", is(string(event.Submitted), string(event.SharingChanged)))
}

// readsSigningAlone makes sure that the API may read the one Secret that events are signed with, and not another beside it.
func readsSigningAlone(t *testing.T, b *bench) {
	t.Helper()
	other := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: signing.Namespace, Name: "somebody-elses"}}
	if err := b.client(t, "kubeconfig").Create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	api := b.client(t, "identities", "api.kubeconfig")
	var secret corev1.Secret
	if err := api.Get(t.Context(), signing, &secret); err != nil || len(secret.Data) != len(partners.Names()) {
		t.Errorf("the Secret that events are signed with has %d entries: %v", len(secret.Data), err)
	}
	if err := api.Get(t.Context(), client.ObjectKeyFromObject(other), &secret); !apierrors.IsForbidden(err) {
		t.Errorf("another Secret: got %v, want forbidden", err)
	}
}

// Events go to a name of this machine, which stands for one address.
func TestTheEndpointOfPartnersIsOnThisMachine(t *testing.T) {
	for address, takes := range map[string]bool{
		"127.0.0.1:8085": true, "0.0.0.0:8085": false, ":8085": false, "[::1]:8085": false, "192.0.2.1:8085": false,
	} {
		t.Setenv("PARTNERS_ADDRESS", address)
		if _, err := parse(nil); (err == nil) != takes {
			t.Errorf("%s: %v", address, err)
		}
	}
}
