-- +goose Up
-- What became of each delivery. It waits until it was delivered, was not sent because of a decision or of the partner, or was given
-- up. Tries are counted from the moment it began: when it was written, or when somebody asked for it again.
ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT 'Waiting';
ALTER TABLE outbox ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN attempts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN round BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN begun_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0;
UPDATE outbox SET begun_at = created_at, due_at = created_at;
UPDATE outbox SET state = 'Delivered' WHERE done_at IS NOT NULL;
CREATE INDEX outbox_of_partner ON outbox (partner, state, id);
CREATE INDEX outbox_begun ON outbox (begun_at) WHERE done_at IS NULL;
CREATE INDEX outbox_due ON outbox (due_at) WHERE done_at IS NULL;

-- Every attempt to send, as codes: never what was sent or answered.
CREATE TABLE delivery_attempts (
	delivery_id BIGINT NOT NULL REFERENCES outbox (id),
	round       BIGINT NOT NULL,
	number      BIGINT NOT NULL,
	at          BIGINT NOT NULL,
	took_us     BIGINT NOT NULL,
	outcome     TEXT NOT NULL,
	status      BIGINT NOT NULL,
	code        TEXT NOT NULL,
	PRIMARY KEY (delivery_id, round, number)
);

-- What is known of where events for a partner go. address is a hash of the URL that it is known of.
CREATE TABLE endpoints (
	partner         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	address         BYTEA NOT NULL,
	confirmed_at    BIGINT,
	unsubscribed_at BIGINT,
	succeeded_at    BIGINT,
	failing_since   BIGINT,
	code            TEXT NOT NULL DEFAULT ''
);

CREATE TRIGGER delivery_attempts_stay BEFORE UPDATE OR DELETE ON delivery_attempts FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER delivery_attempts_remain BEFORE TRUNCATE ON delivery_attempts FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
