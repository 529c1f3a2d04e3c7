-- +goose Up
-- What waits for somebody with more say in an ADP is looked for by the ADP.
CREATE INDEX referrals_escalated ON referrals (partnership, submitted_at, id) WHERE escalated = 1;
