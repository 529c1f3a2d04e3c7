// Package audit keeps the log of who saw, decided and changed what, so that nobody can change it without that being found.
//
// The log is a Merkle tree over its records in order (RFC 6962, by golang.org/x/mod/sumdb/tlog). Whoever appends also signs
// a checkpoint: how many records there are by then, and the hash over all of them. A copy of any checkpoint, kept where the
// store's administrator cannot reach it, is enough to find later that a record before it was changed, removed or moved.
//
// Records hold codes and identifiers only. What is personal stays in the vault, so that erasing a person leaves the log whole.
package audit
