// Package inbound takes signed events from partners whose software does not speak GraphQL: that they have a referral, accept it
// or cannot offer what is needed, that somebody moved in or left, how many places there are.
//
// An event is one request: the same things are done by the same desks, with the same rules, as when somebody of that partner with
// the role Provider asks for them in the API. It is a CloudEvent, signed as Standard Webhooks says by the secret that the Partner
// names under inbound. It says codes and opaque names alone: whatever else is in it, it is turned away whole, since it could be
// about a person.
package inbound
