package access

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
)

func gather(ctx context.Context, from client.Reader, partnership *v1alpha1.Partnership) (facts, error) {
	f := facts{partnership, v1alpha1.NamespaceFor(partnership.Name), map[string]provider{}}
	var services v1alpha1.SupportServiceList
	if err := from.List(ctx, &services, client.InNamespace(f.namespace)); err != nil {
		return f, fmt.Errorf("list the services in namespace %s: %w", f.namespace, err)
	}
	pools, err := poolsByService(ctx, from, f.namespace)
	if err != nil {
		return f, err
	}
	for i := range services.Items {
		service := &services.Items[i]
		if len(pools[service.Name]) == 0 {
			continue
		}
		if err := f.addProvider(ctx, from, string(service.Spec.ProviderRef.Name), pools[service.Name]); err != nil {
			return f, err
		}
	}
	return f, f.addClaims(ctx, from)
}

// addClaims notes which Partners hold a place for which claims of the namespace.
func (f facts) addClaims(ctx context.Context, from client.Reader) error {
	var claims v1alpha1.PlacementList
	if err := from.List(ctx, &claims, client.InNamespace(f.namespace), client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list the placements in namespace %s: %w", f.namespace, err)
	}
	for i := range claims.Items {
		name := holder(&claims.Items[i])
		if name == "" {
			continue
		}
		if err := f.addProvider(ctx, from, string(name), nil); err != nil {
			return err
		}
		if p, there := f.providers[string(name)]; there {
			p.claims = append(p.claims, claims.Items[i].Name)
			f.providers[string(name)] = p
		}
	}
	return nil
}

// holder is the Partner that holds a place for the claim, or has the person in it; empty if nobody does.
func holder(claim *v1alpha1.Placement) v1alpha1.ObjectName {
	b := claim.Status.Binding
	if b == nil || (b.State != v1alpha1.BindingHeld && b.State != v1alpha1.BindingAdmitted) {
		return ""
	}
	return b.Provider
}

func poolsByService(ctx context.Context, from client.Reader, namespace string) (map[string][]string, error) {
	var pools v1alpha1.CapacityPoolList
	if err := from.List(ctx, &pools, client.InNamespace(namespace)); err != nil {
		return nil, fmt.Errorf("list the pools in namespace %s: %w", namespace, err)
	}
	by := map[string][]string{}
	for i := range pools.Items {
		service := string(pools.Items[i].Spec.ServiceRef.Name)
		by[service] = append(by[service], pools.Items[i].Name)
	}
	return by, nil
}

// addProvider notes that a Partner runs the pools. One that does not exist is let in nowhere.
func (f facts) addProvider(ctx context.Context, from client.Reader, name string, pools []string) error {
	p := f.providers[name]
	if p.partner == nil {
		p.partner = &v1alpha1.Partner{}
		if err := from.Get(ctx, client.ObjectKey{Name: name}, p.partner); err != nil {
			if err = client.IgnoreNotFound(err); err != nil {
				return fmt.Errorf("read partner %s: %w", name, err)
			}
			return nil
		}
	}
	p.pools = append(p.pools, pools...)
	f.providers[name] = p
	return nil
}

// found returns the Roles and RoleBindings in the namespace that the operator made.
func (r *Reconciler) found(ctx context.Context, namespace string) (grants, error) {
	g := grants{map[string]*rbacv1.Role{}, map[string]*rbacv1.RoleBinding{}}
	ours := []client.ListOption{client.InNamespace(namespace), client.HasLabels{v1alpha1.PartnershipLabel}}
	var roles rbacv1.RoleList
	if err := r.List(ctx, &roles, ours...); err != nil {
		return g, fmt.Errorf("list the roles in namespace %s: %w", namespace, err)
	}
	var bindings rbacv1.RoleBindingList
	if err := r.List(ctx, &bindings, ours...); err != nil {
		return g, fmt.Errorf("list the role bindings in namespace %s: %w", namespace, err)
	}
	for i := range roles.Items {
		g.roles[roles.Items[i].Name] = &roles.Items[i]
	}
	for i := range bindings.Items {
		g.bindings[bindings.Items[i].Name] = &bindings.Items[i]
	}
	return g, nil
}

// toPartnerships leads from a Partner to the Partnerships in whose namespaces it provides services.
func (r *Reconciler) toPartnerships(ctx context.Context, partner client.Object) ([]client.ObjectKey, error) {
	services, err := reference.Services(ctx, r.Client, partner.GetName())
	var keys []client.ObjectKey
	seen := map[string]bool{}
	for i := range services {
		name, ok := reference.PartnershipName(services[i].Namespace)
		if ok && !seen[name] {
			seen[name] = true
			keys = append(keys, client.ObjectKey{Name: name})
		}
	}
	return keys, err
}
