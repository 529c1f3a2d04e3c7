package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

// The tests in the files named *_cluster_test.go run the operator against a real API server.

// asOperator makes this test program be the operator, with the flags it holds.
const asOperator = "LIFELINE_TEST_AS_OPERATOR"

func TestMain(m *testing.M) {
	if args, ok := os.LookupEnv(asOperator); ok {
		os.Args = append(os.Args[:1], strings.Fields(args)...)
		main()
		os.Exit(0)
	}
	ctrl.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard()) // of API servers that tests kill
	clustertest.Main(m)
}

// patience is how long something that ought to happen by itself may take on a busy machine.
const patience = 60 * time.Second

// started is an operator that runs.
type started struct {
	writes  atomic.Int64 // requests that change something, leases left out
	refused sync.Map     // requests that RBAC refused, as "METHOD path"
	stop    func()
}

// witness sees every request of an operator.
type witness struct {
	next http.RoundTripper
	run  *started
}

func (w witness) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method != http.MethodGet && !strings.Contains(request.URL.Path, "/leases") {
		w.run.writes.Add(1)
	}
	response, err := w.next.RoundTrip(request)
	// A namespace on its way out refuses new objects with 403 too; that is no lack of rights.
	if err == nil && response.StatusCode == http.StatusForbidden {
		body, _ := io.ReadAll(response.Body)
		response.Body = io.NopCloser(bytes.NewReader(body))
		if !bytes.Contains(body, []byte("being terminated")) {
			w.run.refused.Store(request.Method+" "+request.URL.Path, string(body))
		}
	}
	return response, err
}

// operate runs the operator as the user of cfg until the test ends or stop is called.
func operate(t *testing.T, cfg *rest.Config, s settings) *started {
	t.Helper()
	s.metricsAddress, s.probeAddress, s.sharesProcess = "0", "0", true
	run := &started{}
	cfg = rest.CopyConfig(cfg)
	cfg.Wrap(func(next http.RoundTripper) http.RoundTripper { return witness{next, run} })
	ctx, cancel := context.WithCancel(context.Background())
	mgr, err := newManager(ctx, cfg, s, clock.RealClock{})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	var once atomic.Bool
	run.stop = func() {
		if once.Swap(true) {
			return
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the operator ended with: %v", err)
		}
	}
	t.Cleanup(run.stop)
	return run
}

func admin(t testing.TB) client.Client { return clientOf(t, clustertest.Shared().Admin()) }

// as is a client that the API server knows as the user.
func as(t testing.TB, user string) client.Client {
	t.Helper()
	cfg, err := clustertest.Shared().User(user)
	if err != nil {
		t.Fatal(err)
	}
	return clientOf(t, cfg)
}

func clientOf(t testing.TB, cfg *rest.Config) client.Client {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(cfg, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually waits until check finds nothing wrong any more.
func eventually(t testing.TB, check func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %s still: %v", patience, err)
		}
		<-tick.C
	}
}

// reads waits until the object, read again, passes the check.
func reads[T client.Object](t testing.TB, c client.Client, like T, wrong func(T) string) T {
	t.Helper()
	eventually(t, func() error {
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(like), like); err != nil {
			return err
		}
		if complaint := wrong(like); complaint != "" {
			return fmt.Errorf("%s %s: %s", v1alpha1.GroupVersion, like.GetName(), complaint)
		}
		return nil
	})
	return like
}

// create makes the objects, waiting for a namespace that the operator is still making.
func create(t testing.TB, c client.Client, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		o.SetUID("")
		eventually(t, func() error { return c.Create(t.Context(), o) })
	}
}

// area makes a Partnership with its namespace, a partner, a service and a pool, named after the test's area.
func area(t testing.TB, name string) (*v1alpha1.Partnership, *v1alpha1.Partner, *v1alpha1.SupportService, *v1alpha1.CapacityPool) {
	t.Helper()
	c := admin(t)
	partnership := partnershipNamed(name, name+"-admin")
	partner := partnerNamed(name+"-charity", name+"-clerk")
	service := serviceIn(name, "house", partner.Name)
	pool := poolIn(name, "beds", service.Name)
	create(t, c, partnership, partner, service, pool)
	reads(t, c, pool, func(p *v1alpha1.CapacityPool) string { return notReady(p.Status.Conditions) })
	return partnership, partner, service, pool
}
