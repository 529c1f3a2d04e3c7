// Command dev starts everything on this machine and stays up: a Kubernetes API server, the operator, the directory API and
// Scotland's published data. `make run` builds and calls it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"lifeline.scot/hack/dev/folder"
)

func main() {
	settings, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		ctrllog.SetLogger(logr.Discard()) // errors come back to us; nothing else is worth a line
		err = up(settings)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "make run:", err)
		os.Exit(1)
	}
}

// leastSpace is the space, in bytes, that must be left on the disk: etcd's log files alone are 64 MB each.
const leastSpace = 256 << 20

// up starts everything and returns when it has been told to stop and everything has stopped.
func up(settings settings) error {
	unlock, err := folder.Lock(settings.dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := folder.CheckSpace(settings.dir, leastSpace); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(settings.log("any")), 0o700); err != nil {
		return fmt.Errorf("make the folder for logs: %w", err)
	}
	ctx, listening := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer listening()
	s := &stack{settings: settings, out: os.Stdout}
	err = s.start(ctx)
	if err == nil {
		<-ctx.Done()
	} else if ctx.Err() != nil {
		err = errors.New("stopped before everything was up")
	}
	interrupted := ctx.Err() != nil
	listening() // from here a second Ctrl-C ends this program at once, and its children with it
	if interrupted {
		s.say("\nstopping (Ctrl-C again: at once)")
	}
	return errors.Join(err, s.stop())
}
