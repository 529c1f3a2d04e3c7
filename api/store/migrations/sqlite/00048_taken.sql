-- +goose Up
-- What came of the last attempt that began, if the event was taken: how long it took, and what was answered. Other attempts have rows
-- of their own in delivery_attempts.
ALTER TABLE outbox ADD COLUMN taken_us INTEGER;
ALTER TABLE outbox ADD COLUMN taken_status INTEGER;

-- Whom something waits for is asked often, and what is overdue once a minute.
CREATE INDEX outbox_waits ON outbox (partner) WHERE done_at IS NULL;
DROP INDEX outbox_begun;
DROP INDEX outbox_due;
