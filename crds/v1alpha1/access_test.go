package v1alpha1_test

import (
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

// The roles below are those the operator makes for a provider and for an ADP's administrators.

// provider gives a user the rights of the provider harbour in a namespace, for the named pools, and returns the user's config.
func provider(t testing.TB, user, namespace string, pools ...string) *rest.Config {
	t.Helper()
	return grant(t, user, namespace, []rbacv1.PolicyRule{
		rule([]string{"capacityreports"}, "create", "get", "list", "watch", "patch"),
		rule([]string{"capacitypools"}, "get", "list", "watch"),
		{
			APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"capacitypools"},
			ResourceNames: pools, Verbs: []string{v1alpha1.VerbReport},
		},
		{
			APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: []string{"partners"},
			ResourceNames: []string{"harbour"}, Verbs: []string{v1alpha1.VerbReportAs},
		},
	})
}

// administrator gives a user every right over services, places and reports in a namespace.
func administrator(t testing.TB, user, namespace string) *rest.Config {
	t.Helper()
	return grant(t, user, namespace, []rbacv1.PolicyRule{
		rule([]string{"supportservices", "capacitypools", "capacityreports"},
			"get", "list", "watch", "create", "update", "patch", "delete", v1alpha1.VerbReport),
	})
}

func rule(resources []string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{v1alpha1.GroupVersion.Group}, Resources: resources, Verbs: verbs}
}

func grant(t testing.TB, user, namespace string, rules []rbacv1.PolicyRule) *rest.Config {
	t.Helper()
	client, err := kubernetes.NewForConfig(admin())
	if err != nil {
		t.Fatal(err)
	}
	name := metav1.ObjectMeta{Name: user}
	role := &rbacv1.Role{ObjectMeta: name, Rules: rules}
	if _, err := client.RbacV1().Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	if _, err := client.RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	config, err := clustertest.Shared().User(user)
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// report returns a valid report of the given name about a pool in a namespace.
func report(t testing.TB, name, namespace, pool string) *unstructured.Unstructured {
	t.Helper()
	object := changed(t, valid(t, "CapacityReport"), `spec: {poolRef: {name: `+pool+`}}`)
	object.SetName(name)
	object.SetNamespace(namespace)
	return object
}

// forbidden fails the test unless the error is a refusal of rights that says the words.
func forbidden(t testing.TB, err error, words ...string) {
	t.Helper()
	refused(t, err, words...)
	if !apierrors.IsForbidden(err) {
		t.Errorf("the refusal is of kind %s, want %s: %v", apierrors.ReasonForError(err), metav1.StatusReasonForbidden, err)
	}
}

func TestProviderReportsForItsOwnPoolsOnly(t *testing.T) {
	tweed, tay := clustertest.Namespace(t, "tweed"), clustertest.Namespace(t, "tay")
	harbour := provider(t, "harbour-beds", tweed, "harbour-rehab", "harbour-detox")
	for _, c := range []struct {
		name, namespace, pool string
		refusal               []string
	}{
		{"its first pool", tweed, "harbour-rehab", nil},
		{"its second pool", tweed, "harbour-detox", nil},
		{"another provider's pool", tweed, "lantern-rehab", []string{
			`you may not give counts for the capacity pool "lantern-rehab" in namespace "adp-tweed"`,
			`ask the administrators of this ADP for the verb "report"`,
		}},
		{"a pool that does not exist", tweed, "nowhere", []string{`capacity pool "nowhere"`}},
		{"a pool of the same name in another ADP", tay, "harbour-rehab", []string{"cannot create resource", tay}},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := report(t, "by-harbour-"+c.pool, c.namespace, c.pool)
			_, err := resource(t, harbour, object).Create(t.Context(), object, metav1.CreateOptions{})
			if c.refusal != nil {
				forbidden(t, err, c.refusal...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProviderCannotCountInTheNameOfThePartnership(t *testing.T) {
	namespace := clustertest.Namespace(t, "annan")
	for _, c := range []struct {
		name    string
		config  *rest.Config
		refusal string
	}{
		{"provider", provider(t, "harbour-annan", namespace, "harbour-rehab"), "say in spec.reportedBy which Partner counted"},
		{"administrator", administrator(t, "annan-admin", namespace), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := changed(t, report(t, "by-"+c.name, namespace, "harbour-rehab"), `spec: {reportedBy: null}`)
			_, err := resource(t, c.config, object).Create(t.Context(), object, metav1.CreateOptions{})
			if c.refusal != "" {
				forbidden(t, err, c.refusal)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOnlyAPartnerCountsInItsOwnName(t *testing.T) {
	namespace, other := clustertest.Namespace(t, "nith"), clustertest.Namespace(t, "doon")
	harbour := provider(t, "harbour-nith", namespace, "harbour-rehab")
	elsewhere := grant(t, "harbour-doon", namespace, []rbacv1.PolicyRule{
		rule([]string{"capacityreports"}, "create"), rule([]string{"capacitypools"}, v1alpha1.VerbReport),
	})
	provider(t, "harbour-doon", other, "harbour-rehab")
	for _, c := range []struct {
		name, partner string
		config        *rest.Config
		refusal       []string
	}{
		{"its own", "harbour", harbour, nil},
		{"that of another provider", "lantern", harbour, []string{
			`you may not give counts as the Partner "lantern" in namespace "adp-nith"`,
			"name your own Partner in spec.reportedBy",
		}},
		{"its own, in an ADP where it may not", "harbour", elsewhere, []string{`as the Partner "harbour" in namespace "adp-nith"`}},
		{"that of a provider, by an administrator of the ADP", "harbour", administrator(t, "nith-admin", namespace), []string{
			`you may not give counts as the Partner "harbour"`, "leave spec.reportedBy out to count for the Partnership",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := changed(t, report(t, "named", namespace, "harbour-rehab"), `spec: {reportedBy: {name: `+c.partner+`}}`)
			_, err := resource(t, c.config, object).Create(t.Context(), object, metav1.CreateOptions{})
			if c.refusal != nil {
				forbidden(t, err, c.refusal...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

const (
	pinned = `{"metadata":{"finalizers":["example.org/mine"]}}`
	owned  = `{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"mine","uid":"1"}]}}`
)

func TestProviderCannotPinAReport(t *testing.T) {
	namespace := clustertest.Namespace(t, "esk")
	harbour := provider(t, "harbour-esk", namespace, "harbour-rehab")
	const refusal = "leave metadata.finalizers and metadata.ownerReferences as they are"
	own := report(t, "own", namespace, "harbour-rehab")
	client := resource(t, harbour, own)
	if _, err := client.Create(t.Context(), own, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for name, patch := range map[string]string{"finalizer": pinned, "owner": owned} {
		t.Run(name+" on a new report", func(t *testing.T) {
			object := changed(t, report(t, "new-"+name, namespace, "harbour-rehab"), patch)
			_, err := client.Create(t.Context(), object, metav1.CreateOptions{})
			forbidden(t, err, refusal)
		})
		t.Run(name+" on a report that is there", func(t *testing.T) {
			_, err := client.Patch(t.Context(), "own", types.MergePatchType, []byte(patch), metav1.PatchOptions{})
			forbidden(t, err, refusal)
		})
	}
}

// The operator makes a pool the owner of its reports. It counts for nobody, so it needs no say over any Partner.
func TestWhoMayChangeThePoolMayOwnAProvidersReport(t *testing.T) {
	namespace := clustertest.Namespace(t, "don")
	own := report(t, "own", namespace, "harbour-rehab")
	harbour := resource(t, provider(t, "harbour-don", namespace, "harbour-rehab"), own)
	if _, err := harbour.Create(t.Context(), own, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	operator := resource(t, administrator(t, "operator-don", namespace), own)
	for _, patch := range []string{owned, pinned} {
		if _, err := operator.Patch(t.Context(), "own", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
			t.Error(err)
		}
	}
	labels := []byte(`{"metadata":{"labels":{"seen":"yes"}}}`)
	if _, err := harbour.Patch(t.Context(), "own", types.MergePatchType, labels, metav1.PatchOptions{}); err != nil {
		t.Errorf("the provider, with finalizers and owners left alone: %v", err)
	}
	removal := []byte(`{"metadata":{"finalizers":null}}`)
	_, err := harbour.Patch(t.Context(), "own", types.MergePatchType, removal, metav1.PatchOptions{})
	forbidden(t, err, "leave metadata.finalizers")
	if _, err := operator.Patch(t.Context(), "own", types.MergePatchType, removal, metav1.PatchOptions{}); err != nil {
		t.Error(err)
	}
}

func TestProviderCannotTouchTheReportsOfAnother(t *testing.T) {
	namespace := clustertest.Namespace(t, "ness")
	harbour := provider(t, "harbour-ness", namespace, "harbour-rehab")
	provider(t, "lantern-ness", namespace, "lantern-rehab")
	for _, pool := range []string{"harbour-rehab", "lantern-rehab"} {
		object := report(t, pool, namespace, pool)
		if _, err := resource(t, admin(), object).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, report, patch string
		subresources        []string
		refusal             string
	}{
		{"labels of its own report", "harbour-rehab", `{"metadata":{"labels":{"seen":"yes"}}}`, nil, ""},
		{
			"labels of another's report", "lantern-rehab", `{"metadata":{"labels":{"seen":"yes"}}}`, nil,
			`you may not give counts for the capacity pool "lantern-rehab"`,
		},
		{
			"another's report made its own", "lantern-rehab", `{"spec":{"poolRef":{"name":"harbour-rehab"}}}`, nil,
			"a count cannot be changed once it is given",
		},
		{
			"its own report made another's", "harbour-rehab", `{"spec":{"poolRef":{"name":"lantern-rehab"}}}`, nil,
			"a count cannot be changed once it is given",
		},
		{"its own count", "harbour-rehab", `{"spec":{"occupied":0}}`, nil, "a count cannot be changed once it is given"},
		{
			"status of its own report", "harbour-rehab", `{"status":{"observedGeneration":1}}`,
			[]string{"status"},
			`cannot patch resource "capacityreports/status"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := resource(t, harbour, report(t, c.report, namespace, c.report))
			_, err := client.Patch(t.Context(), c.report, types.MergePatchType, []byte(c.patch), metav1.PatchOptions{}, c.subresources...)
			if c.refusal != "" {
				refused(t, err, c.refusal)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestProviderCannotDoWhatAnAdministratorDoes(t *testing.T) {
	namespace := clustertest.Namespace(t, "spey")
	harbour := provider(t, "harbour-spey", namespace, "harbour-house-rehab")
	for _, kind := range []string{"SupportService", "CapacityPool"} {
		object := valid(t, kind)
		object.SetNamespace(namespace)
		if _, err := resource(t, admin(), object).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		client := resource(t, harbour, object)
		t.Run("change a "+kind, func(t *testing.T) {
			patch := []byte(`{"spec":{"displayName":"Mine"}}`)
			_, err := client.Patch(t.Context(), object.GetName(), types.MergePatchType, patch, metav1.PatchOptions{})
			forbidden(t, err, "cannot patch resource")
		})
		t.Run("delete a "+kind, func(t *testing.T) {
			forbidden(t, client.Delete(t.Context(), object.GetName(), metav1.DeleteOptions{}), "cannot delete resource")
		})
	}
	t.Run("delete a report", func(t *testing.T) {
		own := report(t, "own", namespace, "harbour-house-rehab")
		client := resource(t, harbour, own)
		if _, err := client.Create(t.Context(), own, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		forbidden(t, client.Delete(t.Context(), "own", metav1.DeleteOptions{}), "cannot delete resource")
	})
}

func TestAdministratorsOfOneADPCannotTouchAnother(t *testing.T) {
	own, other := clustertest.Namespace(t, "clyde"), clustertest.Namespace(t, "forth")
	clyde := administrator(t, "clyde-admin", own)
	for _, kind := range []string{"SupportService", "CapacityPool", "CapacityReport"} {
		t.Run(kind, func(t *testing.T) {
			object := valid(t, kind)
			if kind == "CapacityReport" {
				object = changed(t, object, `spec: {reportedBy: null}`)
			}
			object.SetNamespace(own)
			if _, err := resource(t, clyde, object).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
				t.Errorf("in their own ADP: %v", err)
			}
			object.SetNamespace(other)
			_, err := resource(t, clyde, object).Create(t.Context(), object, metav1.CreateOptions{})
			forbidden(t, err, "cannot create resource", other)
		})
	}
}

// A report must stay deletable: the garbage collector has every verb that RBAC gives it, but not the verb report.
func TestGarbageCollectorMayFreeAReport(t *testing.T) {
	namespace := clustertest.Namespace(t, "tyne")
	const collector = "system:serviceaccount:kube-system:generic-garbage-collector"
	config, err := clustertest.Shared().User(collector)
	if err != nil {
		t.Fatal(err)
	}
	object := report(t, "held-back", namespace, "harbour-rehab")
	object.SetFinalizers([]string{"orphan"})
	if _, err := resource(t, admin(), object).Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	patch := []byte(`{"metadata":{"finalizers":null}}`)
	client := resource(t, config, object)
	if _, err := client.Patch(t.Context(), "held-back", types.MergePatchType, patch, metav1.PatchOptions{}); err != nil {
		t.Error(err)
	}
}
