package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

// process is the operator as a program of its own.
type process struct {
	*exec.Cmd
	probes, metrics string
	lock            sync.Mutex
	log             bytes.Buffer
	logged          chan struct{}
}

// launch runs the operator as `operator <flags>` would.
func launch(t *testing.T, flags ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.CommandContext(context.Background(), os.Args[0]), probes: clustertest.FreeAddress(t), metrics: clustertest.FreeAddress(t), logged: make(chan struct{})}
	flags = append(flags, "--kubeconfig="+kubeconfig(t), "--leader-election-namespace=default",
		"--health-probe-bind-address="+p.probes, "--metrics-bind-address="+p.metrics)
	p.Env = append(os.Environ(), asOperator+"="+strings.Join(flags, " "))
	out, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go p.read(out)
	t.Cleanup(func() {
		_ = p.Process.Kill() // it may have ended already
		_ = p.Wait()
	})
	return p
}

func (p *process) read(out io.Reader) {
	defer close(p.logged)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		p.lock.Lock()
		p.log.WriteString(lines.Text() + "\n")
		p.lock.Unlock()
	}
}

func (p *process) said() string {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.log.String()
}

// leads reports whether the operator has begun to act.
func (p *process) leads() bool { return strings.Contains(p.said(), "Starting workers") }

func kubeconfig(t *testing.T) string {
	t.Helper()
	content, err := clustertest.Shared().Kubeconfig(clustertest.Shared().Admin())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func answers(t *testing.T, url string) (string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s: %s", url, response.Status, body)
	}
	return string(body), err
}

// Of two operators one acts; killed without warning, the other takes over.
func TestOneOperatorLeadsAndAnotherTakesOver(t *testing.T) {
	first := launch(t)
	area(t, "before")
	second := launch(t)
	eventually(t, func() error {
		_, err := answers(t, "http://"+second.probes+"/readyz")
		return err
	})
	area(t, "between")
	if !first.leads() || second.leads() {
		t.Fatalf("first leads: %v, second leads: %v", first.leads(), second.leads())
	}
	holder := leaseHolder(t)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	area(t, "after")
	if !second.leads() || leaseHolder(t) == holder {
		t.Errorf("the second operator did not take over from %s", holder)
	}
	terminates(t, second)
	if left := leaseHolder(t); left != "" {
		t.Errorf("told to stop, it kept the lease as %s", left)
	}
}

func leaseHolder(t *testing.T) string {
	t.Helper()
	c, err := kubernetes.NewForConfig(clustertest.Shared().Admin())
	if err != nil {
		t.Fatal(err)
	}
	var lease *coordinationv1.Lease
	if lease, err = c.CoordinationV1().Leases("default").Get(t.Context(), leaseName, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// terminates checks that SIGTERM ends the program cleanly.
func terminates(t *testing.T, p *process) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.logged:
	case <-time.After(patience):
		t.Fatal("SIGTERM did not end it")
	}
	if err := p.Wait(); err != nil {
		t.Errorf("ended with %v:\n%s", err, p.said())
	}
}

// Alone, without leader election: probes, metrics and a clean end.
func TestProbesMetricsAndACleanEnd(t *testing.T) {
	p := launch(t, "--leader-elect=false")
	for _, path := range []string{"/healthz", "/readyz"} {
		eventually(t, func() error {
			_, err := answers(t, "http://"+p.probes+path)
			return err
		})
	}
	_, _, _, pool := area(t, "measured")
	create(t, admin(t), reportOn(pool, "count", time.Now().Add(-time.Minute), 12, 7))
	claim := claimIn("measured", "measured")
	create(t, admin(t), claim)
	placed(t, claim, v1alpha1.ReasonHeld)
	eventually(t, func() error {
		body, err := answers(t, "http://"+p.metrics+"/metrics")
		for _, want := range []string{
			`lifeline_pools{kind="Crisis",trust="Confirmed"} 0`, `lifeline_places_free{kind="ResidentialRehab"}`, "workqueue_depth",
			`lifeline_claims_waiting{kind="Crisis"} 0`, `lifeline_placement_violations{kind="TwoPlaces"} 0`,
			`lifeline_placements_total{outcome="Admitted"} 0`, `lifeline_binder_swept_total{what="Place"}`,
			`lifeline_placement_seconds_to_hold_bucket{le="`, "lifeline_binder_conflicts_total",
		} {
			if err == nil && !strings.Contains(body, want) {
				err = fmt.Errorf("no %s", want)
			}
		}
		if err == nil && strings.Contains(body, `lifeline_placements_total{outcome="Held"} 0`) {
			err = errors.New("the hold was not counted")
		}
		return err
	})
	terminates(t, p)
}

// What is wrong with the start is said in one line.
func TestABadStartIsOneClearLine(t *testing.T) {
	for name, tc := range map[string]struct{ args, says string }{
		"an unknown flag":        {"--leader-elekt", "flag provided but not defined: -leader-elekt"},
		"an argument":            {"run", `unexpected argument "run"`},
		"no such kubeconfig":     {"--kubeconfig=/does/not/exist", "/does/not/exist"},
		"an address in use":      {"--leader-elect=false --health-probe-bind-address=" + busyAddress(t) + " --kubeconfig=" + kubeconfig(t), "address already in use"},
		"an address that is not": {"--leader-elect=false --metrics-bind-address=nowhere:http:x --kubeconfig=" + kubeconfig(t), "too many colons"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), asOperator+"="+tc.args)
			out, err := cmd.CombinedOutput()
			lines := strings.Split(strings.TrimSpace(string(out)), "\n")
			last := lines[len(lines)-1]
			if err == nil || !strings.HasPrefix(last, "operator: ") || !strings.Contains(last, tc.says) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func busyAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}
