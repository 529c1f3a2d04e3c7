// Package fund keeps what each PlacementFund says about itself true: how much is promised, used and left.
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

// +kubebuilder:rbac:groups=lifeline.scot,resources=placementfunds,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=placementfunds/status,verbs=patch;update

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
		Complete(r)
}

// Reconcile works out what is left of the fund, and whether it may be used.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var fund v1alpha1.PlacementFund
	if err := r.Get(ctx, request.NamespacedName, &fund); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	owner, err := reference.OwnerOf(ctx, r.Client, fund.Namespace)
	if err == nil {
		was := fund.DeepCopy()
		decide(&fund, owner.Condition(fund.Namespace), r.Clock.Now())
		_, err = r.Write(ctx, was, &fund)
	}
	return status.Outcome(r.Clock.Now(), time.Time{}, err)
}

func decide(fund *v1alpha1.PlacementFund, found metav1.Condition, now time.Time) {
	rules.Tally(fund)
	fund.Status.ObservedGeneration = fund.Generation
	status.Set(&fund.Status.Conditions, fund.Generation, now, status.Ready(found), overcommitted(fund))
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
