package rival

import (
	"context"
	"fmt"
	"net/http"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
)

// cachedQueries is how many parsed and validated queries the server remembers, as gqlgen's own default server does.
const cachedQueries = 1000

// Handler serves the data by POST.
func Handler(d *Data) http.Handler {
	server := handler.New(NewExecutableSchema(Config{Resolvers: resolvers{d}}))
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](cachedQueries))
	return server
}

type resolvers struct{ data *Data }

// Query implements ResolverRoot.
func (r resolvers) Query() QueryResolver { return r }

// SupportService implements QueryResolver.
func (r resolvers) SupportService(_ context.Context, partnership, name string) (*SupportService, error) {
	return r.data.named[serviceName{partnership, name}], nil
}

// SupportServices implements QueryResolver.
func (r resolvers) SupportServices(_ context.Context, first *int, after *string) (*SupportServiceConnection, error) {
	if first == nil || *first < 1 || *first > 100 {
		return nil, fmt.Errorf("first must be 1 to 100")
	}
	from := 0
	if after != nil {
		at, ok := r.data.at[*after]
		if !ok {
			return nil, fmt.Errorf("unknown cursor")
		}
		from = at + 1
	}
	to := min(from+*first, len(r.data.edges))
	page := &SupportServiceConnection{Edges: r.data.edges[from:to], TotalCount: len(r.data.edges)}
	page.PageInfo = &PageInfo{HasPreviousPage: from > 0, HasNextPage: to < len(r.data.edges)}
	if from < to {
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &r.data.edges[from].Cursor, &r.data.edges[to-1].Cursor
	}
	return page, nil
}
