package scotland_test

import (
	"iter"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/hack/scotland"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

// strictClient writes as `kubectl apply` does: a field the definitions do not know is refused.
func strictClient(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(clustertest.Shared().Admin(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return client.WithFieldValidation(c, metav1.FieldValidationStrict)
}

// accepted creates an object, and its namespace if it needs one.
func accepted(t *testing.T, c client.Client, object client.Object) {
	t.Helper()
	if p, isPartnership := object.(*v1alpha1.Partnership); isPartnership {
		clustertest.Namespace(t, p.Name)
	}
	if err := c.Create(t.Context(), object); err != nil {
		t.Errorf("%T %s: %v", object, client.ObjectKeyFromObject(object), err)
	}
}

func TestTheAPIServerAcceptsScotlandAndItsCounts(t *testing.T) {
	c := strictClient(t)
	for _, object := range objects(t) {
		accepted(t, c, object)
	}
	reports, err := scotland.Counts(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, report := range reports {
		accepted(t, c, report)
	}
	for _, agreement := range agreements(t, time.Now()) {
		accepted(t, c, agreement)
	}
	for _, pathway := range pathways(t) {
		accepted(t, c, pathway)
	}
}

func TestTheAPIServerAcceptsWhatIsGenerated(t *testing.T) {
	g := generate(t, scotland.Size{Partnerships: 8, Services: 200, Pools: 60, Seed: 7})
	c := strictClient(t)
	for object := range g.Objects() {
		accepted(t, c, object)
	}
	for report := range g.Reports(time.Now()) {
		accepted(t, c, report)
	}
}

func objects(t *testing.T) []client.Object {
	t.Helper()
	out, err := scotland.Objects()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// all gives the objects of one kind.
func all[T client.Object](t *testing.T) []T {
	t.Helper()
	var out []T
	for _, object := range objects(t) {
		if o, is := object.(T); is {
			out = append(out, o)
		}
	}
	return out
}

func generate(t *testing.T, size scotland.Size) *scotland.Generated {
	t.Helper()
	g, err := scotland.Generate(size)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func count[T any](objects iter.Seq[T]) int {
	n := 0
	for range objects {
		n++
	}
	return n
}
