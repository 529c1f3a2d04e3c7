package rulebook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/directory"
	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/rulebook"
	"lifeline.scot/charts"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/policies"
	"lifeline.scot/policies/apart"
)

func TestMain(m *testing.M) {
	if apart.Asked(os.Args) {
		os.Exit(apart.Run(context.Background(), os.Stdin, os.Stdout))
	}
	klog.SetLogger(logr.Discard()) // of watches that are tried again
	clustertest.Main(m)
}

// soon is how long anything may take on a busy machine before a test gives up on it.
const soon = 90 * time.Second

// eventually polls until try finds nothing wrong.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	deadline := time.Now().Add(soon)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("in vain: ", err)
		}
		<-tick.C
	}
}

// world is a real API server with one ADP, two organisations and an agreement of theirs, and a rulebook that follows it with
// the rights that the chart gives the API, and no others.
type world struct {
	t      *testing.T
	client client.Client
	book   *rulebook.Rulebook
	// ahead is how far the rulebook's requests are made after now.
	ahead atomic.Int64

	board, charity *v1alpha1.Partner
	agreement      *v1alpha1.DataSharingAgreement
}

func newWorld(t *testing.T) *world {
	w := &world{t: t}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if w.client, err = client.New(clustertest.Shared().Admin(), client.Options{Scheme: scheme}); err != nil {
		t.Fatal(err)
	}
	clustertest.Namespace(t, "firth")
	w.board, w.charity = given.Partner("nhs-firth", "NHS Firth"), given.Partner("harbour", "Harbour")
	w.board.Spec.Sector, w.board.Spec.PublicBody = v1alpha1.SectorStatutory, v1alpha1.BodyHealthBoard
	w.charity.Spec.Areas = []v1alpha1.ObjectName{"firth"}
	w.agreement = agreement(time.Now())
	w.create(given.Partnership("firth", "Firth ADP"), w.board, w.charity, w.agreement,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "lifeline-system"}})
	w.follow()
	return w
}

// agreement is one of the two that is in force for a day.
func agreement(now time.Time) *v1alpha1.DataSharingAgreement {
	from, until := now.Add(-time.Hour).Truncate(time.Second), now.Add(24*time.Hour).Truncate(time.Second)
	return &v1alpha1.DataSharingAgreement{
		ObjectMeta: metav1.ObjectMeta{Namespace: "adp-firth", Name: "rehab"},
		Spec: v1alpha1.DataSharingAgreementSpec{
			DisplayName: "Rehab", Parties: []v1alpha1.ObjectName{"harbour", "nhs-firth"},
			Purposes:   []v1alpha1.SharingPurpose{v1alpha1.PurposeDirectCare},
			Categories: []v1alpha1.DataCategory{v1alpha1.CategoryAdmin},
			LawfulBasis: v1alpha1.LawfulBasis{
				Article6: []v1alpha1.Article6Basis{v1alpha1.Article6PublicTask},
				Article9: []v1alpha1.Article9Condition{v1alpha1.Article9HealthOrSocialCare},
			},
			Confidentiality: []v1alpha1.ConfidentialityBasis{v1alpha1.ConfidentialityConsented},
			FromTime:        metav1.NewTime(from), ReviewByTime: metav1.NewTime(until), UntilTime: metav1.NewTime(until),
		},
	}
}

func (w *world) create(objects ...client.Object) {
	w.t.Helper()
	for _, object := range objects {
		if err := w.client.Create(w.t.Context(), object); err != nil {
			w.t.Fatalf("create %T %s: %v", object, object.GetName(), err)
		}
	}
}

// follow starts the rulebook as a user of its own.
func (w *world) follow() {
	config := w.user()
	logger := slog.New(slog.DiscardHandler)
	d, err := directory.New(config, directory.Options{RetryAtMost: time.Second, Logger: logger})
	if err != nil {
		w.t.Fatal(err)
	}
	w.book, err = rulebook.New(w.t.Context(), rulebook.Options{
		Directory: d, Cluster: config, Logger: logger, RetryAtMost: time.Second,
		Narrowing: rulebook.ConfigMap{Namespace: "lifeline-system", Name: "lifeline-narrowing"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{}, 2)
	go func() { d.Run(ctx); ended <- struct{}{} }()
	go func() { w.book.Run(ctx); ended <- struct{}{} }()
	w.t.Cleanup(func() {
		cancel()
		<-ended
		<-ended
	})
}

// user is a user who may do what the chart lets the API do.
func (w *world) user() *rest.Config {
	may, err := charts.API()
	if err != nil {
		w.t.Fatal(err)
	}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "api"}}
	about, here := metav1.ObjectMeta{Name: "api"}, metav1.ObjectMeta{Name: "api", Namespace: "lifeline-system"}
	w.create(
		&rbacv1.ClusterRole{ObjectMeta: about, Rules: may.Cluster},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: about, Subjects: subjects,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "api"},
		},
		&rbacv1.Role{ObjectMeta: here, Rules: may.Namespace},
		&rbacv1.RoleBinding{
			ObjectMeta: here, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "api"},
		})
	config, err := clustertest.Shared().User("api")
	if err != nil {
		w.t.Fatal(err)
	}
	return config
}

// decide asks what somebody at the charity may see of a referral by the health board, to which the person agreed.
func (w *world) decide() (policies.Decision, error) {
	engine, known := w.book.Now()
	now := time.Now().Add(time.Duration(w.ahead.Load()))
	decisions, err := engine.Decide(w.t.Context(), known, []policies.Request{{
		Now: now, Action: "read", Purpose: "direct_care",
		Actor: policies.Actor{ID: "worker", Partner: "harbour", Role: "practitioner", Active: true, Assigned: true},
		Referral: policies.Referral{
			ADP: "firth", Origin: "nhs-firth", Target: "harbour", Status: "submitted",
			Subject: policies.Subject{ID: "somebody", Age: new(40), Capacity: "capable"},
		},
		Consents: []policies.Consent{{
			Decision: "grant", By: "self", Time: now.Add(-time.Minute), Purposes: []string{"direct_care"},
			Recipients: []string{"harbour"}, Categories: []string{"admin"},
		}},
	}})
	return decisions[0], err
}

// expect waits until that is permitted, or denied for a reason.
func (w *world) expect(when, reason string) {
	w.t.Helper()
	eventually(w.t, func() error {
		got, err := w.decide()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", when, err)
		case reason == "" && got.Effect != policies.Allow, reason != "" && !slices.Contains(got.Reasons, reason):
			return fmt.Errorf("%s: %s for %v", when, got.Effect, got.Reasons)
		default:
			return nil
		}
	})
}

// patch changes an object as somebody with kubectl would.
func (w *world) patch(object client.Object, patch string) {
	w.t.Helper()
	if err := w.client.Patch(w.t.Context(), object, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
		w.t.Fatal(err)
	}
}

// TestDecisionsFollowARealCluster goes from kubectl apply to decisions, with the rights of the API alone.
func TestDecisionsFollowARealCluster(t *testing.T) {
	w := newWorld(t)
	w.expect("all take part", "")
	for _, step := range []struct{ who, taken, reason, back string }{
		{"charity", `{"spec":{"participation":"Suspended"}}`, "partner_not_active", `{"spec":{"participation":"Active"}}`},
		{"charity", `{"spec":{"areas":["clyde"]}}`, "area_not_served", `{"spec":{"areas":["firth"]}}`},
		{"agreement", `{"spec":{"standing":"Suspended"}}`, "agreement_not_active", `{"spec":{"standing":"Active"}}`},
		{"agreement", `{"spec":{"purposes":["DeathReview"]}}`, "no_agreement", `{"spec":{"purposes":["DirectCare"]}}`},
		{"agreement", `{"spec":{"parties":["nhs-firth","other"]}}`, "no_agreement", `{"spec":{"parties":["harbour","nhs-firth"]}}`},
	} {
		object := map[string]client.Object{"charity": w.charity, "agreement": w.agreement}[step.who]
		w.patch(object, step.taken)
		w.expect(step.who+" "+step.taken, step.reason)
		w.patch(object, step.back)
		w.expect(step.who+" "+step.back, "")
	}
	w.ahead.Store(int64(25 * time.Hour))
	w.expect("it ends by time alone", "agreement_expired")
	w.ahead.Store(0)
	t.Run("stricter rules", w.narrow)
	if err := w.client.Delete(t.Context(), w.agreement); err != nil {
		t.Fatal(err)
	}
	w.expect("the agreement is deleted", "no_agreement")
}

func (w *world) narrow(t *testing.T) {
	stricter := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "lifeline-system", Name: "lifeline-narrowing"},
		Data:       map[string]string{"a.rego": "package lifeline.narrowing\ndeny contains \"harbour_is_full\" if input.recipient == \"harbour\""},
	}
	w.create(stricter)
	w.expect("stricter rules are given", "harbour_is_full")
	w.patch(stricter, `{"data":{"a.rego":"package lifeline.narrowing\n deny contains"}}`)
	eventually(t, func() error {
		if is := w.book.Narrowing(); is.State != rulebook.NarrowingRefused || is.Reason != policies.NarrowingMalformed {
			return fmt.Errorf("%+v", is)
		}
		return nil
	})
	w.expect("bad ones leave the good ones in force", "harbour_is_full")
	eventually(t, func() error { return w.told(stricter, "NarrowingRefused", "What was in force before goes on.") })
	if err := w.client.Delete(t.Context(), stricter); err != nil {
		t.Fatal(err)
	}
	w.expect("they are taken away", "")
}

// told looks for an Event about an object.
func (w *world) told(about client.Object, reason, words string) error {
	var events corev1.EventList
	if err := w.client.List(w.t.Context(), &events, client.InNamespace(about.GetNamespace())); err != nil {
		return err
	}
	for _, e := range events.Items {
		if e.InvolvedObject.UID == about.GetUID() && e.Reason == reason && strings.Contains(e.Message, words) {
			return nil
		}
	}
	return errors.New("no Event " + reason)
}
