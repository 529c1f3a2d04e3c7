-- +goose Up
-- What became of each delivery. It waits until it was delivered, was not sent because of a decision or of the partner, or was given
-- up. Tries are counted from the moment it began: when it was written, or when somebody asked for it again.
ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT 'Waiting';
ALTER TABLE outbox ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN round INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN begun_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
UPDATE outbox SET begun_at = created_at, due_at = created_at;
UPDATE outbox SET state = 'Delivered' WHERE done_at IS NOT NULL;
CREATE INDEX outbox_of_partner ON outbox (partner, state, id);
CREATE INDEX outbox_begun ON outbox (begun_at) WHERE done_at IS NULL;
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

-- Every attempt to send, as codes: never what was sent or answered.
CREATE TABLE delivery_attempts (
	delivery_id INTEGER NOT NULL REFERENCES outbox (id),
	round       INTEGER NOT NULL,
	number      INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	took_us     INTEGER NOT NULL,
	outcome     TEXT NOT NULL,
	status      INTEGER NOT NULL,
	code        TEXT NOT NULL,
	PRIMARY KEY (delivery_id, round, number)
) STRICT;

-- What is known of where events for a partner go. address is a hash of the URL that it is known of.
CREATE TABLE endpoints (
	partner         TEXT NOT NULL PRIMARY KEY,
	address         BLOB NOT NULL,
	confirmed_at    INTEGER,
	unsubscribed_at INTEGER,
	succeeded_at    INTEGER,
	failing_since   INTEGER,
	code            TEXT NOT NULL DEFAULT ''
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER delivery_attempts_stay BEFORE UPDATE ON delivery_attempts
BEGIN SELECT raise(ABORT, 'attempts to deliver are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_attempts_remain BEFORE DELETE ON delivery_attempts
BEGIN SELECT raise(ABORT, 'attempts to deliver are never deleted'); END;
-- +goose StatementEnd
