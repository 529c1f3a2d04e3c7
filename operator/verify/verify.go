// Package verify looks at a live cluster and says whether places, claims and money agree.
package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

// Settle is how long after the first look the second usually comes. Places that are just being given, or given back, look
// wrong for a moment; the operator sweeps every five seconds.
const Settle = 12 * time.Second

// Run looks twice, that long apart, and writes a line for each violation found both times, or one line that says how much was
// looked at. It returns the number of violations.
func Run(
	ctx context.Context, from client.Reader, clock clock.WithTicker, settle time.Duration, out io.Writer,
) (int, error) {
	found, looked, err := look(ctx, from, clock.Now())
	if err != nil {
		return 0, err
	}
	if len(found) > 0 {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-clock.After(settle):
		}
		again, _, err := look(ctx, from, clock.Now())
		if err != nil {
			return 0, err
		}
		found = Both(found, again)
	}
	for _, v := range found {
		if _, err := fmt.Fprintln(out, v); err != nil {
			return len(found), err
		}
	}
	if len(found) == 0 {
		_, err = fmt.Fprintf(out, "places, claims and money agree: %d pools, %d claims, %d funds\n",
			len(looked.Pools), len(looked.Claims), len(looked.Funds))
	}
	return len(found), err
}

func look(ctx context.Context, from client.Reader, now time.Time) ([]rules.Violation, rules.Snapshot, error) {
	s, err := Read(ctx, from)
	if err != nil {
		return nil, s, err
	}
	return rules.Verify(s, now), s, nil
}

// Both returns the violations of the second list whose rule the same object broke in the first. In what words is no matter: a
// claim that is left waiting may be left waiting for another pool by then.
func Both(first, second []rules.Violation) []rules.Violation {
	type broken struct {
		kind   rules.ViolationKind
		object string
	}
	seen := map[broken]bool{}
	for _, v := range first {
		seen[broken{v.Kind, v.Object}] = true
	}
	var both []rules.Violation
	for _, v := range second {
		if seen[broken{v.Kind, v.Object}] {
			both = append(both, v)
		}
	}
	return both
}

// Read reads everything about places, claims and money, page by page.
func Read(ctx context.Context, from client.Reader) (rules.Snapshot, error) {
	var s rules.Snapshot
	err := errors.Join(
		all(ctx, from, &v1alpha1.CapacityPoolList{}, func(p *v1alpha1.CapacityPool) { s.Pools = append(s.Pools, *p) }),
		all(ctx, from, &v1alpha1.PlacementList{}, func(c *v1alpha1.Placement) { s.Claims = append(s.Claims, *c) }),
		all(ctx, from, &v1alpha1.PlacementFundList{}, func(f *v1alpha1.PlacementFund) { s.Funds = append(s.Funds, *f) }),
	)
	return s, err
}

func all[T client.Object](ctx context.Context, from client.Reader, kind client.ObjectList, add func(T)) error {
	return reference.EachLive(ctx, from, kind, func(o client.Object) bool {
		object, ok := o.(T)
		if ok {
			add(object)
		}
		return true
	})
}
