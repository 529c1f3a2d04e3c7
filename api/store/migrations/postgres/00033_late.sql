-- +goose Up
-- What somebody with more say in an ADP has to look at because a step is late, apart from what people escalate. From an earlier
-- release nobody knows which is which: all that is escalated may be late, until it changes.
ALTER TABLE referrals ADD COLUMN late BIGINT NOT NULL DEFAULT 0;
UPDATE referrals SET late = escalated;
CREATE INDEX referrals_late ON referrals (partnership, submitted_at, id) WHERE late = 1;
DROP INDEX referrals_escalated;
