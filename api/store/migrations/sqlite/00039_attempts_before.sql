-- +goose Up
-- An attempt is written down before it is made. sent counts those of a round, and sent_at is when the last of them began: if it has no
-- row in delivery_attempts, nobody knows yet what came of it.
ALTER TABLE outbox ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN sent_at INTEGER;
UPDATE outbox SET sent = attempts WHERE attempts > 0;
