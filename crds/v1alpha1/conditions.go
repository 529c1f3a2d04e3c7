package v1alpha1

// Condition types. Ready sums up the others of its object: it is what `kubectl wait --for=condition=Ready` waits for.
const (
	// ConditionReady is True when the operator has done all it does for this generation and everything the object names is
	// there. It says nothing about what the object tells: a pool with an old count is Ready. Unknown until the operator has
	// seen the object.
	ConditionReady = "Ready"

	// ConditionReferencesResolved (SupportService, CapacityPool, DataSharingAgreement, Pathway) is True when everything the object
	// names exists and may be used.
	ConditionReferencesResolved = "ReferencesResolved"

	// ConditionAccessGranted (Partnership) is True when everybody who should have access to its namespace has it.
	ConditionAccessGranted = "AccessGranted"

	// ConditionRecentlyVerified (SupportService) is True while somebody has checked the entry within its own interval.
	// It turns False by itself when that time has passed.
	ConditionRecentlyVerified = "RecentlyVerified"

	// ConditionComplete (Partner) is True when the partner has what it needs to take part in sharing: a data-protection
	// contact, and a secret for its delivery endpoint if it has one.
	ConditionComplete = "Complete"

	// ConditionReachable (Partner) is True while the partner takes the events that are sent to it. The API writes it, and nobody
	// else; it is there once something was sent.
	ConditionReachable = "Reachable"

	// ConditionOvercommitted (CapacityPool) is True when more people are in, or promised, a place than there are staffed
	// places. Nobody is put out; no more places are offered.
	ConditionOvercommitted = "Overcommitted"

	// ConditionCountMismatch (CapacityPool) is True when a count contradicts something else that is known: more staffed
	// places than registered, or two different counts for one moment.
	ConditionCountMismatch = "CountMismatch"

	// ConditionReportsAccepted (CapacityPool) is False when a report for the pool could not be used; the message names it.
	ConditionReportsAccepted = "ReportsAccepted"

	// ConditionMerged (CapacityReport) is True while the report is the count its pool shows, False with a reason when it
	// is not.
	ConditionMerged = "Merged"

	// ConditionPlaced (Placement) is True while a place is held for the claim or the person is in it. Its reason is the one
	// word for where the claim stands.
	ConditionPlaced = "Placed"

	// ConditionFundingApproved (Placement) is True when the ADP said that it pays, or nobody has to be asked.
	ConditionFundingApproved = "FundingApproved"

	// ConditionAccepted (Placement) is True when the provider whose place is held said that it takes the person.
	ConditionAccepted = "Accepted"

	// ConditionHoldEnding (Placement) is True when the hold ends soon and the person has not been admitted.
	ConditionHoldEnding = "HoldEnding"

	// ConditionEnded (Placement) is True when the claim has ended and nothing more happens to it.
	ConditionEnded = "Ended"

	// ConditionInForce (DataSharingAgreement) is True while the agreement allows what it says, by its own times and standing
	// alone. Its reason is its state.
	ConditionInForce = "InForce"

	// ConditionPartiesPresent (Pathway) is True when a Partner that takes part and serves the area stands for each public body that
	// has to be there.
	ConditionPartiesPresent = "PartiesPresent"

	// ConditionCovered (Pathway) is True while agreements in force let each of its parties share with each responder, for every
	// purpose and basis that it names.
	ConditionCovered = "Covered"

	// ConditionSafetyStepsOffered (Pathway) is True when take-home naloxone and aftercare are offered along it.
	ConditionSafetyStepsOffered = "SafetyStepsOffered"
)

// Reasons of ConditionReady and ConditionReferencesResolved, on any kind.
const (
	// ReasonReady means the operator has done all it does.
	ReasonReady = "Ready"
	// ReasonPending means the operator has not yet looked at the object.
	ReasonPending = "Pending"
	// ReasonResolved means everything the object names was found.
	ReasonResolved = "Resolved"
	// ReasonPartnershipNotFound means the object is in a namespace that belongs to no Partnership; on Ready of a pool whose
	// references are resolved, that claimableBy names a Partnership that does not exist.
	ReasonPartnershipNotFound = "PartnershipNotFound"
	// ReasonPartnerNotFound means the Partner it names does not exist.
	ReasonPartnerNotFound = "PartnerNotFound"
	// ReasonPartnerSuspended means the Partner it names is suspended.
	ReasonPartnerSuspended = "PartnerSuspended"
	// ReasonServiceNotFound means the SupportService it names does not exist in the same namespace.
	ReasonServiceNotFound = "ServiceNotFound"
	// ReasonServiceNotOpen means the SupportService it names is not open, and the pool is.
	ReasonServiceNotOpen = "ServiceNotOpen"
	// ReasonReferenceNotResolved means Ready is False because ReferencesResolved is.
	ReasonReferenceNotResolved = "ReferenceNotResolved"
	// ReasonBeingDeleted means what the object names is being deleted.
	ReasonBeingDeleted = "BeingDeleted"
	// ReasonInUse means deletion was asked for and waits, because others still name the object.
	ReasonInUse = "InUse"
	// ReasonNamespaceNotOwned means the namespace a Partnership needs exists and belongs to somebody else.
	ReasonNamespaceNotOwned = "NamespaceNotOwned"
)

// Reasons of ConditionAccessGranted.
const (
	// ReasonGranted means that everybody who should have access has it.
	ReasonGranted = "Granted"
	// ReasonRoleNotOwned means that a Role or RoleBinding of a name the operator needs was made by somebody else. Nobody is
	// bound to it. Ready gives this reason too.
	ReasonRoleNotOwned = "RoleNotOwned"
)

// Reasons of ConditionRecentlyVerified.
const (
	// ReasonVerified means checked within the interval.
	ReasonVerified = "Verified"
	// ReasonVerificationDue means last checked longer ago than the interval.
	ReasonVerificationDue = "VerificationDue"
	// ReasonNeverVerified means nobody has recorded a check.
	ReasonNeverVerified = "NeverVerified"
	// ReasonVerificationInFuture means the recorded check lies in the future, so it is not believed.
	ReasonVerificationInFuture = "VerificationInFuture"
)

// Reasons of ConditionReachable.
const (
	// ReasonEventsTaken means the partner took the last event that it was sent.
	ReasonEventsTaken = "EventsTaken"
	// ReasonEventsNotTaken means no event has been taken for a minute or longer, and one was not; they are sent again.
	ReasonEventsNotTaken = "EventsNotTaken"
	// ReasonUnsubscribed means the endpoint answered 410: it gets no events until its address changes or a delivery is asked for
	// again.
	ReasonUnsubscribed = "Unsubscribed"
	// ReasonNotTried means nothing has been sent to the endpoint yet, at the address that it has now.
	ReasonNotTried = "NotTried"
	// ReasonNoEndpoint means the partner takes no events any more.
	ReasonNoEndpoint = "NoEndpoint"
)

// Reasons of ConditionComplete.
const (
	// ReasonComplete means nothing is missing.
	ReasonComplete = "Complete"
	// ReasonDataProtectionContactMissing means no data-protection contact is recorded.
	ReasonDataProtectionContactMissing = "DataProtectionContactMissing"
	// ReasonSuspended means the partner is suspended.
	ReasonSuspended = "Suspended"
)

// Reasons of ConditionOvercommitted, ConditionCountMismatch and ConditionReportsAccepted.
const (
	// ReasonWithinStaffed means no more people than staffed places.
	ReasonWithinStaffed = "WithinStaffed"
	// ReasonMorePeopleThanPlaces means people in, or promised, a place outnumber the staffed places.
	ReasonMorePeopleThanPlaces = "MorePeopleThanPlaces"
	// ReasonConsistent means the count contradicts nothing that is known.
	ReasonConsistent = "Consistent"
	// ReasonMoreStaffedThanRegistered means more places are staffed than the pool is registered for.
	ReasonMoreStaffedThanRegistered = "MoreStaffedThanRegistered"
	// ReasonDifferentCountsSameTime means two reports for one moment give different counts.
	ReasonDifferentCountsSameTime = "DifferentCountsSameTime"
	// ReasonFewerThanAdmitted means fewer people were counted than Lifeline knows to have been there.
	ReasonFewerThanAdmitted = "FewerThanAdmitted"
	// ReasonNoReports means nobody has reported a count yet.
	ReasonNoReports = "NoReports"
	// ReasonAllAccepted means every report could be used.
	ReasonAllAccepted = "AllAccepted"
)

// Reasons of ConditionMerged.
const (
	// ReasonCurrent means this is the count the pool shows.
	ReasonCurrent = "Current"
	// ReasonSuperseded means a report observed later is shown instead.
	ReasonSuperseded = "Superseded"
	// ReasonFutureDated means observedTime is later than the moment the report was created, so it is not believed.
	ReasonFutureDated = "FutureDated"
	// ReasonPoolNotFound means the pool it counts does not exist in the same namespace.
	ReasonPoolNotFound = "PoolNotFound"
	// ReasonReporterNotProvider means reportedBy is neither the pool's provider nor the partnership.
	ReasonReporterNotProvider = "ReporterNotProvider"
)

// Reasons of ConditionPlaced. While it is False it says what the claim waits for, or that it has ended.
const (
	// ReasonWaiting means the claim stands in the queue of a pool that fits.
	ReasonWaiting = "Waiting"
	// ReasonNotYet means the earliest moment a place can be used has not come.
	ReasonNotYet = "NotYet"
	// ReasonNothingFits means that no pool the claim may use fits it. It keeps its turn, and blocks nobody.
	ReasonNothingFits = "NothingFits"
	// ReasonNotFunded means that places fit, and none can be paid for.
	ReasonNotFunded = "NotFunded"
	// ReasonTaking means a pool is chosen and the place is being taken.
	ReasonTaking = "Taking"
	// ReasonHeld means a place is held.
	ReasonHeld = "Held"
	// ReasonAdmitted means the person is in the place.
	ReasonAdmitted = "Admitted"
	// ReasonReleasing means the place is being given back.
	ReasonReleasing = "Releasing"
	// ReasonEnded means the claim has ended; ConditionEnded says why.
	ReasonEnded = "Ended"
)

// Reasons of ConditionFundingApproved and ConditionAccepted.
const (
	// ReasonApproved means the ADP pays.
	ReasonApproved = "Approved"
	// ReasonNotNeeded means that no approval is needed.
	ReasonNotNeeded = "NotNeeded"
	// ReasonDeclined means the ADP decided not to pay.
	ReasonDeclined = "Declined"
	// ReasonAwaited means that nobody has answered yet.
	ReasonAwaited = "Awaited"
	// ReasonAccepted means the provider takes the person.
	ReasonAccepted = "Accepted"
	// ReasonCannotOffer means the provider cannot offer the place.
	ReasonCannotOffer = "CannotOffer"
	// ReasonNoPlaceHeld means there is no place to answer for.
	ReasonNoPlaceHeld = "NoPlaceHeld"
)

// Reasons of ConditionHoldEnding.
const (
	// ReasonHoldEndsSoon means less than a quarter of the hold period, or less than twelve hours, are left.
	ReasonHoldEndsSoon = "HoldEndsSoon"
	// ReasonHoldNotEnding means there is time left, or nothing is held.
	ReasonHoldNotEnding = "HoldNotEnding"
)

// Reasons of ConditionEnded.
const (
	// ReasonOngoing means the claim has not ended.
	ReasonOngoing = "Ongoing"
	// ReasonDischarged means the person was admitted and has left.
	ReasonDischarged = "Discharged"
	// ReasonWithdrawn means the claim was given up.
	ReasonWithdrawn = "Withdrawn"
	// ReasonHoldsExpired means three holds expired without an admission.
	ReasonHoldsExpired = "HoldsExpired"
)

// Reasons of ConditionReady of a Placement and a PlacementFund.
const (
	// ReasonPoolsNotUsable means that not one of the pools the Placement names exists, is of its kind and may be claimed.
	ReasonPoolsNotUsable = "PoolsNotUsable"
	// ReasonDuplicateReferral means that another Placement of the same referral and kind is open; this one waits for it to end.
	ReasonDuplicateReferral = "DuplicateReferral"
)

// Reasons of ConditionOvercommitted of a PlacementFund.
const (
	// ReasonWithinFund means no more is promised and used than the fund has.
	ReasonWithinFund = "WithinFund"
	// ReasonMorePlacementsThanFunded means the fund was cut below what is promised and used. No promise is broken.
	ReasonMorePlacementsThanFunded = "MorePlacementsThanFunded"
)

// Reasons of ConditionPartiesPresent, ConditionCovered and ConditionSafetyStepsOffered; Ready gives the first two as well.
const (
	// ReasonAllPresent means that every public body that has to take part does.
	ReasonAllPresent = "AllPresent"
	// ReasonPublicBodyMissing means that nobody stands for a public body that has to take part.
	ReasonPublicBodyMissing = "PublicBodyMissing"
	// ReasonAgreementsInForce means that agreements cover all of it.
	ReasonAgreementsInForce = "AgreementsInForce"
	// ReasonNotCovered means that no agreement in force covers a part of it.
	ReasonNotCovered = "NotCovered"
	// ReasonOffered means that take-home naloxone and aftercare are offered.
	ReasonOffered = "Offered"
	// ReasonLeftOut means that one of them is not offered; the message has the ADP's reason.
	ReasonLeftOut = "LeftOut"
)
