package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	official "github.com/standard-webhooks/standard-webhooks/libraries/go"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/charts"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/hack/cluster/gobuild"
	"lifeline.scot/hack/cluster/process"
	"lifeline.scot/hack/dev/issuer"
)

// How much there is to deliver while the program is killed; LIFELINE_DELIVERIES asks for more. It is killed once for so many
// deliveries, and six times at least.
const (
	killedDeliveries = 450
	deliveriesAKill  = 200
	deliveriesAsked  = "LIFELINE_DELIVERIES"
	// eventsEach is how many there are of each referral: that it was made, and two messages.
	eventsEach = 3
)

const signingText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// Those who receive events. Each but steady does so badly the first time that some of them come; stranger is asked of people who
// agreed to nothing, so that it is told nothing.
var receivers = []string{"steady", "shaky", "busy", "rude", "torn", "half"}

const stranger = "stranger"

// TestNothingIsLostWhileTheProgramIsKilled kills the API itself, as it is built for production, with kill -9 while people are
// referred through GraphQL and partners are told: everything reaches every partner that it is for, recognisably the same each time
// and in order, and nothing reaches anybody else. In PostgreSQL two of them share the work. The directory is that of a real control
// plane, in which endpoints may be addresses: nowhere else can a Partner name anything but a host.
func TestNothingIsLostWhileTheProgramIsKilled(t *testing.T) {
	k := newKilling(t)
	t.Run("SQLite", func(t *testing.T) { k.run(t, 1, "DATABASE_URL=") })
	t.Run("PostgreSQL", func(t *testing.T) {
		server, err := postgrestest.Start()
		server = postgrestest.Require(t, server, err)
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		k.run(t, 2, "DATABASE_URL="+server.Database(t))
	})
}

// killing is what both runs need: the program, a control plane, and an issuer.
type killing struct {
	*world
	program, kubeconfig, roots, tokens, issuer string
	inbox                                      *inbox
}

func newKilling(t *testing.T) *killing {
	t.Helper()
	k := &killing{world: newWorld(t), inbox: newInbox(t), program: filepath.Join(t.TempDir(), "api"), tokens: t.TempDir()}
	root, err := binaries.Root()
	if err != nil {
		t.Fatal(err)
	}
	target := gobuild.Target{Title: "api", Module: root, Package: "./api", Output: k.program}
	if err := gobuild.Build(t.Context(), target, func(gobuild.State) {}); err != nil {
		t.Fatal(err)
	}
	k.roots = filepath.Join(t.TempDir(), "roots.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.inbox.Certificate().Raw})
	if err := os.WriteFile(k.roots, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	k.admit()
	k.signIn()
	k.letEndpointsBeAddresses()
	k.settleIn()
	return k
}

// admit gives the program the rights that the chart gives it, and its user's kubeconfig.
func (k *killing) admit() {
	k.t.Helper()
	allowed, err := charts.API()
	if err != nil {
		k.t.Fatal(err)
	}
	user := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "api"}}
	signing := metav1.ObjectMeta{Namespace: "default", Name: "signing"}
	k.create(
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "program"}, Rules: allowed.Cluster},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: "program"}, Subjects: user,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "program"},
		},
		&rbacv1.Role{ObjectMeta: signing, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{signing.Name}, Verbs: []string{"get"},
		}}},
		&rbacv1.RoleBinding{
			ObjectMeta: signing, Subjects: user, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: signing.Name},
		},
		&corev1.Secret{ObjectMeta: signing, StringData: map[string]string{"key": signingText}},
	)
	config, err := k.cluster.User("api")
	if err != nil {
		k.t.Fatal(err)
	}
	text, err := cluster.Kubeconfig(config)
	if err != nil {
		k.t.Fatal(err)
	}
	k.kubeconfig = filepath.Join(k.t.TempDir(), "kubeconfig")
	if err := os.WriteFile(k.kubeconfig, text, 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// signIn starts an issuer, from which this test has tokens.
func (k *killing) signIn() {
	k.t.Helper()
	server := httptest.NewUnstartedServer(nil)
	k.issuer = "http://" + server.Listener.Addr().String()
	gives, err := issuer.New(k.issuer, time.Now)
	if err != nil {
		k.t.Fatal(err)
	}
	if err := gives.WriteAccess(k.tokens); err != nil {
		k.t.Fatal(err)
	}
	server.Config.Handler = gives.Handler()
	server.Start()
	k.t.Cleanup(server.Close)
}

// letEndpointsBeAddresses has this one control plane take addresses of this machine for endpoints.
func (k *killing) letEndpointsBeAddresses() {
	k.t.Helper()
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		k.t.Fatal(err)
	}
	c, err := client.New(k.cluster.Admin(), client.Options{Scheme: scheme})
	if err != nil {
		k.t.Fatal(err)
	}
	eventually(k.t, func() error {
		var d apiextensionsv1.CustomResourceDefinition
		if err := c.Get(k.t.Context(), client.ObjectKey{Name: "partners.lifeline.scot"}, &d); err != nil {
			return err
		}
		spec := d.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		delivery := spec.Properties["delivery"]
		url := delivery.Properties["url"]
		url.XValidations = nil
		delivery.Properties["url"] = url
		return c.Update(k.t.Context(), &d)
	})
}

// settleIn makes an ADP in which haven refers to all who receive events.
func (k *killing) settleIn() {
	k.t.Helper()
	haven := directorytest.Partner("haven", "Haven Outreach")
	haven.Spec.Areas = []v1alpha1.ObjectName{"north"}
	haven.Spec.Clients = []v1alpha1.LoginClient{{
		Issuer: oidc.DevelopmentIssuer, ClientID: "glasgow-referrals", Partnership: "north",
		Roles: []v1alpha1.LoginRole{v1alpha1.LoginReferrer}, CareRoles: []v1alpha1.CareRole{v1alpha1.CarePractitioner},
	}}
	k.create(namespaceOf("north"), directorytest.Partnership("north", "North ADP"), haven)
	for _, name := range append([]string{stranger}, receivers...) {
		partner := directorytest.Partner(name, name)
		partner.Spec.Areas = []v1alpha1.ObjectName{"north"}
		partner.Spec.Delivery = &v1alpha1.Delivery{
			URL:              v1alpha1.WebAddress(k.inbox.URL + "/" + name),
			SigningSecretRef: v1alpha1.SecretKeyReference{Namespace: "default", Name: "signing", Key: "key"},
		}
		k.make(partner)
		k.create(sharing("haven", v1alpha1.ObjectName(name)))
	}
}

// make makes a Partner, once the control plane takes its address.
func (k *killing) make(partner *v1alpha1.Partner) {
	k.t.Helper()
	eventually(k.t, func() error { return k.client.Create(k.t.Context(), partner.DeepCopy()) })
}

// sharing is an agreement of two that is in force for a day.
func sharing(one, other v1alpha1.ObjectName) *v1alpha1.DataSharingAgreement {
	from, until := time.Now().Add(-time.Hour).Truncate(time.Second), time.Now().Add(24*time.Hour).Truncate(time.Second)
	return &v1alpha1.DataSharingAgreement{
		ObjectMeta: metav1.ObjectMeta{Namespace: v1alpha1.NamespaceFor("north"), Name: "with-" + string(other)},
		Spec: v1alpha1.DataSharingAgreementSpec{
			DisplayName: "Sharing", Parties: []v1alpha1.ObjectName{one, other},
			Purposes:   []v1alpha1.SharingPurpose{v1alpha1.PurposeDirectCare, v1alpha1.PurposeReferralCoordination},
			Categories: []v1alpha1.DataCategory{v1alpha1.CategoryAdmin, v1alpha1.CategoryIdentity, v1alpha1.CategoryContact, v1alpha1.CategoryNeed},
			LawfulBasis: v1alpha1.LawfulBasis{
				Article6: []v1alpha1.Article6Basis{v1alpha1.Article6PublicTask},
				Article9: []v1alpha1.Article9Condition{v1alpha1.Article9HealthOrSocialCare},
			},
			Confidentiality: []v1alpha1.ConfidentialityBasis{v1alpha1.ConfidentialityConsented},
			FromTime:        metav1.NewTime(from), ReviewByTime: metav1.NewTime(until), UntilTime: metav1.NewTime(until),
		},
	}
}

// replica is one of the programs that are killed.
type replica struct {
	program process.Program
	running *process.Process
	// base and metrics are its addresses.
	base, metrics string
	// delivered is what those that were killed had delivered when they were asked last.
	delivered int
}

// slaughter is one run: the replicas, and what there is to deliver.
type slaughter struct {
	*killing
	t        *testing.T
	replicas []*replica
	people   int
	// to is the partner of each referral, by its number.
	mu sync.Mutex
	to map[string]string
}

func (k *killing) run(t *testing.T, replicas int, database string) {
	deliveries := killedDeliveries
	if more, err := strconv.Atoi(os.Getenv(deliveriesAsked)); err == nil {
		deliveries = more
	}
	k.inbox.empty()
	s := &slaughter{killing: k, t: t, people: deliveries / eventsEach, to: map[string]string{}}
	folder := t.TempDir()
	if err := keysCommand(t.Context(), []string{"make", "--keys=" + filepath.Join(folder, "keys")}, io.Discard); err != nil {
		t.Fatal(err)
	}
	for i := range replicas {
		s.replicas = append(s.replicas, k.replica(folder, i, database))
		s.start(s.replicas[i])
	}
	defer func() {
		for _, r := range s.replicas {
			_ = r.running.Stop(0)
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	var referring sync.WaitGroup
	defer referring.Wait()
	defer cancel()
	const atOnce = 4
	for first := range atOnce {
		referring.Go(func() {
			for i := first; i < s.people && ctx.Err() == nil; i += atOnce {
				s.refer(ctx, i)
			}
		})
	}
	s.killAgainAndAgain(deliveries)
	referring.Wait()
	s.await(s.expected())
	s.judge()
	s.verify(folder, database)
}

// replica says how one is run. All of a run share what is in a folder, and a database.
func (k *killing) replica(folder string, number int, database string) *replica {
	listen, metrics := clustertest.FreeAddress(k.t), clustertest.FreeAddress(k.t)
	return &replica{base: "http://" + listen, metrics: "http://" + metrics + "/metrics", program: process.Program{
		Name: fmt.Sprintf("replica %d", number), Path: k.program, Log: filepath.Join(folder, fmt.Sprintf("replica-%d.log", number)),
		Args: []string{
			"--kubeconfig=" + k.kubeconfig, "--listen=" + listen, "--metrics-listen=" + metrics,
			"--store=" + filepath.Join(folder, "referrals.db"), "--keys=" + filepath.Join(folder, "keys"),
			"--development-issuer=" + k.issuer, "--public-url=https://lifeline.example.org", "--deliver-to-prefixes=127.0.0.0/8",
			"--deliver-to-ports=" + k.inbox.URL[strings.LastIndex(k.inbox.URL, ":")+1:], "--answer-at-least=0s", "--answer-every=0s",
		},
		Env: []string{"SSL_CERT_FILE=" + k.roots, "KUBERNETES_SERVICE_HOST=", "KUBERNETES_SERVICE_PORT=", database},
	}}
}

// start starts a replica and waits until it answers.
func (s *slaughter) start(r *replica) {
	s.t.Helper()
	var err error
	if r.running, err = process.Start(r.program); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), soon)
	defer cancel()
	err = r.running.WaitFor(ctx, func(ctx context.Context) error {
		text, err := get(ctx, r.base+"/readyz")
		if err == nil && text != "LIVE\nreferrals Available\n" {
			err = errors.New(text)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func get(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// kill ends a replica as hard as can be.
func (s *slaughter) kill(r *replica) {
	s.t.Helper()
	r.delivered += s.deliveredBy(r)
	if err := r.running.Ended(); err != nil {
		s.t.Fatal("it ended by itself: ", err)
	}
	if err := syscall.Kill(r.running.Pid(), syscall.SIGKILL); err != nil {
		s.t.Fatal(err)
	}
	<-r.running.Done()
}

var deliveredLine = regexp.MustCompile(`(?m)^lifeline_deliveries_total\{state="Delivered"\} (\d+)$`)

// deliveredBy is what a replica that runs has delivered since it was started.
func (s *slaughter) deliveredBy(r *replica) int {
	s.t.Helper()
	text, err := get(s.t.Context(), r.metrics)
	if err != nil {
		s.t.Fatal(err)
	}
	found := deliveredLine.FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// killAgainAndAgain kills replicas at random while things are delivered: each time when so many of the events have come.
func (s *slaughter) killAgainAndAgain(deliveries int) {
	s.t.Helper()
	marks := make([]int, max(6, deliveries/deliveriesAKill))
	for i := range marks {
		marks[i] = rand.N(s.expected() * 9 / 10)
	}
	slices.Sort(marks)
	for _, mark := range marks {
		s.await(mark)
		r := s.replicas[rand.N(len(s.replicas))]
		s.kill(r)
		s.start(r)
	}
	s.t.Logf("it was killed %d times", len(marks))
}

// expected is how many events are to come.
func (s *slaughter) expected() (n int) {
	for i := range s.people {
		if partnerOf(i) != stranger {
			n += eventsEach
		}
	}
	return n
}

// partnerOf is who a person is referred to.
func partnerOf(i int) string { return append([]string{stranger}, receivers...)[i%(len(receivers)+1)] }

// await waits until so many of the events have come.
func (s *slaughter) await(events int) {
	s.t.Helper()
	for end := time.Now().Add(soon); s.inbox.count() < events; {
		select {
		case <-s.t.Context().Done():
			s.t.Fatal("the test has no more time")
		case <-s.inbox.came:
			end = time.Now().Add(soon)
		case <-time.After(100 * time.Millisecond):
		}
		if time.Now().After(end) {
			s.t.Fatalf("nothing came for %s: %d of %d have; a replica says\n%s", soon, s.inbox.count(), events,
				strings.Join(s.replicas[0].running.LastLines(8), "\n"))
		}
	}
}

// refer refers somebody and writes two messages, each until it is answered: the same is sent again when the answer is lost.
func (s *slaughter) refer(ctx context.Context, i int) {
	partner, consents := partnerOf(i), ""
	if partner != stranger {
		consents = fmt.Sprintf(`, consents: [{decision: GRANT, purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: [%q],
			categories: [ADMIN, IDENTITY, CONTACT, NEED]}]`, partner)
	}
	id, version := s.does(ctx, i, "referralSubmit", fmt.Sprintf(`idempotencyKey: "person-%06d", target: %q,
		told: {fullName: {chosen: "Quillfeather"}, ageBand: FROM_35_TO_44, referralReason: "to find support"}%s`, i, partner, consents))
	s.mu.Lock()
	s.to[id] = partner
	s.mu.Unlock()
	for n := 1; n < eventsEach && id != ""; n++ {
		_, version = s.does(ctx, i, "referralMessage",
			fmt.Sprintf(`idempotencyKey: "person-%06d-%d", referral: %q, version: %d, words: "Hello."`, i, n, id, version))
	}
}

// does carries out a mutation by any of the replicas, until one has answered.
func (s *slaughter) does(ctx context.Context, i int, mutation, input string) (id string, version int) {
	query := fmt.Sprintf(`mutation { did: %s(input: {%s}) { id version problems { code message } } }`, mutation, input)
	for try := 0; ctx.Err() == nil; try++ {
		var did struct {
			ID       string
			Version  int
			Problems []struct{ Code, Message string }
		}
		err := s.send(ctx, s.replicas[(i+try)%len(s.replicas)].base, query, &did)
		if err == nil {
			for _, p := range did.Problems {
				s.t.Errorf("%s: %s: %s", mutation, p.Code, p.Message)
			}
			return did.ID, did.Version
		}
		if try == 300 {
			s.t.Errorf("%s, tried for half a minute or more: %v", mutation, err)
			return "", 0
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
	return "", 0
}

// send sends a query as the referrer.
func (s *slaughter) send(ctx context.Context, base, query string, into any) error {
	token, err := issuer.Token(ctx, s.tokens, "referrer")
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var said struct {
		Data   struct{ Did json.RawMessage }
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		return err
	}
	if len(said.Errors) > 0 {
		return errors.New(said.Errors[0].Message)
	}
	return json.Unmarshal(said.Data.Did, into)
}

// judge makes sure that each partner was told all that it was to be told, and nothing else, and that each replica did its part.
func (s *slaughter) judge() {
	s.t.Helper()
	if got := len(s.to); got != s.people {
		s.t.Errorf("%d people are referred, want %d: some twice, or not at all", got, s.people)
	}
	repeats := s.inbox.judge(s.t, s.to)
	for i, r := range s.replicas {
		if n := r.delivered + s.deliveredBy(r); n < s.expected()/(10*len(s.replicas)) {
			s.t.Errorf("replica %d delivered %d of %d: the work is not shared", i, n, s.expected())
		}
	}
	s.t.Logf("%d events for %d people, %d of them came more than once", s.expected(), s.people, repeats)
}

// verify has the program say whether the audit log is whole.
func (s *slaughter) verify(folder, database string) {
	s.t.Helper()
	is := exec.CommandContext(s.t.Context(), s.program, "audit", "verify",
		"--store="+filepath.Join(folder, "referrals.db"), "--keys="+filepath.Join(folder, "keys"))
	is.Env = append(os.Environ(), database)
	if said, err := is.CombinedOutput(); err != nil {
		s.t.Errorf("the audit log: %v: %s", err, said)
	}
}

// inbox is where all partners receive events, by the first part of the path, each in its way.
type inbox struct {
	*httptest.Server
	secrets []signature.Secret
	webhook *official.Webhook
	came    chan struct{}

	mu sync.Mutex
	// taken is how often each event was taken, by its id, and bodies what it was.
	taken  map[string]int
	bodies map[string]string
	// order are the versions that came of each referral to each partner, as they came first.
	order map[string][]int64
	// erred are those that were not taken the first time.
	erred map[string]bool
	wrong []string
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	secrets, err := signature.ParseSecrets([]byte(signingText))
	if err != nil {
		t.Fatal(err)
	}
	webhook, err := official.NewWebhook(signingText)
	if err != nil {
		t.Fatal(err)
	}
	in := &inbox{secrets: secrets, webhook: webhook, came: make(chan struct{}, 1)}
	in.empty()
	in.Server = httptest.NewUnstartedServer(in)
	in.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections that are cut
	in.StartTLS()
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) empty() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.taken, in.bodies, in.order, in.erred = map[string]int{}, map[string]string{}, map[string][]int64{}, map[string]bool{}
	in.wrong = nil
}

// ServeHTTP receives as the partner does whose name the path is.
func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	partner, id := strings.Trim(r.URL.Path, "/"), r.Header.Get("Webhook-Id")
	if r.Method == http.MethodOptions {
		answer, err := outbound.Agree(in.secrets, r.Header, time.Now())
		if err != nil {
			in.blame("%s is asked wrongly: %v", partner, err)
		}
		for name, values := range answer {
			w.Header()[name] = values
		}
		return
	}
	errs := in.errs(partner, id)
	if errs && partner == "torn" { // in the middle of what it is sent
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		cutOff(w, "")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever sends it was killed
	}
	if err := in.webhook.Verify(body, r.Header); err != nil {
		in.blame("%s was sent what the official library does not verify: %v", partner, err)
	}
	switch {
	case errs && partner == "shaky":
		w.WriteHeader(http.StatusInternalServerError)
	case errs && partner == "busy":
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	case errs && partner == "rude":
		cutOff(w, "HTTP/1.1 2")
	case errs && partner == "half":
		in.take(partner, id, body)
		cutOff(w, "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{\"kept\":")
	default:
		in.take(partner, id, body)
		w.WriteHeader(http.StatusNoContent)
	}
}

// errs reports whether a partner errs about an event: about one in five, the first time that it comes.
func (in *inbox) errs(partner, id string) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if partner == "steady" || in.erred[id] || in.taken[id] > 0 || rand.N(5) > 0 {
		return false
	}
	in.erred[id] = true
	return true
}

func cutOff(w http.ResponseWriter, text string) {
	if taken, ok := w.(http.Hijacker); ok {
		if connection, buffer, err := taken.Hijack(); err == nil {
			_, _ = buffer.WriteString(text)
			_ = buffer.Flush()
			_ = connection.Close()
		}
	}
}

func (in *inbox) blame(format string, args ...any) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.wrong = append(in.wrong, fmt.Sprintf(format, args...))
}

// take keeps an event.
func (in *inbox) take(partner, id string, body []byte) {
	var e struct {
		ID   string
		Data struct {
			Partner, Referral string
			Version           int64
		}
	}
	if err := json.Unmarshal(body, &e); err != nil || e.ID != id || e.Data.Partner != partner {
		in.blame("%s was sent %s: %v", partner, body, err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	before, again := in.bodies[id]
	if again && before != string(body) {
		in.wrong = append(in.wrong, id+" is not the same each time")
	}
	if in.taken[id]++; !again {
		in.bodies[id] = string(body)
		of := partner + "/" + e.Data.Referral
		in.order[of] = append(in.order[of], e.Data.Version)
	}
	select {
	case in.came <- struct{}{}:
	default:
	}
}

// count is how many events have come.
func (in *inbox) count() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.taken)
}

// judge makes sure that of each referral its partner has each version once in order, and nobody else anything; it returns how
// many events came more than once.
func (in *inbox) judge(t *testing.T, to map[string]string) (repeats int) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, wrong := range in.wrong[:min(len(in.wrong), 20)] {
		t.Error(wrong)
	}
	for id, partner := range to {
		of := partner + "/" + id
		if versions := in.order[of]; partner != stranger && !slices.Equal(versions, []int64{1, 2, 3}) {
			t.Errorf("%s was told of the versions %v", of, versions)
		}
		if partner != stranger {
			delete(in.order, of)
		}
	}
	for of, versions := range in.order {
		t.Errorf("%s was told of the versions %v, and is not to know of it", of, versions)
	}
	if len(in.erred) == 0 {
		t.Error("no partner erred")
	}
	for _, n := range in.taken {
		repeats += n - 1
	}
	return repeats
}
