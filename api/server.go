package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"k8s.io/client-go/rest"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/engine/graphiql"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/api/mesh/inbound"
	"lifeline.scot/api/pace"
	"lifeline.scot/api/pages"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/schema"
	"lifeline.scot/policies"
)

// Bounds of one connection. A query may take the engine's 5 seconds; the rest is for slow networks.
const (
	headerTime   = 5 * time.Second
	readTime     = 10 * time.Second
	writeTime    = 20 * time.Second
	idleTime     = 60 * time.Second
	shutdownTime = 10 * time.Second
	headerBytes  = 64 << 10
)

// firstQuery is what the explorer shows at first.
const firstQuery = `# Places that are free now, most first.
{
  directory { asOf state }
  capacityPools(first: 10, orderBy: FREE, filter: { freeNow: true }) {
    totalCount
    nodes {
      displayName
      kind
      free { value state }
      trust
      confirmedAgeSeconds
      provenance
      service { displayName contact { phone website } }
      partnership { displayName }
    }
  }
}
`

// site is the program's HTTP handlers.
type site struct {
	directory *directory.Directory
	book      *placement.Book
	referrals *referrals // nil where none are kept
	// rights say what callers may do and see.
	rights   rights.Rules
	verifier *oidc.Verifier
	// pace says when what is about people, and claims for them, is answered.
	pace     pace.Schedule
	metrics  *metrics
	stopping atomic.Bool
	logger   *slog.Logger
	// stop ends all streams once it is closed. answering counts what GraphQL is being answered, websockets too, of which
	// the HTTP server knows nothing once they have begun.
	stop      chan struct{}
	answering sync.WaitGroup
}

// serve follows Kubernetes and answers requests until ctx ends.
func serve(ctx context.Context, s settings, cluster *rest.Config, d *directory.Directory, logger *slog.Logger) (err error) {
	m := newMetrics(d)
	verifier, err := oidc.New(s.issuers, oidc.Options{Logger: logger})
	if err != nil {
		return err
	}
	rules, err := policies.New(ctx)
	if err != nil {
		return err
	}
	inForce := &inForce{plain: rules}
	book := placement.NewBook(placement.RightsBy(inForce), time.Now)
	kept, err := newReferrals(ctx, s, sources{cluster, d, book, inForce}, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.close()) }()
	m.follow(kept) //nolint:contextcheck // metrics are asked for later, with a time of their own
	handler := &site{
		directory: d, book: book, referrals: kept, rights: rules, verifier: verifier, pace: s.pace, metrics: m, logger: logger,
		stop: make(chan struct{}),
	}
	routes, err := handler.routes(s.graphiql)
	if err != nil {
		return err
	}
	servers := []*http.Server{server(s.address, routes, logger)}
	if s.metricsAddress != "0" {
		servers = append(servers, server(s.metricsAddress, m.handler(), logger))
	}
	listeners, err := listen(servers)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() { d.Run(ctx) })
	running.Go(func() { handler.book.Run(ctx, d.Client()) })
	if kept != nil {
		running.Go(func() { kept.run(ctx) })
	}
	failed := make(chan error, len(servers))
	for i, server := range servers {
		running.Go(func() { failed <- server.Serve(listeners[i]) })
	}
	logger.Info("serving", "address", listeners[0].Addr().String())
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	handler.stopping.Store(true)
	close(handler.stop)
	cancel()
	handler.shutDown(servers) //nolint:contextcheck // ctx has ended; what is being answered has a time of its own
	running.Wait()
	return err
}

func server(address string, handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Addr: address, Handler: handler, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: headerBytes,
	}
}

// listen opens every server's address, or none.
func listen(servers []*http.Server) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, server := range servers {
		listener, err := net.Listen("tcp", server.Addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%s is in use: stop what uses it, or give another address with --listen or --metrics-listen",
				server.Addr)
		}
		if err != nil {
			for _, open := range listeners {
				_ = open.Close() // nothing has been served on it
			}
			return nil, fmt.Errorf("listen: %w", err)
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// shutDown lets the requests that are being answered finish. Streams end by themselves, as soon as what they change has been
// changed.
func (s *site) shutDown(servers []*http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			_ = server.Close() // it had its time
		}
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		s.answering.Wait()
	}()
	select {
	case <-answered:
	case <-ctx.Done():
	}
}

// counted counts the requests that are being answered.
func (s *site) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.answering.Add(1)
		defer s.answering.Done()
		next.ServeHTTP(w, r)
	})
}

func (s *site) routes(explorer bool) (http.Handler, error) {
	sources := schema.Sources{
		Districts: s.directory.Districts(), Directory: s.directory, Book: s.book,
		Desk: &placement.Desk{Store: placement.Kubernetes{Client: s.directory.Client()}, Book: s.book, Now: time.Now},
	}
	if s.referrals != nil {
		sources.Casework, sources.Deliveries = s.referrals.desk, s.referrals.deliveries
	}
	compiled, err := schema.CompileWith(sources)
	if err != nil {
		return nil, err
	}
	options := schema.Options(s.directory.View)
	options.Identify, options.Recheck = s.identify, s.recheck
	options.Pace = s.pace.Begin
	options.Logger, options.Suggest = s.logger, explorer
	options.Done, options.Streams = s.stop, s.metrics.stream
	page := pages.Options{Log: s.logger}
	mux := http.NewServeMux()
	mux.Handle("/graphql", s.metrics.count("graphql", s.whenReady(s.counted(engine.NewHandler(compiled, options)))))
	if s.referrals != nil {
		events, err := s.events(sources.Desk)
		if err != nil {
			return nil, err
		}
		mux.Handle(inbound.Pattern, events)
	}
	mux.HandleFunc("GET /schema.graphql", text(compiled.SDL(), schemaCache))
	mux.HandleFunc("GET /healthz", text("ok\n", noCache))
	mux.HandleFunc("GET /readyz", s.readyz)
	if explorer {
		handler := graphiql.Handler("/graphql", firstQuery)
		mux.Handle("/graphiql", handler)
		mux.Handle("/graphiql/", handler)
		page.GraphiQLPath = "/graphiql"
	}
	mux.Handle("/", s.metrics.count("pages", pages.New(s.directory.View, page)))
	return mux, nil
}

// How long answers may be kept. The schema changes with the program, and what is checked changes any time.
const (
	schemaCache = "public, max-age=300"
	noCache     = "no-store"
)

func text(body, cache string) http.HandlerFunc { return textWith(http.StatusOK, body, cache) }

func textWith(status int, body, cache string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", cache)
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the reader went away; there is nobody to tell
	}
}

// readyz answers 200 once everything has been read, also while Kubernetes is away: the last known answers are still given.
// Whether referrals can be reached is said and makes no difference: without them the directory is still served.
func (s *site) readyz(w http.ResponseWriter, r *http.Request) {
	fresh, status := s.directory.View().Freshness(), http.StatusOK
	if fresh.State == directory.Starting || !s.book.Ready() || s.stopping.Load() {
		status = http.StatusServiceUnavailable
	}
	textWith(status, string(fresh.State)+"\nreferrals "+s.referrals.state(r.Context())+"\n", noCache)(w, r)
}

// whenReady answers 503 until everything has been read.
func (s *site) whenReady(next http.Handler) http.Handler {
	body, err := json.Marshal(map[string]any{"errors": []any{map[string]any{
		"message":    "The directory is still being read. Try again in a few seconds.",
		"extensions": map[string]any{"code": "NOT_READY"},
	}}})
	if err != nil {
		panic(err) // only texts are in it
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.directory.Ready() {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Retry-After", "2")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write(body) // the reader went away; there is nobody to tell
	})
}
