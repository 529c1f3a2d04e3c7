package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/engine/conformance"
	"lifeline.scot/api/schema"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/clustertest"
)

// soon is how long anything may take on a busy machine before a test gives up on it. Things are usually a hundred times
// faster.
const soon = 90 * time.Second

// world is a real control plane, and the API that reads it as a user who may do no more than it needs.
type world struct {
	t       *testing.T
	options cluster.Options
	cluster *cluster.Cluster
	client  client.Client
	base    string
	// settings of the API, besides its addresses.
	settings settings
	// reads counts the requests to Kubernetes other than the probe.
	reads *atomic.Int64
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, options: cluster.Options{Dir: t.TempDir(), Address: clustertest.FreeAddress(t)}, reads: new(atomic.Int64)}
	w.start()
	t.Cleanup(func() { _ = w.cluster.Stop() })
	if err := cluster.Install(t.Context(), w.cluster.Admin()); err != nil {
		t.Fatal("install the custom resources: ", err)
	}
	w.connect()
	return w
}

func (w *world) start() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Minute)
	defer cancel()
	var err error
	if w.cluster, err = cluster.Start(ctx, w.options); err != nil {
		w.t.Fatal("start a control plane: ", err)
	}
}

func (w *world) connect() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			w.t.Fatal(err)
		}
	}
	var err error
	if w.client, err = client.New(w.cluster.Admin(), client.Options{Scheme: scheme}); err != nil {
		w.t.Fatal("make a client: ", err)
	}
}

// serve starts the API as its own user, with the rights its markers ask for.
func (w *world) serve() {
	w.t.Helper()
	w.create(
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "lifeline-api"}, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"lifeline.scot"}, Verbs: []string{"get", "list", "watch"},
			Resources: []string{
				"partnerships", "partners", "supportservices", "capacitypools", "placements", "placementfunds", "unmetneeds",
				"datasharingagreements", "pathways",
			},
		}}},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "lifeline-api"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "lifeline-api"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "api"}},
		})
	config, err := w.cluster.User("api")
	if err != nil {
		w.t.Fatal("make a user for the API: ", err)
	}
	w.base = startAPIWith(w.t, w.counting(config), w.settings)
}

// counting counts the requests to Kubernetes.
func (w *world) counting(config *rest.Config) *rest.Config {
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != "/version" {
				w.reads.Add(1)
			}
			return next.RoundTrip(r)
		})
	})
	return config
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// startAPI serves the directory of a cluster until the test ends, and returns its address.
func startAPI(t *testing.T, config *rest.Config) string {
	t.Helper()
	return startAPIWith(t, config, settings{})
}

// startAPIWith does so with settings besides the addresses.
func startAPIWith(t *testing.T, config *rest.Config, s settings) string {
	t.Helper()
	d, err := directory.New(config, directory.Options{ProbeEvery: 500 * time.Millisecond, RetryAtMost: time.Second})
	if err != nil {
		t.Fatal("make a directory: ", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	address := clustertest.FreeAddress(t)
	s.address, s.metricsAddress = address, "0"
	go func() {
		done <- serve(ctx, s, config, d, slog.New(slog.DiscardHandler))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error("the API ended with: ", err)
		}
	})
	base := "http://" + address
	eventually(t, func() error {
		answer, err := http.Get(base + "/healthz")
		if err == nil {
			err = answer.Body.Close()
		}
		return err
	})
	return base
}

// eventually polls until try finds nothing wrong.
func eventually(t testing.TB, try func() error) {
	t.Helper()
	deadline := time.Now().Add(soon)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("in vain: ", err)
		}
		time.Sleep(20 * time.Millisecond)
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

// count writes a pool's status, as the operator would.
func (w *world) count(pool *v1alpha1.CapacityPool, staffed, occupied int32) {
	w.t.Helper()
	directorytest.Counted(pool, time.Now(), staffed, occupied, 0)
	pool.Status.Conditions = nil
	if err := w.client.Status().Update(w.t.Context(), pool); err != nil {
		w.t.Fatal("write the status of a pool: ", err)
	}
}

// ask answers a query; status is that of HTTP.
func ask(base, query string) (data map[string]any, extensions map[string]any, header http.Header, err error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, nil, nil, err
	}
	answer, err := http.Post(base+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, nil, nil, err
	}
	defer answer.Body.Close()
	var result struct {
		Data, Extensions map[string]any
		Errors           []any
	}
	if err := json.NewDecoder(answer.Body).Decode(&result); err != nil {
		return nil, nil, nil, err
	}
	if answer.StatusCode != http.StatusOK || len(result.Errors) > 0 {
		return nil, nil, nil, fmt.Errorf("status %d, errors %v", answer.StatusCode, result.Errors)
	}
	return result.Data, result.Extensions, answer.Header, nil
}

// free reads how many places are free in the test's pool, and the state of the directory.
func (w *world) free() (free string, state string, err error) {
	data, extensions, header, err := ask(w.base, `{ capacityPool(partnership: "north", name: "beds") { free { value state } } directory { state } }`)
	if err != nil {
		return "", "", err
	}
	state, _ = extensions["directory"].(map[string]any)["state"].(string)
	if header.Get("Lifeline-As-Of") == "" || header.Get("Lifeline-State") != state {
		return "", "", fmt.Errorf("the headers say %q, %q beside %q", header.Get("Lifeline-As-Of"), header.Get("Lifeline-State"), state)
	}
	pool, _ := data["capacityPool"].(map[string]any)
	if pool == nil {
		return "no pool", state, nil
	}
	return fmt.Sprint(pool["free"].(map[string]any)["value"]), state, nil
}

func (w *world) expect(free, state string) {
	w.t.Helper()
	eventually(w.t, func() error {
		gotFree, gotState, err := w.free()
		if err == nil && (gotFree != free || gotState != state) {
			err = fmt.Errorf("free %s and %s, want %s and %s", gotFree, gotState, free, state)
		}
		return err
	})
}

// TestTheDirectoryFollowsARealCluster goes from kubectl apply to GraphQL, through the loss of Kubernetes, and back.
func TestTheDirectoryFollowsARealCluster(t *testing.T) {
	w := newWorld(t)
	namespace := namespaceOf("north")
	pool := directorytest.Pool("north", "beds", "house", v1alpha1.PoolDetox)
	w.create(namespace, directorytest.Partnership("north", "North ADP"), directorytest.Partner("provider", "The Provider"),
		directorytest.At(directorytest.Service("north", "house", "The House", v1alpha1.ServiceDetox), "Kirkwall", 58.98, -2.96), pool)
	w.count(pool, 12, 8)
	w.serve()
	w.expect("4", "LIVE")

	t.Run("a new count is seen", func(*testing.T) {
		w.count(pool, 12, 9)
		w.expect("3", "LIVE")
	})
	t.Run("what is deleted is gone, and what is made again is back", func(t *testing.T) {
		if err := w.client.Delete(t.Context(), pool); err != nil {
			t.Fatal(err)
		}
		w.expect("no pool", "LIVE")
		pool = directorytest.Pool("north", "beds", "house", v1alpha1.PoolDetox)
		w.create(pool)
		w.expect("<nil>", "LIVE")
		w.count(pool, 12, 7)
		w.expect("5", "LIVE")
	})
	t.Run("no request touches Kubernetes", func(t *testing.T) {
		before := w.reads.Load()
		for range 50 {
			if _, _, _, err := ask(w.base, `{ supportServices(first: 100) { totalCount nodes { displayName provider { displayName } capacityPools(first: 5) { nodes { free { value } } } } } totals { kind free { value } } }`); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.reads.Load() - before; got > 0 {
			t.Errorf("%d requests went to Kubernetes while 50 queries were answered", got)
		}
	})
	t.Run("graphql-http and graphql-js find nothing wrong", func(t *testing.T) {
		compiled, err := schema.Compile()
		if err != nil {
			t.Fatal(err)
		}
		conformance.Audit(t, w.base+"/graphql")
		conformance.CheckSchema(t, w.base+"/graphql", compiled.SDL())
	})
	t.Run("without Kubernetes the last known answers are given, and say so", func(t *testing.T) {
		if err := w.cluster.Stop(); err != nil {
			t.Fatal(err)
		}
		w.expect("5", "LAST_KNOWN")
		status(t, w.base+"/readyz", http.StatusOK)
	})
	t.Run("when Kubernetes is back it catches up by itself", func(t *testing.T) {
		w.start()
		w.connect()
		w.expect("5", "LIVE")
		if err := w.client.Get(t.Context(), client.ObjectKeyFromObject(pool), pool); err != nil {
			t.Fatal(err)
		}
		w.count(pool, 12, 6)
		w.expect("6", "LIVE")
	})
}

// TestReferralsAreServedFromAFile starts the API with a store, whose file and keys it makes.
func TestReferralsAreServedFromAFile(t *testing.T) {
	w := newWorld(t)
	folder := t.TempDir()
	w.settings.keeping = &keeping{file: filepath.Join(folder, "referrals.db"), keys: filepath.Join(folder, "keys")}
	w.serve()
	eventually(t, func() error {
		answer, err := http.Get(w.base + "/readyz")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err == nil && string(body) != "LIVE\nreferrals Available\n" {
			err = fmt.Errorf("%d %s", answer.StatusCode, body)
		}
		return err
	})
	data, _, _, err := ask(w.base, `{ referral(id: "r-nobodyhasthisone00") { id } }`)
	if err != nil || data["referral"] != nil {
		t.Errorf("%v %v", data, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "keys", "people.json")); err != nil {
		t.Error(err)
	}
}

// TestBeforeEverythingIsReadNothingIsAnswered starts the API where there is no Kubernetes.
func TestBeforeEverythingIsReadNothingIsAnswered(t *testing.T) {
	base := startAPI(t, &rest.Config{Host: "https://" + clustertest.FreeAddress(t)})
	status(t, base+"/healthz", http.StatusOK)
	status(t, base+"/readyz", http.StatusServiceUnavailable)
	status(t, base+"/", http.StatusServiceUnavailable)
	status(t, base+"/schema.graphql", http.StatusOK)
	status(t, base+"/graphiql", http.StatusNotFound)
	answer, err := http.Post(base+"/graphql", "application/json", strings.NewReader(`{"query":"{ directory { state } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), `"NOT_READY"`) || answer.Header.Get("Retry-After") == "" {
		t.Errorf("GraphQL answered %d: %s, %v", answer.StatusCode, body, err)
	}
}

func status(t *testing.T, address string, want int) {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != want {
		t.Errorf("%s answers %d, want %d", address, answer.StatusCode, want)
	}
}

func TestAPortInUseIsSaidInOneLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	d, err := directory.New(&rest.Config{Host: "https://" + clustertest.FreeAddress(t)}, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	address := taken.Addr().String()
	err = serve(t.Context(), settings{address: clustertest.FreeAddress(t), metricsAddress: address}, nil, d, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), address+" is in use") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %q", err)
	}
}
