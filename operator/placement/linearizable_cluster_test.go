package placement

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/operator/scribe"
)

// private starts a cluster of the test's own, that it may break.
func private(t *testing.T) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop() })
	if err := cluster.Install(t.Context(), c.Admin()); err != nil {
		t.Fatal(err)
	}
	c.Keep(func(string) {})
	return c
}

// faults makes some requests fail: refused with a conflict, lost before they arrive, or carried out with the answer lost.
type faults struct {
	next http.RoundTripper
	mu   sync.Mutex
	dice *rand.Rand
}

func (f *faults) roll() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dice.IntN(100)
}

var errLost = errors.New("connection reset (on purpose)")

func (f *faults) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Method == http.MethodGet {
		return f.next.RoundTrip(request)
	}
	switch n := f.roll(); {
	case n < 4:
		return nil, errLost
	case n < 8:
		if response, err := f.next.RoundTrip(request); err == nil {
			_ = response.Body.Close()
		}
		return nil, errLost
	default:
		return f.next.RoundTrip(request)
	}
}

func scheme(t testing.TB) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(s), corev1.AddToScheme(s)); err != nil {
		t.Fatal(err)
	}
	return s
}

func clientOf(t testing.TB, cfg *rest.Config, faulty bool, seed uint64) client.Client {
	t.Helper()
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.Timeout = -1, 10*time.Second
	if faulty {
		cfg.Wrap(func(next http.RoundTripper) http.RoundTripper {
			return &faults{next: next, dice: rand.New(rand.NewPCG(seed, seed))}
		})
	}
	c, err := client.New(cfg, client.Options{Scheme: scheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// book is one operator's way to the pools: its own Scribe, its own idea of how they are.
func book(c client.Client, writer client.StatusClient) *scribe.Scribe[*v1alpha1.CapacityPool] {
	return &scribe.Scribe[*v1alpha1.CapacityPool]{
		Cached: c, Live: c, Writer: writer, New: func() *v1alpha1.CapacityPool { return &v1alpha1.CapacityPool{} },
	}
}

const (
	poolsAsked   = 4
	placesInEach = 6
)

// layPools makes open pools with a fresh count.
func layPools(t *testing.T, c client.Client) {
	t.Helper()
	if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "adp-chaos"}}); err != nil {
		t.Fatal(err)
	}
	for i := range poolsAsked {
		p := &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{
			Namespace: "adp-chaos", Name: poolName(i), Finalizers: []string{v1alpha1.PlaceFinalizer},
		}}
		p.Spec.DisplayName, p.Spec.Kind = "Beds", v1alpha1.PoolDetox
		p.Spec.ServiceRef.Name, p.Spec.Operation = "house", v1alpha1.OperationOpen
		p.Spec.HoldPeriodSeconds, p.Spec.ConfirmEverySeconds = 3600, 86400
		if err := c.Create(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		staff(p, placesInEach)
		if err := c.Status().Update(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
}

func staff(p *v1alpha1.CapacityPool, n int32) {
	none := int32(0)
	p.Status.Counted = &v1alpha1.PlaceCount{Staffed: &n, Occupied: &none, Held: &none}
	p.Status.ConfirmedTime = &metav1.Time{Time: time.Now().Add(-time.Minute).Truncate(time.Second)}
	recount(p, time.Now())
}

func poolName(i int) string { return fmt.Sprintf("pool-%d", i) }

// asker is a client that takes and gives back places through one of two operators' books.
type asker struct {
	id    int
	dice  *rand.Rand
	pools *scribe.Scribe[*v1alpha1.CapacityPool]
	live  client.Client
	h     *history
	uids  map[string]types.UID
}

func (a *asker) claim(pool, name string) *v1alpha1.Placement {
	c := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-chaos", Name: name, UID: types.UID(name)}}
	c.Spec.Kind = v1alpha1.PoolDetox
	c.Status.Binding = &v1alpha1.PlacementBinding{
		Attempt: 1, PoolUID: v1alpha1.ObjectUID(a.uids[pool]), State: v1alpha1.BindingTaking,
		Pool: v1alpha1.PlacementPool{Partnership: "chaos", Name: v1alpha1.ObjectName(pool)},
	}
	return c
}

// ask does one thing, chosen by chance.
func (a *asker) ask(ctx context.Context) {
	in := operation{pool: poolName(a.dice.IntN(poolsAsked)), claim: fmt.Sprintf("c%d-%d", a.id, a.dice.IntN(3))}
	switch n := a.dice.IntN(100); {
	case n < 45:
		in.kind = "take"
	case n < 80:
		in.kind = "release"
	case n < 85:
		in.kind, in.claim, in.staffed = "staff", "", int32(3+a.dice.IntN(5))
	default:
		in.kind, in.claim = "read", ""
	}
	if a.h.record(a.id, in, func() outcome { return a.do(ctx, in) }).unknown {
		a.await(ctx, in.pool)
	}
}

// await holds the client back until the API server answers again: a client that asks on while nobody answers only makes a
// history in which anything may have happened.
func (a *asker) await(ctx context.Context, pool string) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for ctx.Err() == nil {
		var p v1alpha1.CapacityPool
		if a.live.Get(ctx, client.ObjectKey{Namespace: "adp-chaos", Name: pool}, &p) == nil {
			return
		}
		<-ticker.C
	}
}

func (a *asker) do(ctx context.Context, in operation) outcome {
	key := client.ObjectKey{Namespace: "adp-chaos", Name: in.pool}
	claim := a.claim(in.pool, in.claim)
	var out outcome
	var err error
	switch in.kind {
	case "take":
		err = a.pools.Do(ctx, key, func(p *v1alpha1.CapacityPool) error {
			if err := take(claim, time.Now())(p); err != nil {
				return err
			}
			out.place = allocationOf(p, claim).Place
			return nil
		})
	case "release":
		err = a.pools.Do(ctx, key, giveBack(claim, time.Now()))
	case "staff":
		err = a.pools.Do(ctx, key, func(p *v1alpha1.CapacityPool) error { staff(p, in.staffed); return nil })
	default:
		var p v1alpha1.CapacityPool
		if err = a.live.Get(ctx, key, &p); err == nil {
			out.places = given(&p).String()
		}
	}
	switch {
	case errors.Is(err, errNoPlace):
		return outcome{refused: true}
	case err != nil:
		return outcome{unknown: true}
	}
	return out
}

func given(p *v1alpha1.CapacityPool) beds {
	b := beds{given: map[int32]string{}}
	for _, a := range p.Status.Allocations {
		b.given[a.Place] = string(a.ClaimName)
	}
	return b
}

// askAll lets clients ask through two books at once, and returns what they were told.
func askAll(t *testing.T, cfg *rest.Config, clients, each int, wrap func(client.Client) client.StatusClient, between func(done int)) []porcupine.Operation {
	t.Helper()
	steady := clientOf(t, cfg, false, 0)
	layPools(t, steady)
	uids := map[string]types.UID{}
	for i := range poolsAsked {
		var p v1alpha1.CapacityPool
		if err := steady.Get(t.Context(), client.ObjectKey{Namespace: "adp-chaos", Name: poolName(i)}, &p); err != nil {
			t.Fatal(err)
		}
		uids[p.Name] = p.UID
	}
	h := &history{began: time.Now()}
	var books []*scribe.Scribe[*v1alpha1.CapacityPool]
	for i := range 2 {
		c := clientOf(t, cfg, true, uint64(i+1))
		books = append(books, book(c, wrap(c)))
	}
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			a := &asker{id: i, dice: rand.New(rand.NewPCG(7, uint64(i))), pools: books[i%2], live: steady, h: h, uids: uids}
			for n := range each {
				a.ask(t.Context())
				if i == 0 {
					between(n)
				}
			}
		})
	}
	all.Wait()
	return h.done
}

// Clients of two operators take and give back the same places at once, through lost answers and while etcd and the API server
// are killed. Whatever they were told can be told by places that are given one after another.
func TestPlacesAreGivenOneAfterAnother(t *testing.T) {
	c := private(t)
	each := 250
	crashes := map[int]string{each / 3: "kube-apiserver", 2 * each / 3: "etcd"}
	done := askAll(t, c.Admin(), 8, each, func(c client.Client) client.StatusClient { return c }, func(n int) {
		if program := crashes[n]; program != "" {
			if err := c.Crash(program); err != nil {
				t.Error(err)
			}
		}
	})
	told := map[string]int{}
	for _, op := range done {
		switch out := op.Output.(outcome); {
		case out.unknown:
			told["unknown"]++
		case out.refused:
			told["refused"]++
		default:
			told[op.Input.(operation).kind]++
		}
	}
	t.Logf("%d operations: %v", len(done), told)
	if told["take"] < 100 || told["release"] < 100 {
		t.Errorf("too little happened to say anything: %v", told)
	}
	if result := porcupine.CheckOperationsTimeout(ofOnePool(placesInEach), done, 2*time.Minute); result != porcupine.Ok {
		t.Errorf("the history is %s: places were not given one after another", result)
	}
}

// careless writes without saying which version it judged by, as a binder without the lock would.
type careless struct{ client.Client }

func (c careless) Status() client.SubResourceWriter {
	return carelessStatus{c.Client.Status(), c.Client}
}

type carelessStatus struct {
	client.SubResourceWriter
	c client.Client
}

func (s carelessStatus) Update(ctx context.Context, o client.Object, _ ...client.SubResourceUpdateOption) error {
	for {
		live := o.DeepCopyObject().(client.Object)
		if err := s.c.Get(ctx, client.ObjectKeyFromObject(o), live); err != nil {
			return err
		}
		o.SetResourceVersion(live.GetResourceVersion())
		if err := s.SubResourceWriter.Update(ctx, o); !apierrors.IsConflict(err) {
			return err
		}
	}
}

// The checker is worth something: without the lock at the commit point it finds that places were lost or given twice.
func TestWithoutTheLockTheCheckerCatchesIt(t *testing.T) {
	c := private(t)
	done := askAll(t, c.Admin(), 8, 60, func(c client.Client) client.StatusClient { return careless{c} }, func(int) {})
	if result := porcupine.CheckOperationsTimeout(ofOnePool(placesInEach), done, time.Minute); result != porcupine.Illegal {
		t.Errorf("the history of a binder without the lock is %s", result)
	}
}
