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

// EventRoleNotOwned: a Role or RoleBinding of the name the operator needs exists and was made by somebody else.
const EventRoleNotOwned = "RoleNotOwned"

// act turns what was found into what is wanted: first nobody has more than they should, then everybody has what they should.
func (r *Reconciler) act(ctx context.Context, partnership *v1alpha1.Partnership, wanted, found grants) error {
	for _, name := range slices.Sorted(maps.Keys(found.bindings)) {
		if is := found.bindings[name]; wanted.bindings[name] == nil || is.RoleRef != wanted.bindings[name].RoleRef {
			if err := r.remove(ctx, is); err != nil {
				return err
			}
			delete(found.bindings, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found.roles)) {
		if wanted.roles[name] == nil {
			if err := r.remove(ctx, found.roles[name]); err != nil {
				return err
			}
		}
	}
	return r.grant(ctx, partnership, wanted, found)
}

func (r *Reconciler) grant(ctx context.Context, partnership *v1alpha1.Partnership, wanted, found grants) error {
	for _, name := range slices.Sorted(maps.Keys(wanted.roles)) {
		if err := r.putRole(ctx, partnership, found.roles[name], wanted.roles[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted.bindings)) {
		if err := r.putBinding(ctx, partnership, found.bindings[name], wanted.bindings[name]); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) putRole(ctx context.Context, about *v1alpha1.Partnership, found, wanted *rbacv1.Role) error {
	if found == nil {
		return r.create(ctx, about, wanted)
	}
	is := found.DeepCopy()
	is.Labels = merge(is.Labels, wanted.Labels)
	if !equality.Semantic.DeepEqual(is.Rules, wanted.Rules) {
		is.Rules = wanted.Rules
	}
	return r.WriteMeta(ctx, found, is)
}

func (r *Reconciler) putBinding(ctx context.Context, about *v1alpha1.Partnership, found, wanted *rbacv1.RoleBinding) error {
	if found == nil {
		return r.create(ctx, about, wanted)
	}
	is := found.DeepCopy()
	is.Labels = merge(is.Labels, wanted.Labels)
	if !equality.Semantic.DeepEqual(is.Subjects, wanted.Subjects) {
		is.Subjects = wanted.Subjects
	}
	return r.WriteMeta(ctx, found, is)
}

func merge(is, wanted map[string]string) map[string]string {
	if is == nil {
		is = map[string]string{}
	}
	maps.Copy(is, wanted)
	return is
}

// create makes a Role or RoleBinding. One of the same name that somebody else made is left as it is, and said so.
func (r *Reconciler) create(ctx context.Context, about *v1alpha1.Partnership, wanted client.Object) error {
	err := r.Create(ctx, wanted)
	if apierrors.IsAlreadyExists(err) {
		foreign, lookErr := r.foreign(ctx, wanted)
		if lookErr != nil || !foreign {
			return errors.Join(lookErr, err)
		}
		r.Warn(about, EventRoleNotOwned, "Grant", fmt.Sprintf(
			"%s %s exists and was not made by the operator; remove it, so that access can be granted.", kindOf(wanted), wanted.GetName()))
		return nil
	}
	if err != nil {
		return fmt.Errorf("make %s %s: %w", kindOf(wanted), client.ObjectKeyFromObject(wanted), err)
	}
	return nil
}

// foreign reports whether the object of that name is not the operator's, by the API server's own word.
func (r *Reconciler) foreign(ctx context.Context, wanted client.Object) (bool, error) {
	live := wanted.DeepCopyObject().(client.Object)
	live.SetLabels(nil)
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

func kindOf(object client.Object) string {
	if _, ok := object.(*rbacv1.RoleBinding); ok {
		return "RoleBinding"
	}
	return "Role"
}
