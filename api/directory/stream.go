package directory

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// stream knows whether the watch of one kind is open and has caught up: only then is the directory live.
type stream struct {
	now func() time.Time

	mutex sync.Mutex
	// open counts the watches that are open, and initial is set while one of them still sends what was there before.
	open    int
	initial bool
	since   time.Time
}

// opened notes that a watch began. One that begins with the objects there already are has not caught up until they are in.
func (s *stream) opened(initial bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.open, s.initial, s.since = s.open+1, initial, s.now()
}

func (s *stream) closed() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.open--
}

func (s *stream) replaced() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.initial, s.since = false, s.now()
}

// followedSince reports whether the watch has been open and caught up at least since a moment.
func (s *stream) followedSince(moment time.Time) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.open > 0 && !s.initial && !s.since.After(moment)
}

// listWatch lists and watches one resource, and tells the stream how the watch is doing.
func (s *stream) listWatch(client rest.Interface, resource string) *cache.ListWatch {
	lw := cache.NewFilteredListWatchFromClient(client, resource, metav1.NamespaceAll, func(*metav1.ListOptions) {})
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
func (s *stream) observe(w watch.Interface) watch.Interface {
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
