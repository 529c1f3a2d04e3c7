// Package verify looks at a live cluster and says whether places, claims and money agree.
package verify

import (
	"context"
	"fmt"
	"io"
	"time"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// Settle is how long after the first look the second comes. Places that are just being given, or given back, look wrong for a
// moment; the operator sweeps every five seconds.
const Settle = 12 * time.Second

// pageSize bounds one answer of the API server.
const pageSize = 500

// Run looks twice, and writes a line for each violation found both times, or one line that says how much was looked at. It
// returns the number of violations.
func Run(ctx context.Context, from client.Reader, clock clock.WithTicker, out io.Writer) (int, error) {
	found, looked, err := look(ctx, from, clock.Now())
	if err != nil {
		return 0, err
	}
	if len(found) > 0 {
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-clock.After(Settle):
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

// Both returns the violations that are in both lists.
func Both(first, second []rules.Violation) []rules.Violation {
	seen := map[rules.Violation]bool{}
	for _, v := range first {
		seen[v] = true
	}
	var both []rules.Violation
	for _, v := range second {
		if seen[v] {
			both = append(both, v)
		}
	}
	return both
}

// Read reads everything about places, claims and money, page by page.
func Read(ctx context.Context, from client.Reader) (rules.Snapshot, error) {
	var s rules.Snapshot
	var err error
	if s.Pools, err = all(ctx, from, &v1alpha1.CapacityPoolList{}, func(l *v1alpha1.CapacityPoolList) []v1alpha1.CapacityPool {
		return l.Items
	}); err != nil {
		return s, err
	}
	if s.Claims, err = all(ctx, from, &v1alpha1.PlacementList{}, func(l *v1alpha1.PlacementList) []v1alpha1.Placement {
		return l.Items
	}); err != nil {
		return s, err
	}
	s.Funds, err = all(ctx, from, &v1alpha1.PlacementFundList{}, func(l *v1alpha1.PlacementFundList) []v1alpha1.PlacementFund {
		return l.Items
	})
	return s, err
}

func all[L client.ObjectList, T any](ctx context.Context, from client.Reader, page L, items func(L) []T) ([]T, error) {
	var list []T
	for token := ""; ; {
		if err := from.List(ctx, page, client.Limit(pageSize), client.Continue(token)); err != nil {
			return nil, fmt.Errorf("list %T: %w", page, err)
		}
		list = append(list, items(page)...)
		if token = page.GetContinue(); token == "" {
			return list, nil
		}
	}
}
