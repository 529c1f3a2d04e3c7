package scribe

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// slot is an API server with one object, whose owner can only change by being nobody's in between.
type slot struct {
	client.Reader
	client.SubResourceWriter
	mu      sync.Mutex
	stored  string
	arrived chan struct{} // told of each write
	proceed chan struct{} // lets each write go on
}

const owner = "owner"

func (s *slot) Status() client.SubResourceWriter { return s }

func (s *slot) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.SetAnnotations(map[string]string{owner: s.stored})
	return nil
}

func (s *slot) Update(_ context.Context, o client.Object, _ ...client.SubResourceUpdateOption) error {
	s.arrived <- struct{}{}
	<-s.proceed
	s.mu.Lock()
	defer s.mu.Unlock()
	next := o.GetAnnotations()[owner]
	if s.stored != "" && next != "" && next != s.stored {
		return apierrors.NewInvalid(schema.GroupKind{Kind: "Slot"}, "slot", nil)
	}
	s.stored = next
	return nil
}

var errTaken = errors.New("somebody has it")

func give(to string) Change[*corev1.ConfigMap] {
	return func(o *corev1.ConfigMap) error {
		if has := o.Annotations[owner]; has != "" && has != to {
			return errTaken
		}
		o.Annotations[owner] = to
		return nil
	}
}

func takeBack(o *corev1.ConfigMap) error {
	o.Annotations[owner] = ""
	return nil
}

// Giving a place back and giving it to the next may come into one write, which the API server refuses. Both still happen.
func TestChangesThatAreRefusedTogetherAreMadeOneByOne(t *testing.T) {
	api := &slot{arrived: make(chan struct{}, 10), proceed: make(chan struct{})}
	s := &Scribe[*corev1.ConfigMap]{Cached: api, Live: api, Writer: api, New: func() *corev1.ConfigMap { return &corev1.ConfigMap{} }}
	key := client.ObjectKey{Name: "slot"}
	var all sync.WaitGroup
	do := func(change Change[*corev1.ConfigMap]) {
		all.Go(func() {
			if err := s.Do(t.Context(), key, change); err != nil {
				t.Error(err)
			}
		})
	}
	pending := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.books[key].pending)
	}
	do(give("first"))
	<-api.arrived // the next two wait for this write, and go together
	do(takeBack)
	for pending() < 1 {
		runtime.Gosched()
	}
	do(give("next"))
	for pending() < 2 {
		runtime.Gosched()
	}
	close(api.proceed)
	all.Wait()
	if api.stored != "next" {
		t.Errorf("%q has it", api.stored)
	}
}
