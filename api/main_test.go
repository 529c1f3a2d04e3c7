package main

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/api/pace"
	"lifeline.scot/api/rulebook"
	"lifeline.scot/crds/v1alpha1"
)

func namespaceOf(partnership string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.NamespaceFor(partnership)}}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		args []string
		want settings
		fail string
	}{
		{args: nil, want: settings{address: "127.0.0.1:8080", metricsAddress: "127.0.0.1:9090"}},
		{
			args: []string{"--listen=:80", "--metrics-listen=0", "--graphiql=on", "--kubeconfig=k", "--postcode-districts=d.csv"},
			want: settings{
				kubeconfig: "k", address: ":80", metricsAddress: "0", graphiql: true, postcodeDistricts: "d.csv",
			},
		},
		{args: []string{"--graphiql=false"}, want: settings{address: "127.0.0.1:8080", metricsAddress: "127.0.0.1:9090"}},
		{
			args: []string{"--narrowing-configmap=lifeline/stricter"},
			want: settings{
				address: "127.0.0.1:8080", metricsAddress: "127.0.0.1:9090",
				narrowing: rulebook.ConfigMap{Namespace: "lifeline", Name: "stricter"},
			},
		},
		{args: []string{"--narrowing-configmap=stricter"}, fail: "write namespace/name"},
		{args: []string{"--graphiql=perhaps"}, fail: "say on or off"},
		{args: []string{"serve"}, fail: `unexpected argument "serve"`},
		{args: []string{"--lissen=x"}, fail: "-lissen"},
	} {
		var out bytes.Buffer
		got, err := parse(c.args, &out)
		// See TestWhereReferralsAreKept, TestWhetherPartnersAreTold and TestWhenAnswersAreGiven.
		got.keeping, got.delivering, got.pace = nil, nil, pace.Schedule{}
		switch {
		case c.fail == "" && (err != nil || !reflect.DeepEqual(got, c.want)):
			t.Errorf("%v: %+v, %v; want %+v", c.args, got, err, c.want)
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)):
			t.Errorf("%v: error %v, want one that says %q", c.args, err, c.fail)
		}
	}
}

func TestWhenAnswersAreGiven(t *testing.T) {
	for _, c := range []struct {
		args           []string
		atLeast, every time.Duration
		fail           string
	}{
		{args: nil, atLeast: pace.DefaultAtLeast, every: pace.DefaultEvery},
		{args: []string{"--answer-at-least=250ms", "--answer-every=50ms"}, atLeast: 250 * time.Millisecond, every: 50 * time.Millisecond},
		{args: []string{"--answer-at-least=0", "--answer-every=0"}},
		{args: []string{"--answer-every=0"}, fail: "set both to 0"},
		{args: []string{"--answer-at-least=-1s"}, fail: "waits for up to 2s"},
		{args: []string{"--answer-at-least=3s"}, fail: "waits for up to 2s"},
		{args: []string{"--answer-every=soon"}, fail: "answer-every"},
	} {
		got, err := parse(c.args, io.Discard)
		switch {
		case c.fail == "" && (err != nil || got.pace != pace.Schedule{AtLeast: c.atLeast, Every: c.every, Clock: pace.Exact{}}):
			t.Errorf("%v: %+v, %v; want %s, every %s", c.args, got.pace, err, c.atLeast, c.every)
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)):
			t.Errorf("%v: error %v, want one that says %q", c.args, err, c.fail)
		}
	}
}

func TestWhetherPartnersAreTold(t *testing.T) {
	for _, c := range []struct {
		args []string
		want delivering
		fail string
	}{
		{},
		{args: []string{"--public-url=https://lifeline.example.org/"}, want: delivering{from: "https://lifeline.example.org"}},
		{
			args: []string{"--public-url=http://127.0.0.1:8080", "--deliver-to-prefixes=127.0.0.0/8, fd00::1/8", "--deliver-to-ports=8443,9443"},
			want: delivering{
				from:     "http://127.0.0.1:8080",
				prefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
				ports:    []uint16{8443, 9443},
			},
		},
		{args: []string{"--public-url=lifeline.example.org"}, fail: "write it as https://"},
		{args: []string{"--public-url=https://user:word@lifeline.example.org"}, fail: "write it as https://"},
		{args: []string{"--public-url=ftp://lifeline.example.org"}, fail: "write it as https://"},
		{args: []string{"--deliver-to-prefixes=127.0.0.1"}, fail: "no range of addresses"},
		{args: []string{"--deliver-to-ports=0"}, fail: "no port"},
		{args: []string{"--deliver-to-ports=65536"}, fail: "no port"},
		{args: []string{"--deliver-to-authorities=nowhere.pem"}, fail: "read certificates"},
		{args: []string{"--deliver-to-authorities=main_test.go"}, fail: "main_test.go holds no certificate in PEM"},
	} {
		var out bytes.Buffer
		got, err := parse(c.args, &out)
		switch {
		case c.fail == "" && (err != nil || !reflect.DeepEqual(*got.delivering, c.want)):
			t.Errorf("%v: %+v, %v; want %+v", c.args, got.delivering, err, c.want)
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)):
			t.Errorf("%v: error %v, want one that says %q", c.args, err, c.fail)
		}
	}
}

func TestWhoMaySayWhoAsks(t *testing.T) {
	file := filepath.Join(t.TempDir(), "issuers.yaml")
	if err := os.WriteFile(file, []byte("- {issuer: https://login.example.org, audiences: [lifeline]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	const development = "--development-issuer=http://127.0.0.1:8084"
	for _, c := range []struct {
		cluster string
		args    []string
		want    []string
		fail    string
	}{
		{args: nil},
		{args: []string{"--oidc-issuers", file}, want: []string{"https://login.example.org"}},
		{args: []string{development}, want: []string{oidc.DevelopmentIssuer}},
		{args: []string{development, "--oidc-issuers", file}, want: []string{"https://login.example.org", oidc.DevelopmentIssuer}},
		{cluster: "10.96.0.1", args: []string{"--oidc-issuers", file}, want: []string{"https://login.example.org"}},
		{cluster: "10.96.0.1", args: []string{development}, fail: "--development-issuer: it gives a token for any role"},
		{args: []string{development, "--listen=:8080"}, fail: "--listen must be a loopback address"},
		{args: []string{"--listen=0.0.0.0:8080", development}, fail: "--listen must be a loopback address"},
		{args: []string{"--development-issuer=https://login.example.org"}, fail: "must be http://, a loopback address and a port"},
		{args: []string{"--oidc-issuers", file + ".none"}, fail: "--oidc-issuers: read issuers"},
	} {
		t.Setenv("KUBERNETES_SERVICE_HOST", c.cluster)
		got, err := parse(c.args, io.Discard)
		var names []string
		for _, issuer := range got.issuers {
			names = append(names, issuer.Issuer)
		}
		switch {
		case c.fail == "" && (err != nil || !slices.Equal(names, c.want)):
			t.Errorf("%v: %v, %v; want %v", c.args, names, err, c.want)
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%v: error %v, want one line that says %q", c.args, err, c.fail)
		}
	}
}

func TestPostcodeDistrictsAreThoseOfTheFileGiven(t *testing.T) {
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		file string
		many bool
		fail string
	}{
		{file: "", many: true},
		{file: write("mine.csv", "district,latitude,longitude\nG4,55.86,-4.24\n")},
		{file: write("bad.csv", "district,latitude,longitude\nG4,north,-4.24\n"), fail: "bad.csv: read postcode districts, line 2"},
		{file: filepath.Join(t.TempDir(), "none.csv"), fail: "--postcode-districts: open"},
	} {
		districts, err := settings{postcodeDistricts: c.file}.districts()
		switch {
		case c.fail == "" && (err != nil || (districts.Len() > 1) != c.many):
			t.Errorf("%q: %d districts, %v; want more than one: %v", c.file, districts.Len(), err, c.many)
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)):
			t.Errorf("%q: error %v, want one that says %q", c.file, err, c.fail)
		}
	}
}

func TestWhereReferralsAreKept(t *testing.T) {
	for _, c := range []struct {
		url  string
		args []string
		want bool
	}{
		{"", nil, false}, {"", []string{"--keys=k"}, false}, {"", []string{"--store=r.db"}, true}, {"postgres://db", nil, true},
	} {
		t.Setenv("DATABASE_URL", c.url)
		s, err := parse(c.args, io.Discard)
		if err != nil || s.keeping.given() != c.want {
			t.Errorf("%q %v: %v %v", c.url, c.args, s.keeping.given(), err)
		}
	}
}
