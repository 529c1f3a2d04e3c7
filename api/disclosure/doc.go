// Package disclosure is the only way by which what people told leaves the store. It states the facts of who asks for what to the
// rules of sharing, has a whole list decided at once, reads no field that is not permitted, and writes into the audit log what
// was decided and shown before it returns anything: if that cannot be written, nothing is shown.
//
// Of each referral it returns a [Cut]: each field is known, or not known to anybody, or withheld with the reason. What does not
// exist, and what somebody may not know of, give the same answer.
package disclosure
