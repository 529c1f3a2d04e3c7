package delivery

import (
	"strings"

	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/store"
)

// ReasonInWords says why something was not delivered, as a sentence; nothing for no reason.
func ReasonInWords(reason string) string {
	if code, denied := strings.CutPrefix(reason, reasonDenied); denied {
		return "The partner was not to know of it when it was to be sent: " + disclosure.ReasonInWords(code) + "."
	}
	if words, known := reasonWords[reason]; known || reason == "" {
		return words
	}
	return "It was not taken."
}

// reasonWords are all reasons, and all codes of attempts.
var reasonWords = map[string]string{
	ReasonNoEndpoint:     "The partner takes no events: it looks at its worklist.",
	ReasonPartnerUnknown: "The partner is not in the directory now.",
	ReasonSuspended:      "The partner is suspended.",
	ReasonUnsubscribed:   "The endpoint has said that it wants no events, by 410: change its address, or ask for it again.",
	ReasonNoSecret:       "The secret that events are signed with cannot be read: look at delivery.signingSecretRef of the Partner.",
	ReasonOutOfTime:      "It could not be tried within three days.",
	ReasonNotWritten:     "The event could not be written down.",

	string(outbound.ReasonNoOrigin):    "The endpoint did not agree to be sent events: its answer has no WebHook-Allowed-Origin.",
	string(outbound.ReasonOtherOrigin): "The endpoint did not agree to be sent events: it allows another origin.",
	string(outbound.ReasonNotSigned):   "The endpoint did not agree to be sent events: its answer is not signed by their secret.",

	string(outbound.ReasonNotAsked): "The endpoint did not agree to be sent events: it was asked by OPTIONS, before the first " +
		"event, and answered with an error. Have it answer OPTIONS as CloudEvents' HTTP 1.1 Web Hooks say, with " +
		"WebHook-Allowed-Origin, signed.",

	store.CodeInterrupted: "It began, and nobody knows what came of it: there is no answer yet, or we were cut off before " +
		"it was there. It is tried again.",

	string(outbound.CodeOK):                "It was taken.",
	string(outbound.CodeGone):              "The endpoint wants no events any more.",
	string(outbound.CodeTooManyRequests):   "The endpoint asked for time.",
	string(outbound.CodeUnavailable):       "The endpoint is not available now.",
	string(outbound.CodeRedirected):        "The endpoint has moved: write its new address into the Partner.",
	string(outbound.CodeClientError):       "The endpoint did not take the event.",
	string(outbound.CodeServerError):       "The endpoint had an error.",
	string(outbound.CodeUnexpectedStatus):  "The endpoint answered what makes no sense.",
	string(outbound.CodeNotResolved):       "The name of the endpoint has no address.",
	string(outbound.CodeNotConnected):      "The endpoint takes no connections.",
	string(outbound.CodeNotTrusted):        "The certificate of the endpoint is not to be trusted.",
	string(outbound.CodeNoTLS):             "No private connection could be made to the endpoint.",
	string(outbound.CodeTimedOut):          "The endpoint did not answer in time.",
	string(outbound.CodeHungUp):            "The endpoint ended the connection without an answer.",
	string(outbound.CodeNotHTTP):           "The endpoint answered what is no HTTP.",
	string(outbound.CodeStopped):           "We stopped before it was sent.",
	string(outbound.CodeNoLonger):          "The endpoint did not take it, and it was not to be sent once more as it was.",
	string(outbound.CodeNotSendable):       "The event could not be sent.",
	string(outbound.CodeAddressNotAllowed): "The address of the endpoint is not public, and nobody has allowed it.",
	string(outbound.CodeURLNotAllowed):     "The address of the endpoint is no https address that may be sent to.",
}
