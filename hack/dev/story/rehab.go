package story

import (
	"fmt"
	"strings"
	"time"

	"lifeline.scot/api/mesh/event"
)

// told is what the stay's referral tells of Isla.
const told = `fullName: {chosen: "Isla Sample"}, ageBand: FROM_35_TO_44, phone: "0141 496 0123",
	safeContact: {may: [TEXT], saying: NOTHING}, naloxone: HAS_KIT, gender: {is: WOMAN},
	goals: "Time away, and seeing my sister again.", referralReason: "Isla wants a place in residential rehab.",
	substances: {kinds: [HEROIN]}, housing: {kind: TEMPORARY}`

// agreedTo is what Isla agrees to tell an organisation.
func agreedTo(organisation string) string {
	return fmt.Sprintf(`consents: [{decision: GRANT, purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: [%q],
		categories: [ADMIN, IDENTITY, CONTACT, DEMOGRAPHIC, NEED, RISK, SOCIAL]}]`, organisation)
}

// aPlace is how a place is found and held for somebody who agreed to it.
func (s *stage) aPlace(overdose string) (referral string) {
	s.begins("Consent, and a place in her name")
	s.moves(rory, "referralStartSupport", overdose, "")
	s.reads(rory, overdose)
	referral = s.makes(worker, "referralReferOnward", fmt.Sprintf(`target: %q, urgency: URGENT, told: {%s}, %s,
		circumstances: {capability: CAPABLE, informed: true}, follows: {kind: ONWARD, referral: %q, version: %d}`,
		rehab, told, agreedTo(rehab), overdose, s.versions[overdose]))
	s.says(rory.name, "sits with Isla. She wants to go to rehab, and agrees that Phoenix Futures is told what they need to know, "+
		"all but what is clinical. He refers her on: %s.", referral)
	s.moves(pavel, "referralAcknowledge", referral, "")
	s.moves(pavel, "referralAccept", referral, "")
	s.says(pavel.name, "of Phoenix Futures reads what Isla agreed to, and will support her.")
	s.funds()
	s.counts()
	s.moves(worker, "referralWaitForPlace", referral, `kind: RESIDENTIAL_REHAB, fundRoute: ADP, needs: {gender: WOMEN},
		pools: [{partnership: "glasgow-city", name: "phoenix-futures-scottish-residential-rehab"}], expectedLengthDays: 84`)
	took := s.awaitsStatus(pavel, referral, "PLACEMENT_HELD")
	s.says("Lifeline", "holds a place in her name, %s after it was asked for. Nobody else can be given it.",
		took.Round(100*time.Millisecond))
	s.isTold(ofPhoenix, referral, event.PlaceHeld)
	s.isTold(ofHSCP, referral, event.PlaceHeld)
	return referral
}

// counts makes sure that a place is free, however often the story was played.
func (s *stage) counts() {
	s.places(pavel, "capacityReport", `partnership: "glasgow-city", name: "phoenix-futures-scottish-residential-rehab",
		staffed: 29, occupied: 20`)
	s.says(pavel.name, "counts: 29 places are staffed tonight, 20 people are in them.")
}

// claim names the claim on the place that a referral waits for.
func (s *stage) claim(referral string) string {
	var answer struct {
		Referral *struct{ Standing *struct{ Claim string } }
	}
	s.asks(pavel, fmt.Sprintf(`{ referral(%s) { standing { claim } } }`, pavel.of(referral)), &answer)
	if r := answer.Referral; r != nil && r.Standing != nil && r.Standing.Claim != "" {
		return fmt.Sprintf(`partnership: %q, name: %q`, adp, r.Standing.Claim)
	}
	s.fail(fmt.Errorf("the referral %s has no claim on a place", referral))
	return ""
}

// aStay is from the held place to what comes after it.
func (s *stage) aStay(referral string) (aftercare string) {
	s.begins("Paid for, accepted, moved in")
	claim := s.claim(referral)
	s.places(callum, "placementFundingApprove", claim)
	s.says(callum.name, "of Glasgow City ADP approves the money.")
	s.places(pavel, "placementAccept", claim+", attempt: 1")
	s.places(pavel, "placementAdmit", claim)
	s.awaitsStatus(pavel, referral, "ADMITTED")
	s.says(pavel.name, "welcomes Isla. (Twelve weeks go by between this line and the next.)")
	s.places(pavel, "placementDischarge", claim+", reason: COMPLETED")
	s.awaitsStatus(pavel, referral, "COMPLETED")
	s.says(pavel.name, "says goodbye to Isla as planned.")
	s.isTold(ofPhoenix, referral, event.Completed)
	s.isTold(ofHSCP, referral, event.Completed)
	s.says("Lifeline", "shows that something is missing: %s.", s.missing(referral))
	aftercare = s.aftercare(referral)
	s.moves(pavel, "referralStepSettle", referral, "task: NALOXONE, outcome: DONE")
	s.says(pavel.name, "sees that she has a naloxone kit. Now %s is missing.", s.missing(referral))
	return aftercare
}

// missing is what keeps people alive and nobody has said anything about.
func (s *stage) missing(referral string) string {
	var answer struct{ Referral *struct{ Missing []string } }
	s.asks(pavel, fmt.Sprintf(`{ referral(%s) { missing } }`, pavel.of(referral)), &answer)
	if answer.Referral == nil || len(answer.Referral.Missing) == 0 {
		return "nothing"
	}
	return strings.ToLower(strings.Join(answer.Referral.Missing, ", "))
}

// aftercare is what follows a stay: the weeks after it are those of the highest risk.
func (s *stage) aftercare(stay string) (referral string) {
	s.reads(pavel, stay)
	referral = s.makes(pavel, "referralReferOnward", fmt.Sprintf(`partnership: %q, target: %q, urgency: URGENT, told: {%s}, %s,
		circumstances: {capability: CAPABLE, informed: true}, follows: {kind: AFTERCARE, referral: %q, version: %d}`,
		adp, hscp, told, agreedTo(hscp), stay, s.versions[stay]))
	s.says(pavel.name, "refers her to support in Glasgow before she leaves the building, since the weeks after a stay are those of "+
		"the highest risk. She agrees to it: %s.", referral)
	s.isTold(ofHSCP, referral, event.Submitted)
	return referral
}
