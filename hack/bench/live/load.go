package live

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

const (
	// writers create objects at once.
	writers      = 16
	sayEvery     = 5 * time.Second
	pollEvery    = 20 * time.Millisecond
	appearsLimit = time.Minute
)

// Create creates the objects, many at once and in any order, and says now and then how far it is.
func (s *System) Create(ctx context.Context, objects iter.Seq[client.Object], say func(string)) error {
	var done atomic.Int64
	stop := every(sayEvery, func() { say(fmt.Sprintf("%d objects created", done.Load())) })
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for object := range objects {
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := s.Client.Create(ctx, object); err != nil {
				return fmt.Errorf("create %T %s: %w", object, object.GetName(), err)
			}
			done.Add(1)
			return nil
		})
	}
	return group.Wait()
}

// every calls do again and again until the function it returns is called.
func every(interval time.Duration, do func()) (stop func()) {
	ticker, ended := time.NewTicker(interval), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				do()
			case <-ended:
				return
			}
		}
	}()
	return func() { ticker.Stop(); close(ended) }
}

// Namespaces are the ones that the operator would make for partnerships.
func Namespaces(partnerships iter.Seq[*v1alpha1.Partnership]) iter.Seq[client.Object] {
	return func(yield func(client.Object) bool) {
		for p := range partnerships {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
				Name: v1alpha1.NamespaceFor(p.Name), Labels: map[string]string{v1alpha1.PartnershipLabel: p.Name},
			}}
			if !yield(namespace) {
				return
			}
		}
	}
}

// Each is objects of one kind as objects of any.
func Each[T client.Object](objects iter.Seq[T]) iter.Seq[client.Object] {
	return func(yield func(client.Object) bool) {
		for o := range objects {
			if !yield(o) {
				return
			}
		}
	}
}

// Appears waits until the operator has made the namespace of a partnership.
func (s *System) Appears(ctx context.Context, partnership string) error {
	name := client.ObjectKey{Name: v1alpha1.NamespaceFor(partnership)}
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollEvery, appearsLimit, true, func(ctx context.Context) (bool, error) {
		last = s.Client.Get(ctx, name, &corev1.Namespace{})
		return last == nil, nil
	})
	if err != nil {
		return fmt.Errorf("wait for namespace %s: %w (last answer: %w)", name.Name, err, last)
	}
	return nil
}
