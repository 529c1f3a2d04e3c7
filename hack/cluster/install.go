package cluster

import (
	"context"
	"fmt"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"lifeline.scot/crds"
)

// FieldManager is the name under which Install owns the fields it writes.
const FieldManager = "lifeline-install"

const (
	pollInterval = 50 * time.Millisecond
	// installLimit is how long the API server may take to serve a new kind or to enforce a new policy. Usual is a second.
	installLimit = time.Minute
)

var (
	definitionResource = apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions")
	admissionGroup     = schema.GroupVersion{Group: "admissionregistration.k8s.io", Version: "v1"}
	policyResource     = admissionGroup.WithResource("validatingadmissionpolicies")
	bindingResource    = admissionGroup.WithResource("validatingadmissionpolicybindings")
)

// Install puts the custom resource definitions and the admission policy of package crds into the cluster by server-side
// apply, and waits until the kinds are served and the policy is enforced. Installing again changes nothing.
func Install(ctx context.Context, cfg *rest.Config) error {
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return fmt.Errorf("install the custom resources: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, installLimit)
	defer cancel()
	if err := installDefinitions(ctx, client); err != nil {
		return fmt.Errorf("install the custom resources: %w", err)
	}
	if err := installAdmission(ctx, client); err != nil {
		return fmt.Errorf("install the admission policy: %w", err)
	}
	return nil
}

func installDefinitions(ctx context.Context, client dynamic.Interface) error {
	definitions, err := crds.Definitions()
	if err != nil {
		return err
	}
	for _, definition := range definitions {
		if err := applyDefinition(ctx, client, definition); err != nil {
			return err
		}
	}
	for _, definition := range definitions {
		if err := awaitServed(ctx, client, definition); err != nil {
			return err
		}
	}
	return nil
}

func applyDefinition(ctx context.Context, client dynamic.Interface, d *apiextensionsv1.CustomResourceDefinition) error {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(d)
	if err != nil {
		return fmt.Errorf("encode %s: %w", d.Name, err)
	}
	object := &unstructured.Unstructured{Object: content}
	object.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinition"))
	unstructured.RemoveNestedField(object.Object, "status")
	unstructured.RemoveNestedField(object.Object, "metadata", "creationTimestamp")
	return apply(ctx, client, definitionResource, object)
}

func apply(ctx context.Context, client dynamic.Interface, to schema.GroupVersionResource, o *unstructured.Unstructured) error {
	options := metav1.ApplyOptions{FieldManager: FieldManager, Force: true}
	if _, err := client.Resource(to).Apply(ctx, o.GetName(), o, options); err != nil {
		return fmt.Errorf("apply %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return nil
}

// awaitServed lists each version until that works: a definition is Established a moment before its kind is served.
func awaitServed(ctx context.Context, client dynamic.Interface, d *apiextensionsv1.CustomResourceDefinition) error {
	for _, version := range d.Spec.Versions {
		resource := schema.GroupVersionResource{Group: d.Spec.Group, Version: version.Name, Resource: d.Spec.Names.Plural}
		var last error
		err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
			_, last = client.Resource(resource).List(ctx, metav1.ListOptions{Limit: 1})
			return last == nil && established(ctx, client, d.Name), nil
		})
		if err != nil {
			return fmt.Errorf("%s is not served: %w (last answer: %w)", resource.String(), err, last)
		}
	}
	return nil
}

func established(ctx context.Context, client dynamic.Interface, name string) bool {
	object, err := client.Resource(definitionResource).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return false
	}
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, definition) != nil {
		return false
	}
	for _, condition := range definition.Status.Conditions {
		if condition.Type == apiextensionsv1.Established {
			return condition.Status == apiextensionsv1.ConditionTrue
		}
	}
	return false
}
