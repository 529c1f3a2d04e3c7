package cluster

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"lifeline.scot/crds"
)

func installAdmission(ctx context.Context, client dynamic.Interface) error {
	objects, err := crds.Admission()
	if err != nil {
		return err
	}
	for _, object := range objects {
		resource := policyResource
		if object.GetKind() == "ValidatingAdmissionPolicyBinding" {
			resource = bindingResource
		}
		if err := apply(ctx, client, resource, object); err != nil {
			return err
		}
	}
	return awaitEnforced(ctx, client)
}

// probeName names the policy that awaitEnforced makes and removes again, and the ConfigMap it refuses.
const probeName = "install-probe.lifeline.scot"

// awaitEnforced returns when the API server enforces the policies applied so far. Nothing in their status says so, and a
// second or so passes before it does. The API server learns of policies and of bindings in the order they were made, so a
// probe made last, which refuses one ConfigMap that is only ever tried in a dry run, is enforced no sooner than the others.
func awaitEnforced(ctx context.Context, client dynamic.Interface) (err error) {
	for _, part := range probe() {
		if err := apply(ctx, client, part.resource, part.object); err != nil {
			return err
		}
		defer func() {
			removed := client.Resource(part.resource).Delete(context.WithoutCancel(ctx), probeName, metav1.DeleteOptions{})
			if !apierrors.IsNotFound(removed) {
				err = errors.Join(err, removed)
			}
		}()
	}
	var last error
	err = wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		last = tryProbe(ctx, client)
		return apierrors.IsInvalid(last), nil
	})
	if err != nil {
		return fmt.Errorf("it is not enforced: %w (last answer: %w)", err, last)
	}
	return nil
}

func tryProbe(ctx context.Context, client dynamic.Interface) error {
	configMap := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata":   map[string]any{"name": probeName, "namespace": metav1.NamespaceDefault},
	}}
	_, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).
		Namespace(metav1.NamespaceDefault).
		Create(ctx, configMap, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

type probePart struct {
	resource schema.GroupVersionResource
	object   *unstructured.Unstructured
}

func probe() []probePart {
	policy := map[string]any{
		"failurePolicy": "Fail",
		"matchConstraints": map[string]any{"resourceRules": []any{map[string]any{
			"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "resources": []any{"configmaps"},
			"operations": []any{"CREATE"}, "resourceNames": []any{probeName},
		}}},
		"validations": []any{map[string]any{"expression": "false", "reason": "Invalid", "message": "the policies are enforced"}},
	}
	binding := map[string]any{"policyName": probeName, "validationActions": []any{"Deny"}}
	return []probePart{
		{policyResource, admissionObject("ValidatingAdmissionPolicy", policy)},
		{bindingResource, admissionObject("ValidatingAdmissionPolicyBinding", binding)},
	}
}

func admissionObject(kind string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": admissionGroup.String(),
		"kind":       kind,
		"metadata":   map[string]any{"name": probeName},
		"spec":       spec,
	}}
}
