-- +goose Up
-- The steps at whose time something happens by itself. Everything here follows from the history of the referral, and is written with
-- it: a change that stops a timer, or does what it was for, deletes its row in the same transaction.

CREATE TABLE timers (
	referral_id TEXT NOT NULL REFERENCES referrals (id),
	task        TEXT NOT NULL,
	due_at      INTEGER NOT NULL,
	PRIMARY KEY (referral_id, task)
) STRICT;
CREATE INDEX timers_due ON timers (due_at, referral_id, task);
