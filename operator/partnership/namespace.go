package partnership

import (
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
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

// clear deletes an empty namespace. What the cache says is not enough to delete by: the API server is asked once more, and
// it must be the same namespace still.
func (r *Reconciler) clear(ctx context.Context, f facts) error {
	if !f.namespace.DeletionTimestamp.IsZero() {
		return nil // the namespace controller is at it; its end wakes us
	}
	for _, list := range []client.ObjectList{&v1alpha1.SupportServiceList{}, &v1alpha1.CapacityPoolList{}} {
		empty, err := r.emptyLive(ctx, list, f.namespace.Name)
		if err != nil || !empty {
			return err
		}
	}
	same := client.Preconditions{UID: &f.namespace.UID, ResourceVersion: &f.namespace.ResourceVersion}
	if err := r.Delete(ctx, f.namespace, same); err != nil {
		return fmt.Errorf("delete namespace %s: %w", f.namespace.Name, err)
	}
	return nil
}

func (r *Reconciler) emptyLive(ctx context.Context, list client.ObjectList, namespace string) (bool, error) {
	if err := r.Live.List(ctx, list, client.InNamespace(namespace), client.Limit(1)); err != nil {
		return false, fmt.Errorf("look what is left in namespace %s: %w", namespace, err)
	}
	return meta.LenList(list) == 0, nil
}
