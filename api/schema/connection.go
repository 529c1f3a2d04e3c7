package schema

import (
	"errors"
	"fmt"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
)

// largestPage is how many items one page of a list has at most.
const largestPage = 100

// connection is a page of a list, as Relay has it.
type connection[R directory.Row] struct {
	view  *directory.View
	found directory.Found[R]
	page  directory.Page[R]
}

// edge is one item of a page.
type edge[R directory.Row] struct {
	of   *connection[R]
	item int
}

func pageArguments() []engine.Argument {
	return []engine.Argument{
		{Name: "first", Description: "The first so many, 1 to 100. Give first or last.", Type: engine.Int},
		{Name: "after", Description: "A cursor: only what comes after it.", Type: engine.String},
		{Name: "last", Description: "The last so many, 1 to 100.", Type: engine.Int},
		{Name: "before", Description: "A cursor: only what comes before it.", Type: engine.String},
	}
}

// page reads the part of a list that the arguments ask for.
func page[R directory.Row](v *directory.View, found directory.Found[R], args engine.Args) (*connection[R], error) {
	request, err := pageRequest(found.Scope, args)
	if err != nil {
		return nil, err
	}
	return &connection[R]{v, found, found.Page(request)}, nil
}

func pageRequest(scope string, args engine.Args) (directory.PageRequest, error) {
	request := directory.PageRequest{}
	first, hasFirst := args.Int("first")
	last, hasLast := args.Int("last")
	if hasFirst == hasLast {
		return request, problem(CodeBadPageSize, "Say how many: give either first or last, from 1 to 100.")
	}
	if size := first + last; size < 1 || size > largestPage {
		return request, problem(CodeBadPageSize, fmt.Sprintf("A page has 1 to %d items, not %d.", largestPage, size))
	}
	request.First, request.Last = first, last
	var errAfter, errBefore error
	request.After, errAfter = key(scope, args, "after")
	request.Before, errBefore = key(scope, args, "before")
	if errAfter != nil {
		return request, errAfter
	}
	return request, errBefore
}

// key reads the cursor in an argument; nil if there is none.
func key(scope string, args engine.Args, argument string) (*directory.Key, error) {
	cursor, given := args.String(argument)
	if !given {
		return nil, nil //nolint:nilnil // no cursor is no error
	}
	key, err := directory.ParseCursor(scope, cursor)
	switch {
	case errors.Is(err, directory.ErrOtherList):
		return nil, problem(CodeCursorOfAnotherList, "The cursor in "+argument+" belongs to another list, order or point. "+
			"Use it with the list and orderBy it came from, or start again without it.")
	case err != nil:
		return nil, problem(CodeBadCursor, "The text in "+argument+" is not a cursor of this directory.")
	}
	return &key, nil
}

func (t *types) declareLists() {
	t.pageInfo = object("PageInfo", "What comes before and after a page.", func() []engine.Field {
		return []engine.Field{
			engine.Get("hasNextPage", "Whether there is more after this page.", required(engine.Boolean),
				func(p pageInfo) bool { return p.next }),
			engine.Get("hasPreviousPage", "Whether there is more before this page.", required(engine.Boolean),
				func(p pageInfo) bool { return p.previous }),
			engine.Get("startCursor", "The cursor of the first item; null if there is none.", engine.String,
				func(p pageInfo) *string { return p.start }),
			engine.Get("endCursor", "The cursor of the last item; null if there is none.", engine.String,
				func(p pageInfo) *string { return p.end }),
		}
	})
	t.partnerships = connectionOf[*directory.Partnership](t, "Partnership", "ADPs", func() engine.Type {
		return t.partnership
	})
	t.partners = connectionOf[*directory.Partner](t, "Partner", "organisations", func() engine.Type { return t.partner })
	t.capacityPools = connectionOf[*directory.Pool](t, "CapacityPool", "places", func() engine.Type {
		return t.capacityPool
	})
	t.supportServices = connectionOf[*directory.Service](t, "SupportService", "services", func() engine.Type { return t.supportService },
		engine.Get("distanceKm", "How far the nearest of its places is from the point asked for, in kilometres in a straight "+
			"line; null without near.", engine.Float, distanceKm),
		engine.Get("distanceApproximate", "Whether where that place lies is not known, so that distanceKm goes to the "+
			"approximate middle of its postcode district, which may be some kilometres out; null without near.",
			engine.Boolean, distanceApproximate))
}

// pageInfo is what Relay needs to know to page on.
type pageInfo struct {
	next, previous bool
	start, end     *string
}

func (c *connection[R]) pageInfo() pageInfo {
	info := pageInfo{next: c.page.HasNext, previous: c.page.HasPrevious}
	if n := len(c.page.Keys); n > 0 {
		start, end := c.cursor(0), c.cursor(n-1)
		info.start, info.end = &start, &end
	}
	return info
}

func (c *connection[R]) cursor(item int) string {
	return directory.Cursor(c.found.Scope, c.page.Keys[item])
}

func (c *connection[R]) edges() []edge[R] {
	edges := make([]edge[R], len(c.page.Rows))
	for i := range edges {
		edges[i] = edge[R]{c, i}
	}
	return edges
}

// connectionOf makes the connection and edge types of a list.
func connectionOf[R directory.Row](t *types, name, plural string, node func() engine.Type,
	more ...engine.Field,
) *engine.Object {
	edges := object(name+"Edge", "One of a list of "+plural+".", func() []engine.Field {
		return append([]engine.Field{
			engine.Get("cursor", "Where it stands in the list, for after and before. Opaque.",
				required(engine.String), func(e edge[R]) string { return e.of.cursor(e.item) }),
			engine.Get("node", "The thing itself.", required(node()),
				func(e edge[R]) of[R] { return of[R]{e.of.view, e.of.page.Rows[e.item]} }),
		}, more...)
	})
	return object(name+"Connection", "A page of a list of "+plural+".", func() []engine.Field {
		return []engine.Field{
			engine.Get("edges", "The page, with a cursor for each.", each(edges), (*connection[R]).edges),
			engine.Get("nodes", "The page.", each(node()), func(c *connection[R]) []of[R] { return all(c.view, c.page.Rows) }),
			engine.Get("pageInfo", "What comes before and after.", required(t.pageInfo), (*connection[R]).pageInfo),
			engine.Get("totalCount", "How many there are in the whole list.", required(engine.Int),
				func(c *connection[R]) int { return c.found.Total }),
		}
	})
}

func distanceKm(e edge[*directory.Service]) *float64 {
	distance, ok := directory.DistanceTo(e.of.found, e.of.page.Rows[e.item])
	if !ok {
		return nil
	}
	km := float64(int(distance.Metres/100+0.5)) / 10
	return &km
}

func distanceApproximate(e edge[*directory.Service]) *bool {
	distance, ok := directory.DistanceTo(e.of.found, e.of.page.Rows[e.item])
	if !ok {
		return nil
	}
	return &distance.Approximate
}
