// Package fund keeps what each PlacementFund says about itself true: how much is promised, used and left; and it keeps a fund
// that pays for places of claims that go on from vanishing with what it promised.
package fund

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	corev1 "k8s.io/api/core/v1"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=placementfunds,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=placementfunds/status,verbs=patch;update
// +kubebuilder:rbac:groups=lifeline.scot,resources=placements,verbs=get;list;watch

// Reconciler brings one PlacementFund up to date. It never touches the commitments: those are the binder's.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	inside := reference.Follow(reference.ToContents(r.Client, func() client.ObjectList { return &v1alpha1.PlacementFundList{} }))
	asked := builder.WithPredicates(status.Asked())
	return ctrl.NewControllerManagedBy(mgr).Named("fund").
		For(&v1alpha1.PlacementFund{}, asked).
		Watches(&v1alpha1.Partnership{}, inside, asked).
		Watches(&corev1.Namespace{}, inside, asked).
		Watches(&v1alpha1.Placement{}, reference.Follow(r.toLeaving), builder.WithPredicates(reference.ClaimOver())).
		Complete(r)
}

// Reconcile works out what is left of the fund, whether it may be used, and whether it can go once it was deleted.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var fund v1alpha1.PlacementFund
	if err := r.Get(ctx, request.NamespacedName, &fund); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	owner, err := reference.OwnerOf(ctx, r.Client, fund.Namespace)
	if err == nil {
		err = r.act(ctx, &fund, owner.Condition(fund.Namespace))
	}
	return status.Outcome(r.Clock.Now(), time.Time{}, err)
}

func (r *Reconciler) act(ctx context.Context, fund *v1alpha1.PlacementFund, found metav1.Condition) error {
	if fund.DeletionTimestamp.IsZero() {
		if err := r.Hold(ctx, fund, v1alpha1.InUseFinalizer); err != nil {
			return err
		}
		return r.write(ctx, fund, found, nil)
	}
	if !status.Held(fund) {
		return nil
	}
	open, err := r.open(ctx, fund)
	if err != nil {
		return err
	}
	if err := r.write(ctx, fund, found, open); err != nil || len(open) > 0 {
		return err
	}
	return r.Release(ctx, fund, v1alpha1.InUseFinalizer)
}

func (r *Reconciler) write(ctx context.Context, fund *v1alpha1.PlacementFund, found metav1.Condition, open []string) error {
	was := fund.DeepCopy()
	decide(fund, found, open, r.Clock.Now())
	written, err := r.Write(ctx, was, fund)
	is := fund.Status.Conditions
	if written && len(open) > 0 && status.Reason(was.Status.Conditions, v1alpha1.ConditionReady) != v1alpha1.ReasonInUse {
		r.Warn(fund, v1alpha1.ReasonInUse, "Reconcile", status.Message(is, v1alpha1.ConditionReady))
	}
	return err
}

// open names the claims that go on and that the fund has promised a place to or pays for, by the API server's own word: a claim
// that the cache does not show may be there.
func (r *Reconciler) open(ctx context.Context, fund *v1alpha1.PlacementFund) ([]string, error) {
	paid := map[v1alpha1.ObjectUID]bool{}
	for _, c := range fund.Status.Commitments {
		paid[c.ClaimUID] = true
	}
	var open []string
	if len(paid) == 0 {
		return nil, nil
	}
	err := reference.EachLive(ctx, r.Live, &v1alpha1.PlacementList{}, func(o client.Object) bool {
		claim, ok := o.(*v1alpha1.Placement)
		if ok && rules.Open(claim) && paid[v1alpha1.ObjectUID(claim.UID)] {
			open = append(open, claim.Name)
		}
		return true
	}, client.InNamespace(fund.Namespace))
	return open, err
}

// toLeaving leads from a claim that is over to the funds of its namespace that wait for such an end.
func (r *Reconciler) toLeaving(ctx context.Context, claim client.Object) ([]client.ObjectKey, error) {
	var funds v1alpha1.PlacementFundList
	if err := r.List(ctx, &funds, client.InNamespace(claim.GetNamespace()), client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list the funds of namespace %s: %w", claim.GetNamespace(), err)
	}
	var keys []client.ObjectKey
	for i := range funds.Items {
		if !funds.Items[i].DeletionTimestamp.IsZero() {
			keys = append(keys, client.ObjectKeyFromObject(&funds.Items[i]))
		}
	}
	return keys, nil
}

// decide makes the fund's sums and conditions follow from the rest of it. open are the claims that keep a deleted one.
func decide(fund *v1alpha1.PlacementFund, found metav1.Condition, open []string, now time.Time) {
	rules.Tally(fund)
	fund.Status.ObservedGeneration = fund.Generation
	ready := status.Ready(found)
	switch {
	case len(open) > 0:
		ready = status.False(v1alpha1.ConditionReady, v1alpha1.ReasonInUse, fmt.Sprintf(
			"Deletion waits until these Placements that the fund pays for have ended: %s. It promises no more.", status.Names(open)))
	case !fund.DeletionTimestamp.IsZero():
		ready = status.False(v1alpha1.ConditionReady, v1alpha1.ReasonBeingDeleted, "The fund is being deleted.")
	}
	status.Set(&fund.Status.Conditions, fund.Generation, now, ready, overcommitted(fund))
}

func overcommitted(fund *v1alpha1.PlacementFund) metav1.Condition {
	const kind = v1alpha1.ConditionOvercommitted
	promised := int32(len(fund.Status.Commitments))
	if places := *fund.Spec.Places; promised > places {
		return status.True(kind, v1alpha1.ReasonMorePlacementsThanFunded, fmt.Sprintf(
			"%d placements are promised or used, and the fund has %d. No promise is broken; no more are made.", promised, places))
	}
	return status.False(kind, v1alpha1.ReasonWithinFund, "No more placements are promised or used than the fund has.")
}
