package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// promised is what clients were promised about one claim: only what the API server acknowledged counts.
type promised struct {
	made, withdrawn, admitted, discharged bool
	// deleted is true as soon as anybody has asked for it, acknowledged or not.
	deleted bool
}

// sighting is what a client saw of a pool, or of a claim with a place in it, and when it asked and was told.
type sighting struct {
	client      int
	call, until time.Duration
	pool        types.NamespacedName
	// revision of the pool; 0 when the client saw a claim.
	revision uint64
	place    int32
	holder   holder
}

// notebook is what all clients write down.
type notebook struct {
	began time.Time

	mu        sync.Mutex
	claims    map[string]*promised
	names     []string
	sightings []sighting
	done      map[string]int // operations by how they ended
}

func newNotebook(began time.Time) *notebook {
	return &notebook{began: began, claims: map[string]*promised{}, done: map[string]int{}}
}

func (n *notebook) note(name string, change func(*promised)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.claims[name]
	if p == nil {
		p = &promised{}
		n.claims[name] = p
		n.names = append(n.names, name)
	}
	change(p)
}

// any returns one of the newest claims; empty if there is none yet.
func (n *notebook) any(dice *rand.Rand) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.names) == 0 {
		return ""
	}
	newest := min(len(n.names), 60)
	return n.names[len(n.names)-1-dice.IntN(newest)]
}

func (n *notebook) saw(s sighting) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sightings = append(n.sightings, s)
}

// ended counts an operation and reports whether its outcome is known.
func (n *notebook) ended(err error) bool {
	how := "done"
	switch {
	case err == nil:
	case apierrors.IsConflict(err):
		how = "conflict"
	case apierrors.IsInvalid(err), apierrors.IsNotFound(err), apierrors.IsForbidden(err), apierrors.IsAlreadyExists(err):
		how = "refused"
	default:
		how = "unknown"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.done[how]++
	return how != "unknown"
}

// caller is one client: a worker, an ADP and a provider in one.
type caller struct {
	id    int
	dice  *rand.Rand
	c     client.Client
	notes *notebook
	ward  *ward
	n     int
}

// act does things, chosen by chance, until ctx ends.
func (v *caller) act(ctx context.Context) {
	for ctx.Err() == nil {
		if err := v.once(ctx); ctx.Err() == nil && !v.notes.ended(err) {
			v.await(ctx)
		}
	}
}

// await holds the client back until the API server answers again.
func (v *caller) await(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil && v.c.Get(ctx, v.ward.pool(0), &v1alpha1.CapacityPool{}) != nil {
		<-tick.C
	}
}

func (v *caller) once(ctx context.Context) error {
	switch n := v.dice.IntN(100); {
	case n < 8:
		return v.claim(ctx)
	case n < 35:
		return v.look(ctx)
	case n < 60:
		return v.lookAtPool(ctx)
	case n < 90:
		return v.answer(ctx)
	case n < 91:
		return v.count(ctx)
	default:
		return v.touch(ctx)
	}
}

// claim makes a claim. One that was asked for and not acknowledged may be there or not.
func (v *caller) claim(ctx context.Context) error {
	v.n++
	c := claimIn(v.ward.name, fmt.Sprintf("c-%d-%d", v.id, v.n))
	c.Namespace = v.ward.namespace()
	if v.dice.IntN(3) == 0 {
		c.Spec.FundRoute = v1alpha1.RouteADP
	}
	err := v.c.Create(ctx, c)
	v.notes.note(c.Name, func(p *promised) { p.made = err == nil })
	return err
}

func (v *caller) read(ctx context.Context) (*v1alpha1.Placement, error) {
	name := v.notes.any(v.dice)
	if name == "" {
		return nil, nil
	}
	var c v1alpha1.Placement
	call := time.Since(v.notes.began)
	if err := v.c.Get(ctx, client.ObjectKey{Namespace: v.ward.namespace(), Name: name}, &c); err != nil {
		return nil, err
	}
	if h, in := holderOf(&c); in {
		b := c.Status.Binding
		v.notes.saw(sighting{
			client: v.id, call: call, until: time.Since(v.notes.began), place: b.Place, holder: h,
			pool: types.NamespacedName{Namespace: v1alpha1.NamespaceFor(string(b.Pool.Partnership)), Name: string(b.Pool.Name)},
		})
	}
	return &c, nil
}

func (v *caller) look(ctx context.Context) error {
	_, err := v.read(ctx)
	return client.IgnoreNotFound(err)
}

func (v *caller) lookAtPool(ctx context.Context) error {
	key := v.ward.pool(v.dice.IntN(v.ward.pools))
	call := time.Since(v.notes.began)
	var p v1alpha1.CapacityPool
	if err := v.c.Get(ctx, key, &p); err != nil {
		return err
	}
	v.notes.saw(sighting{client: v.id, call: call, until: time.Since(v.notes.began), pool: key, revision: revisionOf(&p)})
	return nil
}

// answer takes a claim a step further in its life, or ends it.
func (v *caller) answer(ctx context.Context) error {
	c, err := v.read(ctx)
	if err != nil || c == nil {
		return client.IgnoreNotFound(err)
	}
	spec, held := &c.Spec, c.Status.Binding != nil && c.Status.Binding.State == v1alpha1.BindingHeld
	accepted := held && spec.Acceptance != nil && spec.Acceptance.Attempt == c.Status.Binding.Attempt
	var kept func(*promised)
	switch n := v.dice.IntN(100); {
	case n < 12:
		v.notes.note(c.Name, func(p *promised) { p.deleted = true })
		return v.c.Delete(ctx, c)
	case n < 24:
		spec.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalOther}
		kept = func(p *promised) { p.withdrawn = true }
	case spec.Admission != nil:
		spec.Discharge = &v1alpha1.Discharge{Time: now(), Reason: v1alpha1.DischargeCompleted}
		kept = func(p *promised) { p.discharged = true }
	case held && n < 34:
		until := metav1.NewTime(time.Now().Add(4 * time.Second).Truncate(time.Second))
		spec.HoldUntilTime, spec.HoldUntilAttempt = &until, c.Status.Binding.Attempt
	case held && n < 40:
		spec.Acceptance = v.says(c, v1alpha1.AcceptanceCannotOffer, v1alpha1.CannotOfferNeeds)
	case accepted:
		spec.Admission = &v1alpha1.Admission{Time: now()}
		kept = func(p *promised) { p.admitted = true }
	case held:
		spec.Acceptance = v.says(c, v1alpha1.AcceptanceAccepted, "")
		if spec.FundRoute != "" {
			spec.Funding = &v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved, DecidedTime: now()}
		}
	default:
		return nil
	}
	if err = v.c.Update(ctx, c); err == nil && kept != nil {
		v.notes.note(c.Name, kept)
	}
	return err
}

func (v *caller) says(
	c *v1alpha1.Placement, decision v1alpha1.AcceptanceDecisionKind, why v1alpha1.CannotOfferReason,
) *v1alpha1.AcceptanceDecision {
	return &v1alpha1.AcceptanceDecision{Decision: decision, Reason: why, Attempt: c.Status.Binding.Attempt, DecidedTime: now()}
}

// count reports a count that may have more or fewer places than before.
func (v *caller) count(ctx context.Context) error {
	v.n++
	pool := poolIn(v.ward.name, v.ward.pool(v.dice.IntN(v.ward.pools)).Name, "")
	return v.c.Create(ctx, reportOn(pool, fmt.Sprintf("count-%d-%d", v.id, v.n), time.Now(), 4+v.dice.Int32N(4), v.dice.Int32N(2)))
}

// touch changes something that nobody looks at, so that whoever read the object before meets a conflict.
func (v *caller) touch(ctx context.Context) error {
	var o client.Object = &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{
		Namespace: v.ward.namespace(), Name: v.ward.pool(v.dice.IntN(v.ward.pools)).Name,
	}}
	if name := v.notes.any(v.dice); name != "" && v.dice.IntN(2) == 0 {
		o = &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: v.ward.namespace(), Name: name}}
	}
	body := fmt.Sprintf(`{"metadata":{"annotations":{"example.com/touched":"%d"}}}`, v.dice.IntN(1e6))
	return client.IgnoreNotFound(v.c.Patch(ctx, o, client.RawPatch(types.MergePatchType, []byte(body))))
}

// visit lets so many clients act at once until ctx ends.
func visit(ctx context.Context, t *testing.T, w *ward, notes *notebook, clients int, seed uint64) {
	t.Helper()
	var all sync.WaitGroup
	for i := range clients {
		v := &caller{id: i, dice: rand.New(rand.NewPCG(seed, uint64(i))), c: clientOf(t, w.cfg), notes: notes, ward: w}
		all.Go(func() { v.act(ctx) })
	}
	all.Wait()
}
