package disclosure

import (
	"context"
	"fmt"
	"slices"

	"lifeline.scot/policies"
)

// judged is what the rules say about requests, however many: all of it, or [ErrNotDecided].
func judged(
	ctx context.Context, engine *policies.Engine, world *policies.World, requests []policies.Request,
) ([]policies.Decision, error) {
	all := make([]policies.Decision, 0, len(requests))
	for some := range slices.Chunk(requests, policies.MaxRequests) {
		decisions, err := engine.Decide(ctx, world, some)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotDecided, err)
		}
		all = append(all, decisions...)
	}
	return all, nil
}
