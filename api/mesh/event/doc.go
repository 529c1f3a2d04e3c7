// Package event writes what partners are told, as CloudEvents 1.0 in structured JSON mode
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
//
// An event names the referral, what happened to it and the version that this led to. It says nothing of the person: the partner
// reads the referral back, and what it may see is decided then. A partner that cannot call back may be set to be sent the fields
// that it may see.
package event
