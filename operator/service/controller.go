// Package service keeps the status of SupportServices: whether what they name is there and whether somebody has checked them
// lately; and it keeps a service that pools still name from vanishing under them.
package service

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=supportservices,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=supportservices/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partners;capacitypools,verbs=get;list;watch

// workers reconcile different services side by side.
const workers = 4

// Reconciler brings one SupportService up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	inside := reference.ToContents(r.Client, func() client.ObjectList { return &v1alpha1.SupportServiceList{} })
	return ctrl.NewControllerManagedBy(mgr).Named("service").
		For(&v1alpha1.SupportService{}, asked).
		Watches(&v1alpha1.CapacityPool{}, reference.Follow(toService), asked).
		Watches(&v1alpha1.Partner{}, reference.Follow(r.toServices), asked).
		Watches(&v1alpha1.Partnership{}, reference.Follow(inside), asked).
		Watches(&corev1.Namespace{}, reference.Follow(inside), asked).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(r)
}

// Reconcile gathers what the service's status follows from, decides, and acts.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var service v1alpha1.SupportService
	if err := r.Get(ctx, request.NamespacedName, &service); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	var next time.Time
	f, err := gather(ctx, r.Client, &service)
	if err == nil {
		next, err = r.act(ctx, f)
	}
	return status.Outcome(r.Clock.Now(), next, err)
}

func (r *Reconciler) act(ctx context.Context, f facts) (time.Time, error) {
	leaving := !f.service.DeletionTimestamp.IsZero()
	if leaving && len(f.pools) == 0 {
		return time.Time{}, r.letGo(ctx, f.service)
	}
	if !leaving {
		if err := r.Hold(ctx, f.service, v1alpha1.InUseFinalizer); err != nil {
			return time.Time{}, err
		}
	}
	was := f.service.DeepCopy()
	is, next := decide(f, r.Clock.Now())
	f.service.Status = is
	written, err := r.Write(ctx, was, f.service)
	if written {
		r.tell(was, f.service)
	}
	return next, err
}

func (r *Reconciler) tell(was, is *v1alpha1.SupportService) {
	for _, kind := range []string{v1alpha1.ConditionReferencesResolved, v1alpha1.ConditionReady} {
		if !status.Turned(was.Status.Conditions, is.Status.Conditions, kind, metav1.ConditionFalse) {
			continue
		}
		// What Ready says because of its references has been told already.
		if reason := status.Reason(is.Status.Conditions, kind); reason != v1alpha1.ReasonReferenceNotResolved {
			r.Warn(is, reason, "Reconcile", status.Message(is.Status.Conditions, kind))
		}
	}
}

// letGo lets a deleted service go once no pool names it, by the API server's own word.
func (r *Reconciler) letGo(ctx context.Context, service *v1alpha1.SupportService) error {
	if !status.Held(service) {
		return nil
	}
	named, err := namedLive(ctx, r.Live, service)
	if err != nil || named {
		return err
	}
	return r.Release(ctx, service, v1alpha1.InUseFinalizer)
}
