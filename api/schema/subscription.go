package schema

import (
	"context"
	"io"
	"time"

	apitypes "k8s.io/apimachinery/pkg/types"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

func (t *types) declareSubscriptions() {
	t.subscriptionObject = object("Subscription", "What can be followed. Each begins with how things are now; changes that come "+
		"faster than they are read become one.", func() []engine.Field {
		return []engine.Field{
			engine.Subscribe("capacityPool", "A pool, whenever its numbers or the trust in them change; ends when it is gone.",
				required(t.capacityPool), inPartnership("capacity pool"), t.followPool),
			engine.Subscribe("placement", "A claim, whenever it changes; ends when it is gone, or has gone out of your sight.",
				required(t.placement), inPartnership("Placement"), t.followClaim),
			t.worklistSubscription(),
		}
	})
}

func gone(what string) error {
	return problem(CodeNotFound, "There is no "+what+" of that name, or it is not for you to see.")
}

func (t *types) followPool(_ context.Context, v *directory.View, args engine.Args) (engine.Source[poolOf], error) {
	namespace, name := objectName(args)
	if _, there := v.Pool(namespace, name); !there {
		return nil, gone("capacity pool")
	}
	return &poolSource{
		view: t.sources.Directory.View, namespace: namespace, name: name, bell: t.sources.Directory.Listen(namespace, name),
	}, nil
}

// poolSource yields a pool whenever what anybody may see of its numbers has changed.
type poolSource struct {
	view            func() directory.View
	namespace, name string
	bell            *bell.Bell[directory.PoolName]
	last            *seen
}

// seen is what was last told of a pool.
type seen struct {
	figures   capacity.PublicFigures
	trust     v1alpha1.Trust
	confirmed time.Time
	spec      int64
}

// Next implements engine.Source.
func (s *poolSource) Next(ctx context.Context) (poolOf, error) {
	for {
		v := s.view()
		pool, there := v.Pool(s.namespace, s.name)
		if !there {
			return poolOf{}, io.EOF
		}
		is := seenOf(v, pool)
		if s.last == nil || *s.last != is {
			s.last = &is
			return poolOf{&v, pool}, nil
		}
		if err := s.wait(ctx, v, pool); err != nil {
			return poolOf{}, err
		}
	}
}

func seenOf(v directory.View, pool *directory.Pool) seen {
	figures := v.Figures(pool)
	return seen{figures.Public(), figures.Trust, figures.ConfirmedTime, pool.Generation}
}

// wait returns when the pool may look different: it changed, or trust in it changes by itself.
func (s *poolSource) wait(ctx context.Context, v directory.View, pool *directory.Pool) error {
	var ages <-chan time.Time
	next, changes := capacity.NextTrustChange(v.Figures(pool).ConfirmedTime, v.Now(), capacity.Interval(pool.CapacityPool))
	if changes {
		timer := time.NewTimer(max(next.Sub(v.Now()), time.Millisecond))
		defer timer.Stop()
		ages = timer.C
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.bell.Rings():
	case <-ages:
	}
	return nil
}

// Close implements engine.Source.
func (s *poolSource) Close() { s.bell.Close() }

func (t *types) followClaim(ctx context.Context, _ *directory.View, args engine.Args) (engine.Source[claimOf], error) {
	namespace, name := objectName(args)
	who, about := identity.From(ctx), placement.Name{Namespace: namespace, Name: name}
	book, err := t.bookFor(ctx)
	if err != nil {
		return nil, err
	}
	claim := book.Placement(ctx, who, about)
	if claim == nil {
		return nil, gone("Placement")
	}
	return &claimSource{
		view: t.sources.Directory.View, book: book, showing: t.showingOne, caller: who, name: about, uid: claim.UID,
		bell: book.Listen(about),
	}, nil
}

// claimSource yields a claim whenever it changes, as long as the caller may see it.
type claimSource struct {
	view func() directory.View
	book *placement.Book
	// showing decides what may be shown of the claim, and has it written down that it is about to be.
	showing func(context.Context, *directory.View, identity.Caller, *v1alpha1.Placement) (*claimOf, error)
	caller  identity.Caller
	name    placement.Name
	// uid tells the claim from one made later with its name.
	uid  apitypes.UID
	bell *bell.Bell[placement.Name]
	last string
}

// Next implements engine.Source.
func (s *claimSource) Next(ctx context.Context) (claimOf, error) {
	for {
		claim := s.book.Placement(ctx, s.caller, s.name)
		if claim == nil || claim.UID != s.uid {
			return claimOf{}, io.EOF
		}
		if claim.ResourceVersion != s.last {
			s.last = claim.ResourceVersion
			v := s.view()
			shown, err := s.showing(ctx, &v, s.caller, claim)
			if err != nil {
				return claimOf{}, err
			}
			return *shown, nil
		}
		select {
		case <-ctx.Done():
			return claimOf{}, ctx.Err()
		case <-s.bell.Rings():
		}
	}
}

// Close implements engine.Source.
func (s *claimSource) Close() { s.bell.Close() }
