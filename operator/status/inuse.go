package status

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"lifeline.scot/crds/v1alpha1"
)

// namedAtMost is how many of those that still need an object a message names.
const namedAtMost = 5

// Hold puts the finalizer on the object, so that it stays, once deleted, until Release.
func (w Writer) Hold(ctx context.Context, object client.Object, finalizer string) error {
	was := object.DeepCopyObject().(client.Object)
	controllerutil.AddFinalizer(object, finalizer)
	return w.WriteMeta(ctx, was, object)
}

// Release takes the finalizer off an object that was asked to be deleted and that nothing needs any more.
func (w Writer) Release(ctx context.Context, object client.Object, finalizer string) error {
	was := object.DeepCopyObject().(client.Object)
	controllerutil.RemoveFinalizer(object, finalizer)
	return w.WriteMeta(ctx, was, object)
}

// Held reports whether the object waits for Release.
func Held(object client.Object) bool {
	return controllerutil.ContainsFinalizer(object, v1alpha1.InUseFinalizer)
}

// Names lists what still needs an object, sorted, the first five by name and the rest as a number.
func Names(users []string) string {
	users = slices.Clone(users)
	slices.Sort(users)
	if rest := len(users) - namedAtMost; rest > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(users[:namedAtMost], ", "), rest)
	}
	return strings.Join(users, ", ")
}
