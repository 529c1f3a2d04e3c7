package placement

import (
	"lifeline.scot/crds/v1alpha1"
)

// referral is all claims of one namespace that are open for one referral and kind of place. One of them may have a place:
// one that has, or takes, a place already, else the oldest.
type referral struct {
	open  map[*claim]struct{}
	first *claim
}

type referralKey struct {
	namespace, id string
	kind          v1alpha1.PoolKind
}

func referralOf(c *claim) referralKey {
	return referralKey{c.key.Namespace, c.object.Spec.ReferralID, c.object.Spec.Kind}
}

// relate works out anew which claim of the referral may have a place.
func (q *Queue) relate(c *claim) {
	if c.object.Status.EndedTime != nil {
		q.unrelate(c)
		return
	}
	key := referralOf(c)
	r := q.referrals[key]
	if r == nil {
		r = &referral{open: map[*claim]struct{}{}}
		q.referrals[key] = r
	}
	r.open[c] = struct{}{}
	q.choose(r)
}

func (q *Queue) unrelate(c *claim) {
	key := referralOf(c)
	r := q.referrals[key]
	if r == nil {
		return
	}
	delete(r.open, c)
	if len(r.open) == 0 {
		delete(q.referrals, key)
		return
	}
	q.choose(r)
}

func (q *Queue) choose(r *referral) {
	was := r.first
	r.first = nil
	for c := range r.open {
		if r.first == nil || q.before(c, r.first) {
			r.first = c
		}
	}
	if was == r.first {
		return
	}
	if _, open := r.open[was]; open {
		q.place(was)
	}
	q.place(r.first)
}

func (q *Queue) before(a, b *claim) bool {
	if placedA, placedB := q.placed(a), q.placed(b); placedA != placedB {
		return placedA
	}
	return older(a.object, b.object)
}

// placed reports whether the claim has, takes or gives back a place.
func (q *Queue) placed(c *claim) bool {
	return c.object.Status.Binding != nil || c.assigned != nil || q.allocated[c.object.UID] > 0
}

// duplicate reports whether another open claim for the same referral and kind of place comes first.
func (q *Queue) duplicate(c *claim) bool {
	r := q.referrals[referralOf(c)]
	return r != nil && r.first != c
}

func older(a, b *v1alpha1.Placement) bool {
	if !a.CreationTimestamp.Time.Equal(b.CreationTimestamp.Time) {
		return a.CreationTimestamp.Time.Before(b.CreationTimestamp.Time)
	}
	return a.UID < b.UID
}
