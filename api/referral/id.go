package referral

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"regexp"
	"strings"
)

// NewID makes an opaque id that nobody can guess and that tells nothing, such as r-k3w9t2m7x4p8q6n5c2. It fits the
// referralID of a claim on a place.
func NewID() string { return newID("r") }

// NewPersonID makes the opaque id of a person.
func NewPersonID() string { return newID("p") }

// shape is that of the ids of referrals.
var shape = regexp.MustCompile("^r-[0-9a-z]{20}$")

// IsID reports whether a text can be the id of a referral. Nothing else is looked for or written down as one: it may be a name
// or a CHI number that somebody pasted by mistake.
func IsID(text string) bool { return shape.MatchString(text) }

// ClaimName names the claim on a place that the event of that version of a referral asks for: always the same, so that it is made
// once.
func ClaimName(referral string, version int64) string { return fmt.Sprintf("%s-%d", referral, version) }

// letters leave out those that look like others: 0 and o, 1, i and l are not all there.
var letters = base32.NewEncoding("23456789abcdefghjkmnpqrstuvwxyz0").WithPadding(base32.NoPadding)

const randomBytes = 12

func newID(kind string) string {
	random := make([]byte, randomBytes)
	_, _ = rand.Read(random) // never fails
	return strings.ToLower(kind + "-" + letters.EncodeToString(random))
}
