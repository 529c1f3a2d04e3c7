package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/capacity"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/operator/status"
	"lifeline.scot/operator/verify"
)

// ward is an area in a cluster of its own, which may be broken: pools of one kind that hold a place for a few seconds only.
type ward struct {
	name  string
	pools int
	cfg   *rest.Config
	c     client.Client
}

func (w *ward) namespace() string { return v1alpha1.NamespaceFor(w.name) }

func (w *ward) pool(i int) types.NamespacedName {
	return types.NamespacedName{Namespace: w.namespace(), Name: fmt.Sprintf("beds-%d", i)}
}

// breakable starts a cluster that the test may kill parts of.
func breakable(t *testing.T) *cluster.Cluster {
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

// redefine changes the definition of CapacityPools in this one cluster.
func redefine(t *testing.T, cfg *rest.Config, change func(*apiextensionsv1.JSONSchemaProps)) {
	t.Helper()
	c := clientOf(t, cfg)
	if err := apiextensionsv1.AddToScheme(c.Scheme()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		var d apiextensionsv1.CustomResourceDefinition
		if err := c.Get(t.Context(), client.ObjectKey{Name: "capacitypools.lifeline.scot"}, &d); err != nil {
			return err
		}
		change(d.Spec.Versions[0].Schema.OpenAPIV3Schema)
		return c.Update(t.Context(), &d)
	})
}

// shortHolds allows holds of a second, so that they end while the test looks on.
func shortHolds(schema *apiextensionsv1.JSONSchemaProps) {
	spec := schema.Properties["spec"]
	hold, least := spec.Properties["holdPeriodSeconds"], 1.0
	hold.Minimum = &least
	spec.Properties["holdPeriodSeconds"] = hold
}

// unguarded takes away what the API server itself refuses about places.
func unguarded(schema *apiextensionsv1.JSONSchemaProps) {
	schema.XValidations = slices.DeleteFunc(schema.XValidations, func(r apiextensionsv1.ValidationRule) bool {
		return strings.Contains(r.Rule, "allocations")
	})
	is := schema.Properties["status"]
	allocations := is.Properties["allocations"]
	allocations.XValidations, allocations.Items.Schema.XValidations = nil, nil
	is.Properties["allocations"] = allocations
}

// holdSeconds is how long a place is held in a ward. With it a claim can use up its three holds within a test.
const holdSeconds = 3

// settleIn makes the ward: its pools, with a count each, and the money.
func settleIn(t *testing.T, cfg *rest.Config, name string, pools int) *ward {
	t.Helper()
	cfg = rest.CopyConfig(cfg)
	cfg.Timeout = 10 * time.Second // an API server that lost etcd would keep a client waiting for longer
	w := &ward{name: name, pools: pools, cfg: cfg, c: clientOf(t, cfg)}
	partner := partnerNamed(name+"-charity", name+"-clerk")
	create(t, w.c, partnershipNamed(name, name+"-admin"), partner, serviceIn(name, "house", partner.Name), fundIn(name, "money", 60))
	for i := range pools {
		pool := poolIn(name, w.pool(i).Name, "house")
		pool.Spec.HoldPeriodSeconds = holdSeconds
		create(t, w.c, pool, reportOn(pool, "first-"+pool.Name, time.Now().Add(-time.Minute), 6, 1))
		reads(t, w.c, pool, func(p *v1alpha1.CapacityPool) string {
			if p.Status.Free == nil {
				return "no places yet: " + numbers(p)
			}
			return ""
		})
	}
	return w
}

// hold sets for how long a place is held from now on: a few seconds, or long enough for the ward to come to rest.
func (w *ward) hold(t *testing.T, seconds int32) {
	t.Helper()
	for i := range w.pools {
		eventually(t, func() error {
			var p v1alpha1.CapacityPool
			if err := w.c.Get(t.Context(), w.pool(i), &p); err != nil {
				return err
			}
			p.Spec.HoldPeriodSeconds = seconds
			return w.c.Update(t.Context(), &p)
		})
	}
}

// rests waits until everything agrees and nothing is on its way, while both leaders run, and returns the claims.
func (w *ward) rests(t *testing.T, l *leaders, promises map[string]*promised) []v1alpha1.Placement {
	t.Helper()
	var s rules.Snapshot
	eventually(t, func() (err error) {
		l.revive(t) // one may end at any time while the API server that was killed is not there yet
		if s, err = verify.Read(t.Context(), w.c); err != nil {
			return err
		}
		if found := rules.Verify(s, time.Now().Add(time.Minute)); len(found) > 0 {
			return fmt.Errorf("%d violations, such as %s", len(found), found[0])
		}
		if found := broken(s.Claims, promises); len(found) > 0 {
			return fmt.Errorf("%d promises are not kept, such as %s", len(found), found[0])
		}
		for i := range s.Claims {
			if c := &s.Claims[i]; c.Status.ObservedGeneration != c.Generation {
				return fmt.Errorf("claim %s was not looked at since it was changed", c.Name)
			}
		}
		return nil
	})
	return s.Claims
}

// chronicle records every version of pools, claims and funds.
type chronicle struct {
	recorders []*recorder
	replay    *replay
}

func chronicleOf(ctx context.Context, t *testing.T, cfg *rest.Config, began time.Time) *chronicle {
	t.Helper()
	c := &chronicle{replay: newReplay()}
	for _, kind := range []client.ObjectList{&v1alpha1.CapacityPoolList{}, &v1alpha1.PlacementList{}, &v1alpha1.PlacementFundList{}} {
		c.recorders = append(c.recorders, record(ctx, t, cfg, kind, began))
	}
	return c
}

// read returns what was stored since it was last read.
func (c *chronicle) read(t *testing.T) []version {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var all []version
	for _, r := range c.recorders {
		versions, err := r.history(ctx)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, versions...)
	}
	return all
}

// judged is what a round found.
type judged struct {
	operations, versions int
	crashes              int
	found                []string
	twice                int
}

func (j *judged) add(o judged) {
	j.operations, j.versions, j.twice = j.operations+o.operations, j.versions+o.versions, j.twice+o.twice
	j.crashes += o.crashes
	j.found = append(j.found, o.found...)
}

// judge replays what was stored since the last time and checks it against what clients saw.
func (c *chronicle) judge(t *testing.T, notes *notebook) judged {
	t.Helper()
	versions := c.read(t)
	if len(c.replay.houses) == 0 {
		c.replay.all(firstOfEach(&versions))
	}
	start := map[types.NamespacedName]*house{}
	for key, h := range c.replay.houses {
		start[key] = h
	}
	c.replay.all(versions)
	j := judged{versions: len(versions), found: c.replay.found, twice: c.replay.twice}
	c.replay.found, c.replay.twice = nil, 0
	for how, n := range notes.done {
		if how != "unknown" {
			j.operations += n
		}
	}
	j.found = append(j.found, linearizable(start, versions, notes.sightings, time.Minute)...)
	return j
}

// firstOfEach takes the first version of each pool out: what the history starts from.
func firstOfEach(versions *[]version) []version {
	var first, rest []version
	seen := map[types.UID]bool{}
	for _, v := range *versions {
		if _, isPool := v.object.(*v1alpha1.CapacityPool); isPool && !seen[v.object.GetUID()] {
			seen[v.object.GetUID()] = true
			first = append(first, v)
			continue
		}
		rest = append(rest, v)
	}
	*versions = rest
	return first
}

// havoc is one round: clients act while operators are killed and stalled, and now and then the API server and etcd are.
type havoc struct {
	lasts   time.Duration
	clients int
	crashes []string
	seed    uint64
}

// wreak carries the round out and returns what clients wrote down.
func (h havoc) wreak(t *testing.T, s *scene) *notebook {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), h.lasts)
	defer cancel()
	notes := newNotebook(s.kept.recorders[0].began)
	var beside sync.WaitGroup
	beside.Go(func() { s.leaders.disturb(ctx, t, h.seed) })
	beside.Go(func() { h.crash(ctx, t, s.cluster) })
	visit(ctx, t, s.ward, notes, h.clients, h.seed)
	beside.Wait()
	return notes
}

// crash kills the programs of the control plane, one at two fifths of the round and the next at four fifths.
func (h havoc) crash(ctx context.Context, t *testing.T, c *cluster.Cluster) {
	for _, program := range h.crashes {
		select {
		case <-ctx.Done():
			return
		case <-time.After(h.lasts * 2 / 5):
		}
		if err := c.Crash(program); err != nil {
			t.Error(err)
		}
	}
}

// soakFor is how long the soak goes on; zero when it is only a test among others.
func soakFor(t *testing.T) time.Duration {
	t.Helper()
	said := os.Getenv("LIFELINE_SOAK")
	if said == "" {
		return 0
	}
	d, err := time.ParseDuration(said)
	if err != nil || d <= 0 {
		t.Fatalf("LIFELINE_SOAK: %q is not a time to go on for, such as 10m", said)
	}
	return d
}

// scene is a cluster with two operators that both act as leader, and what is recorded of it.
type scene struct {
	cluster *cluster.Cluster
	ward    *ward
	leaders *leaders
	proxy   *interference
	kept    *chronicle
}

func setScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{cluster: breakable(t)}
	cfg := s.cluster.Admin()
	redefine(t, cfg, shortHolds)
	s.proxy = interfere(t, cfg, 1)
	s.leaders = lead(t, s.proxy.url)
	s.ward = settleIn(t, cfg, "chaos", 4)
	ctx, stop := context.WithCancel(context.Background())
	s.kept = chronicleOf(ctx, t, cfg, time.Now())
	t.Cleanup(func() {
		stop()
		for _, r := range s.kept.recorders {
			<-r.done
		}
	})
	return s
}

// Two operators, each a process of its own and both acting as leader, are killed and stalled at random while clients claim,
// answer, extend, withdraw, delete, count and get in the way, holds expire, answers get lost, and the API server and etcd are
// killed. At every revision that was ever stored no place is in two names and whoever is told of a place has it; what clients
// saw can have happened one after another; and when all is quiet nothing is lost, leaked or out of step.
//
// Then the same without the lock at the commit point: the API server itself refuses to give a place twice, and when it is not
// asked to, the checker catches what happens.
//
// `make soak` runs the first part for longer, in rounds.
func TestTwoLeadersInChaosNeverGiveAPlaceTwice(t *testing.T) {
	s := setScene(t)
	if longer := soakFor(t); longer > 0 {
		// A program of the control plane that is killed twice within a minute is kept waiting longer each time.
		s.endure(t, longer, havoc{lasts: time.Minute, clients: 12, crashes: controlPlane()})
		return
	}
	t.Run("with the lock", func(t *testing.T) {
		s.endure(t, 0, havoc{lasts: 16 * time.Second, clients: 12, crashes: controlPlane()})
	})
	t.Run("without the lock the API server refuses", s.refuses)
	t.Run("without either the checker catches it", s.catches)
}

func controlPlane() []string { return []string{"kube-apiserver", "etcd"} }

// What has to happen before anything can be said. A slow machine needs more rounds for it, and is given up after mostRounds.
const (
	enoughOperations = 2000
	enoughKills      = 2
	mostRounds       = 10
	// crashedRounds of a test kill programs of the control plane too: one that is killed again and again is kept waiting
	// longer each time before it is started anew, and soon nothing happens but that.
	crashedRounds = 2
)

// endure goes through rounds of havoc until the time is over and enough has happened, and sums them up in one line.
func (s *scene) endure(t *testing.T, longer time.Duration, round havoc) {
	t.Helper()
	began := time.Now()
	var sum judged
	defer func() { s.sumUp(t, time.Since(began), sum) }()
	enough := func() bool { return sum.operations >= enoughOperations && s.leaders.kills >= enoughKills }
	for rounds := 0; rounds == 0 || (!t.Failed() && (time.Since(began) < longer || (!enough() && rounds < mostRounds))); rounds++ {
		round.seed++
		if longer == 0 && rounds >= crashedRounds {
			round.crashes = nil
		}
		j := s.round(t, round)
		for _, f := range j.found {
			t.Error(f)
		}
		sum.add(j)
	}
	if !enough() {
		t.Errorf("too little happened to say anything: %d operations, %d kills", sum.operations, s.leaders.kills)
	}
}

func (s *scene) sumUp(t *testing.T, took time.Duration, sum judged) {
	t.Helper()
	for i, refusal := range s.proxy.refused() {
		t.Logf("refusal %d: %s", i, refusal)
	}
	told := &s.proxy.told
	t.Logf("soak: %s: %d operations by clients, %d versions checked, kill -9 of %d operators and %d programs of the control plane, "+
		"%d operators stalled, %d conflicts and %d on purpose, %d messages lost, %d writes refused, %d moments with a place left over, "+
		"%d violations", took.Round(time.Second), sum.operations, sum.versions, s.leaders.kills, sum.crashes, s.leaders.stalls,
		told.conflicts.Load(), told.injected.Load(), told.lost.Load(), told.refused.Load(), sum.twice, len(sum.found))
}

func (s *scene) round(t *testing.T, round havoc) judged {
	t.Helper()
	s.ward.hold(t, holdSeconds)
	s.proxy.disturbs.Store(true)
	notes := round.wreak(t, s)
	s.proxy.disturbs.Store(false)
	s.ward.hold(t, 3600)
	claims := s.ward.rests(t, s.leaders, notes.claims)
	stands := map[string]int{}
	for i := range claims {
		stands[status.Reason(claims[i].Status.Conditions, v1alpha1.ConditionPlaced)]++
	}
	if code, said := verifies(t, "--kubeconfig="+s.leaders.kubeconfig); code != exitAgree {
		t.Errorf("operator verify exits with %d: %s", code, said)
	}
	j := s.kept.judge(t, notes)
	j.crashes = len(round.crashes)
	t.Logf("round %d: %d operations %v, %d sightings of places, %d versions, in the end %v",
		round.seed, j.operations, notes.done, len(notes.sightings), j.versions, stands)
	s.ward.clear(t)
	return j
}

// refuses: writes that are made onto any version are stopped by the rules of the pool itself when they would give a place
// that somebody has.
func (s *scene) refuses(t *testing.T) {
	pool, claim := poolIn(s.ward.name, "guarded", "house"), claimIn(s.ward.name, "guarded")
	pool.Spec.Kind, claim.Spec.Kind = v1alpha1.PoolCrisis, v1alpha1.PoolCrisis
	create(t, s.ward.c, pool, reportOn(pool, "guarded", time.Now().Add(-time.Minute), 1, 0), claim)
	reads(t, s.ward.c, claim, func(c *v1alpha1.Placement) string {
		if _, in := holderOf(c); !in {
			return "no place yet"
		}
		return ""
	})
	s.proxy.unlocked.Store(true)
	careless := clientOf(t, &rest.Config{Host: s.proxy.url})
	for says, spoil := range map[string]func(p *v1alpha1.CapacityPool, next v1alpha1.Allocation){
		"the place is given to another claim": func(p *v1alpha1.CapacityPool, next v1alpha1.Allocation) {
			next.ClaimUID = "another"
			p.Status.Allocations = []v1alpha1.Allocation{next}
		},
		"a claim can have one place only": func(p *v1alpha1.CapacityPool, next v1alpha1.Allocation) {
			next.Place = 2
			p.Status.Allocations = append(p.Status.Allocations, next)
		},
		"no place is free": func(p *v1alpha1.CapacityPool, next v1alpha1.Allocation) {
			next.Place, next.ClaimUID = 2, "another"
			p.Status.Allocations = append(p.Status.Allocations, next)
			capacity.Recount(&p.Status)
		},
	} {
		var p v1alpha1.CapacityPool
		if err := s.ward.c.Get(t.Context(), client.ObjectKeyFromObject(pool), &p); err != nil {
			t.Fatal(err)
		}
		p.ResourceVersion = "1" // whoever wrote this looked at the pool long ago, and the lock does not tell them
		spoil(&p, p.Status.Allocations[0])
		if err := careless.Status().Update(t.Context(), &p); !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want a refusal that says: %s", err, says)
		}
	}
}

// catches: with neither the lock nor the rules, the history gives it away.
func (s *scene) catches(t *testing.T) {
	s.proxy.unlocked.Store(true)
	redefine(t, s.ward.cfg, unguarded)
	s.untilCaught(t, func(j judged) bool {
		if len(j.found) > 0 {
			t.Logf("caught %d, such as %s", len(j.found), j.found[0])
		}
		return len(j.found) > 0
	})
}

// untilCaught lets clients act until what they did and saw shows what is looked for.
func (s *scene) untilCaught(t *testing.T, caught func(judged) bool) {
	t.Helper()
	s.ward.hold(t, holdSeconds)
	seed := uint64(100)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); seed++ {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		notes := newNotebook(s.kept.recorders[0].began)
		visit(ctx, t, s.ward, notes, 8, seed)
		cancel()
		if caught(s.kept.judge(t, notes)) {
			return
		}
	}
	t.Errorf("nothing was caught in %s", patience)
}

// clear ends everything that is left, so that the next round begins with free places.
func (w *ward) clear(t *testing.T) {
	t.Helper()
	var claims v1alpha1.PlacementList
	if err := w.c.List(t.Context(), &claims, client.InNamespace(w.namespace())); err != nil {
		t.Fatal(err)
	}
	for i := range claims.Items {
		c := &claims.Items[i]
		if c.Spec.Admission != nil && c.Spec.Discharge == nil {
			eventually(t, func() error {
				if err := w.c.Get(t.Context(), client.ObjectKeyFromObject(c), c); err != nil {
					return err
				}
				c.Spec.Discharge = &v1alpha1.Discharge{Time: now(), Reason: v1alpha1.DischargeMoved}
				return w.c.Update(t.Context(), c)
			})
		}
	}
	if err := w.c.DeleteAllOf(t.Context(), &v1alpha1.Placement{}, client.InNamespace(w.namespace())); err != nil {
		t.Fatal(err)
	}
}
