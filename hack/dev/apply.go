package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// fieldManager owns the fields that this program writes.
const fieldManager = "lifeline-dev"

// takeover says what to do about a field that somebody else has set to another value.
type takeover bool

const (
	// always: it is ours.
	always takeover = true
	// never: it stays as it is, and the apply is refused with a conflict.
	never takeover = false
)

// apply applies the object by server-side apply. Its kind must be set.
func (s *stack) apply(ctx context.Context, object client.Object, mode takeover) error {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return fmt.Errorf("encode %s: %w", describe(object), err)
	}
	delete(content, "status")
	plain := &unstructured.Unstructured{Object: content}
	unstructured.RemoveNestedField(content, "metadata", "creationTimestamp")
	options := []client.ApplyOption{client.FieldOwner(fieldManager)}
	if mode == always {
		options = append(options, client.ForceOwnership)
	}
	if err := s.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(plain), options...); err != nil {
		return fmt.Errorf("apply %s: %w", describe(object), err)
	}
	return nil
}

// kept tells whether an apply was refused because somebody else changed the object meanwhile.
func kept(err error) bool { return apierrors.IsConflict(err) }

func describe(object client.Object) string {
	name := object.GetName()
	if namespace := object.GetNamespace(); namespace != "" {
		name = namespace + "/" + name
	}
	return object.GetObjectKind().GroupVersionKind().Kind + " " + name
}
