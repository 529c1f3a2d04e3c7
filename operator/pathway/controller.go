// Package pathway keeps what each Pathway says about itself true: whether all it names are there, whether every public body that
// has to take part does, whether agreements cover it, and whether naloxone and aftercare are offered along it.
package pathway

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

// +kubebuilder:rbac:groups=lifeline.scot,resources=pathways,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=pathways/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partners;datasharingagreements,verbs=get;list;watch

// Reconciler brings one Pathway up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	inside := reference.ToContents(r.Client, func() client.ObjectList { return &v1alpha1.PathwayList{} })
	return ctrl.NewControllerManagedBy(mgr).Named("pathway").
		For(&v1alpha1.Pathway{}, asked).
		Watches(&v1alpha1.Partner{}, reference.Follow(r.toAll), asked).
		Watches(&v1alpha1.DataSharingAgreement{}, reference.Follow(r.toNeighbours), asked).
		Watches(&v1alpha1.Partnership{}, reference.Follow(inside), asked).
		Watches(&corev1.Namespace{}, reference.Follow(inside), asked).
		Complete(r)
}

// Reconcile gathers what the pathway's status follows from, decides, and acts. It comes back when time changes an agreement.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var pathway v1alpha1.Pathway
	if err := r.Get(ctx, request.NamespacedName, &pathway); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	var next time.Time
	f, err := gather(ctx, r.Client, &pathway)
	if err == nil {
		next, err = r.act(ctx, f)
	}
	return status.Outcome(r.Clock.Now(), next, err)
}

func (r *Reconciler) act(ctx context.Context, f facts) (time.Time, error) {
	was := f.pathway.DeepCopy()
	is, next := decide(f, r.Clock.Now())
	f.pathway.Status = is
	written, err := r.Write(ctx, was, f.pathway)
	if written {
		r.TellAll(f.pathway, "Reconcile", changes(was, f.pathway))
	}
	return next, err
}
