package binder

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// holds knows when a watch first saw each claim held, and how many of those who wait the operator has told
// where they stand.
type holds struct {
	mu    sync.Mutex
	held  map[string]time.Time
	told  map[string]struct{}
	await map[string]chan time.Time
}

// follow watches all claims until ctx ends. The API server ends a watch that is too slow for it, as every watch now and then;
// the next begins with all there is.
func follow(ctx context.Context, c client.WithWatch) (*holds, error) {
	h := &holds{held: map[string]time.Time{}, told: map[string]struct{}{}, await: map[string]chan time.Time{}}
	opened, err := c.Watch(ctx, &v1alpha1.PlacementList{})
	if err != nil {
		return nil, fmt.Errorf("watch claims: %w", err)
	}
	go func() {
		for {
			h.drain(opened)
			if opened, err = c.Watch(ctx, &v1alpha1.PlacementList{}); err != nil {
				return // what is waited for then is not seen, and the measurement ends with an error
			}
		}
	}()
	return h, nil
}

func (h *holds) drain(opened watch.Interface) {
	defer opened.Stop()
	for event := range opened.ResultChan() {
		if claim, ok := event.Object.(*v1alpha1.Placement); ok && event.Type != watch.Deleted {
			h.see(claim, time.Now())
		}
	}
}

func (h *holds) see(claim *v1alpha1.Placement, at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if claim.Status.ObservedGeneration > 0 && strings.HasPrefix(claim.Name, waits) {
		h.told[claim.Name] = struct{}{}
	}
	b := claim.Status.Binding
	if _, before := h.held[claim.Name]; before || b == nil || b.State != v1alpha1.BindingHeld {
		return
	}
	h.held[claim.Name] = at
	if wait, is := h.await[claim.Name]; is {
		wait <- at
		delete(h.await, claim.Name)
	}
}

// expect is asked before the claim is made: the channel gets the moment it is seen held.
func (h *holds) expect(name string) <-chan time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	wait := make(chan time.Time, 1)
	h.await[name] = wait
	return wait
}

func (h *holds) counts() (told, held int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.told), len(h.held)
}

// last is when the latest hold so far was seen.
func (h *holds) last() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	var last time.Time
	for _, at := range h.held {
		if at.After(last) {
			last = at
		}
	}
	return last
}

// until polls until enough is true.
func until(ctx context.Context, limit time.Duration, what string, enough func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !enough() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		case <-tick.C:
		}
	}
	return nil
}

const pollEvery = 20 * time.Millisecond
