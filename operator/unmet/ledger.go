// Package unmet keeps the ledger of unmet need: what people asked for in each week and could not be given.
package unmet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/unmet"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/rounds"
	"lifeline.scot/operator/status"
)

// +kubebuilder:rbac:groups=lifeline.scot,resources=partnerships;placements,verbs=get;list;watch
// +kubebuilder:rbac:groups=lifeline.scot,resources=unmetneeds,verbs=get;list;watch;create
// +kubebuilder:rbac:groups=lifeline.scot,resources=unmetneeds/status,verbs=patch;update

// lookEvery is how often it is counted what cannot be met, unless it is said otherwise.
const lookEvery = time.Minute

// Ledger counts, again and again, the claims that cannot be met, and keeps the greatest count of each week. It adds nothing
// up, so looking twice, or two operators at once, change nothing.
type Ledger struct {
	status.Writer
	// Every is how often it counts. Zero: once a minute.
	Every time.Duration
}

// Register adds the ledger to the manager.
func (l *Ledger) Register(mgr ctrl.Manager) error { return mgr.Add(l) }

// Start implements manager.Runnable.
func (l *Ledger) Start(ctx context.Context) error {
	rounds.Repeat(ctx, cmp.Or(l.Every, lookEvery), "count what cannot be met", l.Look)
	return nil
}

// Look counts once. Every Partnership that has a namespace gets its ledger, so that having none says nothing about anybody.
func (l *Ledger) Look(ctx context.Context) error {
	var partnerships v1alpha1.PartnershipList
	if err := l.List(ctx, &partnerships, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list Partnerships: %w", err)
	}
	var claims v1alpha1.PlacementList
	if err := l.List(ctx, &claims, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list claims: %w", err)
	}
	now := l.Clock.Now()
	counted := rules.Count(claims.Items, now)
	var failed []error
	for i := range partnerships.Items {
		if namespace := string(partnerships.Items[i].Status.Namespace); namespace != "" {
			failed = append(failed, l.keep(ctx, namespace, counted[namespace], now))
		}
	}
	return errors.Join(failed...)
}

// keep shows the counts in the ledger of the week. Whoever writes to it at the same time has counted too: it is looked at
// again a minute later. Nothing in it but the counts follows from them, not even the time of its condition.
func (l *Ledger) keep(ctx context.Context, namespace string, counted map[rules.Row]int32, now time.Time) error {
	ledger, err := l.ledger(ctx, namespace, rules.Week(now))
	if err != nil {
		return ignoreLeaving(err)
	}
	was := ledger.DeepCopy()
	counts := rules.Publish(ledger.Status.Counts, counted)
	rows := int32(len(counts))
	ledger.Status.Counts, ledger.Status.Rows, ledger.Status.ObservedGeneration = counts, &rows, ledger.Generation
	status.Set(&ledger.Status.Conditions, ledger.Generation, now, status.True(v1alpha1.ConditionReady, v1alpha1.ReasonReady,
		"The greatest count of each look of the week is kept. Counts from 1 to 4 are withheld."))
	if _, err := l.Write(ctx, was, ledger); !apierrors.IsConflict(err) {
		return ignoreLeaving(err)
	}
	return nil
}

// ignoreLeaving takes it for no failure that a namespace has gone, or is going, since its Partnership was read.
func ignoreLeaving(err error) error {
	if apierrors.IsNotFound(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return nil
	}
	return err
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
