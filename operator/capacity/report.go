package capacity

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	rules "lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// settleAll tells every report what became of it. One that cannot be written does not keep the others waiting.
func (r *Reconciler) settleAll(ctx context.Context, pool *v1alpha1.CapacityPool, verdicts []rules.Verdict) error {
	var errs []error
	for _, verdict := range verdicts {
		if !verdict.Report.DeletionTimestamp.IsZero() {
			continue
		}
		errs = append(errs, r.settle(ctx, pool, verdict))
	}
	return firstOf(errs)
}

// firstOf prefers a real failure to a conflict, which is only to be tried again.
func firstOf(errs []error) error {
	joined := errors.Join(errs...)
	for _, err := range errs {
		if _, unexpected := status.Outcome(time.Time{}, time.Time{}, err); unexpected != nil {
			return joined
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// settle makes the report go with its pool, and writes its verdict. pool is nil when it does not exist.
func (r *Reconciler) settle(ctx context.Context, pool *v1alpha1.CapacityPool, verdict rules.Verdict) error {
	report := verdict.Report
	if pool != nil {
		was := report.DeepCopy()
		if err := controllerutil.SetOwnerReference(pool, report, r.Scheme()); err != nil {
			return fmt.Errorf("make report %s go with its pool: %w", client.ObjectKeyFromObject(report), err)
		}
		if err := r.WriteMeta(ctx, was, report); err != nil {
			return err
		}
	}
	was := report.DeepCopy()
	report.Status.ObservedGeneration = report.Generation
	status.Set(&report.Status.Conditions, report.Generation, r.Clock.Now(), usable(verdict), merged(verdict))
	written, err := r.Write(ctx, was, report)
	if written && status.Turned(was.Status.Conditions, report.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionFalse) {
		r.Warn(report, verdict.Reason, "Merge", verdict.Message)
	}
	return err
}

func usable(verdict rules.Verdict) metav1.Condition {
	if verdict.Usable() {
		return status.True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "The count could be used.")
	}
	return status.False(v1alpha1.ConditionReady, verdict.Reason, verdict.Message)
}

func merged(verdict rules.Verdict) metav1.Condition {
	switch verdict.Reason {
	case v1alpha1.ReasonCurrent:
		return status.True(v1alpha1.ConditionMerged, verdict.Reason, verdict.Message)
	default:
		return status.False(v1alpha1.ConditionMerged, verdict.Reason, verdict.Message)
	}
}

// orphans are the verdicts on reports about a pool that does not exist. Those that belonged to a pool go with it, and need
// no verdict any more.
func orphans(key client.ObjectKey, reports []*v1alpha1.CapacityReport) []rules.Verdict {
	var verdicts []rules.Verdict
	for _, report := range reports {
		if ownedByAnother(report, "") {
			continue
		}
		verdicts = append(verdicts, rules.Verdict{
			Report: report, Reason: v1alpha1.ReasonPoolNotFound, Message: fmt.Sprintf(
				"poolRef names CapacityPool %s, which does not exist in namespace %s: create it, or report on another.",
				key.Name, key.Namespace),
		})
	}
	return verdicts
}
