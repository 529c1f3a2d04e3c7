-- +goose Up
-- Declarations of an emergency, and their reviews. Both only grow.

CREATE TABLE emergencies (
	referral_id   TEXT NOT NULL REFERENCES referrals (id),
	number        INTEGER NOT NULL,
	at            INTEGER NOT NULL,
	partner       TEXT NOT NULL,
	subject       TEXT NOT NULL,
	actor         TEXT NOT NULL,
	reason        TEXT NOT NULL,
	purpose       TEXT NOT NULL,
	role          TEXT NOT NULL,
	justification BLOB NOT NULL,
	PRIMARY KEY (referral_id, number)
) STRICT;
CREATE INDEX emergencies_of ON emergencies (subject, partner, at);

CREATE TABLE emergency_reviews (
	referral_id TEXT NOT NULL,
	number      INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	actor       TEXT NOT NULL,
	outcome     TEXT NOT NULL,
	words       BLOB,
	PRIMARY KEY (referral_id, number),
	FOREIGN KEY (referral_id, number) REFERENCES emergencies (referral_id, number)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER emergencies_stay BEFORE UPDATE ON emergencies
BEGIN SELECT raise(ABORT, 'emergencies are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER emergencies_remain BEFORE DELETE ON emergencies
BEGIN SELECT raise(ABORT, 'emergencies are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER emergency_reviews_stay BEFORE UPDATE ON emergency_reviews
BEGIN SELECT raise(ABORT, 'reviews are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER emergency_reviews_remain BEFORE DELETE ON emergency_reviews
BEGIN SELECT raise(ABORT, 'reviews are never deleted'); END;
-- +goose StatementEnd
