package charts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

// Both programs as the chart runs them: with the arguments of its Deployments, as its service accounts, and with no more
// rights than it grants. There is no node in the cluster, so they run beside it as processes.
func TestBothProgramsWorkWithNoMoreThanTheChartGrants(t *testing.T) {
	objects := render(t)
	install(t, objects)
	operatorProbes, apiAddress := clustertest.FreeAddress(t), clustertest.FreeAddress(t)
	operator := start(t, objects, "operator",
		"--metrics-bind-address=0", "--health-probe-bind-address="+operatorProbes, "--leader-election-namespace="+namespace)
	api := start(t, objects, "api", "--listen="+apiAddress, "--metrics-listen="+clustertest.FreeAddress(t))
	for _, address := range []string{operatorProbes, apiAddress} {
		eventually(t, 2*time.Minute, func() error { return answers(t.Context(), "http://"+address+"/readyz") })
		eventually(t, time.Minute, func() error { return answers(t.Context(), "http://"+address+"/healthz") })
	}

	describeAnADP(t)
	eventually(t, time.Minute, func() error { return poolIsFree(t.Context(), admin(t, nil), 9) })
	eventually(t, time.Minute, func() error { return graphqlSaysFree(t.Context(), "http://"+apiAddress+"/graphql", 9) })

	for _, program := range []*running{operator, api} {
		program.stop(t)
		for _, line := range program.refusals() {
			t.Errorf("the %s was refused something: %s", program.name, line)
		}
	}
}

// Nobody but the two programs gains anything by the chart's accounts.
func TestTheAccountsMayNotDoMore(t *testing.T) {
	objects := render(t)
	install(t, objects)
	for _, program := range []string{"operator", "api"} {
		as, err := client.New(asAccount(t, program), client.Options{Scheme: scheme(t)})
		if err != nil {
			t.Fatal(err)
		}
		if err := as.List(t.Context(), &corev1.SecretList{}); err == nil {
			t.Errorf("the %s can read every Secret", program)
		}
		pod := pods(t, objects)[0]
		if err := as.Create(t.Context(), pod, client.DryRunAll); err == nil {
			t.Errorf("the %s can make Pods", program)
		}
	}
}

// running is a program that runs as a service account of the chart.
type running struct {
	name    string
	command *exec.Cmd
	ended   chan struct{} // closed when the program has ended
	mu      sync.Mutex
	log     bytes.Buffer
}

func (r *running) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.log.Write(text)
}

// refusals are the lines of the log that speak of something forbidden.
func (r *running) refusals() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []string
	for line := range strings.Lines(r.log.String()) {
		lower := strings.ToLower(line)
		if strings.Contains(lower, "forbidden") || strings.Contains(lower, "unauthorized") {
			found = append(found, line)
		}
	}
	return found
}

// start runs a program with the arguments of its Deployment; those in instead come after them, and so take their place.
func start(t *testing.T, objects []*unstructured.Unstructured, program string, instead ...string) *running {
	t.Helper()
	deployment := decode[appsv1.Deployment](t, named(t, objects, "Deployment", release+"-"+program))
	container := deployment.Spec.Template.Spec.Containers[0]
	if want := []string{"/" + program}; !slices.Equal(container.Command, want) {
		t.Fatalf("the chart runs %v, want %v", container.Command, want)
	}
	r := &running{name: program, ended: make(chan struct{})}
	r.command = exec.Command(build(t, program), append(container.Args, instead...)...)
	r.command.Env = []string{"KUBECONFIG=" + kubeconfig(t, program), "HOME=" + t.TempDir()}
	r.command.Stdout, r.command.Stderr = r, r
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = r.command.Wait() // how it ended is in ProcessState
	}()
	t.Cleanup(func() { r.kill(t) })
	return r
}

// stop asks the program to end, and expects it to do so in good order.
func (r *running) stop(t *testing.T) {
	t.Helper()
	select {
	case <-r.ended:
		t.Errorf("the %s had ended by itself: %s", r.name, r.command.ProcessState)
		return
	default:
	}
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.ended:
	case <-time.After(30 * time.Second): // the grace period of its pod
		t.Fatalf("the %s does not end when it is asked to", r.name)
	}
	if !r.command.ProcessState.Success() {
		t.Errorf("the %s ended with %s", r.name, r.command.ProcessState)
	}
}

// kill is for a test that failed: the program must not outlive it, and its log tells why.
func (r *running) kill(t *testing.T) {
	if err := r.command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	<-r.ended
	if t.Failed() {
		r.mu.Lock()
		defer r.mu.Unlock()
		t.Logf("the %s said:\n%s", r.name, r.log.String())
	}
}

func build(t *testing.T, program string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), program)
	command := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../"+program)
	command.Env = append(os.Environ(), "CGO_ENABLED=0") // as make build builds them, so that all but the linking is done
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("build the %s: %v\n%s", program, err, out)
	}
	return path
}

// asAccount is a client configuration with a token of the program's service account, as its pod would have.
func asAccount(t *testing.T, program string) *rest.Config {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: release + "-" + program, Namespace: namespace}}
	token := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](3600)},
	}
	if err := admin(t, nil).SubResource("token").Create(t.Context(), account, token); err != nil {
		t.Fatal(err)
	}
	cfg := rest.AnonymousClientConfig(bare.Admin())
	cfg.BearerToken = token.Status.Token
	return cfg
}

func kubeconfig(t *testing.T, program string) string {
	t.Helper()
	text, err := bare.Kubeconfig(asAccount(t, program))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func answers(ctx context.Context, url string) error {
	_, err := ask(ctx, http.MethodGet, url, nil)
	return err
}

func ask(ctx context.Context, method, url string, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json, application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s: %s", method, url, answer.Status, content)
	}
	return content, err
}

// describeAnADP applies, as a platform admin would, an ADP with a service that has places and a count of them.
func describeAnADP(t *testing.T) {
	t.Helper()
	to := admin(t, nil)
	adp := v1alpha1.NamespaceFor("clyde")
	create(t, to, &v1alpha1.Partnership{
		ObjectMeta: metav1.ObjectMeta{Name: "clyde"},
		Spec: v1alpha1.PartnershipSpec{
			DisplayName:  "Clyde ADP",
			Councils:     []v1alpha1.CouncilArea{{Code: "S12000049", Name: "Glasgow City"}},
			HealthBoards: []v1alpha1.HealthBoardArea{{Code: "S08000031", Name: "NHS Greater Glasgow and Clyde"}},
		},
	})
	create(t, to, &v1alpha1.Partner{
		ObjectMeta: metav1.ObjectMeta{Name: "harbour"}, Spec: v1alpha1.PartnerSpec{DisplayName: "Harbour Recovery"},
	})
	eventually(t, time.Minute, func() error {
		return to.Get(t.Context(), client.ObjectKey{Name: adp}, &corev1.Namespace{})
	})
	create(t, to, &v1alpha1.SupportService{
		ObjectMeta: metav1.ObjectMeta{Name: "harbour-house", Namespace: adp},
		Spec: v1alpha1.SupportServiceSpec{
			DisplayName: "Harbour House",
			Types:       []v1alpha1.ServiceType{v1alpha1.ServiceResidentialRehab},
			ProviderRef: v1alpha1.PartnerReference{Name: "harbour"},
		},
	})
	create(t, to, &v1alpha1.CapacityPool{
		ObjectMeta: metav1.ObjectMeta{Name: "harbour-beds", Namespace: adp},
		Spec: v1alpha1.CapacityPoolSpec{
			DisplayName: "Residential rehab beds",
			ServiceRef:  v1alpha1.SupportServiceReference{Name: "harbour-house"},
			Kind:        v1alpha1.PoolResidentialRehab,
		},
	})
	create(t, to, &v1alpha1.CapacityReport{
		ObjectMeta: metav1.ObjectMeta{Name: "harbour-beds-1", Namespace: adp},
		Spec: v1alpha1.CapacityReportSpec{
			PoolRef:      v1alpha1.CapacityPoolReference{Name: "harbour-beds"},
			ObservedTime: metav1.NewTime(time.Now().Add(-time.Minute)),
			Staffed:      ptr.To[int32](20),
			Occupied:     ptr.To[int32](11),
		},
	})
}

// create makes an object, unless an earlier test has made it.
func create(t *testing.T, to client.Client, object client.Object) {
	t.Helper()
	if err := to.Create(t.Context(), object); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
}

// poolIsFree says whether the operator has merged the count.
func poolIsFree(ctx context.Context, from client.Client, want int32) error {
	var pool v1alpha1.CapacityPool
	key := client.ObjectKey{Namespace: v1alpha1.NamespaceFor("clyde"), Name: "harbour-beds"}
	if err := from.Get(ctx, key, &pool); err != nil {
		return err
	}
	if pool.Status.Free == nil || *pool.Status.Free != want {
		return fmt.Errorf("the pool's status is %+v, want %d free", pool.Status, want)
	}
	return nil
}

// graphqlSaysFree says whether the API answers with the count.
func graphqlSaysFree(ctx context.Context, url string, want int) error {
	content, err := ask(ctx, http.MethodPost, url,
		strings.NewReader(`{"query":"{ capacityPools(first: 10) { nodes { displayName free { value } } } }"}`))
	if err != nil {
		return err
	}
	var answer struct {
		Data struct {
			CapacityPools struct {
				Nodes []struct {
					DisplayName string
					Free        struct{ Value *int }
				}
			}
		}
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return fmt.Errorf("%w in %s", err, content)
	}
	for _, node := range answer.Data.CapacityPools.Nodes {
		if node.DisplayName == "Residential rehab beds" && node.Free.Value != nil && *node.Free.Value == want {
			return nil
		}
	}
	return fmt.Errorf("the API answers %s, want %d free", content, want)
}
