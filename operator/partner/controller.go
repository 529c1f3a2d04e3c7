// Package partner keeps the status of Partners: who names them, what they still lack; and it keeps a Partner that services
// still name from vanishing under them.
package partner

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=partners,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partners/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=supportservices;capacitypools,verbs=get;list;watch

// Reconciler brings one Partner up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	return ctrl.NewControllerManagedBy(mgr).Named("partner").
		For(&v1alpha1.Partner{}, asked).
		Watches(&v1alpha1.SupportService{}, reference.Follow(toProvider), asked).
		Watches(&v1alpha1.CapacityPool{}, reference.Follow(r.toProviderOfPool), asked).
		Complete(r)
}

// Reconcile gathers who names the partner, decides, and acts.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var partner v1alpha1.Partner
	if err := r.Get(ctx, request.NamespacedName, &partner); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	use, err := usageOf(ctx, r.Client, partner.Name)
	if err == nil {
		err = r.act(ctx, &partner, use)
	}
	return status.Outcome(r.Clock.Now(), time.Time{}, err)
}

func (r *Reconciler) act(ctx context.Context, partner *v1alpha1.Partner, use usage) error {
	leaving := !partner.DeletionTimestamp.IsZero()
	if leaving && len(use.services) == 0 {
		return r.letGo(ctx, partner)
	}
	if !leaving {
		if err := r.Hold(ctx, partner, v1alpha1.InUseFinalizer); err != nil {
			return err
		}
	}
	was := partner.DeepCopy()
	partner.Status = decide(partner, use, r.Clock.Now())
	written, err := r.Write(ctx, was, partner)
	if written && leaving {
		r.tellInUse(was, partner)
	}
	return err
}

func (r *Reconciler) tellInUse(was, is *v1alpha1.Partner) {
	if status.Turned(was.Status.Conditions, is.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse) {
		r.Warn(is, v1alpha1.ReasonInUse, "Delete", status.Message(is.Status.Conditions, v1alpha1.ConditionReady))
	}
}

// letGo lets a deleted partner go once nothing names it. It looks at the API server itself, since a cache that lags could
// have missed a service.
func (r *Reconciler) letGo(ctx context.Context, partner *v1alpha1.Partner) error {
	if !status.Held(partner) {
		return nil
	}
	named, err := namedLive(ctx, r.Live, partner.Name)
	if err != nil || named {
		return err
	}
	return r.Release(ctx, partner, v1alpha1.InUseFinalizer)
}
