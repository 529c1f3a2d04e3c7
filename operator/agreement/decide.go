package agreement

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/agreement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// decide returns the status the agreement should have at now, and the moment it would change by itself; zero if never.
func decide(f facts, now time.Time) (v1alpha1.DataSharingAgreementStatus, time.Time) {
	is := *f.agreement.Status.DeepCopy()
	state, next := rules.StateAt(&f.agreement.Spec, now)
	is.ObservedGeneration, is.Partnership, is.State, is.StateUntilTime = f.agreement.Generation, f.owner.Name, state, nil
	if !next.IsZero() {
		is.StateUntilTime = &metav1.Time{Time: next}
	}
	found := resolved(f)
	status.Set(&is.Conditions, f.agreement.Generation, now, status.Ready(found), found, inForce(&f.agreement.Spec, state))
	return is, next
}

// inForce says in words how the agreement stands.
func inForce(spec *v1alpha1.DataSharingAgreementSpec, state v1alpha1.AgreementState) metav1.Condition {
	const kind = v1alpha1.ConditionInForce
	from, review, until := moment(spec.FromTime), moment(spec.ReviewByTime), moment(spec.UntilTime)
	switch state {
	case v1alpha1.AgreementNotStarted:
		return status.False(kind, string(state), "Nothing may be shared under it yet: it starts at "+from+".")
	case v1alpha1.AgreementInForce:
		return status.True(kind, string(state), "It is in force until "+until+", and is to be looked at again by "+review+".")
	case v1alpha1.AgreementDueForReview:
		return status.True(kind, string(state), "It was to be looked at again by "+review+". It stays in force until "+until+
			"; once the parties have looked at it, set reviewByTime anew.")
	case v1alpha1.AgreementSuspended:
		return status.False(kind, string(state), "It is suspended: nothing may be shared under it until its standing is Active again.")
	default:
		return status.False(kind, string(state), "It ended at "+until+". To share again, make a new agreement, or a later untilTime.")
	}
}

func moment(t metav1.Time) string { return t.UTC().Format(time.RFC3339) }

// resolved says whether the ADP and the parties are there and may take part. What is shared between the others is not affected by
// one that is not.
func resolved(f facts) metav1.Condition {
	const kind = v1alpha1.ConditionReferencesResolved
	owner := f.owner.Condition(f.agreement.Namespace)
	if owner.Status != metav1.ConditionTrue {
		return owner
	}
	missing, leaving, suspended := absent(f)
	var says []string
	for _, s := range []struct {
		names []string
		words string
	}{
		{missing, "These parties do not exist as Partners: %s; create them, or name others."},
		{leaving, "These parties are being deleted: %s."},
		{suspended, "These parties are suspended: %s."},
	} {
		if len(s.names) > 0 {
			says = append(says, fmt.Sprintf(s.words, status.Names(s.names)))
		}
	}
	message := strings.Join(append(says, "Nothing is shared with them under this agreement."), " ")
	switch {
	case len(missing) > 0:
		return status.False(kind, v1alpha1.ReasonPartnerNotFound, message)
	case len(leaving) > 0:
		return status.False(kind, v1alpha1.ReasonBeingDeleted, message)
	case len(suspended) > 0:
		return status.False(kind, v1alpha1.ReasonPartnerSuspended, message)
	default:
		return owner
	}
}

// absent are the parties that cannot take part now.
func absent(f facts) (missing, leaving, suspended []string) {
	for _, name := range f.agreement.Spec.Parties {
		switch partner := f.parties[name]; {
		case partner == nil:
			missing = append(missing, string(name))
		case !partner.DeletionTimestamp.IsZero():
			leaving = append(leaving, string(name))
		case partner.Spec.Participation == v1alpha1.ParticipationSuspended:
			suspended = append(suspended, string(name))
		}
	}
	return missing, leaving, suspended
}
