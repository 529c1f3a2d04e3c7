package delivery

import "lifeline.scot/api/store"

// Reasons why something was not delivered, besides the codes of package outbound and those of the rules of sharing.
const (
	// ReasonNoEndpoint is a partner that takes no events: it looks at its worklist.
	ReasonNoEndpoint = store.ReasonNoEndpoint
	// ReasonPartnerUnknown is a partner that is not in the directory any more.
	ReasonPartnerUnknown = "PARTNER_UNKNOWN"
	// ReasonSuspended is a partner that is suspended: what is for it waits.
	ReasonSuspended = "PARTNER_SUSPENDED"
	// ReasonUnsubscribed is a partner that has said, by 410, that it wants no events at this address any more.
	ReasonUnsubscribed = "UNSUBSCRIBED"
	// ReasonNoSecret is an endpoint whose signing secret cannot be read.
	ReasonNoSecret = "SECRET_NOT_READ"
	// ReasonOutOfTime was waited for until there was no time left.
	ReasonOutOfTime = "OUT_OF_TIME"
	// ReasonNotWritten is an event that cannot be written down.
	ReasonNotWritten = "NOT_WRITTEN"
	// reasonDenied goes before the code of the rules that says why the partner may not know of it.
	reasonDenied = "not_allowed."
)
