// Package partnership gives each Partnership its namespace and adds up what is in it; and it keeps a Partnership whose
// namespace still holds services, pools, claims that go on or funds that promised something from taking them with it.
package partnership

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=supportservices;capacitypools;capacityreports,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=placements;placementfunds,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch;create;patch;delete

// Reconciler brings one Partnership up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	toOwner, toLeaving := reference.Follow(reference.ToPartnership), reference.Follow(r.toLeaving)
	// While many places are given, each changes the numbers of a pool, and adding up looks at every pool of the Partnership.
	addingUp := reference.NewPace(r.Clock)
	return ctrl.NewControllerManagedBy(mgr).Named("partnership").
		For(&v1alpha1.Partnership{}, builder.WithPredicates(predicate.Or(status.Asked(), accessTold()))).
		Watches(&corev1.Namespace{}, toOwner).
		Watches(&v1alpha1.SupportService{}, toOwner, asked).
		Watches(&v1alpha1.CapacityPool{}, toOwner, asked).
		Watches(&v1alpha1.CapacityPool{}, reference.FollowUpdates(addingUp, reference.ToPartnership)).
		// A report that belongs to no pool keeps a Partnership that is being deleted.
		Watches(&v1alpha1.CapacityReport{}, toOwner, builder.WithPredicates(reference.Gone())).
		// So do claims that go on, and funds.
		Watches(&v1alpha1.Placement{}, toLeaving, builder.WithPredicates(reference.ClaimOver())).
		Watches(&v1alpha1.PlacementFund{}, toLeaving, builder.WithPredicates(reference.Gone())).
		Complete(r)
}

// toLeaving leads from anything in a Partnership's namespace to the Partnership if that is being deleted. Claims end often, and
// otherwise that changes nothing.
func (r *Reconciler) toLeaving(ctx context.Context, changed client.Object) ([]client.ObjectKey, error) {
	keys, err := reference.ToPartnership(ctx, changed)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	var partnership v1alpha1.Partnership
	if err := r.Get(ctx, keys[0], &partnership); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if partnership.DeletionTimestamp.IsZero() {
		return nil, nil
	}
	return keys, nil
}

// Reconcile gathers what is in the Partnership's namespace, decides, and acts.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var partnership v1alpha1.Partnership
	if err := r.Get(ctx, request.NamespacedName, &partnership); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	f, err := gather(ctx, r.Client, &partnership)
	if err == nil {
		err = r.act(ctx, f)
	}
	return status.Outcome(r.Clock.Now(), time.Time{}, err)
}

func (r *Reconciler) act(ctx context.Context, f facts) error {
	if f.leaving() {
		return r.leave(ctx, f)
	}
	if err := r.Hold(ctx, f.partnership, v1alpha1.InUseFinalizer); err != nil {
		return err
	}
	if err := r.house(ctx, &f); err != nil {
		return err
	}
	return r.write(ctx, f)
}

// leave lets a deleted Partnership go once nothing that needs it is left in its namespace: first the namespace, if it was made
// for it, or else the operator's hold on it.
func (r *Reconciler) leave(ctx context.Context, f facts) error {
	switch {
	case !status.Held(f.partnership):
		return nil
	case !f.known():
		return r.Release(ctx, f.partnership, v1alpha1.InUseFinalizer)
	}
	if err := r.write(ctx, f); err != nil || len(f.remaining()) > 0 {
		return err
	}
	if empty, err := r.emptyLive(ctx, f.namespace.Name); err != nil || !empty {
		return err
	}
	if f.owned() && f.created() {
		return r.clear(ctx, f)
	}
	if err := r.handBack(ctx, f.namespace); err != nil {
		return err
	}
	return r.Release(ctx, f.partnership, v1alpha1.InUseFinalizer)
}

func (r *Reconciler) write(ctx context.Context, f facts) error {
	was := f.partnership.DeepCopy()
	f.partnership.Status = decide(f, r.Clock.Now())
	written, err := r.Write(ctx, was, f.partnership)
	is := f.partnership.Status.Conditions
	if written && status.Turned(was.Status.Conditions, is, v1alpha1.ConditionReady, metav1.ConditionFalse) {
		r.Warn(f.partnership, status.Reason(is, v1alpha1.ConditionReady), "Reconcile", status.Message(is, v1alpha1.ConditionReady))
	}
	return err
}

func gather(ctx context.Context, from client.Reader, partnership *v1alpha1.Partnership) (facts, error) {
	f := facts{partnership: partnership}
	name := v1alpha1.NamespaceFor(partnership.Name)
	var namespace corev1.Namespace
	switch err := from.Get(ctx, client.ObjectKey{Name: name}, &namespace); {
	case err == nil:
		f.namespace = &namespace
	case client.IgnoreNotFound(err) != nil:
		return f, fmt.Errorf("read namespace %s: %w", name, err)
	}
	if !f.owned() && (!f.leaving() || !f.known()) {
		return f, nil
	}
	services, pools := v1alpha1.SupportServiceList{}, v1alpha1.CapacityPoolList{}
	for _, list := range []client.ObjectList{&services, &pools} {
		if err := from.List(ctx, list, client.InNamespace(name), client.UnsafeDisableDeepCopy); err != nil { // they are read only
			return f, fmt.Errorf("list what is in namespace %s: %w", name, err)
		}
	}
	f.services, f.pools = services.Items, pools.Items
	if f.leaving() {
		return f, errors.Join(f.addReports(ctx, from), f.addClaims(ctx, from))
	}
	return f, nil
}

// addClaims notes the claims that go on, and the funds that have promised something or paid.
func (f *facts) addClaims(ctx context.Context, from client.Reader) error {
	claims, funds := v1alpha1.PlacementList{}, v1alpha1.PlacementFundList{}
	for _, list := range []client.ObjectList{&claims, &funds} {
		if err := from.List(ctx, list, client.InNamespace(f.namespace.Name), client.UnsafeDisableDeepCopy); err != nil {
			return fmt.Errorf("list the claims and funds in namespace %s: %w", f.namespace.Name, err)
		}
	}
	for i := range claims.Items {
		f.claimed = f.claimed || goesOn(&claims.Items[i])
	}
	for i := range funds.Items {
		if committed(&funds.Items[i]) {
			f.funds = append(f.funds, funds.Items[i])
		}
	}
	return nil
}

func (f *facts) addReports(ctx context.Context, from client.Reader) error {
	var reports v1alpha1.CapacityReportList
	if err := from.List(ctx, &reports, client.InNamespace(f.namespace.Name)); err != nil {
		return fmt.Errorf("list the reports in namespace %s: %w", f.namespace.Name, err)
	}
	for i := range reports.Items {
		if ownerless(&reports.Items[i]) {
			f.uncounted = append(f.uncounted, reports.Items[i])
		}
	}
	return nil
}

// accessTold passes a Partnership whose AccessGranted has changed: another controller writes it, and Ready sums it up.
func accessTold() predicate.Predicate {
	granted := func(o client.Object) *metav1.Condition {
		partnership, ok := o.(*v1alpha1.Partnership)
		if !ok {
			return nil
		}
		return meta.FindStatusCondition(partnership.Status.Conditions, v1alpha1.ConditionAccessGranted)
	}
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return !equality.Semantic.DeepEqual(granted(e.ObjectOld), granted(e.ObjectNew))
	}}
}
