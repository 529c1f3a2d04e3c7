// Command demo plays one story on the stack that `make run` has started, from a near-fatal overdose to what comes after a stay in
// residential rehab, and shows on the way who is told what:
//
//	go run ./hack/dev/demo
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/dev/story"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "make demo:", err)
		os.Exit(1)
	}
}

func run() error {
	root, err := binaries.Root()
	if err != nil {
		return err
	}
	address := os.Getenv("API_ADDRESS")
	if address == "" {
		address = "127.0.0.1:8080"
	}
	var options story.Options
	flag.StringVar(&options.Dir, "dir", filepath.Join(root, ".run"), "folder of the run to play on")
	flag.StringVar(&options.API, "api", "http://"+address, "where its API is")
	flag.Parse()
	options.Out = os.Stdout
	ctx, done := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer done()
	return story.Play(ctx, options)
}
