package placement

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

// Count is what somebody counted in a pool.
type Count struct {
	// Staffed, Occupied and Held are numbers of places; Held are those promised outside Lifeline.
	Staffed, Occupied, Held int32
	// ObservedTime is the moment of the count; zero means now.
	ObservedTime time.Time
}

// Counted is what came of a count that was handed in.
type Counted struct {
	Report *v1alpha1.CapacityReport
	// Replayed reports whether it had been handed in before.
	Replayed bool
}

// Report hands in a provider's count.
func (d *Desk) Report(ctx context.Context, c identity.Caller, key string, t Target, count Count) (Counted, error) {
	return d.count(ctx, c, key, t, "report", []any{t, count}, func(*v1alpha1.CapacityPool) (Count, error) { return count, nil })
}

// Seen are the numbers that somebody has before them; nil where they have none.
type Seen struct{ Staffed, Occupied *int32 }

func (s Seen) differs(count Count) bool {
	return (s.Staffed != nil && *s.Staffed != count.Staffed) || (s.Occupied != nil && *s.Occupied != count.Occupied)
}

// Confirm says that a pool's numbers are right as they are now, with who came and left since the last count. It is refused if
// they are not those that the caller has seen.
func (d *Desk) Confirm(ctx context.Context, c identity.Caller, key string, t Target, seen Seen) (Counted, error) {
	return d.count(ctx, c, key, t, "confirm", []any{t, seen}, func(pool *v1alpha1.CapacityPool) (Count, error) {
		is := pool.Status
		if is.Staffed == nil || is.Occupied == nil {
			return Count{}, refusal.Of(CodeNothingToConfirm, "Nobody has counted here yet: report a count.", "input", "name")
		}
		count := Count{Staffed: *is.Staffed, Occupied: *is.Occupied}
		if seen.differs(count) {
			return Count{}, refusal.Of(refusal.StaleVersion,
				fmt.Sprintf("The numbers have changed since you saw them: now %d places are staffed "+
					"and %d occupied. Look again, and confirm again or report a count.", count.Staffed, count.Occupied), "input")
		}
		if is.Counted != nil && is.Counted.Held != nil {
			count.Held = *is.Counted.Held // those held in Lifeline are known in any case
		}
		return count, nil
	})
}

// count hands in what is counted in the pool as it is now.
func (d *Desk) count(
	ctx context.Context, c identity.Caller, key string, t Target, what string, input any,
	counted func(*v1alpha1.CapacityPool) (Count, error),
) (Counted, error) {
	request, err := once(c, what, key, input)
	if err != nil {
		return Counted{}, err
	}
	if !d.Book.Ready() {
		return Counted{}, ErrNotReady
	}
	if !t.exists() || d.Book.Pool(t.pool()) == nil {
		return Counted{}, notFound()
	}
	name := Name{Namespace: t.name().Namespace, Name: what + "-" + digest(c.Scope(), what, key)}
	if done, err := d.countedBefore(ctx, name, request); !apierrors.IsNotFound(err) {
		return done, refusalOf(err)
	}
	pool, err := d.Store.Pool(ctx, t.name())
	switch {
	case err != nil:
		return Counted{}, refusalOf(err)
	case !d.Book.rights.MayCount(ctx, c, pool):
		return Counted{}, d.Book.rights.refuse(ctx, c, actionCount, standsToPool(c, pool),
			"Only the provider of these places counts them.", "input", "name")
	}
	count, err := counted(pool)
	if err != nil {
		return Counted{}, err
	}
	report, err := d.reportOf(c, name, t.Name, count)
	if err != nil {
		return Counted{}, err
	}
	if err := remember(report, request); err != nil {
		return Counted{}, err
	}
	made, err := d.Store.CreateReport(ctx, report)
	if apierrors.IsAlreadyExists(err) { // the same request was carried out meanwhile
		done, err := d.countedBefore(ctx, name, request)
		return done, refusalOf(err)
	}
	return Counted{made, false}, refusalOf(err)
}

func (d *Desk) countedBefore(ctx context.Context, name Name, request answered) (Counted, error) {
	report, err := d.Store.Report(ctx, name)
	if err != nil {
		return Counted{}, err
	}
	before, err := carriedOut(report, request)
	if err == nil && !before {
		err = keyReused()
	}
	return Counted{report, true}, err
}

func (d *Desk) reportOf(c identity.Caller, name Name, pool string, count Count) (*v1alpha1.CapacityReport, error) {
	observed, err := moment(count.ObservedTime, d.Now().UTC().Truncate(time.Second), "observedTime")
	if err != nil {
		return nil, err
	}
	for field, n := range map[string]int32{"staffed": count.Staffed, "occupied": count.Occupied, "held": count.Held} {
		if n < 0 {
			return nil, refusal.Of(refusal.Invalid, fmt.Sprintf("%s is a number of places, 0 or more.", field), "input", field)
		}
	}
	return &v1alpha1.CapacityReport{
		ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name},
		Spec: v1alpha1.CapacityReportSpec{
			PoolRef:      v1alpha1.CapacityPoolReference{Name: v1alpha1.ObjectName(pool)},
			ObservedTime: observed,
			Staffed:      &count.Staffed, Occupied: &count.Occupied, Held: &count.Held,
			ReportedBy: &v1alpha1.PartnerReference{Name: v1alpha1.ObjectName(c.Partner)},
		},
	}, nil
}
