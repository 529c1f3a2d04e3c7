package placement

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"lifeline.scot/crds/capacity"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// failer is what a test, or one try of a property, is told by.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
	Fatal(args ...any)
}

// world is an API server in memory, its clock, and the binders that run on it.
type world struct {
	t       failer
	clock   *testclock.FakePassiveClock
	store   *api
	binders []*binder
	events  []string
	// latest is every object as last stored, so that each change becomes an event.
	latest map[string]client.Object
	made   int
}

func newWorld(t failer, binders int) *world {
	w := &world{t: t, clock: testclock.NewFakePassiveClock(noon), latest: map[string]client.Object{}, store: &api{objects: map[string]client.Object{}}}
	w.found("moray")
	for range binders {
		w.start()
	}
	return w
}

// found makes a Partnership and its namespace, as the operator does.
func (w *world) found(partnership string) {
	w.t.Helper()
	w.create(&v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: partnership}})
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: v1alpha1.NamespaceFor(partnership), Labels: map[string]string{v1alpha1.PartnershipLabel: partnership},
	}})
}

// binder is one operator: its own cache, queue and books.
type binder struct {
	*Reconciler
	w      *world
	view   map[string]client.Object
	unseen []change
	todo   []types.NamespacedName
	later  map[types.NamespacedName]time.Time
	writes int
	// fault, if not nil, is asked before and after each write.
	fault func(write int, after bool) error
	dead  bool
	work
}

type change struct{ was, is client.Object }

// start adds a binder that has seen what is stored.
func (w *world) start() *binder {
	b := &binder{w: w, view: maps.Clone(w.latest), later: map[types.NamespacedName]time.Time{}}
	b.Reconciler = New(status.Writer{Client: operated{w.store, b}, Live: w.store, Clock: w.clock, Recorder: w})
	for _, key := range slices.Sorted(maps.Keys(b.view)) {
		b.line.Create(context.Background(), event.CreateEvent{Object: b.view[key]}, b)
	}
	if err := b.line.fill(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	b.line.next(b)
	w.binders = append(w.binders, b)
	return b
}

// Add takes note of a claim to look at.
func (b *binder) Add(r reconcile.Request) {
	if !slices.Contains(b.todo, r.NamespacedName) {
		b.todo = append(b.todo, r.NamespacedName)
	}
}

var errStopped = errors.New("the operator was stopped")

func (b *binder) write(o client.Object, do func() error) error {
	b.writes++
	n := b.writes
	if b.dead {
		return errStopped
	}
	if b.fault != nil {
		if err := b.fault(n, false); err != nil {
			return err
		}
	}
	err := do()
	b.w.stored(o)
	if err == nil && b.fault != nil {
		err = b.fault(n, true)
	}
	return err
}

// stored turns what became of the object into an event, after looking whether it may have become of it.
func (w *world) stored(o client.Object) {
	is := o.DeepCopyObject().(client.Object)
	name := nameOf(o)
	err := w.store.Get(context.Background(), client.ObjectKeyFromObject(o), is)
	was := w.latest[name]
	switch {
	case apierrors.IsNotFound(err) && was == nil:
		return
	case apierrors.IsNotFound(err):
		is = nil
		delete(w.latest, name)
	case err != nil:
		w.t.Fatal(err)
	case was != nil && was.GetResourceVersion() == is.GetResourceVersion():
		return
	default:
		w.latest[name] = is
		w.allowed(was, is)
	}
	for _, b := range w.binders {
		b.unseen = append(b.unseen, change{was, is})
	}
}

// allowed is what the API server itself would refuse, and what must hold after each write.
func (w *world) allowed(was, is client.Object) {
	w.t.Helper()
	pool, ok := is.(*v1alpha1.CapacityPool)
	if !ok {
		return
	}
	var before []v1alpha1.Allocation
	if p, ok := was.(*v1alpha1.CapacityPool); ok && p.UID == pool.UID {
		before = p.Status.Allocations
	}
	places, claims := map[int32]bool{}, map[v1alpha1.ObjectUID]bool{}
	for _, a := range pool.Status.Allocations {
		if places[a.Place] || claims[a.ClaimUID] {
			w.t.Fatalf("%s gives place %d, or to claim %s, twice", pool.Name, a.Place, a.ClaimName)
		}
		places[a.Place], claims[a.ClaimUID] = true, true
		fresh := !slices.ContainsFunc(before, func(b v1alpha1.Allocation) bool { return b.ClaimUID == a.ClaimUID })
		if fresh && *pool.Status.Occupied+*pool.Status.Held > *pool.Status.Staffed {
			w.t.Fatalf("%s gives more places than it has", pool.Name)
		}
		if slices.ContainsFunc(before, func(b v1alpha1.Allocation) bool { return b.Place == a.Place && b.ClaimUID != a.ClaimUID }) {
			w.t.Fatalf("place %d of %s passes from claim to claim in one write", a.Place, pool.Name)
		}
		for _, other := range w.pools() {
			if other.UID != pool.UID && slices.ContainsFunc(other.Status.Allocations, func(b v1alpha1.Allocation) bool {
				return b.ClaimUID == a.ClaimUID && b.Attempt == a.Attempt
			}) {
				w.t.Fatalf("claim %s has a place in %s and in %s by one attempt", a.ClaimName, pool.Name, other.Name)
			}
		}
	}
}

func all[T client.Object](w *world) []T {
	var found []T
	for _, name := range slices.Sorted(maps.Keys(w.latest)) {
		if o, ok := w.latest[name].(T); ok {
			found = append(found, o)
		}
	}
	return found
}

func (w *world) pools() []*v1alpha1.CapacityPool { return all[*v1alpha1.CapacityPool](w) }

// list reads what the binder has seen.
func (b *binder) list(l client.ObjectList, opts ...client.ListOption) error {
	var asked client.ListOptions
	asked.ApplyOptions(opts)
	for _, name := range slices.Sorted(maps.Keys(b.view)) {
		o := b.view[name]
		if asked.FieldSelector != nil && !bound(o, asked.FieldSelector.String()) {
			continue
		}
		switch l := l.(type) {
		case *v1alpha1.PlacementList:
			if c, ok := o.(*v1alpha1.Placement); ok {
				l.Items = append(l.Items, *c)
			}
		case *v1alpha1.CapacityPoolList:
			if p, ok := o.(*v1alpha1.CapacityPool); ok {
				l.Items = append(l.Items, *p)
			}
		case *v1alpha1.PlacementFundList:
			if f, ok := o.(*v1alpha1.PlacementFund); ok {
				l.Items = append(l.Items, *f)
			}
		}
	}
	return nil
}

// bound reports whether one of the indexes finds the claim by the selector.
func bound(o client.Object, selector string) bool {
	_, ok := o.(*v1alpha1.Placement)
	return ok && slices.ContainsFunc(reference.Indexes(), func(index reference.Index) bool {
		_, same := index.Object.(*v1alpha1.Placement)
		return same && slices.ContainsFunc(index.Value(o), func(value string) bool { return index.Field+"="+value == selector })
	})
}

// see shows the binder the next event; a lost one is only missing from its queue of work, as after a watch that was renewed.
func (b *binder) see() {
	next := b.unseen[0]
	b.unseen = b.unseen[1:]
	ctx := context.Background()
	b.follow(next)
	switch {
	case next.is == nil:
		delete(b.view, nameOf(next.was))
		b.line.Delete(ctx, event.DeleteEvent{Object: next.was}, b)
	case next.was == nil:
		b.view[nameOf(next.is)] = next.is
		b.line.Create(ctx, event.CreateEvent{Object: next.is}, b)
	default:
		b.view[nameOf(next.is)] = next.is
		b.line.Update(ctx, event.UpdateEvent{ObjectOld: next.was, ObjectNew: next.is}, b)
	}
}

// follow wakes the claims of a Partnership, or of a namespace, that changes.
func (b *binder) follow(next change) {
	namespace := ""
	for _, o := range []client.Object{next.was, next.is} {
		switch o := o.(type) {
		case *v1alpha1.Partnership:
			namespace = v1alpha1.NamespaceFor(o.Name)
		case *corev1.Namespace:
			namespace = o.Name
		}
	}
	for _, o := range b.view {
		if c, ok := o.(*v1alpha1.Placement); ok && namespace != "" && c.Namespace == namespace {
			b.Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(c)})
		}
	}
}

// skip loses all but the last of the events about each object, as a watch does that is renewed.
func (b *binder) skip() {
	var kept []change
	first := map[string]int{}
	for _, c := range b.unseen {
		o := c.is
		if o == nil {
			o = c.was
		}
		if at, before := first[nameOf(o)]; before {
			kept[at].is = c.is
			continue
		}
		first[nameOf(o)] = len(kept)
		kept = append(kept, c)
	}
	b.unseen = slices.DeleteFunc(kept, func(c change) bool { return c.was == nil && c.is == nil })
}

// visit looks at the next claim.
func (b *binder) visit() {
	key := b.todo[0]
	b.todo = b.todo[1:]
	result, err := b.Reconcile(context.Background(), reconcile.Request{NamespacedName: key})
	switch {
	case err != nil:
		b.later[key] = b.w.clock.Now().Add(time.Second)
	case result.RequeueAfter > 0:
		b.later[key] = b.w.clock.Now().Add(result.RequeueAfter)
	}
}

// ring lets those come whose time has come.
func (b *binder) ring() {
	for _, key := range slices.SortedFunc(maps.Keys(b.later), func(x, y types.NamespacedName) int {
		return strings.Compare(x.String(), y.String())
	}) {
		if !b.later[key].After(b.w.clock.Now()) {
			delete(b.later, key)
			b.Add(reconcile.Request{NamespacedName: key})
		}
	}
}

// run lets the binder see and do everything there is to see and do now.
func (b *binder) run() {
	for range 3000 {
		switch {
		case b.dead:
			return
		case len(b.unseen) > 0:
			b.see()
		case len(b.todo) > 0:
			b.visit()
		default:
			return
		}
	}
	b.w.t.Fatal("never comes to rest")
}

// settle lets all binders work, sweep and refresh until nothing is written any more, some seconds at most for each try.
func (w *world) settle() {
	w.t.Helper()
	ctx := context.Background()
	for range 60 {
		before := w.writes()
		for _, b := range w.binders {
			if b.dead {
				continue
			}
			b.ring()
			b.line.next(b)
			b.run()
			_ = (&sweeper{b.Reconciler}).sweep(ctx)
			_ = (&refresher{Reconciler: b.Reconciler}).refresh(ctx)
			b.run()
		}
		if w.writes() == before && w.idle() {
			return
		}
		w.clock.SetTime(w.clock.Now().Add(500 * time.Millisecond))
	}
	w.t.Fatal("still writing after 30 seconds")
}

func (w *world) writes() int {
	n := 0
	for _, b := range w.binders {
		n += b.writes
	}
	return n
}

// idle reports whether nobody has anything to do within two seconds.
func (w *world) idle() bool {
	for _, b := range w.binders {
		for _, at := range b.later {
			if !b.dead && at.Before(w.clock.Now().Add(2*time.Second)) {
				return false
			}
		}
		if !b.dead && len(b.unseen)+len(b.todo) > 0 {
			return false
		}
	}
	return true
}

// pass lets time pass, in steps in which everybody does what is due.
func (w *world) pass(d time.Duration) {
	for end := w.clock.Now().Add(d); w.clock.Now().Before(end); {
		next := end
		for _, b := range w.binders {
			for _, at := range b.later {
				if at.After(w.clock.Now()) && at.Before(next) {
					next = at
				}
			}
		}
		w.clock.SetTime(next)
		for _, b := range w.binders {
			b.ring()
			b.line.next(b)
			b.run()
		}
	}
}

// snapshot is everything that is stored.
func (w *world) snapshot() rules.Snapshot {
	var s rules.Snapshot
	for _, p := range w.pools() {
		s.Pools = append(s.Pools, *p)
	}
	for _, c := range all[*v1alpha1.Placement](w) {
		s.Claims = append(s.Claims, *c)
	}
	for _, f := range all[*v1alpha1.PlacementFund](w) {
		s.Funds = append(s.Funds, *f)
	}
	return s
}

// agrees fails unless claims, places and money agree, and nobody waits for a place that is free.
func (w *world) agrees() {
	w.t.Helper()
	s, later := w.snapshot(), w.clock.Now().Add(rules.Grace+time.Second)
	if found := rules.Verify(s, later); len(found) > 0 {
		w.t.Fatalf("%d violations: %v", len(found), found)
	}
	for i := range s.Claims {
		if c := &s.Claims[i]; w.couldHave(s, c) {
			w.t.Fatalf("%s waits (%s) while a place for it is free", c.Name, c.Status.Explanation)
		}
	}
}

// couldHave is the rule in its plainest words.
func (w *world) couldHave(s rules.Snapshot, c *v1alpha1.Placement) bool {
	if !rules.Waits(c) || (c.Spec.NotBeforeTime != nil && c.Spec.NotBeforeTime.After(w.clock.Now())) ||
		(c.Spec.Funding != nil && c.Spec.Funding.Decision == v1alpha1.FundingDeclined) || rules.Homeless(c) || rules.FundingAwaited(c) {
		return false
	}
	if slices.ContainsFunc(s.Claims, func(other v1alpha1.Placement) bool {
		return other.UID != c.UID && other.Spec.ReferralID == c.Spec.ReferralID && other.Status.EndedTime == nil &&
			!other.CreationTimestamp.After(c.CreationTimestamp.Time)
	}) {
		return false
	}
	r := rules.RequestOf(c)
	paid := !r.FundRoute.NeedsFund()
	for _, f := range s.Funds {
		paid = paid || (f.Namespace == c.Namespace && f.Spec.Route == r.FundRoute && rules.Pays(&f) &&
			f.Spec.FinancialYear == rules.FinancialYear(w.clock.Now()) && len(f.Status.Commitments) < int(*f.Spec.Places))
	}
	return paid && slices.ContainsFunc(s.Pools, func(p v1alpha1.CapacityPool) bool {
		free, known := capacity.FiguresAt(&p, w.clock.Now()).Free()
		_, will := r.Preference(rules.PoolOf(&p))
		return known && free > 0 && will && len(rules.Misfits(&p, r)) == 0
	})
}

// Eventf notes an Event.
func (w *world) Eventf(about, _ runtime.Object, kind, reason, _, _ string, _ ...any) {
	w.events = append(w.events, about.(client.Object).GetName()+" "+kind+" "+reason)
}

// AnnotatedEventf is Eventf.
func (w *world) AnnotatedEventf(about, related runtime.Object, _ map[string]string, kind, reason, action, note string, args ...any) {
	w.Eventf(about, related, kind, reason, action, note, args...)
}

func (w *world) happened(event string) int {
	n := 0
	for _, e := range w.events {
		if e == event {
			n++
		}
	}
	return n
}

// The following is what people do. They do it on what is stored.

func (w *world) create(o client.Object) {
	w.t.Helper()
	w.made++
	o.SetUID(types.UID(fmt.Sprintf("%s-%d", o.GetName(), w.made)))
	o.SetCreationTimestamp(metav1.NewTime(w.clock.Now().Truncate(time.Second)))
	o.SetGeneration(1)
	if err := w.store.Create(context.Background(), o); err != nil {
		w.t.Fatal(err)
	}
	w.stored(o)
}

func (w *world) claim(name string, change ...func(*v1alpha1.PlacementSpec)) {
	c := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: name}}
	c.Spec.ReferralID, c.Spec.Kind, c.Spec.Priority = "r-"+name, v1alpha1.PoolDetox, v1alpha1.PriorityRoutine
	for _, f := range change {
		f(&c.Spec)
	}
	w.create(c)
}

func funded(s *v1alpha1.PlacementSpec) { s.FundRoute = v1alpha1.RouteADP }

func (w *world) fund(name string, places int32) {
	f := &v1alpha1.PlacementFund{ObjectMeta: metav1.ObjectMeta{
		Namespace: "adp-moray", Name: name, Finalizers: []string{v1alpha1.InUseFinalizer},
	}}
	f.Spec.Route, f.Spec.FinancialYear, f.Spec.Places = v1alpha1.RouteADP, "2026-27", &places
	w.create(f)
}

// pool makes an open pool with so many free places, held for two days, whose count is good for a month.
func (w *world) pool(name string, free int32) {
	p := &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-fife", Name: name}}
	p.Spec.Kind, p.Spec.Operation = v1alpha1.PoolDetox, v1alpha1.OperationOpen
	p.Spec.ConfirmEverySeconds, p.Spec.HoldPeriodSeconds = 2678400, 172800
	p.Spec.ClaimableBy = &v1alpha1.ClaimableBy{Scope: v1alpha1.ClaimScotland}
	p.Spec.Features = &v1alpha1.Features{Genders: []v1alpha1.Gender{v1alpha1.GenderAny}}
	w.create(p)
	w.count(name, free, 0)
}

// count is what the capacity controller makes of a new report.
func (w *world) count(pool string, staffed, occupied int32) {
	none := int32(0)
	w.status(&v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-fife", Name: pool}}, func(o client.Object) {
		p := o.(*v1alpha1.CapacityPool)
		p.Status.Counted = &v1alpha1.PlaceCount{Staffed: &staffed, Occupied: &occupied, Held: &none}
		p.Status.ConfirmedTime = &metav1.Time{Time: w.clock.Now().Truncate(time.Second)}
		p.Status.Provider = "harbour"
		if p.Status.DisputedTime != nil && p.Status.ConfirmedTime.After(p.Status.DisputedTime.Time) {
			p.Status.DisputedTime = nil
		}
		recount(p, w.clock.Now())
	})
}

func (w *world) status(o client.Object, change func(client.Object)) {
	w.t.Helper()
	if err := w.store.Get(context.Background(), client.ObjectKeyFromObject(o), o); err != nil {
		return
	}
	change(o)
	if err := w.store.updateStatus(o); err != nil {
		w.t.Fatal(err)
	}
	w.stored(o)
}

// says changes the claim's spec, unless the API server would refuse it.
func (w *world) says(name string, change func(*v1alpha1.Placement) bool) {
	w.t.Helper()
	c := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: name}}
	if w.store.Get(context.Background(), client.ObjectKeyFromObject(c), c) != nil || !change(c) {
		return
	}
	c.Generation++
	if err := w.store.Update(context.Background(), c); err != nil {
		w.t.Fatal(err)
	}
	w.stored(c)
}

func hasHold(c *v1alpha1.Placement) bool {
	return c.Status.Binding != nil && c.Status.Binding.State == v1alpha1.BindingHeld && c.Spec.Withdrawal == nil && c.Spec.Admission == nil
}

func (w *world) now() metav1.Time { return metav1.NewTime(w.clock.Now().Truncate(time.Second)) }

func (w *world) withdraw(name string) {
	w.says(name, func(c *v1alpha1.Placement) bool {
		if c.Spec.Withdrawal != nil || c.Spec.Admission != nil {
			return false
		}
		c.Spec.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalOther}
		return true
	})
}

func (w *world) answer(name string, decision v1alpha1.AcceptanceDecisionKind, reason v1alpha1.CannotOfferReason) {
	w.says(name, func(c *v1alpha1.Placement) bool {
		if !hasHold(c) {
			return false
		}
		c.Spec.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: decision, Reason: reason, Attempt: c.Status.Binding.Attempt, DecidedTime: w.now(),
		}
		return true
	})
}

func (w *world) decides(name string, decision v1alpha1.FundingDecisionKind) {
	w.says(name, func(c *v1alpha1.Placement) bool {
		if c.Spec.FundRoute == "" || c.Spec.Admission != nil || c.Spec.Withdrawal != nil {
			return false
		}
		c.Spec.Funding = &v1alpha1.FundingDecision{Decision: decision, DecidedTime: w.now()}
		return true
	})
}

// admit records that the provider accepted, the ADP pays and the person arrived.
func (w *world) admit(name string) {
	w.answer(name, v1alpha1.AcceptanceAccepted, "")
	w.decides(name, v1alpha1.FundingApproved)
	w.says(name, func(c *v1alpha1.Placement) bool {
		if !hasHold(c) || c.Spec.Acceptance == nil || c.Spec.Acceptance.Attempt != c.Status.Binding.Attempt {
			return false
		}
		c.Spec.Admission = &v1alpha1.Admission{Time: w.now()}
		return true
	})
}

func (w *world) discharge(name string) {
	w.says(name, func(c *v1alpha1.Placement) bool {
		if c.Spec.Admission == nil || c.Spec.Discharge != nil {
			return false
		}
		c.Spec.Discharge = &v1alpha1.Discharge{Time: w.now(), Reason: v1alpha1.DischargeCompleted}
		return true
	})
}

// delete asks for the object to go; by force it goes at once, whatever its finalizers.
func (w *world) delete(o client.Object, force bool) {
	w.t.Helper()
	ctx := context.Background()
	if w.store.Get(ctx, client.ObjectKeyFromObject(o), o) != nil {
		return
	}
	if err := w.store.Delete(ctx, o); client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	}
	if force && w.store.Get(ctx, client.ObjectKeyFromObject(o), o) == nil {
		o.SetFinalizers(nil)
		if err := w.store.Update(ctx, o); client.IgnoreNotFound(err) != nil {
			w.t.Fatal(err)
		}
	}
	w.stored(o)
}

func named(name string) *v1alpha1.Placement {
	return &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: name}}
}

func poolNamed(name string) *v1alpha1.CapacityPool {
	return &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-fife", Name: name}}
}

// is returns what is stored of a claim; nil if it is gone.
func (w *world) is(name string) *v1alpha1.Placement {
	c, _ := w.latest[nameOf(named(name))].(*v1alpha1.Placement)
	return c
}

func (w *world) stateOf(name string) string {
	switch c := w.is(name); {
	case c == nil:
		return "gone"
	case c.Status.EndedTime != nil:
		return "ended"
	case c.Status.Binding == nil:
		return "waits"
	default:
		return string(c.Status.Binding.State)
	}
}

func (w *world) stands(want string) {
	w.t.Helper()
	var got []string
	for _, word := range strings.Fields(want) {
		name, _, _ := strings.Cut(word, ":")
		got = append(got, name+":"+w.stateOf(name))
	}
	if strings.Join(got, " ") != want {
		w.t.Fatalf("at %s the claims stand %v, want %s", w.clock.Now(), got, want)
	}
}

var _ failer = (*testing.T)(nil)
