package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// version is one object as it was stored at one revision.
type version struct {
	revision uint64
	object   client.Object
	deleted  bool
	// seen is when the recorder was told, since it began.
	seen time.Duration
}

// recorder keeps every version of every object of one kind, whatever happens to the API server meanwhile.
type recorder struct {
	from  client.WithWatch
	kind  client.ObjectList
	began time.Time
	done  chan struct{}

	mu       sync.Mutex
	versions []version
	last     uint64
	// now are the objects as last seen.
	now map[types.UID]client.Object
	// failed is why the last attempt to read back what was missed came to nothing; breakOff ends the watch.
	failed   error
	breakOff func()
	// gaps counts how often the watch broke off and the history had to be read back. Only follow uses it.
	gaps int
}

// record starts to record. What is there at first counts as one version each.
func record(ctx context.Context, t *testing.T, cfg *rest.Config, kind client.ObjectList, began time.Time) *recorder {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	from, err := client.NewWithWatch(cfg, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{from: from, kind: kind, began: began, done: make(chan struct{}), breakOff: func() {}, now: map[types.UID]client.Object{}}
	first, at, err := r.list(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	r.step(first, at)
	go r.follow(ctx)
	return r
}

// follow watches until ctx ends, from the last version it knows of each time.
func (r *recorder) follow(ctx context.Context) {
	defer close(r.done)
	for ctx.Err() == nil {
		w, err := r.from.Watch(ctx, r.empty(), &client.ListOptions{Raw: &metav1.ListOptions{
			ResourceVersion: strconv.FormatUint(r.known(), 10),
		}})
		if err == nil {
			r.drain(w)
		}
		if ctx.Err() == nil {
			r.recover(ctx)
		}
	}
}

func (r *recorder) empty() client.ObjectList { return r.kind.DeepCopyObject().(client.ObjectList) }

func (r *recorder) known() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *recorder) drain(w watch.Interface) {
	defer w.Stop()
	r.mu.Lock()
	r.breakOff = w.Stop
	r.mu.Unlock()
	for e := range w.ResultChan() {
		object, ok := e.Object.(client.Object)
		if !ok {
			return // the API server has forgotten what came before
		}
		r.mu.Lock()
		r.add(object, revisionOf(object), e.Type == watch.Deleted)
		r.mu.Unlock()
	}
}

func (r *recorder) add(object client.Object, revision uint64, deleted bool) {
	r.versions = append(r.versions, version{revision, object, deleted, time.Since(r.began)})
	r.last = revision
	if deleted {
		delete(r.now, object.GetUID())
		return
	}
	r.now[object.GetUID()] = object
}

// recover reads back what was stored between the last version seen and now, revision by revision. A short pause keeps it from
// asking an API server that is not there as fast as it can.
func (r *recorder) recover(ctx context.Context) {
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return
	case <-pause.C:
	}
	last, end, err := r.list(ctx, 0)
	if err == nil && end != r.known() {
		r.gaps++
		err = r.fill(ctx, r.known(), end, last) // what is missing is filled in the next time
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = err
}

// fill records what changed after one revision up to another, at which the objects were as given: halves that differ are
// looked at more closely.
func (r *recorder) fill(ctx context.Context, after, end uint64, at map[types.UID]client.Object) error {
	r.mu.Lock()
	same := maps.EqualFunc(r.now, at, func(a, b client.Object) bool { return a.GetResourceVersion() == b.GetResourceVersion() })
	r.mu.Unlock()
	if same || end <= after+1 {
		r.step(at, end)
		return nil
	}
	middle := after + (end-after)/2
	objects, _, err := r.list(ctx, middle)
	if err != nil {
		return err
	}
	if err := r.fill(ctx, after, middle, objects); err != nil {
		return err
	}
	return r.fill(ctx, middle, end, at)
}

// step records how the objects at a revision differ from those last seen.
func (r *recorder) step(at map[types.UID]client.Object, revision uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for uid, object := range r.now {
		if at[uid] == nil {
			r.add(object, revision, true)
		}
	}
	for _, object := range slices.SortedFunc(maps.Values(at), func(a, b client.Object) int { return int(revisionOf(a)) - int(revisionOf(b)) }) {
		if was := r.now[object.GetUID()]; was == nil || was.GetResourceVersion() != object.GetResourceVersion() {
			r.add(object, revisionOf(object), false)
		}
	}
	r.last = revision
}

// list reads all objects as they were at a revision; 0 for now.
func (r *recorder) list(ctx context.Context, revision uint64) (map[types.UID]client.Object, uint64, error) {
	var options metav1.ListOptions
	if revision > 0 {
		options.ResourceVersion = strconv.FormatUint(revision, 10)
		options.ResourceVersionMatch = metav1.ResourceVersionMatchExact
	}
	page := r.empty()
	if err := r.from.List(ctx, page, &client.ListOptions{Raw: &options}); err != nil {
		return nil, 0, err
	}
	objects := map[types.UID]client.Object{}
	err := meta.EachListItem(page, func(item runtime.Object) error {
		object := item.DeepCopyObject().(client.Object)
		objects[object.GetUID()] = object
		return nil
	})
	at, parsed := strconv.ParseUint(page.GetResourceVersion(), 10, 64)
	if err == nil {
		err = parsed
	}
	return objects, at, err
}

// history returns all versions so far, up to how things are now, and forgets all but the last of each object.
func (r *recorder) history(ctx context.Context) ([]version, error) {
	_, end, err := r.list(ctx, 0)
	if err != nil {
		return nil, err
	}
	if err := r.await(ctx, end); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.versions
	r.versions = nil
	return all, nil
}

// silence is how long a watch that is behind may say nothing before what it missed is read back: an API server that lost its
// etcd for a moment may keep one open that tells nothing any more.
const silence = 10 * time.Second

// await waits until the watch has come as far as what is stored.
func (r *recorder) await(ctx context.Context, end uint64) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	heard, known := time.Now(), uint64(0)
	for {
		stored, at, err := r.list(ctx, 0)
		r.mu.Lock()
		same := err == nil && maps.EqualFunc(r.now, stored, func(a, b client.Object) bool { return a.GetResourceVersion() == b.GetResourceVersion() })
		if r.last != known {
			heard, known = time.Now(), r.last
		}
		breakOff, failed := r.breakOff, r.failed
		r.mu.Unlock()
		if same && at >= end {
			return nil
		}
		if time.Since(heard) > silence {
			heard = time.Now()
			breakOff()
		}
		select {
		case <-ctx.Done():
			return errors.Join(
				fmt.Errorf("the recorder of %T came to %d and not to %d (%d objects are stored at %d): %w",
					r.kind, known, end, len(stored), at, context.Cause(ctx)),
				err, failed)
		case <-tick.C:
		}
	}
}

func revisionOf(object client.Object) uint64 {
	n, _ := strconv.ParseUint(object.GetResourceVersion(), 10, 64) // the API server counts
	return n
}
