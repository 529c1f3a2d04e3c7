// Package placing keeps referrals and the claims on places that are made for them in agreement. A referral that waits for a place
// gets a claim, always under the same name; what becomes of the claim becomes of the referral; and a referral that ends gives its
// claim up.
//
// Both are looked at again and again as they are, so that it does not matter which of the two was away, or where this program was
// stopped: what was missed is seen the next time. Several programs may do so at once.
package placing
