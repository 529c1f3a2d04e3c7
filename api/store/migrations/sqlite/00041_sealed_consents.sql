-- +goose Up
-- What somebody said about sharing is encrypted under their key: it tells who spoke for them and whether they could. What an earlier
-- release wrote in the clear is encrypted later, once, and is never changed otherwise. An empty value is left of what
-- somebody said who was erased by then.
ALTER TABLE consents ADD COLUMN sealed BLOB;
CREATE INDEX consents_in_the_clear ON consents (referral_id, seq) WHERE sealed IS NULL;
DROP TRIGGER consents_stay;
-- +goose StatementBegin
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents
WHEN OLD.sealed IS NOT NULL OR NEW.sealed IS NULL OR NEW.event <> '' OR NEW.referral_id <> OLD.referral_id OR NEW.seq <> OLD.seq
	OR NEW.recorded_at <> OLD.recorded_at OR NEW.actor <> OLD.actor
BEGIN SELECT raise(ABORT, 'consents are never changed'); END;
-- +goose StatementEnd
