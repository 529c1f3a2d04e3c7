package directory

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/follow"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// Options set up a Directory. The zero Options are ready to use.
type Options struct {
	// Now tells the time. Default: time.Now.
	Now func() time.Time
	// ProbeEvery is how often Kubernetes is asked whether it is there; it is given as long to answer. Default: 2 s.
	ProbeEvery time.Duration
	// RetryAtMost is the longest wait before a broken watch is tried again. Default: 5 s.
	RetryAtMost time.Duration
	// Districts are where places are looked for of which no more than the postcode is known. Default: nowhere.
	Districts geography.Districts
	// Logger is told when the state changes. Default: slog.Default.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ProbeEvery == 0 {
		o.ProbeEvery = 2 * time.Second
	}
	if o.RetryAtMost == 0 {
		o.RetryAtMost = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Directory follows Kubernetes and holds the latest snapshot. It is safe for use by many goroutines at once.
type Directory struct {
	options Options
	client  rest.Interface
	builder *builder
	streams []*follow.Stream
	monitor *monitor
}

// The directory reads the four kinds it shows, and writes nothing.
//
// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships;partners;supportservices;capacitypools,verbs=get;list;watch

// New makes a Directory that will read from the API server of config. It reads nothing yet: see [Directory.Run].
func New(config *rest.Config, options Options) (*Directory, error) {
	client, err := clientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for the Kubernetes API: %w", err)
	}
	options = options.withDefaults()
	d := &Directory{options: options, client: client, builder: newBuilder(options.Now, options.Districts)}
	for range watched {
		d.streams = append(d.streams, follow.NewStream(options.Now))
	}
	d.monitor = newMonitor(d, options)
	return d, nil
}

// clientFor makes a client that reads the group's kinds as their Go types.
func clientFor(config *rest.Config) (rest.Interface, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.GroupVersion, config.APIPath = &v1alpha1.GroupVersion, "/apis"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.AcceptContentTypes, config.ContentType = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	if config.QPS == 0 {
		config.QPS, config.Burst = 50, 100
	}
	return rest.RESTClientFor(config)
}

// Run follows Kubernetes until the context ends. It never gives up: while the API server is away it keeps trying, and the
// last snapshot stays.
func (d *Directory) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { d.builder.run(ctx) })
	running.Go(func() { d.monitor.run(ctx) })
	for i, kind := range watched {
		running.Go(func() { d.reflector(kind, d.streams[i]).RunWithContext(ctx) })
	}
	running.Wait()
}

func (d *Directory) reflector(kind watchedKind, s *follow.Stream) *cache.Reflector {
	target := &feed{kind: kind, builder: d.builder, stream: s, names: map[types.NamespacedName]bool{}}
	what := follow.Kind{Resource: kind.resource, Object: kind.object}
	return s.Reflector(d.client, what, target, "directory/"+kind.resource, d.options.RetryAtMost)
}

// Districts are where places are looked for of which no more than the postcode is known, as the options say.
func (d *Directory) Districts() geography.Districts { return d.options.Districts }

// Ready reports whether everything has been read once. It stays true while Kubernetes is away.
func (d *Directory) Ready() bool { return d.monitor.freshness().State != Starting }

// complete is the moment up to which all that was read is in the snapshot, at most now; false before the first snapshot.
func (d *Directory) complete(now time.Time) (time.Time, bool) {
	return d.builder.completeUntil(now), d.builder.ready.Load()
}

// PoolName names a pool: its namespace and its name there.
type PoolName = types.NamespacedName

// Listen returns a bell that rings when a pool has changed in the directory. Close it when nobody listens any more.
func (d *Directory) Listen(namespace, name string) *bell.Bell[PoolName] {
	return d.builder.pools.Listen(PoolName{Namespace: namespace, Name: name})
}

// ListenToOrganisations returns a bell that rings when an organisation or an ADP has changed in the directory, and when
// everything has been read for the first time. Close it when nobody listens any more.
func (d *Directory) ListenToOrganisations() *bell.Bell[Organisations] {
	return d.builder.organisations.Listen(Organisations{})
}

// Client reads and writes the group's kinds on the API server that the directory follows.
func (d *Directory) Client() rest.Interface { return d.client }

// View is the directory now.
func (d *Directory) View() View {
	return View{snapshot: d.builder.current.Load(), now: d.options.Now(), fresh: d.monitor.freshness()}
}

// probe asks the API server for something small.
func (d *Directory) probe(ctx context.Context) error {
	return d.client.Get().AbsPath("/version").Timeout(d.options.ProbeEvery).Do(ctx).Error()
}

// followedSince reports whether all watches have been open and caught up at least since a moment.
func (d *Directory) followedSince(moment time.Time) bool {
	for _, s := range d.streams {
		if !s.FollowedSince(moment) {
			return false
		}
	}
	return true
}
