package schema

import (
	"slices"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/v1alpha1"
)

// claimList names the list of claims in cursors.
const claimList = "placements"

// claims are a page of a list of claims.
type claims struct {
	view *directory.View
	rows []*v1alpha1.Placement
	// shown are what may be seen of the rows; none unless they were asked for.
	shown []*claimSeen
	total int
	// before and after report whether there is more on either side.
	before, after bool
}

// claimKey is where a claim stands among those made last first.
func claimKey(claim *v1alpha1.Placement) directory.Key {
	return directory.Key{Number: -claim.CreationTimestamp.Unix(), ID: string(claim.UID)}
}

// pageOfClaims is the part of the list that was asked for. The list is in the order of claimKey.
func pageOfClaims(v *directory.View, list []*v1alpha1.Placement, request directory.PageRequest) *claims {
	from, to := 0, len(list)
	compare := func(claim *v1alpha1.Placement, key directory.Key) int { return claimKey(claim).Compare(key) }
	if request.After != nil {
		at, there := slices.BinarySearchFunc(list, *request.After, compare)
		if from = at; there {
			from++
		}
	}
	if request.Before != nil {
		at, _ := slices.BinarySearchFunc(list, *request.Before, compare)
		to = max(from, at)
	}
	if request.First > 0 {
		to = min(to, from+request.First)
	} else {
		from = max(from, to-request.Last)
	}
	return &claims{view: v, rows: list[from:to], total: len(list), before: from > 0, after: to < len(list)}
}

func claimCursor(claim *v1alpha1.Placement) string {
	return directory.Cursor(claimList, claimKey(claim))
}

func (c *claims) pageInfo() pageInfo {
	info := pageInfo{next: c.after, previous: c.before}
	if n := len(c.rows); n > 0 {
		start, end := claimCursor(c.rows[0]), claimCursor(c.rows[n-1])
		info.start, info.end = &start, &end
	}
	return info
}

func (t *types) declarePlacementPages() {
	nodes := func(c *claims) []claimOf {
		nodes := make([]claimOf, len(c.shown))
		for i, claim := range c.shown {
			nodes[i] = claimOf{c.view, *claim}
		}
		return nodes
	}
	t.placementEdge = object("PlacementEdge", "One of a list of claims.", func() []engine.Field {
		return []engine.Field{
			engine.Get("cursor", "Where it stands in the list, for after and before. Opaque.", required(engine.String),
				func(c claimOf) string { return claimCursor(c.it.Placement) }),
			engine.Get("node", "The claim itself.", required(t.placement), func(c claimOf) claimOf { return c }),
		}
	})
	t.placements = object("PlacementConnection", "A page of a list of claims.", func() []engine.Field {
		return []engine.Field{
			engine.Get("edges", "The page, with a cursor for each.", each(t.placementEdge), nodes),
			engine.Get("nodes", "The page.", each(t.placement), nodes),
			engine.Get("pageInfo", "What comes before and after.", required(t.pageInfo), (*claims).pageInfo),
			engine.Get("totalCount", "How many there are in the whole list.", required(engine.Int), func(c *claims) int { return c.total }),
		}
	})
}
