// Package live runs Lifeline as it is run: a real API server, and the operator and the API as processes of their own.
package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/cluster/gobuild"
	"lifeline.scot/hack/cluster/process"
)

// System is a cluster with Lifeline's custom resources, and the programs that were started on it.
type System struct {
	// Config and Client may do anything, as often as they like.
	Config *rest.Config
	Client client.WithWatch

	cluster    *cluster.Cluster
	root       string // of the repository
	folder     string
	kubeconfig string
	programs   []*process.Process
}

const (
	// clusterLimit bounds the start of the cluster, readyLimit that of a program with a full cluster to read.
	clusterLimit = 5 * time.Minute
	readyLimit   = 5 * time.Minute
	stopGrace    = 15 * time.Second
)

// Start starts the cluster. The caller must call Stop. say is told of each step.
func Start(ctx context.Context, say func(string)) (*System, error) {
	s := &System{}
	err := s.start(ctx, say)
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *System) start(ctx context.Context, say func(string)) (err error) {
	if s.root, err = binaries.Root(); err != nil {
		return err
	}
	if s.folder, err = os.MkdirTemp("", "lifeline-bench-"); err != nil {
		return fmt.Errorf("make a folder for logs: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, clusterLimit)
	defer cancel()
	if s.cluster, err = cluster.Start(ctx, cluster.Options{Progress: say}); err != nil {
		return err
	}
	s.Config = s.cluster.Admin()
	s.Config.QPS = -1 // no limit of its own
	if err := cluster.Install(ctx, s.Config); err != nil {
		return err
	}
	if s.Client, err = newClient(s.Config); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	return s.writeKubeconfig()
}

func newClient(config *rest.Config) (client.WithWatch, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	return client.NewWithWatch(config, client.Options{Scheme: scheme})
}

func (s *System) writeKubeconfig() error {
	text, err := s.cluster.Kubeconfig(s.cluster.Admin())
	if err != nil {
		return fmt.Errorf("make a kubeconfig: %w", err)
	}
	s.kubeconfig = filepath.Join(s.folder, "kubeconfig")
	return os.WriteFile(s.kubeconfig, text, 0o600)
}

// Stop ends all programs and the cluster, and forgets its data. Stopping twice is fine.
func (s *System) Stop() error {
	var failed []error
	for _, program := range slices.Backward(s.programs) {
		failed = append(failed, program.Stop(stopGrace))
	}
	s.programs = nil
	if s.cluster != nil {
		failed = append(failed, s.cluster.Stop())
	}
	if s.folder != "" {
		failed = append(failed, os.RemoveAll(s.folder))
	}
	return errors.Join(failed...)
}

// Program is a program of ours that is ready.
type Program struct {
	*process.Process

	// URL of its HTTP server; it ends in a slash.
	URL string
	// Metrics is the URL of the metrics of an operator.
	Metrics string
	// Ready is how long it took from its start until /readyz answered 200.
	Ready time.Duration
}

// API starts the API and waits until it is ready.
func (s *System) API(ctx context.Context) (*Program, error) {
	return s.run(ctx, "api", func(address string) []string {
		return []string{"--listen=" + address, "--metrics-listen=0"}
	})
}

// Operator starts the operator and waits until it is ready.
func (s *System) Operator(ctx context.Context) (*Program, error) {
	metrics, err := cluster.FreePort()
	if err != nil {
		return nil, fmt.Errorf("an address for the metrics of the operator: %w", err)
	}
	p, err := s.run(ctx, "operator", func(address string) []string {
		return []string{"--health-probe-bind-address=" + address, "--metrics-bind-address=" + metrics, "--leader-elect=false"}
	})
	if err == nil {
		p.Metrics = "http://" + metrics + "/metrics"
	}
	return p, err
}

func (s *System) run(ctx context.Context, name string, arguments func(address string) []string) (*Program, error) {
	path := filepath.Join(s.root, ".run", "bench", "bin", name)
	if err := s.build(ctx, name, path); err != nil {
		return nil, err
	}
	address, err := cluster.FreePort()
	if err != nil {
		return nil, fmt.Errorf("an address for the %s: %w", name, err)
	}
	began := time.Now()
	child, err := process.Start(process.Program{
		Name: name, Path: path, Log: filepath.Join(s.folder, name+".log"),
		Args: append(arguments(address), "--kubeconfig="+s.kubeconfig),
	})
	if err != nil {
		return nil, err
	}
	s.programs = append(s.programs, child)
	ctx, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	p := &Program{Process: child, URL: "http://" + address + "/"}
	if err := child.WaitFor(ctx, p.ready); err != nil {
		return nil, err
	}
	p.Ready = time.Since(began)
	return p, nil
}

// build builds the program as `make build` does. When nothing changed that takes a second.
func (s *System) build(ctx context.Context, name, path string) error {
	quietly := func(gobuild.State) {}
	target := gobuild.Target{Title: "building " + name, Module: s.root, Package: "./" + name, Output: path}
	return gobuild.Build(ctx, target, quietly)
}

func (p *Program) ready(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", request.URL, response.Status)
	}
	return nil
}

// End stops the program.
func (p *Program) End() error { return p.Process.Stop(stopGrace) }
