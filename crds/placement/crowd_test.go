package placement

import (
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"lifeline.scot/crds/v1alpha1"
)

// crowd is a nation of pools and people who wait for them, the same each time. What people need differs as it does in life:
// most claims ask for something that no other claim asks for in just that way.
type crowd struct {
	dice *rand.Rand
	// alike claims all ask for the same: a place of one kind, anywhere in Scotland, with no more needs.
	alike bool
	made  int
	pools []*v1alpha1.CapacityPool
}

const crowdPartnerships = 30

var crowdKinds = []v1alpha1.PoolKind{
	v1alpha1.PoolResidentialRehab, v1alpha1.PoolDetox, v1alpha1.PoolStabilisation, v1alpha1.PoolCrisis,
}

func newCrowd(alike bool) *crowd { return &crowd{dice: rand.New(rand.NewPCG(1, 2)), alike: alike} }

func one[T any](c *crowd, of ...T) T { return of[c.dice.IntN(len(of))] }

func (c *crowd) partnership() string { return fmt.Sprintf("area-%02d", c.dice.IntN(crowdPartnerships)) }

// queue holds so many pools, with so many places free in each, and so many claims.
func (c *crowd) queue(pools int, free int32, claims int) *Queue {
	q := NewQueue()
	for i := range crowdPartnerships {
		q.SetFund(c.fund(i))
	}
	for range pools {
		p := c.pool(free)
		c.pools = append(c.pools, p)
		q.SetPool(p)
	}
	for range claims {
		q.SetClaim(c.claim())
	}
	return q
}

func (c *crowd) fund(i int) *v1alpha1.PlacementFund {
	f := anyFund("f", 1000)
	f.Namespace = fmt.Sprintf("adp-area-%02d", i)
	return f
}

func (c *crowd) pool(free int32) *v1alpha1.CapacityPool {
	p := anyPool(fmt.Sprintf("pool-%04d", len(c.pools)), free)
	p.Namespace, p.Spec.Kind = v1alpha1.NamespaceFor(c.partnership()), one(c, crowdKinds...)
	if c.alike {
		return p
	}
	p.Spec.ClaimableBy.Scope = one(c, v1alpha1.ClaimScotland, v1alpha1.ClaimPartnership)
	p.Spec.Features = &v1alpha1.Features{
		Genders:  one(c, []v1alpha1.Gender{v1alpha1.GenderAny}, []v1alpha1.Gender{v1alpha1.GenderWomen}, []v1alpha1.Gender{v1alpha1.GenderMen}),
		StepFree: one(c, v1alpha1.KnownYes, v1alpha1.KnownNo), StayingOnMAT: one(c, v1alpha1.KnownYes, v1alpha1.KnownNo),
	}
	if c.dice.IntN(4) == 0 {
		p.Spec.Features.Children, p.Spec.Features.MaximumChildren = v1alpha1.KnownYes, 3
	}
	p.Status.Languages = one(c, []string{"en"}, []string{"en", "pl"}, []string{"en", "gd", "ur"})
	return p
}

func (c *crowd) claim() *v1alpha1.Placement {
	p := anyClaim(fmt.Sprintf("c%06d", c.made), 0)
	p.CreationTimestamp = metav1.NewTime(noon.Add(time.Duration(c.made) * time.Second))
	c.made++
	if c.alike {
		return p
	}
	p.Namespace, p.Spec.Kind = v1alpha1.NamespaceFor(c.partnership()), one(c, crowdKinds...)
	p.Spec.Priority = one(c, v1alpha1.PriorityRoutine, v1alpha1.PriorityRoutine, v1alpha1.PriorityRoutine, v1alpha1.PriorityUrgent)
	p.Spec.FundRoute = one(c, "", v1alpha1.RouteADP)
	age := int32(18 + c.dice.IntN(50))
	p.Spec.Needs = &v1alpha1.PlacementNeeds{
		Gender: one(c, v1alpha1.GenderWomen, v1alpha1.GenderMen, v1alpha1.GenderAny), AgeYears: &age,
		StepFree: one(c, "", "", "", v1alpha1.NeedRequired), StayingOnMAT: one(c, "", "", v1alpha1.NeedRequired),
		Language: one(c, "", "", "", "", "pl", "gd"), Children: one(c, int32(0), 0, 0, 0, 1, 2),
	}
	if c.dice.IntN(5) == 0 {
		for range 3 {
			p.Spec.Pools = append(p.Spec.Pools, PoolOf(c.pools[c.dice.IntN(len(c.pools))]))
		}
	}
	if c.dice.IntN(10) == 0 {
		p.Spec.NotBeforeTime = &metav1.Time{Time: p.CreationTimestamp.Add(1000 * time.Hour)}
	}
	return p
}

// keyOf is how the queue knows a claim.
func keyOf(p *v1alpha1.Placement) types.NamespacedName {
	return types.NamespacedName{Namespace: p.Namespace, Name: p.Name}
}
