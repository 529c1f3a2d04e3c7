package directory

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/follow"
)

// feed is where a reflector puts what it reads of one kind. It passes changes on to the builder, and remembers only names,
// to know what is gone after a new list.
type feed struct {
	kind    watchedKind
	builder *builder
	stream  *follow.Stream
	names   map[types.NamespacedName]bool
}

// Add implements cache.ReflectorStore.
func (f *feed) Add(object any) error { return f.put(object) }

// Update implements cache.ReflectorStore.
func (f *feed) Update(object any) error { return f.put(object) }

func (f *feed) put(object any) error {
	meta, name, err := strip(object)
	if err != nil {
		return err
	}
	f.names[name] = true
	f.builder.note("", func(c *Changes) { c.put(meta) })
	return nil
}

// Delete implements cache.ReflectorStore.
func (f *feed) Delete(object any) error {
	_, name, err := strip(object)
	if err != nil {
		return err
	}
	delete(f.names, name)
	f.builder.note("", func(c *Changes) { c.drop(f.kind.object, name) })
	return nil
}

// Replace implements cache.ReflectorStore: objects are all there are.
func (f *feed) Replace(objects []any, _ string) error {
	gone := f.names
	f.names = make(map[types.NamespacedName]bool, len(objects))
	listed := make([]metav1.Object, 0, len(objects))
	for _, object := range objects {
		meta, name, err := strip(object)
		if err != nil {
			return err
		}
		f.names[name], listed = true, append(listed, meta)
		delete(gone, name)
	}
	f.builder.note(f.kind.resource, func(c *Changes) {
		for _, object := range listed {
			c.put(object)
		}
		for name := range gone {
			c.drop(f.kind.object, name)
		}
	})
	f.stream.Replaced()
	return nil
}

// Resync implements cache.ReflectorStore. There is nothing to do.
func (f *feed) Resync() error { return nil }

// strip takes off, in place, what the directory has no use for, and names the object.
func strip(object any) (metav1.Object, types.NamespacedName, error) {
	meta, ok := object.(metav1.Object)
	if !ok {
		return nil, types.NamespacedName{}, fmt.Errorf("read an object of the unexpected type %T", object)
	}
	meta.SetManagedFields(nil)
	meta.SetAnnotations(nil)
	meta.SetLabels(nil)
	return meta, types.NamespacedName{Namespace: meta.GetNamespace(), Name: meta.GetName()}, nil
}
