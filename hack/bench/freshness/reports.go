// Package freshness measures how old an answer is: the time from applying a report to its number in GraphQL, beside the time
// until a bare watch on the API server sees the report.
package freshness

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

// staffed places of each pool. Together with what is occupied it leaves no number small enough to be withheld.
const staffed int32 = 100

// world is one invented partnership with its pools, all of them open.
type world struct {
	generated *scotland.Generated
	pools     []*v1alpha1.CapacityPool
	observed  []time.Time // when each pool was last counted
}

func newWorld(pools int) (*world, error) {
	generated, err := scotland.Generate(scotland.Size{Partnerships: 1, Services: pools, Pools: pools, Seed: 1})
	if err != nil {
		return nil, err
	}
	w := &world{generated: generated, observed: make([]time.Time, pools)}
	for pool := range generated.Pools() {
		places := staffed
		pool.Spec.Operation = v1alpha1.OperationOpen
		pool.Spec.Registered.Places = &places
		w.pools = append(w.pools, pool)
	}
	return w, nil
}

// services are those of the world, all of them open.
func (w *world) services(yield func(client.Object) bool) {
	for s := range w.generated.Services() {
		s.Spec.Operation, s.Spec.ClosedOn = v1alpha1.OperationOpen, ""
		if !yield(s) {
			return
		}
	}
}

func (w *world) allPools(yield func(client.Object) bool) {
	for _, pool := range w.pools {
		if !yield(pool) {
			return
		}
	}
}

// count is a report about a pool, with a number that differs from the pool's last.
type count struct {
	report   *v1alpha1.CapacityReport
	pool     string
	occupied int32
}

// next makes report number i, with pool after pool counted in turn. Counts are of whole seconds, and an older one never
// overwrites a newer, so a pool whose turn comes again within a second has to wait: due is when its count may be made.
func (w *world) next(i int, now time.Time) (c count, due time.Time) {
	at := i % len(w.pools)
	pool := w.pools[at]
	observed := now.UTC().Truncate(time.Second)
	if !observed.After(w.observed[at]) {
		return count{}, w.observed[at].Add(time.Second)
	}
	w.observed[at] = observed
	places, occupied := staffed, 20+int32(i/len(w.pools)%40)
	return count{
		pool: pool.Name, occupied: occupied,
		report: &v1alpha1.CapacityReport{
			TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "CapacityReport"},
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("count-%06d", i), Namespace: pool.Namespace},
			Spec: v1alpha1.CapacityReportSpec{
				PoolRef:      v1alpha1.CapacityPoolReference{Name: v1alpha1.ObjectName(pool.Name)},
				ObservedTime: metav1.NewTime(observed), Staffed: &places, Occupied: &occupied,
				Provenance: v1alpha1.CountIllustrative,
			},
		},
	}, time.Time{}
}
