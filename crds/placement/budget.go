package placement

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// budget is what funds of one Partnership pay for by one route. The zero value is all that needs no fund.
type budget struct {
	partnership v1alpha1.ObjectName
	route       v1alpha1.FundRoute
}

func budgetOf(r Request) budget {
	if !r.FundRoute.NeedsFund() {
		return budget{}
	}
	return budget{r.Partnership, r.FundRoute}
}

// fund is a PlacementFund as last seen, and who is about to take from it.
type fund struct {
	object  *v1alpha1.PlacementFund
	assumed map[types.UID]struct{}
}

func (f *fund) budget() budget {
	return budget{v1alpha1.PartnershipOf(f.object.Namespace), f.object.Spec.Route}
}

func (f *fund) assume(uid types.UID) {
	shown := slices.ContainsFunc(f.object.Status.Commitments, func(c v1alpha1.FundCommitment) bool {
		return c.ClaimUID == v1alpha1.ObjectUID(uid)
	})
	if !shown {
		f.assumed[uid] = struct{}{}
	}
}

// settle forgets assumptions that the object bears out.
func (f *fund) settle() {
	for i := range f.object.Status.Commitments {
		if len(f.assumed) == 0 {
			return
		}
		delete(f.assumed, types.UID(f.object.Status.Commitments[i].ClaimUID))
	}
}

func (f *fund) forget(uid types.UID) { delete(f.assumed, uid) }

// left is how many placements the fund can still promise.
func (f *fund) left() int {
	if !Pays(f.object) || f.object.Spec.Places == nil {
		return 0
	}
	return int(*f.object.Spec.Places) - len(f.object.Status.Commitments) - len(f.assumed)
}

// FinancialYear returns the financial year, from 1 April to 31 March, that a moment lies in, as "2026-27". Days are those
// of UTC: a moment in the first hour of 1 April, British Summer Time, still belongs to the old year.
func FinancialYear(at time.Time) string {
	year := firstYear(at)
	return fmt.Sprintf("%d-%02d", year, (year+1)%100)
}

func firstYear(at time.Time) int {
	year, month, _ := at.UTC().Date()
	if month < time.April {
		year--
	}
	return year
}

// year remembers the name of the financial year, which is asked for again and again.
type year struct {
	first int
	name  string
}

func (y *year) nameAt(now time.Time) string {
	if first := firstYear(now); y.name == "" || first != y.first {
		y.first, y.name = first, FinancialYear(now)
	}
	return y.name
}

// SetFund takes note of a fund as it is now.
func (q *Queue) SetFund(object *v1alpha1.PlacementFund) {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := &fund{object: object, assumed: map[types.UID]struct{}{}}
	b := f.budget()
	name := types.NamespacedName{Namespace: object.Namespace, Name: object.Name}
	if was := q.takeFund(name); was != nil && was.object.UID == object.UID {
		f.assumed = was.assumed
		f.settle()
	} else {
		q.assumeCommitments(f)
	}
	q.funds[b] = append(q.funds[b], f)
	slices.SortFunc(q.funds[b], func(x, y *fund) int { return cmp.Compare(x.object.Name, y.object.Name) })
	q.stirBudget(b)
}

// assumeCommitments counts what claims are taking from a fund that was not known until now.
func (q *Queue) assumeCommitments(f *fund) {
	for _, c := range q.claims {
		b := c.object.Status.Binding
		if b != nil && budgetOfClaim(c) == f.budget() && PaidFrom(b, f.object) &&
			(b.State == v1alpha1.BindingTaking || b.State == v1alpha1.BindingHeld) {
			f.assume(c.object.UID)
		}
	}
}

// PaidFrom reports whether a binding of a claim in the fund's namespace names this very fund, and not one that had its name
// before.
func PaidFrom(b *v1alpha1.PlacementBinding, f *v1alpha1.PlacementFund) bool {
	return string(b.Fund) == f.Name && (b.FundUID == "" || b.FundUID == v1alpha1.ObjectUID(f.UID))
}

// Pays reports whether the fund may promise anything at all: it is not being deleted, and nobody found that its namespace
// belongs to no Partnership, or to one that is being deleted.
func Pays(f *v1alpha1.PlacementFund) bool {
	return f.DeletionTimestamp.IsZero() && !meta.IsStatusConditionFalse(f.Status.Conditions, v1alpha1.ConditionReady)
}

// RemoveFund forgets a fund that has gone.
func (q *Queue) RemoveFund(name types.NamespacedName) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.takeFund(name)
}

func (q *Queue) takeFund(name types.NamespacedName) *fund {
	for b, list := range q.funds {
		if b.partnership != v1alpha1.PartnershipOf(name.Namespace) {
			continue
		}
		for i, f := range list {
			if f.object.Name == name.Name {
				q.funds[b] = slices.Delete(list, i, i+1)
				return f
			}
		}
	}
	return nil
}

// fund returns the fund of that name among those of the claim's budget; nil if there is none.
func (q *Queue) fund(c *claim, name v1alpha1.ObjectName) *fund {
	if name == "" {
		return nil
	}
	for _, f := range q.funds[budgetOfClaim(c)] {
		if f.object.Name == string(name) {
			return f
		}
	}
	return nil
}

// budgetOfClaim is what would pay for the claim, whether or not its route needs a fund.
func budgetOfClaim(c *claim) budget {
	return budget{v1alpha1.PartnershipOf(c.key.Namespace), c.object.Spec.FundRoute}
}

// payer returns the fund of the budget that can pay for one more at now. The reason says why none can; it is empty when one
// can, or none is needed (then the fund is nil).
func (q *Queue) payer(b budget, now time.Time) (*fund, v1alpha1.WaitingReason) {
	if b == (budget{}) {
		return nil, ""
	}
	reason := v1alpha1.WaitingNoFund
	for _, f := range q.funds[b] {
		if f.object.Spec.FinancialYear != q.year.nameAt(now) || !Pays(f.object) {
			continue
		}
		if f.left() > 0 {
			return f, ""
		}
		reason = v1alpha1.WaitingFundUsedUp
	}
	return nil, reason
}

// stirBudget marks the pools that those who wait for this money could be given a place in.
func (q *Queue) stirBudget(b budget) {
	for p := range q.lines[b] {
		q.stirred[p] = struct{}{}
	}
}

// Tally works out committed, used and remaining from the fund's commitments. Whoever changes those calls it before writing.
func Tally(object *v1alpha1.PlacementFund) {
	var committed, used int32
	for _, c := range object.Status.Commitments {
		if c.State == v1alpha1.CommitmentUsed {
			used++
		} else {
			committed++
		}
	}
	remaining := -committed - used
	if object.Spec.Places != nil {
		remaining += *object.Spec.Places
	}
	remaining = max(0, remaining)
	object.Status.Committed, object.Status.Used, object.Status.Remaining = &committed, &used, &remaining
}
