package access

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// act turns what was found into what is wanted: first nobody has more than they should, then everybody has what they should. It
// returns the names of somebody else's Roles and RoleBindings that were in the way.
func (r *Reconciler) act(ctx context.Context, wanted, found grants) ([]string, error) {
	for _, name := range slices.Sorted(maps.Keys(found.bindings)) {
		if is := found.bindings[name]; wanted.bindings[name] == nil || is.RoleRef != wanted.bindings[name].RoleRef {
			if err := r.remove(ctx, is); err != nil {
				return nil, err
			}
			delete(found.bindings, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found.roles)) {
		if wanted.roles[name] == nil {
			if err := r.remove(ctx, found.roles[name]); err != nil {
				return nil, err
			}
		}
	}
	return r.grant(ctx, wanted, found)
}

// grant makes Roles first and binds accounts only to Roles that are the operator's own: what somebody else's Role gives, the
// operator has not decided. It returns what was in the way.
func (r *Reconciler) grant(ctx context.Context, wanted, found grants) ([]string, error) {
	var foreign []string
	for _, name := range slices.Sorted(maps.Keys(wanted.roles)) {
		ours, err := r.putRole(ctx, found.roles[name], wanted.roles[name])
		if err != nil {
			return nil, err
		}
		if ours {
			continue
		}
		foreign = append(foreign, "Role "+name)
		delete(wanted.bindings, name)
		if binding := found.bindings[name]; binding != nil {
			if err := r.remove(ctx, binding); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted.bindings)) {
		ours, err := r.putBinding(ctx, found.bindings[name], wanted.bindings[name])
		if err != nil {
			return nil, err
		}
		if !ours {
			foreign = append(foreign, "RoleBinding "+name)
		}
	}
	return foreign, nil
}

func (r *Reconciler) putRole(ctx context.Context, found, wanted *rbacv1.Role) (ours bool, err error) {
	if found == nil {
		return r.create(ctx, wanted)
	}
	is := found.DeepCopy()
	is.Labels = merge(is.Labels, wanted.Labels)
	if !equality.Semantic.DeepEqual(is.Rules, wanted.Rules) {
		is.Rules = wanted.Rules
	}
	return true, r.WriteMeta(ctx, found, is)
}

func (r *Reconciler) putBinding(ctx context.Context, found, wanted *rbacv1.RoleBinding) (ours bool, err error) {
	if found == nil {
		return r.create(ctx, wanted)
	}
	is := found.DeepCopy()
	is.Labels = merge(is.Labels, wanted.Labels)
	if !equality.Semantic.DeepEqual(is.Subjects, wanted.Subjects) {
		is.Subjects = wanted.Subjects
	}
	return true, r.WriteMeta(ctx, found, is)
}

func merge(is, wanted map[string]string) map[string]string {
	if is == nil {
		is = map[string]string{}
	}
	maps.Copy(is, wanted)
	return is
}

// create makes a Role or RoleBinding, and reports whether the one of that name is the operator's own. One that somebody else
// made is left as it is.
func (r *Reconciler) create(ctx context.Context, wanted client.Object) (ours bool, err error) {
	err = r.Create(ctx, wanted)
	if apierrors.IsAlreadyExists(err) {
		foreign, lookErr := r.foreign(ctx, wanted)
		if lookErr != nil || !foreign {
			return false, errors.Join(lookErr, err)
		}
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("make %s %s: %w", kindOf(wanted), client.ObjectKeyFromObject(wanted), err)
	}
	return true, nil
}

// foreign reports whether the object of that name is not the operator's, by the API server's own word.
func (r *Reconciler) foreign(ctx context.Context, wanted client.Object) (bool, error) {
	live := empty(wanted)
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(wanted), live); err != nil {
		return false, fmt.Errorf("look at %s %s: %w", kindOf(wanted), client.ObjectKeyFromObject(wanted), err)
	}
	return live.GetLabels()[v1alpha1.PartnershipLabel] == "", nil
}

func (r *Reconciler) remove(ctx context.Context, object client.Object) error {
	uid := object.GetUID()
	if err := r.Delete(ctx, object, client.Preconditions{UID: &uid}); client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("remove %s %s: %w", kindOf(object), client.ObjectKeyFromObject(object), err)
	}
	return nil
}

func empty(like client.Object) client.Object {
	if _, ok := like.(*rbacv1.RoleBinding); ok {
		return &rbacv1.RoleBinding{}
	}
	return &rbacv1.Role{}
}

func kindOf(object client.Object) string {
	if _, ok := object.(*rbacv1.RoleBinding); ok {
		return "RoleBinding"
	}
	return "Role"
}
