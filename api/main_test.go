package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
		{args: []string{"--graphiql=perhaps"}, fail: "say on or off"},
		{args: []string{"serve"}, fail: `unexpected argument "serve"`},
		{args: []string{"--lissen=x"}, fail: "-lissen"},
	} {
		var out bytes.Buffer
		got, err := parse(c.args, &out)
		switch {
		case c.fail == "" && (err != nil || got != c.want):
			t.Errorf("%v: %+v, %v; want %+v", c.args, got, err, c.want)
		case c.fail != "" && (err == nil || !strings.Contains(err.Error(), c.fail)):
			t.Errorf("%v: error %v, want one that says %q", c.args, err, c.fail)
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
