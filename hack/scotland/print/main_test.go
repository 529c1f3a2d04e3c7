package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

var moment = time.Date(2026, time.November, 22, 21, 0, 0, 0, time.UTC)

// kinds prints with a command line and counts the documents of each kind.
func kinds(t *testing.T, args ...string) map[string]int {
	t.Helper()
	o, err := parse(args, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := o.print(t.Context(), &out, moment); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for document := range strings.SplitSeq(strings.TrimPrefix(out.String(), "---\n"), "\n---\n") {
		var object metav1.PartialObjectMetadata
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		if object.APIVersion != "lifeline.scot/v1alpha1" || object.Name == "" {
			t.Errorf("no object of ours:\n%s", document)
		}
		got[object.Kind]++
	}
	return got
}

func TestPrint(t *testing.T) {
	for name, c := range map[string]struct {
		args                                         string
		partnerships, partners, services, pools, rpt int
	}{
		"Scotland":                   {"", 30, 24, 30, 29, 0},
		"what the cluster needs":     {"-scope cluster -counts", 30, 24, 0, 0, 0},
		"what is in namespaces":      {"-scope namespaced", 0, 0, 30, 29, 0},
		"with counts":                {"-scope namespaced -counts", 0, 0, 30, 29, 15},
		"invented":                   {"-partnerships 3 -services 30 -pools 7", 3, 2, 30, 7, 0},
		"invented places and counts": {"-partnerships 3 -services 30 -pools 7 -counts -scope namespaced", 0, 0, 30, 7, 7},
	} {
		t.Run(name, func(t *testing.T) {
			got := kinds(t, strings.Fields(c.args)...)
			want := [5]int{c.partnerships, c.partners, c.services, c.pools, c.rpt}
			if n := [5]int{
				got["Partnership"], got["Partner"], got["SupportService"], got["CapacityPool"], got["CapacityReport"],
			}; n != want {
				t.Errorf("partnerships, partners, services, pools, reports: %v; want %v", n, want)
			}
		})
	}
}

func TestPrintRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"-scope some":    "must be all, cluster or namespaced",
		"-services many": "invalid value",
		"-services 3":    "at least one partnership",
	} {
		t.Run(args, func(t *testing.T) {
			o, err := parse(strings.Fields(args), io.Discard)
			if err == nil {
				err = o.print(t.Context(), io.Discard, moment)
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v; want one that says %q", err, want)
			}
		})
	}
}

func TestPrintStopsWhenAsked(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	o := options{scope: "all"}
	if err := o.print(ctx, io.Discard, moment); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want %v", err, context.Canceled)
	}
}
