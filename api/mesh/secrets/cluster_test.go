package secrets_test

import (
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/secrets"
	"lifeline.scot/charts"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

func TestMain(m *testing.M) {
	klog.SetLogger(logr.Discard())
	clustertest.Main(m)
}

const text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// With the rights that the chart gives it the API says whether a partner is reachable and touches nothing else of it, and reads
// signing secrets where it was told that they are and nowhere else.
func TestWithTheRightsOfTheAPI(t *testing.T) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	admin, err := client.New(clustertest.Shared().Admin(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	rights, err := charts.API()
	if err != nil {
		t.Fatal(err)
	}
	subjects := []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "api-of-deliveries"}}
	name := metav1.ObjectMeta{Name: "api-of-deliveries"}
	inSigning := metav1.ObjectMeta{Name: "signing", Namespace: "signing"}
	for _, object := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "signing"}},
		&rbacv1.ClusterRole{ObjectMeta: name, Rules: rights.Cluster},
		&rbacv1.ClusterRoleBinding{
			ObjectMeta: name, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name.Name},
		},
		&rbacv1.Role{ObjectMeta: inSigning, Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}}}},
		&rbacv1.RoleBinding{
			ObjectMeta: inSigning, Subjects: subjects, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "signing"},
		},
		secretIn("signing"), secretIn("default"), directorytest.Partner("harbour-of-events", "Harbour"),
	} {
		if err := admin.Create(t.Context(), object); err != nil {
			t.Fatalf("create %s: %v", object.GetName(), err)
		}
	}
	config, err := clustertest.Shared().User(name.Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("secrets", func(t *testing.T) {
		reads, err := secrets.New(config, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if found, err := reads.Of(t.Context(), ref("signing", "harbour")); err != nil || len(found) != 1 {
			t.Errorf("%d secrets: %v", len(found), err)
		}
		if _, err := reads.Of(t.Context(), ref("default", "harbour")); !apierrors.IsForbidden(err) {
			t.Errorf("in another namespace: %v", err)
		}
		if _, err := reads.Of(t.Context(), ref("signing", "nobody")); !apierrors.IsNotFound(err) {
			t.Errorf("one that is not there: %v", err)
		}
	})
	t.Run("conditions", func(t *testing.T) {
		d, err := directory.New(config, directory.Options{})
		if err != nil {
			t.Fatal(err)
		}
		say := delivery.Conditions(d.Client())
		now := metav1.NewTime(time.Now().Truncate(time.Second))
		is := func() *v1alpha1.Partner {
			var p v1alpha1.Partner
			if err := admin.Get(t.Context(), client.ObjectKey{Name: "harbour-of-events"}, &p); err != nil {
				t.Fatal(err)
			}
			return &p
		}
		reachable := metav1.Condition{
			Type: v1alpha1.ConditionReachable, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonEventsNotTaken, Message: "Not taken.",
			LastTransitionTime: now, ObservedGeneration: 1,
		}
		if err := say(t.Context(), "harbour-of-events", reachable); err != nil {
			t.Fatal(err)
		}
		operators := is()
		ready := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: "Ready", Message: "Ready.", LastTransitionTime: now}
		meta.SetStatusCondition(&operators.Status.Conditions, ready)
		if err := admin.Status().Update(t.Context(), operators); err != nil {
			t.Fatal(err)
		}
		reachable.Status, reachable.Reason, reachable.Message = metav1.ConditionTrue, v1alpha1.ReasonEventsTaken, "Taken."
		if err := say(t.Context(), "harbour-of-events", reachable); err != nil {
			t.Fatal(err)
		}
		got := is().Status.Conditions
		if len(got) != 2 || !meta.IsStatusConditionTrue(got, v1alpha1.ConditionReady) || !meta.IsStatusConditionTrue(got, v1alpha1.ConditionReachable) {
			t.Errorf("%+v", got)
		}
		if err := say(t.Context(), "nobody", reachable); err == nil && is() != nil {
			var made v1alpha1.Partner
			if admin.Get(t.Context(), client.ObjectKey{Name: "nobody"}, &made) == nil {
				t.Error("a partner was made")
			}
		}
		err = d.Client().Delete().Resource("partners").Name("harbour-of-events").Do(t.Context()).Error()
		if !apierrors.IsForbidden(err) {
			t.Errorf("to delete a partner: %v", err)
		}
	})
}

func ref(namespace, name string) v1alpha1.SecretKeyReference {
	return v1alpha1.SecretKeyReference{Namespace: v1alpha1.ObjectName(namespace), Name: v1alpha1.ObjectName(name), Key: "key"}
}

func secretIn(namespace string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "harbour"}, StringData: map[string]string{"key": text},
	}
}
