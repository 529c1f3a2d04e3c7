package schema

import (
	"context"
	"fmt"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/crds/v1alpha1"
)

// mostNodes is how many ids one nodes field takes.
const mostNodes = 100

func (t *types) declareNode() {
	t.nodeInterface = &engine.Interface{
		Name: "Node", Description: "Anything with a global id.",
		Fields: func() []engine.Field {
			return []engine.Field{engine.Declare("id", idDescription, required(engine.ID))}
		},
		TypeOf: func(value any) *engine.Object {
			switch value.(type) {
			case of[*directory.Partnership]:
				return t.partnership
			case of[*directory.Partner]:
				return t.partner
			case of[*directory.Service]:
				return t.supportService
			case of[*directory.Pool]:
				return t.capacityPool
			case claimOf:
				return t.placement
			}
			return nil
		},
	}
}

const idDescription = "Names the object among all objects of the directory, always. Opaque: keep it, do not take it apart."

func (t *types) nodeFields() []engine.Field {
	return []engine.Field{
		engine.Resolve("node", "The object with a global id; null if there is none.", t.nodeInterface, []engine.Argument{
			{Name: "id", Description: "A global id.", Type: required(engine.ID)},
		}, func(ctx context.Context, v *directory.View, args engine.Args) (any, error) {
			id, _ := args.String("id")
			return t.find(ctx, v, id)
		}),
		engine.Resolve("nodes", "The objects with global ids, in the order asked for; null for each that does not exist.",
			required(engine.List(t.nodeInterface)), []engine.Argument{
				{Name: "ids", Description: "Up to 100 global ids.", Type: each(engine.ID)},
			}, func(ctx context.Context, v *directory.View, args engine.Args) ([]any, error) {
				ids := args.Strings("ids")
				if len(ids) > mostNodes {
					return nil, badArgument("ids", fmt.Sprintf("Ask for at most %d ids at once.", mostNodes))
				}
				found := make([]any, len(ids))
				var err error
				for i, id := range ids {
					if found[i], err = t.find(ctx, v, id); err != nil {
						return nil, err
					}
				}
				return found, nil
			}).Sized(mostNodes),
	}
}

// find is the object with an id, or nil.
func (t *types) find(ctx context.Context, v *directory.View, id string) (any, error) {
	kind, namespace, name, ok := directory.ParseID(id)
	if !ok {
		return nil, nil //nolint:nilnil // null is the answer
	}
	switch kind {
	case directory.KindPartnership:
		return maybe(v, present(v.Partnership(name))), nil
	case directory.KindPartner:
		return maybe(v, present(v.Partner(name))), nil
	case directory.KindService:
		return maybe(v, present(v.Service(namespace, name))), nil
	case directory.KindPool:
		return maybe(v, present(v.Pool(namespace, name))), nil
	case directory.KindPlacement:
		claim := t.claim(ctx, placement.Name{Namespace: namespace, Name: name})
		shown, err := t.showingOne(ctx, v, identity.From(ctx), claim)
		if shown == nil {
			return nil, err
		}
		return *shown, nil
	}
	return nil, nil //nolint:nilnil // null is the answer
}

// claim is a claim that whoever asks may see; nil if there is none.
func (t *types) claim(ctx context.Context, name placement.Name) *v1alpha1.Placement {
	if t.sources.Book == nil {
		return nil
	}
	engine.Evenly(ctx)
	return t.sources.Book.Placement(ctx, identity.From(ctx), name)
}

// present is the thing, or nil if it was not found.
func present[T any](thing *T, found bool) *T {
	if !found {
		return nil
	}
	return thing
}

// maybe joins a thing to its view; nil if there is none.
func maybe[T any](v *directory.View, thing *T) any {
	if thing == nil {
		return nil
	}
	return of[*T]{v, thing}
}

// pointerTo joins a thing to its view, as a pointer that is nil if there is none.
func pointerTo[T any](v *directory.View, thing *T) *of[*T] {
	if thing == nil {
		return nil
	}
	return &of[*T]{v, thing}
}

// all joins things to their view.
func all[T any](v *directory.View, things []T) []of[T] {
	joined := make([]of[T], len(things))
	for i, thing := range things {
		joined[i] = of[T]{v, thing}
	}
	return joined
}
