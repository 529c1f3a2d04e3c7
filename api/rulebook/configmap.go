package rulebook

import (
	"fmt"
	"maps"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"lifeline.scot/api/follow"
	"lifeline.scot/policies"
)

// ConfigMap names a ConfigMap. The zero ConfigMap is none.
type ConfigMap struct{ Namespace, Name string }

// ParseConfigMap reads a name written as namespace/name; an empty text names none.
func ParseConfigMap(text string) (ConfigMap, error) {
	if text == "" {
		return ConfigMap{}, nil
	}
	namespace, name, _ := strings.Cut(text, "/")
	if namespace == "" || name == "" || strings.Contains(name, "/") {
		return ConfigMap{}, fmt.Errorf("%.80q is not the name of a ConfigMap: write namespace/name", text)
	}
	return ConfigMap{namespace, name}, nil
}

// coreClient reads ConfigMaps and writes Events.
func coreClient(config *rest.Config) (rest.Interface, error) {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.GroupVersion, config.APIPath = &corev1.SchemeGroupVersion, "/api"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.AcceptContentTypes, config.ContentType = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	return rest.RESTClientFor(config)
}

// shelf holds one ConfigMap as a reflector reads it, and says when it changes.
type shelf struct {
	name   ConfigMap
	stream *follow.Stream
	// changed has something in it once the ConfigMap has changed since it was last received from.
	changed chan struct{}

	mu    sync.Mutex
	found *corev1.ConfigMap // nil when there is none
	read  bool
}

func newShelf(name ConfigMap, stream *follow.Stream) *shelf {
	return &shelf{name: name, stream: stream, changed: make(chan struct{}, 1)}
}

// look is the ConfigMap, or nil when there is none; false until that is known.
func (s *shelf) look() (*corev1.ConfigMap, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.found, s.read
}

// put keeps the ConfigMap; nil when there is none.
func (s *shelf) put(found *corev1.ConfigMap) {
	s.mu.Lock()
	s.found, s.read = found, true
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default: // it has been said already
	}
}

// ours is the object if it is the ConfigMap, and nil if it is another one.
func (s *shelf) ours(object any) (*corev1.ConfigMap, error) {
	found, ok := object.(*corev1.ConfigMap)
	if !ok {
		return nil, fmt.Errorf("read an object of the unexpected type %T", object)
	}
	if found.Namespace != s.name.Namespace || found.Name != s.name.Name {
		return nil, nil //nolint:nilnil // another one is no error, and nothing to keep
	}
	return found, nil
}

// Add implements cache.ReflectorStore.
func (s *shelf) Add(object any) error { return s.Update(object) }

// Update implements cache.ReflectorStore.
func (s *shelf) Update(object any) error {
	found, err := s.ours(object)
	if found != nil {
		s.put(found)
	}
	return err
}

// Delete implements cache.ReflectorStore.
func (s *shelf) Delete(object any) error {
	found, err := s.ours(object)
	if found != nil {
		s.put(nil)
	}
	return err
}

// Replace implements cache.ReflectorStore: objects are all there are, which is the ConfigMap or none.
func (s *shelf) Replace(objects []any, _ string) error {
	var found *corev1.ConfigMap
	for _, object := range objects {
		one, err := s.ours(object)
		if err != nil {
			return err
		}
		if one != nil {
			found = one
		}
	}
	s.put(found)
	s.stream.Replaced()
	return nil
}

// Resync implements cache.ReflectorStore. There is nothing to do.
func (s *shelf) Resync() error { return nil }

// bundleOf is the Rego in a ConfigMap, by file name.
func bundleOf(found *corev1.ConfigMap) policies.Bundle {
	bundle := policies.Bundle{}
	if found == nil {
		return bundle
	}
	for name, text := range found.Data {
		bundle[name] = []byte(text)
	}
	maps.Copy(bundle, found.BinaryData)
	return bundle
}
