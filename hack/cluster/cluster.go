// Package cluster runs a real Kubernetes control plane on this machine: etcd, the API server and, where it is among the
// programs, the controller manager. There is no node, so Pods stay Pending. `make run` and the tests both use it.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"k8s.io/client-go/rest"

	"lifeline.scot/hack/cluster/process"
)

// Options say how to run a cluster. The zero value is a throw-away cluster on a free port.
type Options struct {
	// Assets is the folder with etcd, kube-apiserver and perhaps kube-controller-manager. Default: FindAssets().
	Assets string
	// Dir keeps data, certificates and logs. A cluster started again in the same folder has the same objects, and
	// kubeconfigs made for it stay good. Default: a temporary folder that Stop removes; such a cluster does not wait for
	// the disk, so that tests are quick.
	Dir string
	// Logs is the folder for log files. Default: "log" in Dir.
	Logs string
	// Address is the host:port of the API server. Default: 127.0.0.1 and a free port, which port 0 also means.
	Address string
	// Level says what the programs log, as for ours. Default: info.
	Level slog.Level
	// Progress is told of each step, one line at a time. May be nil.
	Progress func(line string)
}

// Cluster is a control plane that runs.
type Cluster struct {
	options   Options
	temporary bool
	clients   *authority // signs what the API server knows users by, and its own certificate
	store     *authority // signs what etcd knows the API server by
	address   string     // host:port that clients use
	etcd      string     // URL of etcd
	children  []child
}

// child is a program of the control plane, kept alive or not.
type child interface {
	Stop(grace time.Duration) error
}

// Start runs a control plane; it is ready when Start returns. The caller must call Stop. ctx limits the start, not the life
// of the cluster.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	c := &Cluster{options: o}
	err := c.prepare()
	for _, step := range []func(context.Context) error{c.startStore, c.startServer, c.startControllers} {
		if err == nil {
			err = step(ctx)
		}
	}
	if err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// prepare fills in the defaults, and makes the folders and the authorities.
func (c *Cluster) prepare() (err error) {
	if c.options.Assets == "" {
		if c.options.Assets, err = FindAssets(); err != nil {
			return err
		}
	}
	if c.options.Dir == "" {
		if c.options.Dir, err = os.MkdirTemp("", "lifeline-cluster-"); err != nil {
			return fmt.Errorf("make a folder for the cluster: %w", err)
		}
		c.temporary = true
	}
	if c.options.Logs == "" {
		c.options.Logs = filepath.Join(c.options.Dir, "log")
	}
	if c.options.Progress == nil {
		c.options.Progress = func(string) {}
	}
	for _, folder := range []string{c.certificates(), c.options.Logs} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("make a folder for the cluster: %w", err)
		}
	}
	if c.clients, err = openAuthority(c.certificates(), "ca"); err != nil {
		return err
	}
	c.store, err = openAuthority(c.certificates(), "etcd-ca")
	return err
}

func (c *Cluster) certificates() string           { return filepath.Join(c.options.Dir, "certificates") }
func (c *Cluster) certificate(name string) string { return filepath.Join(c.certificates(), name) }

// verbosity is the level as Kubernetes has it: upwards.
func (c *Cluster) verbosity() string { return fmt.Sprintf("--v=%d", max(0, -int(c.options.Level))) }

// run starts a program of the control plane and waits until it is ready. A program that is not ready is stopped again.
func (c *Cluster) run(ctx context.Context, name string, args []string, ready func(context.Context) error) error {
	child, err := process.Start(process.Program{
		Name: name,
		Path: filepath.Join(c.options.Assets, name),
		Args: args,
		Log:  filepath.Join(c.options.Logs, name+".log"),
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := child.WaitFor(ctx, ready); err != nil {
		return errors.Join(explain(child, err), child.Stop(stopGrace))
	}
	c.children = append(c.children, child)
	return nil
}

// explain finds the reasons behind an early end that have a remedy of their own.
func explain(child *process.Process, err error) error {
	switch {
	case child.Ended() == nil:
		return err
	case child.Said("address already in use"):
		return &raceError{err}
	case child.Said("no space left on device"):
		return fmt.Errorf("%s cannot write: the disk is full (no space left on device)", child.Name())
	}
	return err
}

const (
	// startLimit is how long one program may take to be ready. On a machine with two busy cores the API server has been
	// seen to take 20 seconds.
	startLimit = 2 * time.Minute
	stopGrace  = 20 * time.Second
)

// Stop ends the programs in the reverse order of their start and waits for them. A temporary folder is removed.
func (c *Cluster) Stop() error {
	var failed []error
	for _, child := range slices.Backward(c.children) {
		failed = append(failed, child.Stop(stopGrace))
	}
	c.children = nil
	if c.temporary {
		failed = append(failed, os.RemoveAll(c.options.Dir))
	}
	return errors.Join(failed...)
}

// Keep starts a program of the control plane again when it ends although nobody stopped it, from now until Stop. say is told
// of that, one line at a time. On a disk that is full or a machine without memory that may help nobody; the lines say why.
func (c *Cluster) Keep(say func(line string)) {
	for i, running := range c.children {
		if p, once := running.(*process.Process); once {
			c.children[i] = process.Keep(p, say)
		}
	}
}

// Crash kills a program of the control plane, such as "etcd", as a machine that fails would: without a word. After Keep it is
// started again by itself, on its data. What it had acknowledged is still there: a throw-away cluster does not wait for the
// disk, but the machine goes on and keeps what was written.
func (c *Cluster) Crash(program string) error {
	for _, running := range c.children {
		named, ok := running.(interface {
			Name() string
			Pid() int
		})
		if ok && named.Name() == program {
			if err := syscall.Kill(named.Pid(), syscall.SIGKILL); err != nil {
				return fmt.Errorf("kill %s: %w", program, err)
			}
			return nil
		}
	}
	return fmt.Errorf("no program %q runs in this cluster", program)
}

// Address is the host:port of the API server.
func (c *Cluster) Address() string { return c.address }

// Assets is the folder of the programs that run.
func (c *Cluster) Assets() string { return c.options.Assets }

// Admin returns the configuration of a client that may do anything.
func (c *Cluster) Admin() *rest.Config {
	admin, err := c.User("lifeline-admin", "system:masters")
	if err != nil {
		panic(err) // only when the machine has no randomness left
	}
	return admin
}
