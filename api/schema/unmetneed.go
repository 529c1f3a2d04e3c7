package schema

import (
	"context"
	"fmt"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// mostUnmet is how many counts a week usually has.
const mostUnmet = 50

func (t *types) unmetNeeds(ctx context.Context, _ *directory.View, args engine.Args) ([]*v1alpha1.UnmetNeed, error) {
	book, err := t.bookFor(ctx)
	if err != nil {
		return nil, err
	}
	first, _ := args.Int("first")
	if first < 1 || first > largestPage {
		return nil, problem(CodeBadPageSize, fmt.Sprintf("Ask for the first 1 to %d weeks.", largestPage))
	}
	partnership, _ := args.String("partnership")
	found := book.Unmet(ctx, identity.From(ctx), partnership)
	return found[:min(first, len(found))], nil
}

func (t *types) declareUnmet() {
	type count = v1alpha1.UnmetCount
	t.unmetCount = object("UnmetCount", "How many claims for one kind of place, counted for one need, could not be met for one "+
		"reason. Each claim is in one count only, so counts may be added; but the sum lacks those withheld, and the greatest number "+
		"of each may be of another minute.", func() []engine.Field {
		return []engine.Field{
			engine.Get("kind", "The kind of place that was asked for.", required(t.poolKind), func(c count) v1alpha1.PoolKind { return c.Kind }),
			engine.Get("need", "The need that was asked for: the one that the reason is about, if it is about one.", required(t.need),
				func(c count) v1alpha1.NeedName { return c.Need }),
			engine.Get("reason", "Why it could not be met.", required(t.waitingReason),
				func(c count) v1alpha1.WaitingReason { return c.Reason }),
			engine.Get("claims", "The greatest number at one time in the week; withheld from 1 to 4.", required(t.figure), unmetFigure),
		}
	})
	t.unmetNeed = object("UnmetNeed", "What was asked for in one week and could not be given.", func() []engine.Field {
		type ledger = *v1alpha1.UnmetNeed
		return []engine.Field{
			engine.Get("week", "The week, from Monday to Sunday, such as 2026-W48.", required(engine.String),
				func(l ledger) string { return l.Spec.Week }),
			engine.Get("counts", "The counts, the greatest first; none when nothing was unmet.", each(t.unmetCount),
				func(l ledger) []count { return l.Status.Counts }).Sized(mostUnmet),
		}
	})
}

func unmetFigure(c v1alpha1.UnmetCount) figureOf {
	return figureOf{capacity.Published(c.Claims, c.State == v1alpha1.UnmetWithheld)}
}
