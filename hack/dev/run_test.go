package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/hack/cluster/gobuild"
	"lifeline.scot/hack/scotland"
)

// bench is where the whole system is run for a test: programs, addresses and a folder of its own.
type bench struct {
	programs, dir string
	environment   []string
	// flags are given to each run.
	flags []string
	// api is where GraphQL is, and addresses all there are, by the variables that set them.
	api       string
	addresses map[string]string
}

// programs are built once for all tests; TestMain removes them.
var programs = sync.OnceValues(func() (folder string, err error) {
	root, err := binaries.Root()
	if err != nil {
		return "", err
	}
	if folder, err = os.MkdirTemp("", "programs"); err != nil {
		return "", err
	}
	builtPrograms = folder
	for name, from := range map[string]string{"dev": "./hack/dev", "operator": "./operator", "api": "./api"} {
		target := gobuild.Target{Title: name, Module: root, Package: from, Output: filepath.Join(folder, name)}
		if err := gobuild.Build(context.Background(), target, func(gobuild.State) {}); err != nil {
			return "", err
		}
	}
	return folder, nil
})

// builtPrograms is the folder of the programs; empty until they are asked for.
var builtPrograms string

func newBench(t *testing.T) *bench {
	t.Helper()
	folder, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{programs: folder, dir: t.TempDir(), addresses: map[string]string{}}
	for _, a := range (&settings{}).addresses() {
		free := clustertest.FreeAddress(t)
		b.environment = append(b.environment, a.variable+"="+free)
		b.addresses[a.variable] = free
		if a.variable == "API_ADDRESS" {
			b.api = free
		}
	}
	return b
}

// run is one run of the program.
type run struct {
	cmd *exec.Cmd
	out *output
}

// output can be read while a program writes to it.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (b *bench) start(t *testing.T, more ...string) *run {
	t.Helper()
	r := &run{cmd: exec.Command(filepath.Join(b.programs, "dev"), append([]string{"-programs", b.programs}, more...)...), out: &output{}}
	r.cmd.Env = append(os.Environ(), b.environment...)
	r.cmd.Stdout, r.cmd.Stderr = r.out, r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.cmd.Process.Kill() }) // it has usually ended by then
	return r
}

// up starts everything and waits until all is up.
func (b *bench) up(t *testing.T) *run {
	t.Helper()
	r := b.start(t, append([]string{"-dir", b.dir}, b.flags...)...)
	await(t, 3*time.Minute, "everything to be up", func() error {
		if !strings.Contains(r.out.String(), "All is up.") {
			if errors.Is(r.cmd.Process.Signal(syscall.Signal(0)), os.ErrProcessDone) || len(children(t, os.Getpid(), "dev")) == 0 {
				t.Fatalf("it ended:\n%s", r.out)
			}
			return fmt.Errorf("so far:\n%s", r.out)
		}
		return nil
	})
	return r
}

// down asks it to stop, which it must do without complaint and without leaving anything behind.
func (r *run) down(t *testing.T) {
	t.Helper()
	left := r.children(t)
	if err := r.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Fatalf("stopping: %v\n%s", err, r.out)
	}
	for _, pid := range left {
		if !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			t.Errorf("process %d is still there", pid)
		}
	}
}

func (r *run) children(t *testing.T, names ...string) []int {
	t.Helper()
	return children(t, r.cmd.Process.Pid, names...)
}

// children are the process ids of the living children of a process, or of those with one of the names.
func children(t *testing.T, parent int, names ...string) (pids []int) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range stats {
		text, _ := os.ReadFile(file) // a process may end while we look
		found := regexp.MustCompile(`^(\d+) \((.*)\) ([A-Z]) (\d+) `).FindStringSubmatch(string(text))
		if found == nil || found[3] == "Z" || found[4] != strconv.Itoa(parent) {
			continue
		}
		if len(names) == 0 || strings.Contains(" "+strings.Join(names, " ")+" ", " "+found[2]+" ") {
			pid, _ := strconv.Atoi(found[1])
			pids = append(pids, pid)
		}
	}
	return pids
}

func await(t *testing.T, limit time.Duration, what string, done func() error) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		err := done()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s: %v", what, err)
		}
	}
}

// refused starts another run that must end at once with one clear line.
func (b *bench) refused(t *testing.T, says string, arguments ...string) {
	t.Helper()
	r := b.start(t, arguments...)
	err := r.cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, want status 1", err)
	}
	if text := r.out.String(); !strings.Contains(text, says) || strings.Count(text, "\n") != 1 {
		t.Errorf("want one line with %q, got:\n%s", says, text)
	}
}

func (b *bench) client(t *testing.T, kubeconfig ...string) client.Client {
	t.Helper()
	cfg, err := clientcmd.BuildConfigFromFlags("", filepath.Join(append([]string{b.dir}, kubeconfig...)...))
	if err != nil {
		t.Fatal(err)
	}
	made, err := connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// The parts of this test build on each other: starting everything takes too long to do it for each.
func TestWholeSystem(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("children are found in /proc, and die with a killed parent, on Linux only")
	}
	b := newBench(t)
	r := b.up(t)
	shows(t, b, r)
	b.refused(t, "make run is up already in this folder", "-dir", b.dir)
	b.refused(t, b.api+", for GraphQL and the pages, is in use", "-dir", t.TempDir(), "-kubeconfig", filepath.Join(b.dir, "kubeconfig"))
	leastPrivilege(t, b)
	journey(t, b)
	plays(t, b)
	referralJourney(t, b)
	arrives(t, b, "first-start")
	suspends(t, b)
	survivesKilledAPI(t, b, r)
	removed := change(t, b)
	r.down(t)

	t.Log("second start")
	r = b.up(t)
	unchanged(t, b, r, removed)
	arrives(t, b, "second-start")
	killed(t, r)

	t.Log("start after a kill")
	r = b.up(t)
	unchanged(t, b, r, removed)
	r.down(t)
}

// suspends suspends an organisation, which must lose access on its next requests although its tokens still count, and lets it back.
func suspends(t *testing.T, b *bench) {
	t.Helper()
	admin, provider := b.client(t, "kubeconfig"), b.as(t, "provider")
	for _, step := range []struct {
		participation v1alpha1.Participation
		answers       string
	}{
		{v1alpha1.ParticipationSuspended, `"code":"SUSPENDED"`},
		{v1alpha1.ParticipationActive, `"roles":["PROVIDER"]`},
	} {
		partner := &v1alpha1.Partner{ObjectMeta: metav1.ObjectMeta{Name: "phoenix-futures"}}
		patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"participation":"`+string(step.participation)+`"}}`))
		if err := admin.Patch(t.Context(), partner, patch); err != nil {
			t.Fatal(err)
		}
		await(t, 2*time.Minute, "the API to hear that it is "+string(step.participation), func() error {
			if got := provider.ask(`{ viewer { roles } }`); !strings.Contains(got, step.answers) {
				return errors.New(got)
			}
			return nil
		})
	}
}

// shows checks what is printed against what the API answers and what the sample data holds.
func shows(t *testing.T, b *bench, r *run) {
	t.Helper()
	places, err := directory{url: url(b.api, "/graphql")}.places(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	objects, err := scotland.Objects()
	if err != nil {
		t.Fatal(err)
	}
	pools := 0
	for _, object := range objects {
		if pool, ok := object.(*v1alpha1.CapacityPool); ok && pool.Spec.Operation != v1alpha1.OperationClosed {
			pools++
		}
	}
	if len(places) != pools {
		t.Errorf("GraphQL shows %d pools, the sample data has %d that are not closed", len(places), pools)
	}
	text := r.out.String()
	several := alike(places)
	for _, place := range places {
		if !strings.Contains(text, place.row(time.Now(), several[place.what()] > 1)[1]) {
			t.Errorf("the table lacks %s", place.DisplayName)
		}
	}
	for _, path := range []string{"/graphql", "/graphiql", "/schema.graphql"} {
		if !strings.Contains(text, url(b.api, path)) {
			t.Errorf("the address of %s is not printed", path)
		}
	}
	for _, path := range []string{"/", "/graphiql", "/schema.graphql", "/healthz", "/readyz"} {
		if err := answers(t.Context(), url(b.api, path)); err != nil {
			t.Error(err)
		}
	}
	printedQueryWorks(t, text)
}

// printedQueryWorks sends what the printed curl command would send.
func printedQueryWorks(t *testing.T, text string) {
	t.Helper()
	found := regexp.MustCompile(`curl -s (\S+) -H 'Content-Type: application/json' -d '(.*)'`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no curl command in:\n%s", text)
	}
	response, err := http.Post(found[1], "application/json", strings.NewReader(found[2]))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || len(answer.Errors) > 0 || len(answer.Data) == 0 {
		t.Errorf("the printed query answers %+v, %v", answer, err)
	}
}

// leastPrivilege checks that neither program runs as an administrator.
func leastPrivilege(t *testing.T, b *bench) {
	t.Helper()
	for _, program := range []string{"api", "operator"} {
		as := b.client(t, "identities", program+".kubeconfig")
		if err := as.List(t.Context(), &corev1.SecretList{}); !apierrors.IsForbidden(err) {
			t.Errorf("secrets, read as the %s: got %v, want forbidden", program, err)
		}
	}
	readsSigningAlone(t, b)
	partnership := &v1alpha1.Partnership{ObjectMeta: metav1.ObjectMeta{Name: "glasgow-city"}}
	as := b.client(t, "identities", "api.kubeconfig")
	if err := as.Delete(t.Context(), partnership, client.DryRunAll); !apierrors.IsForbidden(err) {
		t.Errorf("deleting as the API: got %v, want forbidden", err)
	}
}

func survivesKilledAPI(t *testing.T, b *bench, r *run) {
	t.Helper()
	before := r.children(t, "api")
	if len(before) != 1 || syscall.Kill(before[0], syscall.SIGKILL) != nil {
		t.Fatalf("kill the API: its processes are %v", before)
	}
	await(t, time.Minute, "the API to come back", func() error {
		now := r.children(t, "api")
		if len(now) != 1 || now[0] == before[0] {
			return fmt.Errorf("its processes are %v", now)
		}
		return answers(t.Context(), url(b.api, "/readyz"))
	})
	if !strings.Contains(r.out.String(), "API ended with signal: killed; it is started again in 1s") {
		t.Errorf("nothing was said about it:\n%s", r.out)
	}
}

// change makes a namespace and deletes a pool of the sample data, and returns that pool.
func change(t *testing.T, b *bench) *v1alpha1.CapacityPool {
	t.Helper()
	admin := b.client(t, "kubeconfig")
	if err := admin.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}); err != nil {
		t.Fatal(err)
	}
	var pools v1alpha1.CapacityPoolList
	if err := admin.List(t.Context(), &pools); err != nil || len(pools.Items) == 0 {
		t.Fatalf("%d pools, %v", len(pools.Items), err)
	}
	removed := &pools.Items[0]
	reports := client.InNamespace(removed.Namespace)
	if err := admin.DeleteAllOf(t.Context(), &v1alpha1.CapacityReport{}, reports); err != nil {
		t.Fatal(err)
	}
	if err := admin.Delete(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, "the pool to be deleted", func() error { return gone(t.Context(), admin, removed) })
	return removed
}

func gone(ctx context.Context, admin client.Client, pool *v1alpha1.CapacityPool) error {
	err := admin.Get(ctx, client.ObjectKeyFromObject(pool), &v1alpha1.CapacityPool{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return errors.Join(errors.New("it is there"), err)
}

// unchanged checks that a later start keeps the data as they were left.
func unchanged(t *testing.T, b *bench, r *run, removed *v1alpha1.CapacityPool) {
	t.Helper()
	admin := b.client(t, "kubeconfig")
	if err := admin.Get(t.Context(), client.ObjectKey{Name: "kept"}, &corev1.Namespace{}); err != nil {
		t.Errorf("what was made before: %v", err)
	}
	if err := gone(t.Context(), admin, removed); err != nil {
		t.Errorf("what was deleted before: %v", err)
	}
	if !strings.Contains(r.out.String(), "the sample data is there already") {
		t.Errorf("it applied the sample data again:\n%s", r.out)
	}
}

// killed kills the program itself: all its children must go with it.
func killed(t *testing.T, r *run) {
	t.Helper()
	left := r.children(t)
	if len(left) < 4 {
		t.Errorf("it has only the children %v", left)
	}
	if err := r.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = r.cmd.Wait() // it was killed
	for _, pid := range left {
		await(t, 2*time.Minute, "the children to die", func() error {
			stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // there is none once it is gone
			if len(stat) > 0 && !strings.Contains(string(stat), ") Z ") {
				return fmt.Errorf("process %d lives", pid)
			}
			// The first thread of a process is dead before the others, which keep its ports until they are.
			if threads, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid)); len(threads) > 1 {
				return fmt.Errorf("process %d still has %d threads", pid, len(threads))
			}
			return nil
		})
	}
}
