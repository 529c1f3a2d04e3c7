package binder

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/bench/live"
)

// holds knows when a watch first saw each claim held, and how many of those who wait the operator has told
// where they stand.
type holds struct {
	mu    sync.Mutex
	held  map[string]time.Time
	told  map[string]struct{}
	await map[string]chan time.Time
}

// follow watches all claims until ctx ends. An informer goes on from where it was when a watch ends, as every watch does now and
// then; one that began again with everything there is would never catch up with tens of thousands of claims.
func follow(ctx context.Context, system *live.System) (*holds, error) {
	h := &holds{held: map[string]time.Time{}, told: map[string]struct{}{}, await: map[string]chan time.Time{}}
	claims, err := cache.New(system.Config, cache.Options{Scheme: system.Client.Scheme()})
	if err != nil {
		return nil, fmt.Errorf("follow claims: %w", err)
	}
	informer, err := claims.GetInformer(ctx, &v1alpha1.Placement{}, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, fmt.Errorf("follow claims: %w", err)
	}
	see := func(object any) {
		if claim, ok := object.(*v1alpha1.Placement); ok {
			h.see(claim, time.Now())
		}
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: see, UpdateFunc: func(_, is any) { see(is) },
	})
	if err != nil {
		return nil, fmt.Errorf("follow claims: %w", err)
	}
	go func() { _ = claims.Start(ctx) }() // what is waited for and not seen ends the measurement with an error
	if !claims.WaitForCacheSync(ctx) {
		return nil, fmt.Errorf("follow claims: %w", context.Cause(ctx))
	}
	return h, nil
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
