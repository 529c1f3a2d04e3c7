// Package capacity merges the counts reported about each CapacityPool into what it shows: four numbers, what is free, and
// how far that can be trusted, which changes by itself as time passes.
package capacity

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	rules "lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=capacitypools,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacitypools/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacityreports,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacityreports/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=supportservices;partners;partnerships,verbs=get;list;watch
//
// A report is given its pool as owner, and whoever touches a report needs the verb `report` on its pool.
// +kubebuilder:rbac:groups=lifeline.scot,resources=capacitypools,verbs=report

// workers reconcile different pools side by side.
const workers = 4

// Reconciler brings one CapacityPool, and the reports about it, up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	inside := reference.ToContents(r.Client, func() client.ObjectList { return &v1alpha1.CapacityPoolList{} })
	return ctrl.NewControllerManagedBy(mgr).Named("capacity").
		For(&v1alpha1.CapacityPool{}, builder.WithPredicates(predicate.Or(status.Asked(), tipped()))).
		Watches(&v1alpha1.CapacityReport{}, reference.Follow(toPool), asked).
		Watches(&v1alpha1.SupportService{}, reference.Follow(r.toPools), asked).
		Watches(&v1alpha1.Partner{}, reference.Follow(r.toPoolsOf), asked).
		Watches(&v1alpha1.Partnership{}, reference.Follow(inside), asked).
		Watches(&v1alpha1.Partnership{}, reference.Follow(r.toClaimable), asked).
		Watches(&corev1.Namespace{}, reference.Follow(inside), asked).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(r)
}

// tipped passes what the binder writes when it makes a pool overcommitted, or no longer so.
func tipped() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		was, isPool := e.ObjectOld.(*v1alpha1.CapacityPool)
		is, isPoolToo := e.ObjectNew.(*v1alpha1.CapacityPool)
		return isPool && isPoolToo && tight(was) != tight(is)
	}}
}

func tight(pool *v1alpha1.CapacityPool) bool {
	count := rules.FiguresAt(pool, time.Time{}).Count
	return count != nil && count.Overcommitted()
}

// Reconcile gathers the reports about a pool, decides what they amount to, and acts: the pool first, because people wait for
// it, then each report.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var pool v1alpha1.CapacityPool
	switch err := r.Get(ctx, request.NamespacedName, &pool); {
	case apierrors.IsNotFound(err):
		return status.Outcome(r.Clock.Now(), time.Time{}, r.settleOrphans(ctx, request.NamespacedName))
	case err != nil:
		return ctrl.Result{}, err
	case !pool.DeletionTimestamp.IsZero() && len(pool.Status.Allocations) == 0:
		return ctrl.Result{}, nil
	}
	var next time.Time
	f, err := r.gather(ctx, &pool)
	if err == nil {
		next, err = r.act(ctx, f)
	}
	return status.Outcome(r.Clock.Now(), next, err)
}

func (r *Reconciler) act(ctx context.Context, f facts) (time.Time, error) {
	was := f.pool.DeepCopy()
	decided := decide(f, r.Clock.Now())
	f.pool.Status = decided.status
	written, err := r.Write(ctx, was, f.pool)
	if err != nil {
		return decided.next, err
	}
	if written {
		r.TellAll(f.pool, "Merge", changes(was, f.pool))
	}
	return decided.next, r.settleAll(ctx, f.pool, decided.verdicts)
}

func (r *Reconciler) settleOrphans(ctx context.Context, pool client.ObjectKey) error {
	reports, err := reference.Reports(ctx, r.Client, pool)
	if err != nil {
		return err
	}
	return r.settleAll(ctx, nil, orphans(pool, reports))
}
