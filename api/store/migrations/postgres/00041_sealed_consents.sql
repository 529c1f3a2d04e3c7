-- +goose Up
-- What somebody said about sharing is encrypted under their key: it tells who spoke for them and whether they could. What an earlier
-- release wrote in the clear is encrypted later, once, and is never changed otherwise. An empty value is left of what
-- somebody said who was erased by then.
ALTER TABLE consents ADD COLUMN sealed BYTEA;
CREATE INDEX consents_in_the_clear ON consents (referral_id, seq) WHERE sealed IS NULL;
DROP TRIGGER consents_stay ON consents;
CREATE TRIGGER consents_stay BEFORE DELETE ON consents FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER consents_are_sealed_once BEFORE UPDATE ON consents FOR EACH ROW
	WHEN (OLD.sealed IS NOT NULL OR NEW.sealed IS NULL OR NEW.event <> '' OR NEW.referral_id <> OLD.referral_id OR NEW.seq <> OLD.seq
		OR NEW.recorded_at <> OLD.recorded_at OR NEW.actor <> OLD.actor)
	EXECUTE FUNCTION lifeline_stays();
