-- +goose Up
-- An attempt is written down before it is made. sent counts those of a round, and sent_at is when the last of them began: if it has no
-- row in delivery_attempts, nobody knows yet what came of it.
ALTER TABLE outbox ADD COLUMN sent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN sent_at BIGINT;
UPDATE outbox SET sent = attempts WHERE attempts > 0;
-- So that counting an attempt writes the row alone, and to none of its indexes.
ALTER TABLE outbox SET (fillfactor = 70);
