package pagequery

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/schema"
	"lifeline.scot/hack/bench/pagequery/rival"
	"lifeline.scot/hack/scotland"
)

// ServeCommand is the first argument of a process that is to call Serve.
const ServeCommand = "serve"

// The servers.
const (
	lifeline = "lifeline"
	gqlgen   = "gqlgen"
)

// Size is how much invented data is served.
type Size struct{ Partnerships, Services int }

// Serve is what a child process does: it serves one of the two until the context ends. The arguments are the ones that Run
// starts it with.
func Serve(ctx context.Context, args []string) error {
	var size Size
	flags := flag.NewFlagSet(ServeCommand, flag.ContinueOnError)
	server := flags.String("server", lifeline, "lifeline or gqlgen")
	address := flags.String("listen", "127.0.0.1:0", "host:port")
	flags.IntVar(&size.Partnerships, "partnerships", 100, "how many partnerships")
	flags.IntVar(&size.Services, "services", 50_000, "how many services")
	if err := flags.Parse(args); err != nil {
		return err
	}
	view, err := viewOf(size)
	if err != nil {
		return err
	}
	handler, err := handlerOf(*server, view)
	if err != nil {
		return err
	}
	return listen(ctx, *address, handler)
}

func listen(ctx context.Context, address string, handler http.Handler) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	site := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = site.Close() }) // the process ends next
	defer stop()
	if err := site.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func handlerOf(server string, view directory.View) (http.Handler, error) {
	switch server {
	case lifeline:
		compiled, err := schema.Compile()
		if err != nil {
			return nil, err
		}
		return engine.NewHandler(compiled, schema.Options(func() directory.View { return view })), nil
	case gqlgen:
		data, err := rival.NewData(view)
		if err != nil {
			return nil, err
		}
		return rival.Handler(data), nil
	}
	return nil, fmt.Errorf("%q is neither %s nor %s", server, lifeline, gqlgen)
}

// viewOf generates a directory as it stood at one moment, so that both servers say the same of what depends on the clock.
func viewOf(size Size) (directory.View, error) {
	now := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	generated, err := scotland.Generate(scotland.Size{
		Partnerships: size.Partnerships, Services: size.Services, Seed: 1, Now: now,
	})
	if err != nil {
		return directory.View{}, err
	}
	changes := directory.NewChanges()
	for p := range generated.Partnerships() {
		changes.Partnerships[p.Name] = p
	}
	for p := range generated.Partners() {
		changes.Partners[p.Name] = p
	}
	for s := range generated.Services() {
		changes.Services[named(s)] = s
	}
	fresh := directory.Freshness{State: directory.Live, AsOf: now, Since: now}
	return directory.NewView(directory.SnapshotOf(changes), now, fresh), nil
}
