// Package unmet keeps the ledger of unmet need: what people asked for in each week and could not be given.
package unmet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/unmet"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/rounds"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=unmetneeds,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=lifeline.scot,resources=unmetneeds/status,verbs=patch;update

// lookEvery is how often it is counted what cannot be met.
const lookEvery = time.Minute

// Ledger counts, again and again, the claims that cannot be met, and keeps the greatest count of each week. It adds nothing
// up, so looking twice, or two operators at once, change nothing.
type Ledger struct{ status.Writer }

// Register adds the ledger to the manager.
func (l *Ledger) Register(mgr ctrl.Manager) error { return mgr.Add(l) }

// Start implements manager.Runnable.
func (l *Ledger) Start(ctx context.Context) error {
	rounds.Repeat(ctx, lookEvery, "count what cannot be met", l.Look)
	return nil
}

// Look counts once.
func (l *Ledger) Look(ctx context.Context) error {
	var claims v1alpha1.PlacementList
	if err := l.List(ctx, &claims, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list claims: %w", err)
	}
	now := l.Clock.Now()
	counted := map[string]map[rules.Row]int32{}
	type person struct {
		namespace, referral string
		row                 rules.Row
	}
	seen := map[person]struct{}{} // two claims for one referral are one person's
	for i := range claims.Items {
		claim := &claims.Items[i]
		for _, row := range rules.Rows(claim, now) {
			who := person{claim.Namespace, claim.Spec.ReferralID, row}
			if _, twice := seen[who]; twice {
				continue
			}
			seen[who] = struct{}{}
			if counted[claim.Namespace] == nil {
				counted[claim.Namespace] = map[rules.Row]int32{}
			}
			counted[claim.Namespace][row]++
		}
	}
	var failed []error
	for namespace, rows := range counted {
		failed = append(failed, l.keep(ctx, namespace, rows, now))
	}
	return errors.Join(failed...)
}

// keep shows the counts in the ledger of the week. Whoever writes to it at the same time has counted too: it is looked at
// again a minute later.
func (l *Ledger) keep(ctx context.Context, namespace string, counted map[rules.Row]int32, now time.Time) error {
	ledger, err := l.ledger(ctx, namespace, rules.Week(now))
	if err != nil {
		return err
	}
	was := ledger.DeepCopy()
	counts := rules.Publish(ledger.Status.Counts, counted)
	rows := int32(len(counts))
	ledger.Status.Counts, ledger.Status.Rows, ledger.Status.ObservedGeneration = counts, &rows, ledger.Generation
	if slices.Equal(was.Status.Counts, counts) {
		return nil
	}
	status.Set(&ledger.Status.Conditions, ledger.Generation, now, status.True(v1alpha1.ConditionReady, v1alpha1.ReasonReady,
		"The greatest count of each look of the week is kept. Counts from 1 to 4 are withheld."))
	ledger.Status.ChangedTime = &metav1.Time{Time: now.Truncate(time.Second)}
	if _, err := l.Write(ctx, was, ledger); !apierrors.IsConflict(err) {
		return err
	}
	return nil
}

// ledger returns the ledger of a week, and makes it if there is none.
func (l *Ledger) ledger(ctx context.Context, namespace, week string) (*v1alpha1.UnmetNeed, error) {
	ledger := &v1alpha1.UnmetNeed{}
	key := client.ObjectKey{Namespace: namespace, Name: rules.NameOf(week)}
	err := l.Get(ctx, key, ledger)
	if err == nil || !apierrors.IsNotFound(err) {
		return ledger, err
	}
	ledger = &v1alpha1.UnmetNeed{
		ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}, Spec: v1alpha1.UnmetNeedSpec{Week: week},
	}
	if err = l.Create(ctx, ledger); apierrors.IsAlreadyExists(err) { // the cache has not seen it yet
		ledger = &v1alpha1.UnmetNeed{}
		err = l.Live.Get(ctx, key, ledger)
	}
	if err != nil {
		return nil, fmt.Errorf("keep the ledger %s: %w", key, err)
	}
	return ledger, nil
}
