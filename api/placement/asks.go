package placement

import (
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/util/validation"

	"lifeline.scot/api/refusal"
	"lifeline.scot/crds/v1alpha1"
)

var (
	languageCode = regexp.MustCompile("^[a-z]{2,3}$")
	// referralNumber and hasLetter are what the resource asks of a referralID.
	referralNumber = regexp.MustCompile("^[A-Za-z0-9][-A-Za-z0-9]{6,61}[A-Za-z0-9]$")
	hasLetter      = regexp.MustCompile("[A-Za-z]")
)

// CheckAsks refuses words where a claim has codes: a language that is none, pools that there are not. Kubernetes would refuse
// some of it, too, and repeat it in its logs: what somebody wrote about a person by mistake must not get as far as that. has
// reports whether there is a pool.
func CheckAsks(asks v1alpha1.PlacementSpec, has func(v1alpha1.PlacementPool) bool) error {
	for i, pool := range asks.Pools {
		if has(pool) {
			continue
		}
		field := "name"
		if len(validation.IsDNS1123Label(string(pool.Partnership))) > 0 {
			field = "partnership"
		}
		return refusal.Of(refusal.Invalid, "There is no such pool in the directory.", "input", "pools", fmt.Sprint(i), field)
	}
	if asks.Needs != nil && asks.Needs.Language != "" && !languageCode.MatchString(asks.Needs.Language) {
		return refusal.Of(refusal.Invalid, "A language is a two- or three-letter code in lower case, such as en, gd or pl.",
			"input", "needs", "language")
	}
	return nil
}

// check is the same with the referral that the claim is for.
func (d *Desk) check(spec v1alpha1.PlacementSpec) error {
	if !referralNumber.MatchString(spec.ReferralID) || !hasLetter.MatchString(spec.ReferralID) {
		return refusal.Of(refusal.Invalid, "referralID is the opaque number of a referral: 8 to 63 letters, digits and '-', with at "+
			"least one letter, such as r-7f3kq29d; never a CHI number.", "input", "referralID")
	}
	return CheckAsks(spec, func(pool v1alpha1.PlacementPool) bool { return d.Book.Pool(pool) != nil })
}

// nameMade is the shape of names that claims are given here: those made by the desk, and those made for a referral.
var nameMade = regexp.MustCompile("^(c-[a-z2-7]{26}|r-[a-z0-9]{20}-[0-9]{1,10})$")

// asksFor reports whether Kubernetes is asked for a claim: one that has been seen, or that may have been made a moment ago
// through another replica. Names stand in addresses, and those in logs, so one that somebody may have made up is not sent.
func (d *Desk) asksFor(t Target) bool {
	return d.Book.Claim(t.name()) != nil || nameMade.MatchString(t.Name) && d.Book.knows(t.name().Namespace)
}
