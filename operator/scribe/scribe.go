// Package scribe changes objects that many want to change at once. Changes of one object that arrive while a write is under
// way go into the next write together, so that a busy object takes many changes a second; and no write is ever made onto a
// version other than the one the changes were judged by.
package scribe

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// tries is how often a batch is judged anew after somebody else wrote first.
	tries = 8
	// limit bounds one write with its tries, so that whoever waits behind it is served.
	limit = 30 * time.Second
)

// Change is applied to a copy of its own of the object as it is now. It must be repeatable: applied to an object that has it
// already, it changes nothing. If it returns an error it must have changed nothing; only whoever asked for it is told.
type Change[T client.Object] func(object T) error

// Scribe writes the status of objects of one kind.
type Scribe[T client.Object] struct {
	// Cached and Live read objects; Writer writes them.
	Cached client.Reader
	Live   client.Reader
	Writer client.StatusClient
	// New returns an empty object.
	New func() T
	// Conflicted is told each time somebody else wrote first. May be nil.
	Conflicted func()

	mu    sync.Mutex
	books map[client.ObjectKey]*book[T]
}

// book is what waits to be written to one object.
type book[T client.Object] struct {
	pending []entry[T]
	writing bool
	// latest is the object as the last write left it; nil when that is not known for certain.
	latest *T
}

type entry[T client.Object] struct {
	change Change[T]
	done   chan error
}

// Do applies the change and returns when it is stored, was found to be there already, or was refused. An error that is not
// the change's own leaves open whether it was stored; asking again settles that.
func (s *Scribe[T]) Do(ctx context.Context, key client.ObjectKey, change Change[T]) error {
	mine := entry[T]{change, make(chan error, 1)}
	if s.join(key, mine) {
		go s.write(context.WithoutCancel(ctx), key) // for all who come meanwhile, though the caller gives up
	}
	select {
	case err := <-mine.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("change %s: %w", key, context.Cause(ctx))
	}
}

// join adds the entry, and reports whether the caller is the one to write.
func (s *Scribe[T]) join(key client.ObjectKey, mine entry[T]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.books == nil {
		s.books = map[client.ObjectKey]*book[T]{}
	}
	b := s.books[key]
	if b == nil {
		b = &book[T]{}
		s.books[key] = b
	}
	b.pending = append(b.pending, mine)
	first := !b.writing
	b.writing = true
	return first
}

// write serves everybody who waits until nobody does.
func (s *Scribe[T]) write(ctx context.Context, key client.ObjectKey) {
	for {
		s.mu.Lock()
		b := s.books[key]
		batch, latest := b.pending, b.latest
		b.pending = nil
		if len(batch) == 0 {
			b.writing = false
			if b.latest == nil {
				delete(s.books, key)
			}
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		left := s.serve(ctx, key, batch, latest)
		s.mu.Lock()
		b.latest = left
		s.mu.Unlock()
	}
}

// serve writes one batch, tells each what became of its change, and returns the object as it is then.
func (s *Scribe[T]) serve(ctx context.Context, key client.ObjectKey, batch []entry[T], latest *T) *T {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	object, live, err := s.read(ctx, key, latest)
	for range tries {
		if err != nil {
			break
		}
		is := object.DeepCopyObject().(T)
		refused := apply(is, batch)
		same := equality.Semantic.DeepEqual(object, is)
		if !same {
			err = s.Writer.Status().Update(ctx, is)
		}
		// A write has shown that the object was the newest. Where there is none to make, only a live object can.
		if err == nil && (!same || live) {
			s.remember(key, &is) // before anybody is told, who may ask for the newest at once
			tell(batch, refused)
			return &is
		}
		if apierrors.IsInvalid(err) && len(batch) > 1 {
			return s.apart(ctx, key, batch)
		}
		if apierrors.IsConflict(err) {
			s.conflicted()
		}
		if err == nil || apierrors.IsConflict(err) {
			object, live, err = s.readLive(ctx, key)
		}
	}
	if err == nil {
		err = fmt.Errorf("others keep writing to %s", key)
	}
	for i := range batch {
		batch[i].done <- fmt.Errorf("change %s: %w", key, err)
	}
	return nil
}

// remember keeps the object as a write left it.
func (s *Scribe[T]) remember(key client.ObjectKey, object *T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.books[key].latest = object
}

// apart writes each change of a batch by itself, after the API server refused all of them together: one may not be allowed,
// or two may be allowed only one after the other, such as giving a place back and giving it to the next.
func (s *Scribe[T]) apart(ctx context.Context, key client.ObjectKey, batch []entry[T]) *T {
	var latest *T
	for i := range batch {
		latest = s.serve(ctx, key, batch[i:i+1], latest)
	}
	return latest
}

// Newest returns the newer of the object as the last write left it and as the cache has it, so that nobody looks for what was
// written a moment ago. It is to be read only. The error is the cache's: a missing object is missing, whatever was written.
func (s *Scribe[T]) Newest(ctx context.Context, key client.ObjectKey) (T, error) {
	object := s.New()
	if err := s.Cached.Get(ctx, key, object); err != nil {
		return object, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.books[key]; b != nil && b.latest != nil && newer(*b.latest, object) {
		return *b.latest, nil
	}
	return object, nil
}

func (s *Scribe[T]) conflicted() {
	if s.Conflicted != nil {
		s.Conflicted()
	}
}

// read returns the newer of the object as the last write left it and as the cache has it; if the first is not known for
// certain, what the API server itself has, which is live.
func (s *Scribe[T]) read(ctx context.Context, key client.ObjectKey, latest *T) (object T, live bool, err error) {
	if latest == nil {
		return s.readLive(ctx, key)
	}
	object = s.New()
	if err := s.Cached.Get(ctx, key, object); err == nil && newer(object, *latest) {
		return object, false, nil
	}
	return *latest, false, nil
}

func (s *Scribe[T]) readLive(ctx context.Context, key client.ObjectKey) (object T, live bool, err error) {
	object = s.New()
	return object, true, s.Live.Get(ctx, key, object)
}

// newer compares resource versions, which grow with each write (Kubernetes 1.35 and later say so).
func newer(a, b client.Object) bool {
	x, errX := strconv.ParseUint(a.GetResourceVersion(), 10, 64)
	y, errY := strconv.ParseUint(b.GetResourceVersion(), 10, 64)
	return errX == nil && errY == nil && x > y
}

func apply[T client.Object](object T, batch []entry[T]) []error {
	refused := make([]error, len(batch))
	for i, e := range batch {
		refused[i] = e.change(object)
	}
	return refused
}

func tell[T client.Object](batch []entry[T], refused []error) {
	for i := range batch {
		batch[i].done <- refused[i]
	}
}
