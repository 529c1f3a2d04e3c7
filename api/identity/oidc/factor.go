package oidc

import "slices"

// factor is a kind of proof of who somebody is: what they know, have or are.
type factor int

const (
	known factor = 1 << iota
	had
	been
)

// factors are the kinds that methods of signing in are of, by their names in amr (RFC 8176). What is no proof of who somebody is,
// such as where they are or how risky it looks, is of no kind.
func factors() map[string]factor {
	return map[string]factor{
		"kba": known, "pin": known, "pwd": known,
		"hwk": had, "otp": had, "pop": had, "sc": had, "sms": had, "swk": had, "tel": had,
		"face": been, "fpt": been, "iris": been, "retina": been, "vbm": been,
	}
}

// multipleFactors is what amr says of any methods of two kinds (RFC 8176, section 2).
const multipleFactors = "mfa"

// secondFactor reports whether somebody signed in by proofs of two kinds: amr says so, or names methods of two kinds, or acr is a
// context that the issuer gives to nobody who did not. One method alone is no second factor, whichever it is.
func (i Issuer) secondFactor(all members) bool {
	if slices.Contains(i.SecondFactorContexts, all.text("acr")) {
		return true
	}
	methods := all.names([]string{"amr"})
	if slices.Contains(methods, multipleFactors) {
		return true
	}
	var used factor
	for _, method := range methods {
		used |= factors()[method]
	}
	return used&(used-1) != 0
}
