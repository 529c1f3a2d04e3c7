// Package follow reads one kind of Kubernetes objects as they change, and knows whether it still does.
package follow

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Kind is what is followed: all objects of a resource, those in one namespace, or one by its name there.
type Kind struct {
	// Resource is its name in the API, such as "partners".
	Resource string
	// Object is an object of the kind.
	Object any
	// Namespace and Name narrow what is followed; both may be empty.
	Namespace, Name string
}

// Stream knows whether the watch of one kind is open and has caught up: only then is the kind followed.
type Stream struct {
	now func() time.Time

	mutex sync.Mutex
	// open counts the watches that are open, and initial is set while one of them still sends what was there before.
	open    int
	initial bool
	// since is when the watch last caught up, lost when it was last known to be followed and was no more.
	since, lost time.Time
}

// NewStream is a stream of which nothing has been read yet, by the clock given.
func NewStream(now func() time.Time) *Stream { return &Stream{now: now, lost: now()} }

// opened notes that a watch began. One that begins with the objects there already are has not caught up until they are in.
func (s *Stream) opened(initial bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.note(func() { s.open, s.initial, s.since = s.open+1, initial, s.now() })
}

func (s *Stream) closed() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.note(func() { s.open-- })
}

// Replaced notes that all objects there are have been taken in. The store that a reflector fills says so.
func (s *Stream) Replaced() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.note(func() { s.initial, s.since = false, s.now() })
}

// note makes a change, and keeps the moment at which the kind began to be followed no more.
func (s *Stream) note(change func()) {
	was := s.followed()
	change()
	switch is := s.followed(); {
	case is:
		s.lost = time.Time{}
	case was:
		s.lost = s.now()
	}
}

func (s *Stream) followed() bool { return s.open > 0 && !s.initial }

// FollowedSince reports whether the watch has been open and caught up at least since a moment.
func (s *Stream) FollowedSince(moment time.Time) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.followed() && !s.since.After(moment)
}

// LostSince is since when the kind is not followed; zero while it is.
func (s *Stream) LostSince() time.Time {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.lost
}

// Reflector fills a store with the objects of a kind and keeps it true while it runs. It never gives up: a watch that broke is
// tried again after at most the time given. The store tells the stream when all objects have been replaced.
func (s *Stream) Reflector(
	client rest.Interface, kind Kind, store cache.ReflectorStore, name string, retryAtMost time.Duration,
) *cache.Reflector {
	backoff := wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 10, Cap: retryAtMost}
	return cache.NewReflectorWithOptions(s.listWatch(client, kind), kind.Object, store, cache.ReflectorOptions{
		Name: name, Backoff: &backoff,
	})
}

// listWatch lists and watches one kind, and tells the stream how the watch is doing.
func (s *Stream) listWatch(client rest.Interface, kind Kind) *cache.ListWatch {
	one := func(options *metav1.ListOptions) {
		if kind.Name != "" {
			options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, kind.Name).String()
		}
	}
	lw := cache.NewFilteredListWatchFromClient(client, kind.Resource, kind.Namespace, one)
	return &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			return lw.ListWithContext(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			w, err := lw.WatchWithContext(ctx, options)
			if err != nil {
				return nil, err
			}
			s.opened(options.SendInitialEvents != nil && *options.SendInitialEvents)
			return s.observe(w), nil
		},
	}
}

// observe passes events on until the watch ends, and notes that it did.
func (s *Stream) observe(w watch.Interface) watch.Interface {
	events, done := make(chan watch.Event), make(chan struct{})
	observed := &observedWatch{Interface: w, events: events, done: done}
	go func() {
		defer s.closed()
		defer close(events)
		for event := range w.ResultChan() {
			select {
			case events <- event:
			case <-done:
				return
			}
		}
	}()
	return observed
}

// observedWatch is a watch whose end is noticed.
type observedWatch struct {
	watch.Interface

	events chan watch.Event
	done   chan struct{}
	once   sync.Once
}

// ResultChan implements watch.Interface.
func (w *observedWatch) ResultChan() <-chan watch.Event { return w.events }

// Stop implements watch.Interface.
func (w *observedWatch) Stop() {
	w.once.Do(func() { close(w.done) })
	w.Interface.Stop()
}
