// Package partnership gives each Partnership its namespace and adds up what is in it; and it keeps a Partnership whose
// namespace still holds services or pools from taking them with it.
package partnership

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships/status,verbs=patch
// +kubebuilder:rbac:groups=lifeline.scot,resources=supportservices;capacitypools,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch;create;patch;delete

// Reconciler brings one Partnership up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	toOwner := reference.Follow(reference.ToPartnership)
	return ctrl.NewControllerManagedBy(mgr).Named("partnership").
		For(&v1alpha1.Partnership{}, asked).
		Watches(&corev1.Namespace{}, toOwner).
		Watches(&v1alpha1.SupportService{}, toOwner, asked).
		// The status of pools is what is added up here, so their writes count too.
		Watches(&v1alpha1.CapacityPool{}, toOwner).
		Complete(r)
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
	if err := r.Hold(ctx, f.partnership); err != nil {
		return err
	}
	if err := r.house(ctx, &f); err != nil {
		return err
	}
	return r.write(ctx, f)
}

// leave deletes the namespace of a deleted Partnership once nothing is left in it, and then lets the Partnership go.
func (r *Reconciler) leave(ctx context.Context, f facts) error {
	switch {
	case !status.Held(f.partnership):
		return nil
	case !f.owned():
		return r.Release(ctx, f.partnership)
	}
	if err := r.write(ctx, f); err != nil || len(f.remaining()) > 0 {
		return err
	}
	return r.clear(ctx, f)
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
	if !f.owned() {
		return f, nil
	}
	services, pools := v1alpha1.SupportServiceList{}, v1alpha1.CapacityPoolList{}
	for _, list := range []client.ObjectList{&services, &pools} {
		if err := from.List(ctx, list, client.InNamespace(name)); err != nil {
			return f, fmt.Errorf("list what is in namespace %s: %w", name, err)
		}
	}
	f.services, f.pools = services.Items, pools.Items
	return f, nil
}
