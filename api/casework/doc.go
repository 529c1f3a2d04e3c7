// Package casework is what can be done with referrals: made, answered, sent on, talked about, consented to, ended. Each
// request is carried out once, however often it is sent with the same idempotency key; what was not done is told as a
// refusal.Refusal.
//
// Who may do what follows from the part that somebody's organisation has in the referral and from their roles; what they may see
// of it is decided by package disclosure alone, and doing something shows nothing. Whoever has no part in a referral gets the
// same answer as for one that does not exist.
package casework
