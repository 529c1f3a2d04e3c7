package charts_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/charts"
	"lifeline.scot/crds"
)

func TestTheChartCarriesTheDefinitionsAsTheyAre(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	objects := render(t)
	if got := len(ofKind(objects, "CustomResourceDefinition")); got != len(definitions) {
		t.Errorf("the chart has %d definitions, crds/ has %d", got, len(definitions))
	}
	for _, definition := range definitions {
		rendered := named(t, objects, "CustomResourceDefinition", definition.Name)
		want := asYAML(t, "../crds/lifeline.scot_"+definition.Spec.Names.Plural+".yaml")
		if diff := cmp.Diff(want.Object["spec"], rendered.Object["spec"]); diff != "" {
			t.Errorf("%s differs (-crds +chart):\n%s", definition.Name, diff)
		}
		if rendered.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("uninstalling would delete %s, and every record with it", definition.Name)
		}
	}
}

func TestTheChartCarriesTheAdmissionPolicyAsItIs(t *testing.T) {
	policies, err := crds.Admission()
	if err != nil {
		t.Fatal(err)
	}
	objects := render(t)
	for _, policy := range policies {
		rendered := named(t, objects, policy.GetKind(), policy.GetName())
		if diff := cmp.Diff(policy.Object["spec"], rendered.Object["spec"]); diff != "" {
			t.Errorf("%s %s differs (-crds +chart):\n%s", policy.GetKind(), policy.GetName(), diff)
		}
		if rendered.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("uninstalling would delete %s %s, and leave the rights it limits", policy.GetKind(), policy.GetName())
		}
	}
}

func TestCopiesInTheChartAreUpToDate(t *testing.T) {
	for copies, originals := range map[string]string{
		chart + "/files/crds":      "../crds",
		chart + "/files/admission": "../crds/admission",
	} {
		if diff := cmp.Diff(yamlFiles(t, originals), yamlFiles(t, copies)); diff != "" {
			t.Errorf("%s is not %s (-original +copy); run `make generate`:\n%s", copies, originals, diff)
		}
	}
}

func TestRolesInTheChartAreUpToDate(t *testing.T) {
	for _, program := range []string{"operator", "api"} {
		folder := t.TempDir()
		file := program + "-role.yaml"
		out, err := exec.CommandContext(t.Context(), "go", "tool", "-modfile=../hack/tools/go.mod", "controller-gen",
			"rbac:roleName=lifeline-"+program+",fileName="+file, "paths=../"+program+"/...", "output:rbac:dir="+folder,
		).CombinedOutput()
		if err != nil {
			t.Fatalf("read the markers of the %s: %v\n%s", program, err, out)
		}
		if diff := cmp.Diff(yamlFiles(t, folder)[file], yamlFiles(t, chart+"/files")[file]); diff != "" {
			t.Errorf("%s is not what the markers say (-markers +chart); run `make generate`:\n%s", file, diff)
		}
	}
}

func yamlFiles(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(folder + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.Base(path)] = string(content)
	}
	return found
}

func asYAML(t *testing.T, path string) *unstructured.Unstructured {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(content, object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestEachProgramMayDoWhatItsCodeAsksForAndNothingElse(t *testing.T) {
	for program, read := range map[string]func() (charts.Permissions, error){
		"operator": charts.Operator,
		"api":      charts.API,
	} {
		t.Run(program, func(t *testing.T) {
			want, err := read()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, granted(t, render(t), release+"-"+program)); diff != "" {
				t.Errorf("-markers +chart:\n%s", diff)
			}
		})
	}
}

// granted is everything that the rendered bindings give to the service account.
func granted(t *testing.T, objects []*unstructured.Unstructured, account string) charts.Permissions {
	t.Helper()
	var found charts.Permissions
	for _, object := range append(ofKind(objects, "ClusterRoleBinding"), ofKind(objects, "RoleBinding")...) {
		binding := decode[rbacv1.ClusterRoleBinding](t, object)
		subject := rbacv1.Subject{Kind: "ServiceAccount", Name: account, Namespace: namespace}
		if len(binding.Subjects) != 1 {
			t.Errorf("%s %s binds %d accounts", object.GetKind(), object.GetName(), len(binding.Subjects))
		}
		if binding.Subjects[0] != subject {
			continue
		}
		rules := decode[rbacv1.ClusterRole](t, named(t, objects, binding.RoleRef.Kind, binding.RoleRef.Name)).Rules
		if object.GetKind() == "ClusterRoleBinding" {
			found.Cluster = append(found.Cluster, rules...)
		} else {
			found.Namespace = append(found.Namespace, rules...)
		}
	}
	return found
}

func decode[T any](t *testing.T, object *unstructured.Unstructured) T {
	t.Helper()
	var typed T
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
		t.Fatalf("%s %s: %v", object.GetKind(), object.GetName(), err)
	}
	return typed
}

// Whatever the values, the API of the chart is started with these arguments alone, and with nothing in its environment but the address
// of a database from a Secret: so nobody can turn the development issuer on, or hide from the API that it is in a cluster.
func TestTheChartCannotTurnOnTheDevelopmentIssuer(t *testing.T) {
	takes := regexp.MustCompile(`^--(listen=:\d+|metrics-listen=:\d+|graphiql=(true|false)|answer-(at-least|every)=(0|[0-9]+ms)|narrowing-configmap=[a-z-]+/lifeline-narrowing|oidc-issuers=/etc/lifeline/issuers\.yaml|keys=/etc/lifeline-keys|keys-from-secret|keys-kms=unix:///run/kms/[a-z./]+|audit-checkpoint-file=/var/lib/lifeline-checkpoint/audit\.checkpoint|store=/var/lib/lifeline/referrals\.db|public-url=https://[a-z.]+|deliver-to-prefixes=[0-9a-f.:/,]+|deliver-to-ports=[0-9,]+)$`)
	for _, args := range [][]string{nil, {"--values", "testdata/every-option.yaml"}} {
		for _, object := range ofKind(render(t, args...), "Deployment") {
			if object.GetLabels()["app.kubernetes.io/component"] != "api" {
				continue
			}
			pod := decode[appsv1.Deployment](t, object).Spec.Template.Spec
			if len(pod.Containers) != 1 || len(pod.InitContainers) != 0 || len(pod.Containers[0].EnvFrom) != 0 {
				t.Errorf("it has other containers, or an environment of others: %+v", pod)
			}
			for _, env := range pod.Containers[0].Env {
				if env.Name != "DATABASE_URL" || env.ValueFrom == nil || env.ValueFrom.SecretKeyRef == nil {
					t.Errorf("its environment has %+v", env)
				}
			}
			for _, argument := range pod.Containers[0].Args {
				if !takes.MatchString(argument) {
					t.Errorf("the API is started with %s", argument)
				}
			}
		}
	}
	err := filepath.WalkDir(chart, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), "development-issuer") {
			t.Errorf("%s speaks of --development-issuer", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// The checkpoint is to prove what happened to the store: it is on another volume, whether that is made or was there.
func TestTheCheckpointIsNotWhereReferralsAre(t *testing.T) {
	inFile := []string{"--set", "api.replicas=1,api.referrals.keysSecret=k,api.referrals.file.enabled=true,api.audit.checkpoint.enabled=true"}
	inDatabase := []string{"--set", "api.replicas=1,api.referrals.keysSecret=k,api.referrals.database.secret=d,api.audit.checkpoint.enabled=true"}
	for what, tc := range map[string]struct {
		args     []string
		claim    string
		made     int // how many volumes are made
		strategy appsv1.DeploymentStrategyType
	}{
		"beside a file":            {inFile, release + "-api-checkpoint", 2, appsv1.RecreateDeploymentStrategyType},
		"on a claim that is there": {append(slices.Clone(inFile), "--set", "api.audit.checkpoint.existingClaim=proof"), "proof", 1, appsv1.RecreateDeploymentStrategyType},
		"beside a database":        {inDatabase, release + "-api-checkpoint", 1, appsv1.RollingUpdateDeploymentStrategyType},
		"for one pod at a time": {
			append(slices.Clone(inDatabase), "--set", "api.audit.checkpoint.accessMode=ReadWriteOnce"),
			release + "-api-checkpoint", 1, appsv1.RecreateDeploymentStrategyType,
		},
	} {
		t.Run(what, func(t *testing.T) {
			objects := render(t, tc.args...)
			api := decode[appsv1.Deployment](t, named(t, objects, "Deployment", release+"-api")).Spec
			claims, mounts := map[string]string{}, map[string]string{}
			for _, volume := range api.Template.Spec.Volumes {
				if volume.PersistentVolumeClaim != nil {
					claims[volume.Name] = volume.PersistentVolumeClaim.ClaimName
				}
			}
			for _, mount := range api.Template.Spec.Containers[0].VolumeMounts {
				mounts[mount.MountPath] = claims[mount.Name]
			}
			if at := mounts["/var/lib/lifeline-checkpoint"]; at != tc.claim || at == mounts["/var/lib/lifeline"] {
				t.Errorf("it is on %q, and referrals on %q", at, mounts["/var/lib/lifeline"])
			}
			if !slices.Contains(api.Template.Spec.Containers[0].Args, "--audit-checkpoint-file=/var/lib/lifeline-checkpoint/audit.checkpoint") {
				t.Errorf("the API is not told: %v", api.Template.Spec.Containers[0].Args)
			}
			if api.Strategy.Type != tc.strategy {
				t.Errorf("pods are replaced by %s", api.Strategy.Type)
			}
			made := ofKind(objects, "PersistentVolumeClaim")
			for _, claim := range made {
				if claim.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
					t.Errorf("uninstalling would delete %s", claim.GetName())
				}
			}
			if len(made) != tc.made {
				t.Errorf("%d volumes are made", len(made))
			}
		})
	}
}

// The socket of the plugin is on one volume, of a kind that Pod Security lets in.
func TestTheSocketOfTheKeyManagementServiceIsMounted(t *testing.T) {
	for what, tc := range map[string]struct {
		set   string
		holds func(corev1.Volume) bool
	}{
		"from a claim": {"api.keys.kms.claim=kms", func(v corev1.Volume) bool {
			return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == "kms" && v.CSI == nil
		}},
		"from a driver": {"api.keys.kms.csi.driver=kms.example.org", func(v corev1.Volume) bool {
			return v.CSI != nil && v.CSI.Driver == "kms.example.org" && v.PersistentVolumeClaim == nil
		}},
	} {
		objects := render(t, "--set", "api.referrals.keysSecret=k,api.referrals.database.secret=d,api.keys.kms.socket=kms.sock,"+tc.set)
		pod := decode[appsv1.Deployment](t, named(t, objects, "Deployment", release+"-api")).Spec.Template.Spec
		at := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == "kms" })
		mounted := slices.ContainsFunc(pod.Containers[0].VolumeMounts, func(m corev1.VolumeMount) bool {
			return m.Name == "kms" && m.MountPath == "/run/kms" && m.ReadOnly
		})
		if at < 0 || !tc.holds(pod.Volumes[at]) || !mounted || !slices.Contains(pod.Containers[0].Args, "--keys-kms=unix:///run/kms/kms.sock") {
			t.Errorf("%s: %+v", what, pod)
		}
	}
}

// The API reads what the chart gives it.
func TestIssuersReachTheAPIAsTheyWereGiven(t *testing.T) {
	text := named(t, render(t, "--values", "testdata/every-option.yaml"), "ConfigMap", "lifeline-directory-api-issuers").Object["data"]
	given, _ := text.(map[string]any)["issuers.yaml"].(string)
	issuers, err := oidc.ParseIssuers([]byte(given))
	if err != nil || len(issuers) != 2 || issuers[0].LongestLifetimeSeconds != 5400 || issuers[1].Audiences[1] != "https://lifeline.example.org" {
		t.Errorf("%+v %v", issuers, err)
	}
	if found := ofKind(render(t), "ConfigMap"); len(found) != 0 {
		t.Errorf("without issuers there is a ConfigMap: %v", found)
	}
}

// What the API's callers decide about claims and counts it writes, and on a Partner whether it takes events; nothing else: no other
// status, no other kind.
func TestTheAPIMayReadAndWriteClaimsAndCountsOnly(t *testing.T) {
	writes := map[string][]string{
		"placements":      {"create", "update", "claim", "prioritise", "approvefunding", "answer"},
		"capacityreports": {"create"},
		"capacitypools":   {"admit", "report"},
		"partners":        {"reportas"},
		"partners/status": {"patch"}, // whether a partner takes events
	}
	api, err := charts.API()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range api.Cluster {
		if diff := cmp.Diff([]string{"lifeline.scot"}, rule.APIGroups); diff != "" {
			t.Errorf("the API reads kinds that are not Lifeline's: %v", rule)
		}
		for _, verb := range rule.Verbs {
			for _, resource := range rule.Resources {
				reads := verb == "get" || verb == "list" || verb == "watch"
				if !reads && !slices.Contains(writes[resource], verb) {
					t.Errorf("the API may %s %s", verb, resource)
				}
			}
		}
	}
}

// Beside the API itself it reads one ConfigMap, by its name, and says in Events what became of it.
func TestTheAPIReadsOneConfigMapOfItsOwnNamespace(t *testing.T) {
	api, err := charts.API()
	if err != nil {
		t.Fatal(err)
	}
	want := []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, ResourceNames: []string{"lifeline-narrowing"}, Verbs: []string{"get", "list", "watch"}},
		{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create"}},
	}
	if diff := cmp.Diff(want, api.Namespace); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The API reads Secrets where the chart was told that signing secrets are, one at a time, and nowhere else.
func TestTheAPIReadsSecretsOfOneNamespaceByName(t *testing.T) {
	isSigning := func(o *unstructured.Unstructured) bool { return strings.HasSuffix(o.GetName(), "-signing") }
	if found := ofKind(render(t), "Role"); slices.ContainsFunc(found, isSigning) {
		t.Errorf("without a namespace there is %v", found)
	}
	objects := render(t, "--set", "api.deliveries.secretNamespace=lifeline-signing")
	role := named(t, objects, "Role", release+"-api-signing")
	want := []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}}}
	if diff := cmp.Diff(want, decode[rbacv1.Role](t, role).Rules); diff != "" || role.GetNamespace() != "lifeline-signing" {
		t.Errorf("in %s (-want +got):\n%s", role.GetNamespace(), diff)
	}
}

func TestNoProgramMayDoAnything(t *testing.T) {
	for program, read := range map[string]func() (charts.Permissions, error){"operator": charts.Operator, "api": charts.API} {
		found, err := read()
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range append(found.Cluster, found.Namespace...) {
			for _, word := range append(append(append([]string{}, rule.APIGroups...), rule.Resources...), rule.Verbs...) {
				if word == "*" {
					t.Errorf("the %s is given a wildcard: %v", program, rule)
				}
			}
		}
	}
}
