-- +goose Up
-- Partners are told when somebody says something about sharing, too. said numbers what was said; 0 is a change of the referral itself.
-- SQLite cannot widen what is unique, so both tables are made anew. Attempts are copied before the table they belong to goes.
CREATE TABLE outbox_with_said (
	id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	referral_id TEXT NOT NULL REFERENCES referrals (id),
	version     INTEGER NOT NULL,
	said        INTEGER NOT NULL DEFAULT 0,
	partner     TEXT NOT NULL,
	kind        TEXT NOT NULL,
	created_at  INTEGER NOT NULL,
	done_at     INTEGER,
	state       TEXT NOT NULL DEFAULT 'Waiting',
	reason      TEXT NOT NULL DEFAULT '',
	attempts    INTEGER NOT NULL DEFAULT 0,
	round       INTEGER NOT NULL DEFAULT 0,
	begun_at    INTEGER NOT NULL DEFAULT 0,
	due_at      INTEGER NOT NULL DEFAULT 0,
	UNIQUE (referral_id, version, said, partner)
) STRICT;
INSERT INTO outbox_with_said (id, referral_id, version, partner, kind, created_at, done_at, state, reason, attempts, round, begun_at, due_at)
SELECT id, referral_id, version, partner, kind, created_at, done_at, state, reason, attempts, round, begun_at, due_at FROM outbox;

CREATE TABLE attempts_with_said (
	delivery_id INTEGER NOT NULL REFERENCES outbox_with_said (id),
	round       INTEGER NOT NULL,
	number      INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	took_us     INTEGER NOT NULL,
	outcome     TEXT NOT NULL,
	status      INTEGER NOT NULL,
	code        TEXT NOT NULL,
	PRIMARY KEY (delivery_id, round, number)
) STRICT;
INSERT INTO attempts_with_said SELECT * FROM delivery_attempts;

DROP TABLE delivery_attempts;
DROP TABLE outbox;
ALTER TABLE outbox_with_said RENAME TO outbox;
ALTER TABLE attempts_with_said RENAME TO delivery_attempts;
CREATE INDEX outbox_open ON outbox (id) WHERE done_at IS NULL;
CREATE INDEX outbox_of_partner ON outbox (partner, state, id);
CREATE INDEX outbox_begun ON outbox (begun_at) WHERE done_at IS NULL;
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

-- +goose StatementBegin
CREATE TRIGGER delivery_attempts_stay BEFORE UPDATE ON delivery_attempts
BEGIN SELECT raise(ABORT, 'attempts to deliver are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_attempts_remain BEFORE DELETE ON delivery_attempts
BEGIN SELECT raise(ABORT, 'attempts to deliver are never deleted'); END;
-- +goose StatementEnd
