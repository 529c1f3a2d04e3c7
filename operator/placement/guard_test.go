package placement

import (
	"context"
	"testing"
	"testing/synctest"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// slow answers once it is let, and counts.
type slow struct {
	client.Reader
	let   chan struct{}
	reads *int
}

func (s slow) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	*s.reads++
	<-s.let
	return s.Reader.Get(ctx, key, o, options...)
}

// The first claims in a pool come all at once, and each needs it to be kept: it is read once and written to once.
func TestAPoolIsGuardedOnceForAllWhoComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.pool("p", 5)
		r, let, reads := w.binders[0].Reconciler, make(chan struct{}), 0
		r.Live = slow{w.store, let, &reads}
		pool := w.pools()[0]
		binding := &v1alpha1.PlacementBinding{
			Pool: v1alpha1.PlacementPool{Partnership: "fife", Name: "p"}, PoolUID: v1alpha1.ObjectUID(pool.UID),
		}
		guarded := make(chan error)
		const claims = 5
		for range claims {
			go func() { guarded <- r.guardPool(t.Context(), pool, binding) }()
		}
		synctest.Wait()
		close(let)
		for range claims {
			if err := <-guarded; err != nil {
				t.Error(err)
			}
		}
		if writes := w.binders[0].writes; reads != 1 || writes != 1 {
			t.Errorf("%d reads and %d writes", reads, writes)
		}
	})
}
