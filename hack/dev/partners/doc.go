// Package partners stands for the software of some partners of the sample data, so that events arrive in `make run`: one endpoint
// on this machine, over TLS, that agrees to be sent events, verifies each with the official library of Standard Webhooks, and
// remembers the last of each partner until it ends. Of an event it keeps what that names and never what it may tell of a person.
package partners
