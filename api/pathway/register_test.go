package pathway_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/pathway"
	"lifeline.scot/crds/v1alpha1"
)

func pathwayNamed(namespace, name string) *v1alpha1.Pathway {
	return &v1alpha1.Pathway{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

func TestPathwaysAreFoundByADPAndName(t *testing.T) {
	r := pathway.NewRegister(time.Now)
	if r.Ready() {
		t.Error("ready before anything was read")
	}
	found := func(partnership, name string) bool {
		_, known := r.Pathway(partnership, name)
		return known
	}
	for i, step := range []struct {
		do   func() error
		want bool
	}{
		{func() error {
			return r.Replace([]any{pathwayNamed("adp-moray", "rehab"), pathwayNamed("adp-fife", "rehab")}, "1")
		}, true},
		{func() error { return r.Delete(pathwayNamed("adp-moray", "rehab")) }, false},
		{func() error { return r.Add(pathwayNamed("adp-moray", "rehab")) }, true},
		{func() error { return r.Update(pathwayNamed("adp-moray", "other")) }, true},
		{func() error { return r.Replace(nil, "2") }, false},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := found("moray", "rehab"); got != step.want || !r.Ready() {
			t.Errorf("step %d: found %t", i, got)
		}
	}
	if err := r.Replace([]any{pathwayNamed("adp-moray", "b"), pathwayNamed("adp-fife", "c"), pathwayNamed("adp-moray", "a")}, "3"); err != nil {
		t.Fatal(err)
	}
	if of := r.Of("moray"); len(of) != 2 || of[0].Name != "a" || of[1].Name != "b" {
		t.Errorf("%v", of)
	}
	for _, wrong := range []error{r.Add("text"), r.Delete(3), r.Replace([]any{nil}, "3")} {
		if wrong == nil {
			t.Error("what is no pathway is taken for one")
		}
	}
	if err := r.Resync(); err != nil {
		t.Error(err)
	}
}
