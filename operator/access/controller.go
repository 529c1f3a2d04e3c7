// Package access lets a Partnership's administrators, and the providers of its pools, into its namespace: with plain Roles
// and RoleBindings, mended when they drift and removed when they are no longer wanted. Roles it did not make it leaves alone.
package access

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=rbac.authorization.k8s.io,resources=roles;rolebindings,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships;partners;supportservices;capacitypools,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships/status,verbs=patch
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
		Watches(&v1alpha1.Placement{}, holders{reference.NewPace(r.Clock)}).
		Watches(&v1alpha1.Partner{}, reference.Follow(r.toPartnerships), asked).
		Watches(&rbacv1.Role{}, toOwner).
		Watches(&rbacv1.RoleBinding{}, toOwner).
		Complete(r)
}

// recheck is how soon somebody else's Role is looked at again: the cache holds the operator's own only, so nothing tells
// when it has gone.
const recheck = time.Minute

// Reconcile gathers who provides what in the namespace, decides who may do what, and acts.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	next, err := r.visit(ctx, request.Name)
	return status.Outcome(r.Clock.Now(), next, err)
}

func (r *Reconciler) visit(ctx context.Context, name string) (time.Time, error) {
	var namespace corev1.Namespace
	err := r.Get(ctx, client.ObjectKey{Name: v1alpha1.NamespaceFor(name)}, &namespace)
	if err != nil || !namespace.DeletionTimestamp.IsZero() {
		return time.Time{}, client.IgnoreNotFound(err)
	}
	var partnership v1alpha1.Partnership
	err = r.Get(ctx, client.ObjectKey{Name: name}, &partnership)
	if client.IgnoreNotFound(err) != nil {
		return time.Time{}, err
	}
	if err != nil || !reference.Owned(&namespace, name) {
		return time.Time{}, r.withdraw(ctx, namespace.Name)
	}
	return r.bring(ctx, &partnership)
}

// withdraw removes what the operator granted in a namespace that belongs to no Partnership any more.
func (r *Reconciler) withdraw(ctx context.Context, namespace string) error {
	found, err := r.found(ctx, namespace)
	if err == nil {
		_, err = r.act(ctx, grants{}, found)
	}
	return err
}

func (r *Reconciler) bring(ctx context.Context, partnership *v1alpha1.Partnership) (time.Time, error) {
	f, err := gather(ctx, r.Client, partnership)
	if err != nil {
		return time.Time{}, err
	}
	found, err := r.found(ctx, f.namespace)
	if err != nil {
		return time.Time{}, err
	}
	foreign, err := r.act(ctx, decide(f), found)
	if err != nil {
		return time.Time{}, err
	}
	var next time.Time
	if len(foreign) > 0 {
		next = r.Clock.Now().Add(recheck)
	}
	return next, r.tell(ctx, partnership, granted(f.namespace, foreign))
}

// tell writes the one condition of the Partnership that is this controller's; Ready sums it up elsewhere.
func (r *Reconciler) tell(ctx context.Context, partnership *v1alpha1.Partnership, is metav1.Condition) error {
	was := partnership.DeepCopy()
	status.Set(&partnership.Status.Conditions, partnership.Generation, r.Clock.Now(), is)
	written, err := r.Write(ctx, was, partnership)
	if written && status.Turned(was.Status.Conditions, partnership.Status.Conditions, is.Type, metav1.ConditionFalse) {
		r.Warn(partnership, is.Reason, "Grant", is.Message)
	}
	return err
}
