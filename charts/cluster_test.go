package charts_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
)

// bare is the cluster of this package: a bare one, because it is the chart that must bring everything. TestMain has no
// other way to hand it to the tests.
var bare *cluster.Cluster

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	started, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start a cluster for the tests:", err)
		return 1
	}
	bare = started
	code := m.Run()
	if err := started.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the cluster of the tests:", err)
		return 1
	}
	return code
}

// warnings collects what the API server warns of.
type warnings struct {
	mu   sync.Mutex
	said []string
}

func (w *warnings) HandleWarningHeader(_ int, _ string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

// admin is a client that may do anything; what the API server warns it of goes to heard, which may be nil.
func admin(t *testing.T, heard *warnings) client.Client {
	t.Helper()
	cfg := rest.CopyConfig(bare.Admin())
	cfg.WarningHandler = rest.NoWarnings{}
	if heard != nil {
		cfg.WarningHandler = heard
	}
	made, err := client.New(cfg, client.Options{Scheme: scheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(known); err != nil {
			t.Fatal(err)
		}
	}
	return known
}

// restrictedNamespace makes a namespace that lets in only pods that keep the Pod Security standard "restricted", and warns
// of workloads whose pods would not.
func restrictedNamespace(t *testing.T, name string) {
	t.Helper()
	made := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
		"pod-security.kubernetes.io/enforce": "restricted",
		"pod-security.kubernetes.io/warn":    "restricted",
	}}}
	if err := admin(t, nil).Create(t.Context(), made); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// apply applies an object as Helm does, on the server's side, and says what the server answered.
func apply(t *testing.T, to client.Client, object *unstructured.Unstructured, options ...client.ApplyOption) error {
	t.Helper()
	options = append(options, client.FieldOwner("helm"), client.ForceOwnership)
	return to.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(object.DeepCopy()), options...)
}

// install applies everything that is rendered and waits until the custom resources are served.
func install(t *testing.T, objects []*unstructured.Unstructured) {
	t.Helper()
	restrictedNamespace(t, namespace)
	to := admin(t, nil)
	for _, object := range objects {
		if err := apply(t, to, object); err != nil {
			t.Fatalf("install %s %s: %v", object.GetKind(), object.GetName(), err)
		}
	}
	for _, definition := range ofKind(objects, "CustomResourceDefinition") {
		kind, _, _ := unstructured.NestedString(definition.Object, "spec", "names", "kind")
		eventually(t, time.Minute, func() error { return served(t.Context(), to, kind) })
	}
}

// served says whether objects of the kind can be listed.
func served(ctx context.Context, from client.Client, kind string) error {
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind + "List"))
	err := from.List(ctx, list)
	if meta.IsNoMatchError(err) {
		return fmt.Errorf("%s is not served yet: %w", kind, err)
	}
	return err
}

// eventually tries until there is no error, and fails the test with the last one when the time is up.
func eventually(t *testing.T, limit time.Duration, try func() error) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %v", limit, err)
		}
		<-tick.C
	}
}
