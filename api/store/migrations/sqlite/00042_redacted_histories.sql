-- +goose Up
-- The codes of a history tell of the person, too. Of somebody who is erased they are replaced once by such that do not, in the same
-- transaction; of those whom an earlier release erased, when the store is opened. Nothing else of a history is ever changed.
ALTER TABLE persons ADD COLUMN redacted_at INTEGER;
CREATE INDEX persons_to_redact ON persons (id) WHERE erased_at IS NOT NULL AND redacted_at IS NULL;
DROP TRIGGER history_stays;
-- +goose StatementBegin
CREATE TRIGGER history_stays BEFORE UPDATE ON history
WHEN NEW.referral_id <> OLD.referral_id OR NEW.version <> OLD.version OR NEW.at <> OLD.at OR NEW.actor <> OLD.actor
	OR NEW.kind <> OLD.kind OR NEW.words IS NOT OLD.words
	OR NOT EXISTS (SELECT 1 FROM referrals r JOIN persons p ON p.id = r.person_id
		WHERE r.id = OLD.referral_id AND p.erased_at IS NOT NULL AND p.redacted_at IS NULL)
BEGIN SELECT raise(ABORT, 'history is never changed'); END;
-- +goose StatementEnd
