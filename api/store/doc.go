// Package store keeps referrals: their history, what they tell, what people said about sharing, and what is to be delivered. It
// is one code over two engines: SQLite in a file, and PostgreSQL.
//
// A change is one transaction: the request (so that one sent again is answered and not carried out again), the version it was
// decided upon, the event, the values, what is to be delivered, the records of the audit log and the checkpoint over them are all
// there or none is. Everything that people tell or write is encrypted by package vault under their own key; what lies open are
// codes, opaque names and times.
package store
