package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"lifeline.scot/api/schema"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/hack/canary"
	"lifeline.scot/hack/cluster/clustertest"
)

// mostTalkative is a level at which everything is logged that programs and libraries can log: klog's verbosity 10.
const mostTalkative = "debug-6"

// People are referred through whole journeys, with everything that can go wrong on the way. Nothing they told is then found in the
// clear anywhere: not in etcd, in logs at the most talkative level, metrics, Events, files, databases and their logs of writes and
// statements, the audit log and its export, the arguments and environments of programs, or what others were answered.
//
// No program of ours makes traces; those of the API server are not switched on.
func TestNothingThatPeopleToldIsInTheClear(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are looked at in /proc")
	}
	b := newBench(t)
	temporary := t.TempDir()
	b.flags = []string{"-log-level=" + mostTalkative}
	b.environment = append(b.environment, "TMPDIR="+temporary)
	r := b.up(t)
	compiled, err := schema.Compile()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("SQLite", func(t *testing.T) {
		c := newCasework(t, b, "sqlite")
		ids := c.works(compiled.SDL())
		c.audits("--store="+filepath.Join(b.dir, "referrals", "referrals.db"), "--keys="+filepath.Join(b.dir, "referrals", "keys"))
		c.finds(r, temporary, ids, "cluster/etcd", "log/api.log", "log/operator.log", "log/kube-apiserver.log", "referrals/referrals.db", "audit-sqlite")
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server, err := postgrestest.Start("log_statement=all", "log_min_messages=debug1", "log_min_duration_statement=0", "log_connections=on",
			"log_error_verbosity=verbose")
		server = postgrestest.Require(t, server, err)
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		at := *b
		database := server.Database(t)
		at.serveFrom(t, database, temporary)
		c := newCasework(t, &at, "postgres")
		ids := c.works(compiled.SDL())
		c.audits("--keys=" + filepath.Join(b.dir, "keys"))
		c.dumps(database)
		c.looksThrough(server.Folder(), ids, "data/base", "data/pg_wal", "log")
		c.finds(r, temporary, ids, "cluster/etcd", "log/api-postgres.log", "log/operator.log", "audit-postgres")
	})
	r.down(t)
}

// works goes through everything that can be done with referrals, and returns their numbers.
func (c *casework) works(sdl string) []string {
	c.Helper()
	p := c.person(0)
	for _, name := range everyText(sdl, "ReferralToldInput") {
		if !strings.Contains(p.told+p.toldOtherwise, name+": ") {
			c.Errorf("nothing is told as %s", name)
		}
	}
	pool, _ := providersPool(c.T, c.roles["provider"])
	counted := c.roles["provider"].ask(fmt.Sprintf(`mutation { capacityReport(input: {idempotencyKey: %q, %s, staffed: 12, occupied: 5}) { problems { code } } }`,
		c.key(), pool))
	if !strings.Contains(counted, `"problems":[]`) {
		c.Fatal(counted)
	}
	ids := []string{c.moved(p), c.sentOn(c.person(1)), c.opened(c.person(2))}
	waiting := c.submits(c.person(3), agreedAtOnce)
	c.step("provider", "referralAcknowledge", waiting, "")
	c.step("provider", "referralAccept", waiting, "")
	c.troubles(waiting, c.person(4))
	for _, mutation := range takeWords(sdl) {
		if !c.used[mutation] {
			c.Errorf("%s was not carried out with words", mutation)
		}
	}
	return append(ids, waiting)
}

// takeWords are the mutations that somebody writes something with.
func takeWords(sdl string) (mutations []string) {
	for _, input := range strings.Split(sdl, "\ninput ")[1:] {
		name, body, _ := strings.Cut(input, "Input {\n")
		body, _, _ = strings.Cut(body, "\n}")
		if strings.Contains(body, "\n  idempotencyKey: ") && (strings.Contains(body, "\n  words: ") || strings.Contains(body, "\n  justification: ")) {
			mutations = append(mutations, strings.ToLower(name[:1])+name[1:])
		}
	}
	return mutations
}

// audits verifies and exports the audit log, into a folder that is looked through.
func (c *casework) audits(flags ...string) {
	c.Helper()
	to := filepath.Join(c.bench.dir, "audit-"+c.run)
	for _, arguments := range [][]string{{"audit", "export", "--to=" + to}, {"audit", "verify"}, {"audit", "checkpoint"}} {
		cmd := exec.CommandContext(c.Context(), filepath.Join(c.bench.programs, "api"), append(arguments, flags...)...)
		cmd.Env = append(os.Environ(), c.bench.environment...)
		text, err := cmd.CombinedOutput()
		if err != nil {
			c.Fatalf("%v: %v: %s", arguments, err, text)
		}
		c.seen = append(c.seen, evidence{"api " + strings.Join(arguments, " "), text})
	}
}

// finds looks everywhere, and makes sure that what has to be there is found by the same search in the same places.
func (c *casework) finds(r *run, temporary string, ids []string, has ...string) {
	c.Helper()
	search := c.search(c.all...)
	shown := 0
	for _, e := range c.legible {
		shown += len(search.In(e.text))
	}
	if shown < 50 {
		c.Errorf("the search finds %d of the marks in what people were shown who may see them", shown)
	}
	if found := search.In([]byte("x" + c.all[len(c.all)-1] + "x")); len(found) == 0 {
		c.Error("the search does not find the last mark")
	}
	c.seen = append(c.seen, c.processes(r)...)
	c.seen = append(c.seen, c.metrics(r)...)
	c.seen = append(c.seen, evidence{"what make run says", []byte(r.out.String())})
	for _, e := range c.seen {
		for _, found := range search.In(e.text) {
			c.Errorf("%s: %s (%s): %q", e.from, found.Mark, found.Form, found.Around)
		}
	}
	c.looksThrough(temporary, nil)
	c.looksThrough(c.bench.dir, ids, has...)
}

func (c *casework) search(marks ...string) *canary.Search {
	c.Helper()
	search, err := canary.New(marks...)
	if err != nil {
		c.Fatal(err)
	}
	return search
}

// looksThrough looks for marks in a folder, and for the numbers of the referrals in those of its files that have to have them.
func (c *casework) looksThrough(folder string, ids []string, has ...string) {
	c.Helper()
	files, err := c.search(c.all...).InFolder(folder)
	if err != nil {
		c.Fatal(err)
	}
	c.Logf("looked for %d marks in %d files, %d MB, below %s", len(c.all), files.Count, files.Bytes>>20, folder)
	for _, name := range slices.Sorted(maps.Keys(files.Found)) {
		for _, found := range files.Found[name] {
			c.Errorf("%s holds %s (%s): %q", name, found.Mark, found.Form, found.Around)
		}
	}
	if len(has) == 0 {
		return
	}
	there, err := c.search(ids...).InFolder(folder)
	if err != nil {
		c.Fatal(err)
	}
	for _, prefix := range has {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(there.Found)), func(name string) bool { return strings.HasPrefix(name, prefix) }) {
			c.Errorf("the search does not find the numbers of the referrals in %s, so it would find no mark there either", prefix)
		}
	}
}

// processes are the arguments and environments of all programs.
func (c *casework) processes(r *run) (all []evidence) {
	c.Helper()
	for _, pid := range slices.Concat(r.children(c.T), children(c.T, os.Getpid(), "dev", "api")) {
		for _, file := range []string{"cmdline", "environ"} {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
			if err != nil || len(text) == 0 {
				c.Errorf("%s of process %d: %v", file, pid, err)
			}
			all = append(all, evidence{fmt.Sprintf("%s of process %d", file, pid), text})
		}
	}
	return all
}

// metrics are those of each program, each with something that has to be in them.
func (c *casework) metrics(r *run) (all []evidence) {
	c.Helper()
	admin, err := clientcmd.BuildConfigFromFlags("", filepath.Join(c.bench.dir, "kubeconfig"))
	if err != nil {
		c.Fatal(err)
	}
	kubernetes, err := rest.HTTPClientFor(admin)
	if err != nil {
		c.Fatal(err)
	}
	etcd, at := c.etcd(r)
	for address, from := range map[string]struct {
		client *http.Client
		has    string
	}{
		url(c.bench.addresses["API_METRICS_ADDRESS"], "/metrics"):      {http.DefaultClient, "lifeline_api_request_seconds"},
		url(c.bench.addresses["OPERATOR_METRICS_ADDRESS"], "/metrics"): {http.DefaultClient, "lifeline_"},
		admin.Host + "/metrics": {kubernetes, "apiserver_request_total"},
		at + "/metrics":         {etcd, "etcd_mvcc_put_total"},
	} {
		response, err := from.client.Get(address)
		if err != nil {
			c.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if err := errors.Join(err, response.Body.Close()); err != nil || !bytes.Contains(text, []byte(from.has)) {
			c.Errorf("%s has no %s: %v", address, from.has, err)
		}
		all = append(all, evidence{address, text})
	}
	return all
}

// etcd is a client of etcd, with the certificate of the API server, and where etcd is.
func (c *casework) etcd(r *run) (client *http.Client, address string) {
	c.Helper()
	for _, pid := range r.children(c.T, "etcd") {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			c.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "--listen-client-urls=")
		address, _, _ = strings.Cut(rest, "\x00")
	}
	certificates := filepath.Join(c.bench.dir, "cluster", "certificates")
	trusted, err := os.ReadFile(filepath.Join(certificates, "etcd-ca.crt"))
	if err != nil {
		c.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted)
	identity, err := tls.LoadX509KeyPair(filepath.Join(certificates, "etcd-client.crt"), filepath.Join(certificates, "etcd-client.key"))
	if err != nil {
		c.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{identity}}}}, address
}

// serveFrom starts another API on the same cluster, which keeps referrals in PostgreSQL, and ends it with the test.
func (b *bench) serveFrom(t *testing.T, database, temporary string) {
	t.Helper()
	b.environment = append(slices.Clone(b.environment), "DATABASE_URL="+database, "TMPDIR="+temporary)
	b.addresses = maps.Clone(b.addresses)
	for _, variable := range []string{"API_ADDRESS", "API_METRICS_ADDRESS"} {
		free := clustertest.FreeAddress(t)
		b.addresses[variable] = free
	}
	b.api = b.addresses["API_ADDRESS"]
	keys := "--keys=" + filepath.Join(b.dir, "keys")
	if text, err := exec.CommandContext(t.Context(), filepath.Join(b.programs, "api"), "keys", "make", keys).CombinedOutput(); err != nil {
		t.Fatalf("make keys: %v: %s", err, text)
	}
	log, err := os.Create(filepath.Join(b.dir, "log", "api-postgres.log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(b.programs, "api"), "--kubeconfig="+filepath.Join(b.dir, "identities", "api.kubeconfig"), "--listen="+b.api,
		"--metrics-listen="+b.addresses["API_METRICS_ADDRESS"], "--graphiql=on", keys, "--log-level="+mostTalkative,
		"--development-issuer="+url(b.addresses["ISSUER_ADDRESS"], ""))
	cmd.Env = append(os.Environ(), b.environment...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has nothing to finish
		_ = cmd.Wait()
		_ = log.Close()
	})
	await(t, time.Minute, "the other API", func() error { return answers(t.Context(), url(b.api, "/readyz")) })
}

// dumps reads every row of every table, as texts that no page or compression breaks.
func (c *casework) dumps(database string) {
	c.Helper()
	connection, err := pgx.Connect(c.Context(), database)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = connection.Close(c.Context()) }()
	if _, err := connection.Exec(c.Context(), `CHECKPOINT`); err != nil { // so that its files have everything, too
		c.Fatal(err)
	}
	rows, err := connection.Query(c.Context(), `SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public'`)
	if err != nil {
		c.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 10 {
		c.Fatal(tables, err)
	}
	for _, table := range tables {
		rows, err := connection.Query(c.Context(), `SELECT row_to_json(t)::text FROM `+table+` t`)
		if err != nil {
			c.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			c.Fatal(err)
		}
		c.seen = append(c.seen, evidence{"table " + table, []byte(strings.Join(lines, "\n"))})
	}
}
