package follow

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Held are the objects of one kind as a reflector reads them, by their names: it implements cache.ReflectorStore. What is in it
// is shared and must not be changed. It is safe for use by many goroutines at once.
type Held[T metav1.Object] struct {
	stream *Stream
	// trim takes from an object what nobody has a use for, and changed is called after anything has changed; nil for nothing.
	trim    func(T)
	changed func()

	mu      sync.RWMutex
	objects map[types.NamespacedName]T
	read    bool
}

// NewHeld makes one that has read nothing yet.
func NewHeld[T metav1.Object](stream *Stream, trim func(T), changed func()) *Held[T] {
	return &Held[T]{stream: stream, trim: trim, changed: changed, objects: map[types.NamespacedName]T{}}
}

// All are all objects, in no order; false until they have been read for the first time.
func (h *Held[T]) All() ([]T, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return slices.Collect(maps.Values(h.objects)), h.read
}

// Read reports whether the objects have been read.
func (h *Held[T]) Read() bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.read
}

// Named is the object of a name.
func (h *Held[T]) Named(name types.NamespacedName) (T, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	found, ok := h.objects[name]
	return found, ok
}

func (h *Held[T]) change(change func()) {
	h.mu.Lock()
	change()
	h.mu.Unlock()
	if h.changed != nil {
		h.changed()
	}
}

// Add implements cache.ReflectorStore.
func (h *Held[T]) Add(object any) error { return h.Update(object) }

// Update implements cache.ReflectorStore.
func (h *Held[T]) Update(object any) error {
	name, taken, err := h.take(object)
	if err != nil {
		return err
	}
	h.change(func() { h.objects[name] = taken })
	return nil
}

// Delete implements cache.ReflectorStore.
func (h *Held[T]) Delete(object any) error {
	name, _, err := h.take(object)
	if err != nil {
		return err
	}
	h.change(func() { delete(h.objects, name) })
	return nil
}

// Replace implements cache.ReflectorStore: objects are all there are.
func (h *Held[T]) Replace(objects []any, _ string) error {
	all := make(map[types.NamespacedName]T, len(objects))
	for _, object := range objects {
		name, taken, err := h.take(object)
		if err != nil {
			return err
		}
		all[name] = taken
	}
	h.change(func() { h.objects, h.read = all, true })
	h.stream.Replaced()
	return nil
}

// Resync implements cache.ReflectorStore. There is nothing to do.
func (h *Held[T]) Resync() error { return nil }

// take takes an object for what it is, without what nobody has a use for.
func (h *Held[T]) take(object any) (types.NamespacedName, T, error) {
	taken, ok := object.(T)
	if !ok {
		return types.NamespacedName{}, taken, fmt.Errorf("read an object of the unexpected type %T", object)
	}
	taken.SetManagedFields(nil)
	if h.trim != nil {
		h.trim(taken)
	}
	return types.NamespacedName{Namespace: taken.GetNamespace(), Name: taken.GetName()}, taken, nil
}
