-- +goose Up
-- Partners are told when somebody says something about sharing, too. said numbers what was said; 0 is a change of the referral itself.
ALTER TABLE outbox ADD COLUMN said BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox DROP CONSTRAINT outbox_referral_id_version_partner_key;
ALTER TABLE outbox ADD UNIQUE (referral_id, version, said, partner);
