// Package access lets a Partnership's administrators, and the providers of its pools, into its namespace: with plain Roles
// and RoleBindings, mended when they drift and removed when they are no longer wanted. Roles it did not make it leaves alone.
package access

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=roles;rolebindings,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships;partners;supportservices;capacitypools,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

// Reconciler brings the access to one Partnership's namespace up to date.
type Reconciler struct{ status.Writer }

// Register adds the controller to the manager.
func (r *Reconciler) Register(mgr ctrl.Manager) error {
	asked := builder.WithPredicates(status.Asked())
	toOwner := reference.Follow(reference.ToPartnership)
	return ctrl.NewControllerManagedBy(mgr).Named("access").
		For(&v1alpha1.Partnership{}, asked).
		Watches(&corev1.Namespace{}, toOwner).
		Watches(&v1alpha1.CapacityPool{}, toOwner, asked).
		Watches(&v1alpha1.SupportService{}, toOwner, asked).
		Watches(&v1alpha1.Partner{}, reference.Follow(r.toPartnerships), asked).
		Watches(&rbacv1.Role{}, toOwner).
		Watches(&rbacv1.RoleBinding{}, toOwner).
		Complete(r)
}

// Reconcile gathers who provides what in the namespace, decides who may do what, and acts.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var partnership v1alpha1.Partnership
	if err := r.Get(ctx, request.NamespacedName, &partnership); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	ours, err := r.open(ctx, partnership.Name)
	if err == nil && ours {
		err = r.bring(ctx, &partnership)
	}
	return status.Outcome(r.Clock.Now(), time.Time{}, err)
}

func (r *Reconciler) bring(ctx context.Context, partnership *v1alpha1.Partnership) error {
	f, err := gather(ctx, r.Client, partnership)
	if err != nil {
		return err
	}
	found, err := r.found(ctx, f.namespace)
	if err != nil {
		return err
	}
	return r.act(ctx, partnership, decide(f), found)
}

// open reports whether the Partnership has a namespace of its own that roles can be put in.
func (r *Reconciler) open(ctx context.Context, partnership string) (bool, error) {
	var namespace corev1.Namespace
	if err := r.Get(ctx, client.ObjectKey{Name: v1alpha1.NamespaceFor(partnership)}, &namespace); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return reference.Owned(&namespace, partnership) && namespace.DeletionTimestamp.IsZero(), nil
}
