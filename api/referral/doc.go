// Package referral is a referral and its history: what has happened, in order, and what follows from it. How a referral
// stands is worked out from its history alone ([Fold]); a change is judged by how it stands ([State.Decide]) and becomes
// the next event, or is refused with the reason.
//
// It knows neither SQL, nor HTTP, nor GraphQL, and reads no clock.
package referral
