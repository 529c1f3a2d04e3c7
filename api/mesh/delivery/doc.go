// Package delivery tells partners what happened to the referrals that they have a part in: each event at least once, in the order
// of its referral, for as long as three days, and never to anybody who may not know of it when it is sent.
//
// What is to be delivered is a row of the store, written in the transaction of the change that it tells of. In the same
// transaction River (https://riverqueue.com) is given a job that names the row; the job says when to look and nothing else, so
// that it makes no difference how often it runs, or where it was killed: the [Courier] reads the row and does what follows from
// it.
//
// Each partner has a lane of its own in River: a partner that is slow or away slows nobody else down. A partner that fails
// several times in a row has its lane closed for a while. Whoever receives an event can tell it from others by its id, which is
// the same on every attempt, and which of two of the same referral is older by its version.
package delivery
