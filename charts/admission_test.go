package charts_test

import (
	"maps"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// installs are ways to install the chart that together render everything it can.
func installs() map[string][]string {
	return map[string][]string{
		"default values":   nil,
		"every option set": {"--values", "testdata/every-option.yaml"},
	}
}

func TestTheAPIServerAcceptsEachObjectWithoutAWarning(t *testing.T) {
	restrictedNamespace(t, namespace)
	for name, args := range installs() {
		t.Run(name, func(t *testing.T) {
			for _, object := range render(t, args...) {
				if in := object.GetNamespace(); in != "" { // that of signing secrets is there before the chart
					restrictedNamespace(t, in)
				}
				var heard warnings
				if err := apply(t, admin(t, &heard), object, client.DryRunAll); err != nil {
					t.Errorf("%s %s: %v", object.GetKind(), object.GetName(), err)
				}
				for _, warning := range heard.said {
					t.Errorf("%s %s: %s", object.GetKind(), object.GetName(), warning)
				}
			}
		})
	}
}

// Pod Security only warns of a Deployment and judges its Pods, so the Pods are tried themselves.
func TestPodSecurityLetsThePodsIn(t *testing.T) {
	for name, args := range installs() {
		t.Run(name, func(t *testing.T) {
			for _, pod := range pods(t, render(t, args...)) {
				if err := admit(t, pod); err != nil {
					t.Errorf("%s: %v", pod.Name, err)
				}
			}
		})
	}
}

func TestPodSecurityRefusesThePodsOnceTheyAreLessCareful(t *testing.T) {
	root, yes, no := int64(0), true, false
	tests := map[string]struct {
		change func(*corev1.Pod)
		says   string
	}{
		"may run as root": {
			func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsNonRoot, p.Spec.SecurityContext.RunAsUser = nil, nil },
			"runAsNonRoot",
		},
		"runs as root":             {func(p *corev1.Pod) { p.Spec.SecurityContext.RunAsUser = &root }, "runAsUser=0"},
		"any system call":          {func(p *corev1.Pod) { p.Spec.SecurityContext.SeccompProfile = nil }, "seccompProfile"},
		"may gain privileges":      {func(p *corev1.Pod) { security(p).AllowPrivilegeEscalation = &yes }, "allowPrivilegeEscalation"},
		"keeps capabilities":       {func(p *corev1.Pod) { security(p).Capabilities = nil }, "capabilities"},
		"is on the node's network": {func(p *corev1.Pod) { p.Spec.HostNetwork = true }, "hostNetwork"},
		"says it is not non-root":  {func(p *corev1.Pod) { security(p).RunAsNonRoot = &no }, "runAsNonRoot"},
		"reads the node's disk": {
			func(p *corev1.Pod) {
				p.Spec.Volumes = []corev1.Volume{{Name: "node", VolumeSource: corev1.VolumeSource{
					HostPath: &corev1.HostPathVolumeSource{Path: "/"},
				}}}
			},
			"hostPath",
		},
	}
	rendered := pods(t, render(t))
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, pod := range rendered {
				pod := pod.DeepCopy()
				test.change(pod)
				err := admit(t, pod)
				if err == nil {
					t.Fatalf("%s was let in", pod.Name)
				}
				if !strings.Contains(err.Error(), "violates PodSecurity") || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%s was refused for another reason: %v", pod.Name, err)
				}
			}
		})
	}
}

func security(p *corev1.Pod) *corev1.SecurityContext { return p.Spec.Containers[0].SecurityContext }

// pods are the Pods that the rendered Deployments would make, with the service accounts they need in place.
func pods(t *testing.T, objects []*unstructured.Unstructured) []*corev1.Pod {
	t.Helper()
	restrictedNamespace(t, namespace)
	for _, account := range ofKind(objects, "ServiceAccount") {
		if err := apply(t, admin(t, nil), account); err != nil {
			t.Fatal(err)
		}
	}
	var found []*corev1.Pod
	for _, object := range ofKind(objects, "Deployment") {
		deployment := decode[appsv1.Deployment](t, object)
		found = append(found, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Name: deployment.Name, Namespace: deployment.Namespace, Labels: deployment.Spec.Template.Labels,
			},
			Spec: deployment.Spec.Template.Spec,
		})
	}
	if len(found) != 2 {
		t.Fatalf("the chart renders %d Deployments, want operator and api", len(found))
	}
	return found
}

func admit(t *testing.T, pod *corev1.Pod) error {
	t.Helper()
	return admin(t, nil).Create(t.Context(), pod.DeepCopy(), client.DryRunAll)
}

// A selector that picks no pod, or the other program's, would be accepted by the API server and do nothing.
func TestEachSelectorPicksThePodsOfOneProgram(t *testing.T) {
	for name, args := range installs() {
		t.Run(name, func(t *testing.T) {
			objects := render(t, args...)
			for _, object := range objects {
				selector := selectorOf(object)
				if selector == nil {
					continue
				}
				if got := picked(selector, pods(t, objects)); got != 1 {
					t.Errorf("%s %s picks the pods of %d programs", object.GetKind(), object.GetName(), got)
				}
			}
		})
	}
}

// selectorOf is the labels by which an object of the chart picks pods, or nil.
func selectorOf(object *unstructured.Unstructured) map[string]string {
	path := map[string][]string{
		"Deployment":          {"spec", "selector", "matchLabels"},
		"PodDisruptionBudget": {"spec", "selector", "matchLabels"},
		"NetworkPolicy":       {"spec", "podSelector", "matchLabels"},
		"Service":             {"spec", "selector"},
	}[object.GetKind()]
	if path == nil {
		return nil
	}
	labels, _, _ := unstructured.NestedStringMap(object.Object, path...)
	return labels
}

func picked(selector map[string]string, pods []*corev1.Pod) int {
	count := 0
	for _, pod := range pods {
		labels := maps.Clone(pod.Labels)
		maps.Copy(labels, selector)
		if maps.Equal(labels, pod.Labels) {
			count++
		}
	}
	return count
}
