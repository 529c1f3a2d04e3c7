package engine

import (
	"context"
	"reflect"

	"github.com/graphql-go/graphql/language/ast"
)

// Source yields the events of one subscription.
//
// The engine asks for the next event only after the last one has been written to the client. A source whose events tell
// a state should therefore give the newest state, and drop what it replaces: a slow client then skips states, and takes no
// memory.
type Source[V any] interface {
	// Next blocks until there is an event, ctx ends (it then returns the error of ctx) or there will be none any more
	// (io.EOF). Any other error ends the subscription: an [*Error] is told to the client, all else is masked.
	Next(ctx context.Context) (V, error)
	// Close is called once, when the subscription has ended for whatever reason. Next is not running then, and is not
	// called again.
	Close()
}

// Subscribe declares a field of the subscription type. open is called once for each subscription; it may return an
// [*Error] to say that there is none to be had. Its context lasts as long as the subscription does, but open itself has only
// [Limits].Time. Each event of the source is answered as the field's value, and resolvers below it find the root as of that
// event with [Root].
func Subscribe[P, V any](
	name, description string, t Type, args []Argument, open func(context.Context, P, Args) (Source[V], error),
) Field {
	return Field{
		Name: name, Description: description, Type: t, Args: args, subscribes: true,
		typed: open, parent: reflect.TypeFor[P](), value: reflect.TypeFor[V](),
		read: func(ctx context.Context, source any, args Args) (any, bool, error) {
			switch source := source.(type) {
			case event:
				return source.value, true, nil
			case *opening:
				parent, ok := rootAs[P](source.root)
				if !ok {
					return nil, false, nil
				}
				opened, err := open(ctx, parent, args)
				if err == nil && opened != nil {
					source.feed = typedFeed[V]{opened}
				}
				return nil, true, err
			}
			return nil, false, nil
		},
	}
}

// follows tells whether an operation is a subscription.
func (p *prepared) follows() bool { return p.operation.Operation == ast.OperationTypeSubscription }

// event is what the field of a subscription is read from when there is something to tell.
type event struct{ value any }

// opening is what the field of a subscription is read from at first: reading it fills in the feed.
type opening struct {
	root any
	feed feed
}

// feed is a [Source] without its type.
type feed interface {
	next(ctx context.Context) (any, error)
	close()
}

type typedFeed[V any] struct{ Source[V] }

func (f typedFeed[V]) next(ctx context.Context) (any, error) { return f.Next(ctx) }
func (f typedFeed[V]) close()                                { f.Close() }

// rootKey is under which the root of an execution is in its context.
type rootKey struct{}

// Root is what [Options].Root gave for this execution: for each request, for each field of a mutation, and for each event
// of a subscription. False if it is no P, or ctx is not that of a resolver.
func Root[P any](ctx context.Context) (P, bool) { return rootAs[P](ctx.Value(rootKey{})) }

func rootAs[P any](root any) (P, bool) {
	if same, ok := root.(P); ok {
		return same, true
	}
	if other, ok := converted(root, reflect.TypeFor[P]()); ok {
		same, ok := other.(P)
		return same, ok
	}
	var none P
	return none, false
}
