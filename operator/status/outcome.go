package status

import (
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	// Sweep is the longest an object goes without being looked at, should a watch or a timer ever fail to say so.
	Sweep = 6 * time.Hour
	// soonest keeps a moment that is already past from meaning never.
	soonest = 50 * time.Millisecond
	// retry is how long to wait for the cache after somebody else's write was in the way.
	retry = 200 * time.Millisecond
)

// Outcome is how a reconciliation ends: again at next, which may be zero for whenever the sweep comes round. A conflict, or
// an object that has gone since it was read, is no failure: the cache will know in a moment.
func Outcome(now, next time.Time, err error) (reconcile.Result, error) {
	switch {
	case apierrors.IsConflict(err) || apierrors.IsNotFound(err) || apierrors.IsAlreadyExists(err):
		return reconcile.Result{RequeueAfter: retry}, nil
	case err != nil:
		return reconcile.Result{}, err
	case next.IsZero():
		return reconcile.Result{RequeueAfter: Sweep}, nil
	default:
		return reconcile.Result{RequeueAfter: min(Sweep, max(soonest, next.Sub(now)))}, nil
	}
}
