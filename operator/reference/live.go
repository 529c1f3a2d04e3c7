package reference

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pageSize bounds one answer of the API server when everything of a kind is looked at.
const pageSize = 500

// AnyLive reports whether any object of a kind passes the test. The reader ought to be the API server itself; it is asked
// page by page. The list says which kind, and must be empty.
func AnyLive(
	ctx context.Context, from client.Reader, kind client.ObjectList, passes func(client.Object) bool, where ...client.ListOption,
) (bool, error) {
	found := false
	err := EachLive(ctx, from, kind, func(object client.Object) bool {
		found = passes(object)
		return !found
	}, where...)
	return found, err
}

// errEnough ends a walk that has found what it looked for.
var errEnough = errors.New("enough")

// EachLive visits every object of a kind until visit wants no more. The reader ought to be the API server itself; it is asked
// page by page. The list says which kind, and must be empty.
func EachLive(
	ctx context.Context, from client.Reader, kind client.ObjectList, visit func(client.Object) (more bool),
	where ...client.ListOption,
) error {
	for token := ""; ; {
		page := kind.DeepCopyObject().(client.ObjectList)
		options := append(slices.Clone(where), client.Limit(pageSize), client.Continue(token))
		if err := from.List(ctx, page, options...); err != nil {
			return fmt.Errorf("look at each %T: %w", kind, err)
		}
		switch err := visitAll(page, visit); {
		case errors.Is(err, errEnough):
			return nil
		case err != nil:
			return fmt.Errorf("go through %T: %w", page, err)
		}
		if token = page.GetContinue(); token == "" {
			return nil
		}
	}
}

func visitAll(list client.ObjectList, visit func(client.Object) bool) error {
	return meta.EachListItem(list, func(item runtime.Object) error {
		if object, ok := item.(client.Object); ok && !visit(object) {
			return errEnough
		}
		return nil
	})
}
