// Package pathway takes referrals along the pathways of ADPs: it knows the pathways there are ([Register]), makes the plan that a
// referral keeps to ([PlanOf]), and does what is to be done when nobody did in time ([Keeper]).
package pathway
