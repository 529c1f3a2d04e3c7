package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/process"
)

// stack is everything that runs.
type stack struct {
	settings settings
	out      io.Writer

	cluster  *cluster.Cluster // nil when an existing cluster is used
	admin    *rest.Config
	client   client.Client
	children []*process.Process
	kept     []*process.Kept
	issuer   *http.Server // nil while there is none
	servers  []*http.Server
}

func (s *stack) say(line string) { fmt.Fprintln(s.out, line) }

// start starts all parts in order. When it fails, what has been started is left to stop.
func (s *stack) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		s.checkAddresses,
		s.startKubernetes,
		s.install,
		s.startOperator,
		s.startPartners,
		s.applySample,
		s.startIssuer,
		s.startAPI,
		s.show,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.keep()
	return nil
}

// checkAddresses finds a port that is taken before anything is started.
func (s *stack) checkAddresses(context.Context) error {
	for _, a := range s.settings.addresses() {
		if s.settings.kubeconfig != "" && a.value == &s.settings.kubernetes {
			continue
		}
		err := cluster.CheckFree(*a.value)
		var taken *cluster.PortInUseError
		if errors.As(err, &taken) {
			return fmt.Errorf("%s, for %s, is in use by another program: stop that one, or choose another address with "+
				"`make run %s=host:port`", *a.value, a.purpose, a.variable)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", a.variable, err)
		}
	}
	return nil
}

// keep starts again what ends from now on.
func (s *stack) keep() {
	say := func(line string) { s.say(time.Now().Format(time.TimeOnly) + " " + line) }
	if s.cluster != nil {
		s.cluster.Keep(say)
	}
	for _, child := range s.children {
		s.kept = append(s.kept, process.Keep(child, say))
	}
}

// stopGrace is how long a program may take to finish what it is doing.
const stopGrace = 15 * time.Second

// stop ends everything in the reverse order of its start.
func (s *stack) stop() error {
	var failed []error
	for _, kept := range slices.Backward(s.kept) {
		failed = append(failed, kept.Stop(stopGrace))
	}
	for _, child := range slices.Backward(s.children) {
		failed = append(failed, child.Stop(stopGrace))
	}
	for _, server := range s.servers {
		failed = append(failed, server.Close())
	}
	if s.cluster != nil {
		failed = append(failed, s.cluster.Stop())
	}
	return errors.Join(failed...)
}

// run starts one of our programs and waits until its address answers that it is ready.
func (s *stack) run(ctx context.Context, name, ready string, arguments ...string) error {
	s.say("starting the " + name)
	child, err := process.Start(process.Program{
		Name: name, Path: s.settings.bin(strings.ToLower(name)), Args: arguments, Log: s.settings.log(strings.ToLower(name)),
		Env: outsideAnyCluster(),
	})
	if err != nil {
		return err
	}
	s.children = append(s.children, child)
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	return child.WaitFor(ctx, func(ctx context.Context) error { return answers(ctx, ready) })
}

// outsideAnyCluster hides from our programs that this may be a pod, say of a developer: they run beside the cluster that their
// kubeconfig names, and not in it. Referrals are kept in a file of .run, whatever database the developer uses for something else.
func outsideAnyCluster() []string {
	return []string{"KUBERNETES_SERVICE_HOST=", "KUBERNETES_SERVICE_PORT=", "DATABASE_URL="}
}

// readyLimit is how long a program of ours may take to be ready; two seconds are usual.
const readyLimit = 2 * time.Minute
