package partnership

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

// facts are what a Partnership's status follows from.
type facts struct {
	partnership *v1alpha1.Partnership
	namespace   *corev1.Namespace // nil when it does not exist
	services    []v1alpha1.SupportService
	pools       []v1alpha1.CapacityPool
	// uncounted are the reports that belong to no pool; looked at only when the Partnership is being deleted.
	uncounted []v1alpha1.CapacityReport
	// claimed reports whether a claim goes on, and funds are those that have promised something or paid; looked at only then, too.
	claimed bool
	funds   []v1alpha1.PlacementFund
}

func (f facts) leaving() bool { return !f.partnership.DeletionTimestamp.IsZero() }

// owned reports whether the namespace is the Partnership's own.
func (f facts) owned() bool {
	return f.namespace != nil && reference.Owned(f.namespace, f.partnership.Name)
}

// created reports whether the operator made the namespace for this very Partnership, so that the two go together.
func (f facts) created() bool {
	uid, ok := f.namespace.Annotations[v1alpha1.CreatedForAnnotation]
	return ok && uid == string(f.partnership.UID)
}

// known reports whether the namespace is the Partnership's own, or was until somebody took its label away.
func (f facts) known() bool {
	return f.namespace != nil && (f.owned() || string(f.partnership.Status.Namespace) == f.namespace.Name)
}

// remaining names what keeps a deleted Partnership. Claims are about people, and more may read a Partnership than them: neither
// their names nor their number are told.
func (f facts) remaining() []string {
	var left []string
	for i := range f.services {
		left = append(left, "service "+f.services[i].Name)
	}
	for i := range f.pools {
		left = append(left, "pool "+f.pools[i].Name)
	}
	for i := range f.uncounted {
		left = append(left, "report "+f.uncounted[i].Name)
	}
	for i := range f.funds {
		left = append(left, "fund "+f.funds[i].Name)
	}
	if f.claimed {
		left = append(left, "Placements that have not ended")
	}
	return left
}

// decide returns the status the Partnership should have at now.
func decide(f facts, now time.Time) v1alpha1.PartnershipStatus {
	is := *f.partnership.Status.DeepCopy()
	services, open := int32(len(f.services)), openServices(f.services)
	is.ObservedGeneration, is.Services, is.OpenServices = f.partnership.Generation, &services, &open
	is.Namespace = ""
	if f.known() {
		is.Namespace = v1alpha1.ObjectName(f.namespace.Name)
	}
	is.Places = totals(f.pools, now)
	is.FreePlaces = freePlaces(is.Places)
	status.Set(&is.Conditions, f.partnership.Generation, now, ready(f))
	return is
}

func ready(f facts) metav1.Condition {
	const kind = v1alpha1.ConditionReady
	name := v1alpha1.NamespaceFor(f.partnership.Name)
	granted := meta.FindStatusCondition(f.partnership.Status.Conditions, v1alpha1.ConditionAccessGranted)
	switch {
	case f.leaving() && len(f.remaining()) > 0:
		return status.False(kind, v1alpha1.ReasonInUse, fmt.Sprintf(
			"Deletion waits until namespace %s holds no services and pools, no reports without a pool, no Placements that have "+
				"not ended, and no funds that have promised or paid for any; these remain: %s. %s",
			name, status.Names(f.remaining()), f.fate()))
	case f.namespace != nil && !f.owned():
		return status.False(kind, v1alpha1.ReasonNamespaceNotOwned, fmt.Sprintf(
			"Namespace %s exists and was not made for this Partnership. Remove it, or hand it over with: kubectl label namespace %s %s=%s",
			name, name, v1alpha1.PartnershipLabel, f.partnership.Name))
	case f.leaving():
		return status.False(kind, v1alpha1.ReasonBeingDeleted, "The Partnership is being deleted. "+f.fate())
	case f.namespace != nil && !f.namespace.DeletionTimestamp.IsZero():
		return status.False(kind, v1alpha1.ReasonBeingDeleted, fmt.Sprintf(
			"Namespace %s is being deleted, with everything in it.", name))
	case granted == nil:
		return status.Unknown(kind, v1alpha1.ReasonPending, "Nobody has been let into the namespace yet.")
	case granted.Status == metav1.ConditionFalse:
		return status.False(kind, granted.Reason, granted.Message)
	default:
		return status.True(kind, v1alpha1.ReasonReady, "The operator has done all it does for this object.")
	}
}

// fate says what becomes of the namespace of a Partnership that is being deleted.
func (f facts) fate() string {
	if f.namespace == nil {
		return "It has no namespace."
	}
	if f.owned() && f.created() {
		return fmt.Sprintf("Namespace %s was made for it and goes then, with everything in it, also what others put there.",
			f.namespace.Name)
	}
	return fmt.Sprintf("Namespace %s was not made for it: the operator's label and roles are taken off it, and it stays.",
		f.namespace.Name)
}

func openServices(services []v1alpha1.SupportService) (open int32) {
	for i := range services {
		if services[i].Spec.Operation == v1alpha1.OperationOpen {
			open++
		}
	}
	return open
}

// totals adds up the pools kind by kind, in the order of the kinds' names.
func totals(pools []v1alpha1.CapacityPool, now time.Time) []v1alpha1.PlaceTotals {
	byKind := map[v1alpha1.PoolKind][]capacity.Figures{}
	for i := range pools {
		kind := pools[i].Spec.Kind
		byKind[kind] = append(byKind[kind], capacity.FiguresAt(&pools[i], now))
	}
	var list []v1alpha1.PlaceTotals
	for kind, figures := range byKind {
		list = append(list, capacity.Sum(kind, figures))
	}
	slices.SortFunc(list, func(a, b v1alpha1.PlaceTotals) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	return list
}

// freePlaces adds up what is free of every kind with beds or units. It is nil when no such pool has a count to go by: not
// known is not none.
func freePlaces(places []v1alpha1.PlaceTotals) *int32 {
	var free, counted int32
	for _, total := range places {
		if total.Kind != v1alpha1.PoolDayProgramme && total.Kind != v1alpha1.PoolDevice {
			free += *total.Free
			counted += *total.Pools - *total.UnconfirmedPools
		}
	}
	if counted == 0 {
		return nil
	}
	return &free
}
