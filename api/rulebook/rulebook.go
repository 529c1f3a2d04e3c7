package rulebook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/follow"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
	"lifeline.scot/policies/apart"
)

// Directory is where the organisations come from: a [directory.Directory].
type Directory interface {
	// View is the directory now.
	View() directory.View
	// ListenToOrganisations gives a bell that rings when an organisation or an ADP has changed.
	ListenToOrganisations() *bell.Bell[directory.Organisations]
	// Client reads Lifeline's kinds.
	Client() rest.Interface
}

// Options set up a Rulebook. Only Directory has to be given.
type Options struct {
	Directory Directory
	// Engine has the rules of this program, without any from outside. Default: one that is made anew.
	Engine *policies.Engine
	// Narrowing names the ConfigMap that holds stricter rules, in Rego by file name. Default: there are none.
	Narrowing ConfigMap
	// Apart is how stricter rules are run. Default: by this program, which has to see to it: see [apart.Asked].
	Apart apart.Program
	// Cluster is how to reach the API server that Narrowing is on. It has to be given with it.
	Cluster *rest.Config
	// Now tells the time. Default: time.Now.
	Now func() time.Time
	// RetryAtMost is the longest wait before a broken watch is tried again. Default: 5 s.
	RetryAtMost time.Duration
	// Logger is told when agreements cannot be used, and when stricter rules come into force or are not taken. Default:
	// slog.Default.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.RetryAtMost == 0 {
		o.RetryAtMost = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Rulebook follows Kubernetes and holds what decisions rest on now. It is safe for use by many goroutines at once.
type Rulebook struct {
	options Options
	// plain is the rules of this program without any from outside.
	plain *policies.Engine
	// engine is the rules that are in force; nil while that is not known.
	engine atomic.Pointer[policies.Engine]
	// world is the partners and agreements there are; nil while they are not known.
	world atomic.Pointer[policies.World]

	agreements *register
	stream     *follow.Stream
	// lost tell since when a kind that is followed here is not; zero while it is.
	lost []func() time.Time
	// narrower follows the stricter rules; nil where there are none.
	narrower *narrower
	measures measures
}

// The rulebook reads agreements; the organisations it has from the directory.
//
// +kubebuilder:rbac:groups=lifeline.scot,resources=datasharingagreements,verbs=get;list;watch

// New makes a Rulebook. It compiles the rules, and reads nothing yet: see [Rulebook.Run].
func New(ctx context.Context, options Options) (*Rulebook, error) {
	if options.Directory == nil {
		return nil, errors.New("a rulebook needs a directory")
	}
	options = options.withDefaults()
	plain, err := engineOf(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("make a rulebook: %w", err)
	}
	b := &Rulebook{options: options, plain: plain, stream: follow.NewStream(options.Now)}
	b.agreements, b.lost = newRegister(b.stream), []func() time.Time{b.stream.LostSince}
	if options.Narrowing == (ConfigMap{}) {
		b.engine.Store(plain)
		return b, nil
	}
	if b.narrower, err = newNarrower(options, plain, &b.engine); err != nil {
		return nil, fmt.Errorf("make a rulebook: %w", err)
	}
	b.lost = append(b.lost, b.narrower.stream.LostSince)
	return b, nil
}

func engineOf(ctx context.Context, options Options) (*policies.Engine, error) {
	if options.Engine != nil {
		return options.Engine, nil
	}
	return policies.New(ctx)
}

// Now is what decisions rest on now. The engine is never nil; the world is nil, so that the engine denies whatever it is asked,
// unless the rulebook is ready and not doubtful.
func (b *Rulebook) Now() (*policies.Engine, *policies.World) {
	engine, world := b.engine.Load(), b.world.Load()
	switch {
	case engine == nil:
		return b.plain, nil
	case b.Doubtful():
		return engine, nil
	default:
		return engine, world
	}
}

// errUnread is a question that cannot be answered yet.
var errUnread = errors.New("the stricter rules have not been read yet, or cannot be used")

// MayAct implements rights.Rules by the rules in force, stricter ones included. Until it is known which these are, nothing may be
// done that they could deny.
func (b *Rulebook) MayAct(ctx context.Context, q policies.Question) (policies.Ruling, error) {
	engine := b.engine.Load()
	switch {
	case engine != nil:
		return engine.MayAct(ctx, q)
	case policies.Narrowable(q.What):
		return policies.Ruling{Reasons: []string{policies.ReasonUndecided}}, errUnread
	default:
		return b.plain.MayAct(ctx, q)
	}
}

// MaySee implements rights.Rules: stricter rules take back what is disclosed and done, and not what is seen besides.
func (b *Rulebook) MaySee(ctx context.Context, q policies.Question) (policies.Ruling, error) {
	return b.plain.MaySee(ctx, q)
}

// Ready reports whether everything that decisions rest on has been read once and can be used. It stays true while Kubernetes is
// away.
func (b *Rulebook) Ready() bool { return b.engine.Load() != nil && b.world.Load() != nil }

// Doubtful reports whether Kubernetes, or a part of what decisions rest on, could not be followed for longer than
// [directory.LongestDoubt], so that a suspension or the end of an agreement would not have been heard of.
func (b *Rulebook) Doubtful() bool {
	now := b.options.Now()
	for _, lost := range b.lost {
		if since := lost(); !since.IsZero() && now.Sub(since) > directory.LongestDoubt {
			return true
		}
	}
	return b.options.Directory.View().Freshness().Doubtful(now)
}

// Run follows Kubernetes until the context ends. It never gives up: while the API server is away it keeps trying.
func (b *Rulebook) Run(ctx context.Context) {
	kind := follow.Kind{Resource: "datasharingagreements", Object: &v1alpha1.DataSharingAgreement{}}
	reflector := b.stream.Reflector(
		b.options.Directory.Client(), kind, b.agreements, "rulebook/"+kind.Resource, b.options.RetryAtMost)
	var running sync.WaitGroup
	running.Go(func() { reflector.RunWithContext(ctx) })
	running.Go(func() { b.keep(ctx) })
	if b.narrower != nil {
		running.Go(func() { b.narrower.run(ctx) })
	}
	running.Wait()
}

// rebuildEvery is the shortest time between two worlds. The first change after a quiet moment counts at once; a burst is
// gathered.
const rebuildEvery = 5 * time.Millisecond

// keep makes a new world whenever an organisation, an ADP or an agreement has changed.
func (b *Rulebook) keep(ctx context.Context) {
	organisations := b.options.Directory.ListenToOrganisations()
	defer organisations.Close()
	for {
		b.rebuild(ctx)
		select {
		case <-ctx.Done():
			return
		case <-organisations.Rings():
		case <-b.agreements.changed:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(rebuildEvery):
		}
	}
}

// rebuild makes the world of what there is now. If it cannot be made there is none: one that is out of date could let somebody
// in whom it should not.
func (b *Rulebook) rebuild(ctx context.Context) {
	view := b.options.Directory.View()
	agreements, read := b.agreements.All()
	if !read || view.Version() == 0 { // a directory publishes nothing before it has read everything
		return
	}
	world, err := worldOf(view, agreements)
	if err != nil {
		b.options.Logger.ErrorContext(ctx, "nothing can be shared: partners and agreements cannot be used", "error", err)
	}
	b.world.Store(world)
	b.measures.rebuilt()
}
