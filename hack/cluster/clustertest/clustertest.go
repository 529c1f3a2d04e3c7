// Package clustertest gives the tests of a package one real cluster with Lifeline's custom resources and admission policy
// installed.
package clustertest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
)

// shared is the cluster of the package under test. TestMain has no other way to hand it to the tests.
var shared *cluster.Cluster

// startLimit bounds the start of the cluster on a busy machine; 5 seconds is usual.
const startLimit = 5 * time.Minute

// Main is for TestMain: it starts the cluster, runs the tests, stops the cluster and exits.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	started, err := start(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "start a cluster for the tests:", err)
		return 1
	}
	shared = started
	code := m.Run()
	if err := started.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the cluster of the tests:", err)
		return 1
	}
	return code
}

func start(ctx context.Context) (*cluster.Cluster, error) {
	started, err := cluster.Start(ctx, cluster.Options{})
	if err != nil {
		return nil, err
	}
	if err := cluster.Install(ctx, started.Admin()); err != nil {
		return nil, fmt.Errorf("%w; %w", err, started.Stop())
	}
	return started, nil
}

// Shared is the cluster that Main started.
func Shared() *cluster.Cluster {
	if shared == nil {
		panic("clustertest.Shared: TestMain must call clustertest.Main")
	}
	return shared
}

// Namespace makes the namespace adp-<partnership>, labelled as the operator would label it but without a Partnership, and
// returns its name. It is for tests of the API server alone, and stays until the cluster is stopped.
func Namespace(t testing.TB, partnership string) string {
	t.Helper()
	client, err := kubernetes.NewForConfig(Shared().Admin())
	if err != nil {
		t.Fatalf("namespace of %s: %v", partnership, err)
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:   v1alpha1.NamespaceFor(partnership),
		Labels: map[string]string{v1alpha1.PartnershipLabel: partnership},
	}}
	_, err = client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatalf("namespace of %s: %v", partnership, err)
	}
	return namespace.Name
}

// FreeAddress is an address, host:port, of this machine that nothing listens on: see [cluster.FreePort].
func FreeAddress(t testing.TB) string {
	t.Helper()
	address, err := cluster.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return address
}
