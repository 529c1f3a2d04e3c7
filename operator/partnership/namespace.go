package partnership

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

// labels are on each Partnership's namespace. Nothing is meant to run there, so whatever does is held to the strictest Pod
// Security standard.
func labels(partnership string) map[string]string {
	return map[string]string{
		v1alpha1.PartnershipLabel:            partnership,
		"pod-security.kubernetes.io/enforce": "restricted",
		"pod-security.kubernetes.io/audit":   "restricted",
		"pod-security.kubernetes.io/warn":    "restricted",
	}
}

// house makes the Partnership's namespace, or mends its labels. A namespace that exists and is not the Partnership's own is
// left alone.
func (r *Reconciler) house(ctx context.Context, f *facts) error {
	wanted := labels(f.partnership.Name)
	if f.namespace == nil {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.NamespaceFor(f.partnership.Name), Labels: wanted}}
		namespace.Annotations = map[string]string{v1alpha1.CreatedForAnnotation: string(f.partnership.UID)}
		if err := r.Create(ctx, namespace); err != nil {
			return fmt.Errorf("make namespace %s: %w", namespace.Name, err)
		}
		f.namespace = namespace
		return nil
	}
	if !f.owned() || !f.namespace.DeletionTimestamp.IsZero() {
		return nil
	}
	was := f.namespace.DeepCopy()
	maps.Copy(f.namespace.Labels, wanted)
	return r.WriteMeta(ctx, was, f.namespace)
}

// clear deletes an empty namespace that was made for the Partnership. What the cache says is not enough to delete by: it must
// be the same namespace still.
func (r *Reconciler) clear(ctx context.Context, f facts) error {
	if !f.namespace.DeletionTimestamp.IsZero() {
		return nil // the namespace controller is at it; its end wakes us
	}
	same := client.Preconditions{UID: &f.namespace.UID, ResourceVersion: &f.namespace.ResourceVersion}
	if err := r.Delete(ctx, f.namespace, same); err != nil {
		return fmt.Errorf("delete namespace %s: %w", f.namespace.Name, err)
	}
	return nil
}

// handBack takes the operator's label off a namespace that was handed over; without it the operator's roles go too. The Pod
// Security labels stay, since what was there before is not known.
func (r *Reconciler) handBack(ctx context.Context, namespace *corev1.Namespace) error {
	was := namespace.DeepCopy()
	delete(namespace.Labels, v1alpha1.PartnershipLabel)
	return r.WriteMeta(ctx, was, namespace)
}

// emptyLive reports whether nothing is left in the namespace that keeps the Partnership, by the API server's own word.
func (r *Reconciler) emptyLive(ctx context.Context, namespace string) (bool, error) {
	always := func(client.Object) bool { return true }
	for _, left := range []struct {
		kind  client.ObjectList
		keeps func(client.Object) bool
	}{
		{&v1alpha1.SupportServiceList{}, always},
		{&v1alpha1.CapacityPoolList{}, always},
		{&v1alpha1.CapacityReportList{}, ownerless},
		{&v1alpha1.PlacementList{}, goesOn},
		{&v1alpha1.PlacementFundList{}, committed},
	} {
		found, err := reference.AnyLive(ctx, r.Live, left.kind, left.keeps, client.InNamespace(namespace))
		if err != nil || found {
			return false, err
		}
	}
	return true, nil
}

// ownerless reports whether a report belongs to no pool: one that does goes with its pool by itself.
func ownerless(report client.Object) bool {
	return !slices.ContainsFunc(report.GetOwnerReferences(), func(owner metav1.OwnerReference) bool {
		return owner.Kind == "CapacityPool"
	})
}

// goesOn reports whether a claim is open: somebody waits, is awaited or is in a place.
func goesOn(o client.Object) bool {
	claim, ok := o.(*v1alpha1.Placement)
	return ok && placement.Open(claim)
}

// committed reports whether a fund has promised or paid for a placement: what was spent, and on what, goes only when somebody
// deletes the fund itself.
func committed(o client.Object) bool {
	fund, ok := o.(*v1alpha1.PlacementFund)
	return ok && len(fund.Status.Commitments) > 0
}
