package placing_test

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/placement/placementtest"
	"lifeline.scot/api/placing"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/storetest"
	"lifeline.scot/api/vault"
	"lifeline.scot/crds/v1alpha1"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

var (
	haven   = referral.Actor{ID: "u-haven", Partner: "haven"}
	harbour = referral.Actor{ID: "u-harbour", Partner: "harbour"}
)

// world is a store of referrals, claims as an API server keeps them, and the clerk between them.
type world struct {
	*store.Store
	claims *placementtest.Store
	book   *placement.Book
	clerk  *placing.Clerk
	clock  *clocktesting.FakeClock
	keys   int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys := t.TempDir()
	kek, err := vault.OpenFileKey(filepath.Join(keys, "people.json"), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	index, err := vault.OpenIndex(filepath.Join(keys, "index.json"), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := audit.OpenKey(filepath.Join(keys, audit.KeyFile), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{clock: clocktesting.NewFakeClock(noon)}
	file := filepath.Join(t.TempDir(), "referrals.db")
	storetest.File(t, file)
	w.Store, err = store.Open(t.Context(), store.Options{
		File: file, Vault: vault.New(kek), Index: index, Signer: signer, Clock: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.book = placement.NewBook(placement.RightsBy(rightstest.Rules()), w.clock.Now)
	w.book.AllRead()
	w.claims = placementtest.New(w.book, w.clock.Now)
	w.clerk = w.newClerk()
	return w
}

// newClerk is one that remembers nothing, as after a restart.
func (w *world) newClerk() *placing.Clerk {
	return &placing.Clerk{Referrals: w.Store, Claims: w.claims, Seen: w.book, Clock: w.clock, Logger: slog.New(slog.DiscardHandler)}
}

func (w *world) once() store.Once {
	w.keys++
	return store.Once{Scope: "tests", Key: fmt.Sprintf("key-%08d", w.keys)}
}

// accepted makes a referral that has been accepted.
func (w *world) accepted(t *testing.T) string {
	t.Helper()
	made, err := w.Submit(t.Context(), store.Submission{
		Once: w.once(), By: haven,
		Submit: referral.Submit{Partnership: "moray", Target: "harbour", Urgency: referral.Routine, Route: referral.Direct},
		Told:   referral.Told{Details: referral.Details{Reason: "asks for support"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.do(t, made.Referral, harbour, referral.Acknowledge{})
	w.do(t, made.Referral, harbour, referral.Accept{})
	return made.Referral
}

// waiting makes one that waits for a place.
func (w *world) waiting(t *testing.T) string {
	t.Helper()
	id := w.accepted(t)
	w.do(t, id, haven, referral.WaitForPlace{
		Claim: referral.ClaimName(id, w.state(t, id).Version+1),
		Asks:  &v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox, Priority: v1alpha1.PriorityRoutine},
	})
	return id
}

func (w *world) try(t *testing.T, id string, by referral.Actor, c referral.Change) error {
	t.Helper()
	_, err := w.Change(t.Context(), store.Step{Once: w.once(), By: by, Referral: id, Read: w.state(t, id).Version, Change: c})
	return err
}

func (w *world) do(t *testing.T, id string, by referral.Actor, c referral.Change) {
	t.Helper()
	if err := w.try(t, id, by, c); err != nil {
		t.Fatalf("%s: %v", c.Kind(), err)
	}
}

func (w *world) state(t *testing.T, id string) referral.State {
	t.Helper()
	s, err := w.State(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) round(t *testing.T) {
	t.Helper()
	if err := w.clerk.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// claim is the only one there is.
func (w *world) claim(t *testing.T) *v1alpha1.Placement {
	t.Helper()
	names := w.claims.Claims()
	if len(names) != 1 {
		t.Fatalf("claims: %v", names)
	}
	claim, err := w.claims.Placement(t.Context(), names[0])
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

// becomes changes the only claim, as the operator or a provider does.
func (w *world) becomes(t *testing.T, change func(*v1alpha1.Placement)) {
	t.Helper()
	claim := w.claim(t)
	w.claims.Change(placement.Name{Namespace: claim.Namespace, Name: claim.Name}, change)
}

func heldUntil(until time.Time) func(*v1alpha1.Placement) {
	return func(p *v1alpha1.Placement) {
		at := metav1.NewTime(until)
		p.Status.Binding = &v1alpha1.PlacementBinding{Attempt: 1, State: v1alpha1.BindingHeld, HoldUntilTime: &at}
	}
}

func admitted(p *v1alpha1.Placement) {
	p.Spec.Admission = &v1alpha1.Admission{Time: metav1.NewTime(noon)}
	if p.Status.Binding != nil {
		p.Status.Binding.State = v1alpha1.BindingAdmitted
	}
}

func discharged(reason v1alpha1.DischargeReason) func(*v1alpha1.Placement) {
	return func(p *v1alpha1.Placement) {
		p.Spec.Discharge = &v1alpha1.Discharge{Time: metav1.NewTime(noon), Reason: reason}
		ended(p)
	}
}

func ended(p *v1alpha1.Placement) {
	at := metav1.NewTime(noon)
	p.Status.EndedTime, p.Status.Binding = &at, nil
}

func waits(p *v1alpha1.Placement) { p.Status.Binding = nil }

var errAway = errors.New("the API server is away")
