// Package agreement keeps what each DataSharingAgreement says about itself true as time passes: whether it is in force and until
// when, and whether those it names are there.
package agreement

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=datasharingagreements,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=datasharingagreements/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partners,verbs=get;list;watch

// Reconciler brings one DataSharingAgreement up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	inside := reference.ToContents(r.Client, func() client.ObjectList { return &v1alpha1.DataSharingAgreementList{} })
	return ctrl.NewControllerManagedBy(mgr).Named("agreement").
		For(&v1alpha1.DataSharingAgreement{}, asked).
		Watches(&v1alpha1.Partner{}, reference.Follow(r.toAgreements), asked).
		Watches(&v1alpha1.Partnership{}, reference.Follow(inside), asked).
		Watches(&corev1.Namespace{}, reference.Follow(inside), asked).
		Complete(r)
}

// Reconcile gathers what the agreement's status follows from, decides, and acts. It comes back when time changes the state.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var agreement v1alpha1.DataSharingAgreement
	if err := r.Get(ctx, request.NamespacedName, &agreement); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	var next time.Time
	f, err := gather(ctx, r.Client, &agreement)
	if err == nil {
		next, err = r.act(ctx, f)
	}
	return status.Outcome(r.Clock.Now(), next, err)
}

func (r *Reconciler) act(ctx context.Context, f facts) (time.Time, error) {
	was := f.agreement.DeepCopy()
	is, next := decide(f, r.Clock.Now())
	f.agreement.Status = is
	written, err := r.Write(ctx, was, f.agreement)
	if written {
		r.TellAll(f.agreement, "Reconcile", changes(was, f.agreement))
	}
	return next, err
}
