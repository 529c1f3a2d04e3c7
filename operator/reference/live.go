package reference

import (
	"context"
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
	for token := ""; ; {
		page := kind.DeepCopyObject().(client.ObjectList)
		options := append(slices.Clone(where), client.Limit(pageSize), client.Continue(token))
		if err := from.List(ctx, page, options...); err != nil {
			return false, fmt.Errorf("look at each %T: %w", kind, err)
		}
		found, err := anyOf(page, passes)
		if err != nil || found {
			return found, err
		}
		if token = page.GetContinue(); token == "" {
			return false, nil
		}
	}
}

func anyOf(list client.ObjectList, passes func(client.Object) bool) (bool, error) {
	found := false
	err := meta.EachListItem(list, func(item runtime.Object) error {
		object, ok := item.(client.Object)
		found = found || ok && passes(object)
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("go through %T: %w", list, err)
	}
	return found, nil
}
