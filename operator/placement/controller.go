// Package placement is the binder: it gives places to claims, in turn, and keeps claims, places and money in agreement
// through holds, admissions, discharges and every way in which things go wrong.
//
// A place is given by one write, the entry in its pool's status.allocations, which the API server refuses if anybody has
// written to the pool since it was read. Everything before that write can be taken back and everything after it follows
// from it, so the binder may be stopped between any two writes, and two of them may run at once.
package placement

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/metrics"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/scribe"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=placements,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=placements/status,verbs=patch;update
// +kubebuilder:rbac:groups=lifeline.scot,resources=placementfunds,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=placementfunds/status,verbs=patch;update
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacitypools,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacitypools/status,verbs=patch;update

// workers bind different claims side by side. Nearly all of their time goes by in waiting for the API server, and the more of
// them wait, the more claims share a write of their pool or fund. Such a write costs the more the more entries there are: one of
// a fund with 150 costs the API server six times one of a claim.
const workers = 256

var (
	// errLagging says that the cache is behind what is stored. It will catch up.
	errLagging = errors.New("the cache lags behind")
	// errUnfinished says that there is more to do about the claim than one visit does.
	errUnfinished = errors.New("more is to be done")
)

// Reconciler binds one claim after another.
type Reconciler struct {
	status.Writer
	// Pools and Funds write to what many claims want at once.
	Pools *scribe.Scribe[*v1alpha1.CapacityPool]
	Funds *scribe.Scribe[*v1alpha1.PlacementFund]
	// Measures count what is done.
	Measures *metrics.Binder

	line *line
	// guarding are the pools that are kept from vanishing just now.
	guarding singleflight.Group
	// own are the claims as this binder left them.
	own ownWrites
	// steps counts what was done about claims since somebody last looked.
	steps atomic.Int64
}

// New returns a binder that acts with the writer.
func New(w status.Writer) *Reconciler {
	r := &Reconciler{
		Writer: w,
		Pools: &scribe.Scribe[*v1alpha1.CapacityPool]{
			Cached: w.Client, Live: w.Live, Writer: w.Client,
			New: func() *v1alpha1.CapacityPool { return &v1alpha1.CapacityPool{} },
		},
		Funds: &scribe.Scribe[*v1alpha1.PlacementFund]{
			Cached: w.Client, Live: w.Live, Writer: w.Client,
			New: func() *v1alpha1.PlacementFund { return &v1alpha1.PlacementFund{} },
		},
		line: newLine(w.Client, w.Clock),
	}
	r.Count(metrics.NewBinder())
	return r
}

// Count has the binder count what it does there.
func (r *Reconciler) Count(measures *metrics.Binder) {
	r.Measures, r.Pools.Conflicted, r.Funds.Conflicted = measures, measures.Conflicted, measures.Conflicted
}

// Register adds the binder, its sweeps and its outlooks to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	inside := reference.Follow(reference.ToContents(r.Client, func() client.ObjectList { return &v1alpha1.PlacementList{} }))
	asked := builder.WithPredicates(status.Asked())
	err := ctrl.NewControllerManagedBy(mgr).Named("placement").
		Watches(&v1alpha1.Placement{}, r.line).
		Watches(&v1alpha1.CapacityPool{}, r.line).
		Watches(&v1alpha1.PlacementFund{}, r.line).
		Watches(&v1alpha1.Partnership{}, inside, asked).
		Watches(&corev1.Namespace{}, inside, asked).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(r)
	if err != nil {
		return err
	}
	return errors.Join(mgr.Add(r.line), mgr.Add(&sweeper{r}), mgr.Add(&refresher{Reconciler: r}))
}

// stepLimit bounds the steps taken in one visit; a whole life needs fewer.
const stepLimit = 16

// Reconcile takes a claim as far as it goes now.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	claim := &v1alpha1.Placement{}
	if err := r.Get(ctx, request.NamespacedName, claim); err != nil {
		r.own.forget(request.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if r.own.ahead(claim, r.Clock.Now()) {
		return ctrl.Result{RequeueAfter: lag}, nil
	}
	err := errUnfinished
	for range stepLimit {
		var f facts
		if f, err = r.gather(ctx, claim); err != nil {
			break
		}
		d := decide(f, r.Clock.Now())
		r.line.useless(f, d)
		if d.step == stepNothing {
			err = r.bringUpToDate(ctx, f)
			break
		}
		r.steps.Add(1)
		if err = r.act(ctx, f, d); err != nil || d.step == stepLetGo {
			break
		}
		r.own.note(claim, r.Clock.Now())
		err = errUnfinished
	}
	if apierrors.IsConflict(err) {
		r.Measures.Conflicted()
	}
	if passes(err) {
		return ctrl.Result{RequeueAfter: lag}, nil
	}
	return status.Outcome(r.Clock.Now(), wakeAt(claim, r.Clock.Now()), err)
}

// passes reports whether the cache only has to catch up for the error to go away.
func passes(err error) bool {
	return errors.Is(err, errLagging) || errors.Is(err, errUnfinished) || errors.Is(err, errUnguarded) ||
		apierrors.IsConflict(err) || apierrors.IsNotFound(err)
}

// lag is how long the cache gets to show what is stored.
const lag = 50 * time.Millisecond

func (r *Reconciler) gather(ctx context.Context, claim *v1alpha1.Placement) (facts, error) {
	f := facts{claim: claim}
	made, ok := r.line.queue.Assigned(client.ObjectKeyFromObject(claim))
	if ok && made.ClaimUID == claim.UID && made.Attempts == claim.Status.Attempts {
		f.assigned = &made
	}
	if claim.Status.Binding == nil {
		home, err := r.home(ctx, claim)
		f.homeless = homeless(home)
		return f, err
	}
	f.firmer = r.line.queue.Firmer(claim, r.Clock.Now())
	pool, err := r.Pools.Newest(ctx, poolKey(claim.Status.Binding.Pool))
	if err != nil {
		return f, client.IgnoreNotFound(err)
	}
	f.pool = pool
	return f, nil
}

// home is whether the claim's namespace belongs to a Partnership: by name, by label, and because there is one.
func (r *Reconciler) home(ctx context.Context, claim *v1alpha1.Placement) (metav1.Condition, error) {
	owner, err := reference.OwnerOf(ctx, r.Client, claim.Namespace)
	return owner.Condition(claim.Namespace), err
}

// bringUpToDate writes the conditions of a claim that needs nothing else, and where it stands when that was never said.
func (r *Reconciler) bringUpToDate(ctx context.Context, f facts) error {
	claim, now := f.claim, r.Clock.Now()
	was := claim.DeepCopy()
	look, waits := r.line.queue.Outlook(client.ObjectKeyFromObject(claim), now)
	if !waits && rules.Waits(claim) {
		return errLagging // the queue has not seen this version yet
	}
	home, err := r.home(ctx, claim)
	if err != nil {
		return err
	}
	if claim.Status.Unanswered, err = r.stillUnanswered(ctx, claim); err != nil {
		return err
	}
	describe(claim, look, home, now)
	keepMoment(was, claim)
	written, err := r.Write(ctx, was, claim)
	if written {
		r.tell(was, claim)
	}
	return err
}

// stillUnanswered are the holds that ended without an answer in pools where nobody has counted since: whoever counts is there to
// answer.
func (r *Reconciler) stillUnanswered(ctx context.Context, claim *v1alpha1.Placement) ([]v1alpha1.UnansweredHold, error) {
	var left []v1alpha1.UnansweredHold
	for _, u := range claim.Status.Unanswered {
		var pool v1alpha1.CapacityPool
		if err := r.Get(ctx, poolKey(u.Pool), &pool); err != nil {
			if err = client.IgnoreNotFound(err); err != nil {
				return nil, fmt.Errorf("look whether pool %s has been counted: %w", u.Pool.Name, err)
			}
			continue
		}
		if counted := pool.Status.ConfirmedTime; counted == nil || !counted.After(u.EndedTime.Time) {
			left = append(left, u)
		}
	}
	return left, nil
}

// keepMoment leaves a position alone that was worked out at another moment with the same result.
func keepMoment(was, is *v1alpha1.Placement) {
	before, after := was.Status.Queue, is.Status.Queue
	if before != nil && after != nil && before.Position == after.Position && before.Pool == after.Pool {
		is.Status.Queue = before.DeepCopy()
	}
}

// wakeAt is when the claim changes by itself; zero if never.
func wakeAt(claim *v1alpha1.Placement, now time.Time) time.Time {
	binding := claim.Status.Binding
	if before := claim.Spec.NotBeforeTime; rules.Waits(claim) && before != nil && before.After(now) {
		return before.Time
	}
	if binding == nil || binding.State != v1alpha1.BindingHeld {
		return time.Time{}
	}
	if warn := warnAt(binding); warn.After(now) {
		return warn
	}
	return binding.HoldUntilTime.Time
}
