package pathway

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/agreement"
	rules "lifeline.scot/crds/pathway"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// decide returns the status the pathway should have at now, and the moment it would change by itself; zero if never.
func decide(f facts, now time.Time) (v1alpha1.PathwayStatus, time.Time) {
	is := *f.pathway.Status.DeepCopy()
	inForce, next := f.inForce(now)
	is.ObservedGeneration, is.Partnership, is.CoveredUntilTime = f.pathway.Generation, f.owner.Name, nil
	if !next.IsZero() {
		is.CoveredUntilTime = &metav1.Time{Time: next}
	}
	is.MissingBodies = f.missingBodies()
	found, present, covered := resolved(f), partiesPresent(is.MissingBodies), covered(f, inForce)
	status.Set(&is.Conditions, f.pathway.Generation, now,
		ready(found, present, covered), found, present, covered, safetySteps(&f.pathway.Spec))
	return is, next
}

// inForce are the agreements of the ADP that are in force now, and when time alone changes which.
func (f facts) inForce(now time.Time) (inForce []*v1alpha1.DataSharingAgreementSpec, next time.Time) {
	for i := range f.agreements {
		spec := &f.agreements[i].Spec
		state, until := agreement.StateAt(spec, now)
		if agreement.InForce(state) {
			inForce = append(inForce, spec)
		}
		if !until.IsZero() && (next.IsZero() || until.Before(next)) {
			next = until
		}
	}
	return inForce, next
}

// active reports whether a Partner takes part now.
func active(p *v1alpha1.Partner) bool {
	return p != nil && p.DeletionTimestamp.IsZero() && p.Spec.Participation != v1alpha1.ParticipationSuspended
}

// serves reports whether a Partner serves the ADP's area.
func (f facts) serves(name v1alpha1.ObjectName) bool {
	partner := f.partners[name]
	return partner != nil && slices.Contains(partner.Spec.Areas, f.owner.Name)
}

// standFor are the Partners that stand for a public body in the ADP's area, in the order of their names.
func (f facts) standFor(body v1alpha1.PublicBody) []v1alpha1.ObjectName {
	var names []v1alpha1.ObjectName
	for _, name := range slices.Sorted(maps.Keys(f.partners)) {
		if p := f.partners[name]; active(p) && p.Spec.PublicBody == body && f.serves(name) {
			names = append(names, name)
		}
	}
	return names
}

func (f facts) missingBodies() []v1alpha1.PublicBody {
	var missing []v1alpha1.PublicBody
	for _, body := range f.pathway.Spec.PublicBodies {
		if len(f.standFor(body)) == 0 {
			missing = append(missing, body)
		}
	}
	return missing
}

// ready sums up the others: the first that is in the way.
func ready(others ...metav1.Condition) metav1.Condition {
	for _, c := range others {
		if c.Status != metav1.ConditionTrue {
			return status.False(v1alpha1.ConditionReady, c.Reason, c.Message)
		}
	}
	return status.True(v1alpha1.ConditionReady, v1alpha1.ReasonReady, "People can be referred along it.")
}

// resolved says whether the ADP and the Partners that are named are there and take part.
func resolved(f facts) metav1.Condition {
	const kind = v1alpha1.ConditionReferencesResolved
	owner := f.owner.Condition(f.pathway.Namespace)
	if owner.Status != metav1.ConditionTrue {
		return owner
	}
	var missing, away []string
	for _, name := range rules.Named(&f.pathway.Spec) {
		switch partner := f.partners[name]; {
		case partner == nil:
			missing = append(missing, string(name))
		case !active(partner):
			away = append(away, string(name))
		}
	}
	switch {
	case len(missing) > 0:
		return status.False(kind, v1alpha1.ReasonPartnerNotFound, fmt.Sprintf(
			"These do not exist as Partners: %s; create them, or name others.", status.Names(missing)))
	case len(away) > 0:
		return status.False(kind, v1alpha1.ReasonPartnerSuspended, fmt.Sprintf(
			"These Partners are suspended or being deleted: %s; nobody can be referred to them, so name others.", status.Names(away)))
	default:
		return owner
	}
}

func partiesPresent(missing []v1alpha1.PublicBody) metav1.Condition {
	const kind = v1alpha1.ConditionPartiesPresent
	if len(missing) == 0 {
		return status.True(kind, v1alpha1.ReasonAllPresent, "Every public body that has to take part does.")
	}
	names := make([]string, len(missing))
	for i, body := range missing {
		names[i] = string(body)
	}
	return status.False(kind, v1alpha1.ReasonPublicBodyMissing, fmt.Sprintf(
		"No Partner that takes part and serves the area stands for: %s. Set publicBody and areas of the Partner that does.",
		status.Names(names)))
}

// saidAtMost is how many gaps are told of one by one.
const saidAtMost = 3

func covered(f facts, inForce []*v1alpha1.DataSharingAgreementSpec) metav1.Condition {
	const kind = v1alpha1.ConditionCovered
	spec := &f.pathway.Spec
	gaps := rules.Gaps(spec, rules.Parties(spec, f.standFor), f.serves, inForce)
	if len(gaps) == 0 {
		return status.True(kind, v1alpha1.ReasonAgreementsInForce, "Agreements in force cover everybody who takes part.")
	}
	var said []string
	for _, gap := range gaps[:min(len(gaps), saidAtMost)] {
		said = append(said, gap.String())
	}
	more := ""
	if rest := len(gaps) - saidAtMost; rest > 0 {
		more = fmt.Sprintf(", and %d more", rest)
	}
	return status.False(kind, v1alpha1.ReasonNotCovered, fmt.Sprintf("No agreement in force lets these share: %s%s. Until a "+
		"platform admin writes down what was agreed, they are shown nothing of the people who are referred.",
		strings.Join(said, "; "), more))
}

// safetySteps says whether naloxone and aftercare are offered. Neither has to be written down to be offered.
func safetySteps(spec *v1alpha1.PathwaySpec) metav1.Condition {
	const kind = v1alpha1.ConditionSafetyStepsOffered
	var without []string
	if spec.WithoutNaloxone != "" {
		without = append(without, "Take-home naloxone is not offered: "+spec.WithoutNaloxone)
	}
	if spec.WithoutAftercare != "" {
		without = append(without, "Aftercare is not offered: "+spec.WithoutAftercare)
	}
	if len(without) > 0 {
		return status.False(kind, v1alpha1.ReasonLeftOut, strings.Join(without, " "))
	}
	return status.True(kind, v1alpha1.ReasonOffered, "Take-home naloxone and aftercare are offered.")
}
