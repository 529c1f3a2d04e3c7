package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"lifeline.scot/hack/cluster"
	programs "lifeline.scot/hack/cluster/process"
)

// leaders are two operators, each a process of its own, that both act at the same time.
type leaders struct {
	folder, kubeconfig string
	run                [2]*programs.Process
	kills, stalls      int
}

// lead starts both operators against the API server at the URL.
func lead(t *testing.T, url string) *leaders {
	t.Helper()
	l := &leaders{folder: t.TempDir()}
	content, err := cluster.Kubeconfig(&rest.Config{Host: url})
	if err != nil {
		t.Fatal(err)
	}
	l.kubeconfig = filepath.Join(l.folder, "kubeconfig")
	if err := os.WriteFile(l.kubeconfig, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range l.run {
		if l.start(t, i); l.run[i] == nil {
			t.FailNow()
		}
	}
	t.Cleanup(func() { l.end(t) })
	return l
}

func (l *leaders) start(t *testing.T, i int) {
	t.Helper()
	p, err := programs.Start(programs.Program{
		Name: "operator", Path: os.Args[0], Log: l.log(i),
		Env: []string{asOperator + "=--leader-elect=false --metrics-bind-address=0 --health-probe-bind-address=0 --kubeconfig=" + l.kubeconfig},
	})
	if err != nil {
		t.Error(err) // not from the test's own goroutine
		return
	}
	l.run[i] = p
}

func (l *leaders) log(i int) string {
	return filepath.Join(l.folder, []string{"first.log", "second.log"}[i])
}

// disturb kills one operator and starts it again, or has it stand still for a while as a machine under pressure does, again
// and again until ctx ends. Both run when it returns.
func (l *leaders) disturb(ctx context.Context, t *testing.T, seed uint64) {
	dice := rand.New(rand.NewPCG(seed, seed))
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(800+dice.IntN(1800)) * time.Millisecond):
		}
		i := dice.IntN(len(l.run))
		if dice.IntN(3) == 0 {
			l.stall(ctx, i, time.Duration(200+dice.IntN(1800))*time.Millisecond)
			continue
		}
		l.kill(i)
		l.start(t, i)
	}
}

func (l *leaders) kill(i int) {
	_ = syscall.Kill(l.run[i].Pid(), syscall.SIGKILL) // it may have ended by itself
	<-l.run[i].Done()
	l.kills++
}

func (l *leaders) stall(ctx context.Context, i int, how time.Duration) {
	_ = syscall.Kill(l.run[i].Pid(), syscall.SIGSTOP)
	select {
	case <-ctx.Done():
	case <-time.After(how):
	}
	_ = syscall.Kill(l.run[i].Pid(), syscall.SIGCONT)
	l.stalls++
}

// revive starts operators that ended by themselves, as they may when there is no API server for long.
func (l *leaders) revive(t *testing.T) {
	t.Helper()
	for i, p := range l.run {
		if p.Ended() != nil {
			l.start(t, i)
		}
	}
}

// end stops both, and reports what the race detector or a crash wrote in any of their runs.
func (l *leaders) end(t *testing.T) {
	t.Helper()
	for i, p := range l.run {
		if err := p.Stop(patience); err != nil {
			t.Error(err)
		}
		said, err := os.ReadFile(l.log(i))
		if err != nil {
			t.Error(err)
		}
		for _, bad := range []string{"DATA RACE", "panic: ", "fatal error: ", "Observed a panic"} {
			if at := strings.Index(string(said), bad); at >= 0 {
				t.Errorf("operator %d: %s", i, said[at:min(len(said), at+4000)])
			}
		}
	}
}
