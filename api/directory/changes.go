package directory

import (
	"k8s.io/apimachinery/pkg/types"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// Changes are the latest states of things that changed, by name; nil for one that is gone.
type Changes struct {
	Partnerships map[string]*v1alpha1.Partnership
	Partners     map[string]*v1alpha1.Partner
	Services     map[types.NamespacedName]*v1alpha1.SupportService
	Pools        map[types.NamespacedName]*v1alpha1.CapacityPool
}

// NewChanges are the objects as they are now. Objects of other kinds than the directory shows are left out.
func NewChanges(objects ...metav1.Object) *Changes {
	c := &Changes{
		map[string]*v1alpha1.Partnership{},
		map[string]*v1alpha1.Partner{},
		map[types.NamespacedName]*v1alpha1.SupportService{},
		map[types.NamespacedName]*v1alpha1.CapacityPool{},
	}
	for _, object := range objects {
		c.put(object)
	}
	return c
}

func (c *Changes) put(object metav1.Object) {
	name := types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
	switch object := object.(type) {
	case *v1alpha1.Partnership:
		c.Partnerships[name.Name] = object
	case *v1alpha1.Partner:
		c.Partners[name.Name] = object
	case *v1alpha1.SupportService:
		c.Services[name] = object
	case *v1alpha1.CapacityPool:
		c.Pools[name] = object
	}
}

// drop notes that an object of the same kind and name is gone.
func (c *Changes) drop(kind metav1.Object, name types.NamespacedName) {
	switch kind.(type) {
	case *v1alpha1.Partnership:
		c.Partnerships[name.Name] = nil
	case *v1alpha1.Partner:
		c.Partners[name.Name] = nil
	case *v1alpha1.SupportService:
		c.Services[name] = nil
	case *v1alpha1.CapacityPool:
		c.Pools[name] = nil
	}
}

// Len is how many things changed.
func (c *Changes) Len() int {
	return len(c.Partnerships) + len(c.Partners) + len(c.Services) + len(c.Pools)
}
