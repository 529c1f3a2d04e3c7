// Package signature signs events and checks the signatures of others, by Standard Webhooks 1.0
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md) with HMAC-SHA256: what is signed
// is webhook-id, webhook-timestamp and the body, with full stops between them.
//
// The standard's own Go library is what the tests hold this package against, and is not what it is made of: it reads the clock
// itself, knows one secret at a time, bounds nothing that a stranger sends, takes ids with full stops in them (with which one
// signature stands for several messages) and keys of any length, and prints its key.
package signature
