package reference

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships,verbs=get;list;watch

// Owner is the Partnership a namespace belongs to.
type Owner struct {
	// Name of the Partnership; empty when the namespace belongs to none.
	Name v1alpha1.ObjectName
	// Leaving reports whether the Partnership is being deleted.
	Leaving bool
}

// OwnerOf returns the Partnership that a namespace belongs to. The name of the namespace alone is not believed: it must
// carry the operator's label, and the Partnership must exist.
func OwnerOf(ctx context.Context, from client.Reader, namespace string) (Owner, error) {
	name, ours := PartnershipName(namespace)
	if !ours {
		return Owner{}, nil
	}
	var room corev1.Namespace
	if err := from.Get(ctx, client.ObjectKey{Name: namespace}, &room); err != nil {
		return Owner{}, ignoreMissing(err, "read namespace "+namespace)
	}
	if !Owned(&room, name) {
		return Owner{}, nil
	}
	var partnership v1alpha1.Partnership
	if err := from.Get(ctx, client.ObjectKey{Name: name}, &partnership); err != nil {
		return Owner{}, ignoreMissing(err, "read partnership "+name)
	}
	return Owner{v1alpha1.ObjectName(name), !partnership.DeletionTimestamp.IsZero()}, nil
}

// Condition is ReferencesResolved as far as the owner goes; it is True when nothing is wrong with it.
func (o Owner) Condition(namespace string) metav1.Condition {
	switch {
	case o.Name == "":
		return status.False(v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonPartnershipNotFound, fmt.Sprintf(
			"Namespace %s belongs to no Partnership; move the object to adp-<name of a Partnership>.", namespace))
	case o.Leaving:
		return status.False(v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonBeingDeleted, fmt.Sprintf(
			"Partnership %s is being deleted.", o.Name))
	default:
		return status.True(v1alpha1.ConditionReferencesResolved, v1alpha1.ReasonResolved, "Everything the object names was found.")
	}
}

// PartnershipName returns the name of the Partnership that a namespace of this name would belong to.
func PartnershipName(namespace string) (string, bool) {
	name := v1alpha1.PartnershipOf(namespace)
	return string(name), name != ""
}

// Owned reports whether the operator made the namespace for the Partnership.
func Owned(namespace *corev1.Namespace, partnership string) bool {
	return namespace.Labels[v1alpha1.PartnershipLabel] == partnership
}

func ignoreMissing(err error, doing string) error {
	if err = client.IgnoreNotFound(err); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
