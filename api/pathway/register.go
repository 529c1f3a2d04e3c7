package pathway

import (
	"context"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"lifeline.scot/api/follow"
	"lifeline.scot/crds/v1alpha1"
)

// The register reads pathways.
//
// +kubebuilder:rbac:groups=lifeline.scot,resources=pathways,verbs=get;list;watch

// Register holds the pathways there are, as Kubernetes has them. It is safe for use by many goroutines at once.
type Register struct {
	*follow.Held[*v1alpha1.Pathway]

	stream *follow.Stream
}

// NewRegister makes one that has read nothing yet: see [Register.Run].
func NewRegister(now func() time.Time) *Register {
	stream := follow.NewStream(now)
	return &Register{Held: follow.NewHeld[*v1alpha1.Pathway](stream, nil, nil), stream: stream}
}

// retryAtMost is the longest wait before a broken watch is tried again.
const retryAtMost = 5 * time.Second

// Run follows Kubernetes until the context ends. It never gives up: while the API server is away it keeps trying, and what was
// read last stays.
func (r *Register) Run(ctx context.Context, client rest.Interface) {
	kind := follow.Kind{Resource: "pathways", Object: &v1alpha1.Pathway{}}
	r.stream.Reflector(client, kind, r, "pathway/"+kind.Resource, retryAtMost).RunWithContext(ctx)
}

// Ready reports whether pathways have been read.
func (r *Register) Ready() bool { return r.Read() }

// Pathway is that of a Partnership by its name. It is shared and must not be changed.
func (r *Register) Pathway(partnership, name string) (*v1alpha1.Pathway, bool) {
	return r.Named(types.NamespacedName{Namespace: v1alpha1.NamespaceFor(partnership), Name: name})
}

// Of are the pathways of a Partnership, by their names. They are shared and must not be changed.
func (r *Register) Of(partnership string) []*v1alpha1.Pathway {
	all, _ := r.All()
	own := slices.DeleteFunc(all, func(p *v1alpha1.Pathway) bool { return p.Namespace != v1alpha1.NamespaceFor(partnership) })
	slices.SortFunc(own, func(a, b *v1alpha1.Pathway) int { return strings.Compare(a.Name, b.Name) })
	return own
}
