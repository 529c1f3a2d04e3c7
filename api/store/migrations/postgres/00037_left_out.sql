-- +goose Up
-- Which records of the audit log say that a referral was looked at and not shown, so that its trail finds them. All of it is taken
-- from the records, which are what is signed.
CREATE TABLE audit_left_out (
	referral_id TEXT COLLATE "C" NOT NULL,
	seq         BIGINT NOT NULL REFERENCES audit_records (seq),
	PRIMARY KEY (referral_id, seq)
);
CREATE INDEX audit_left_out_of_record ON audit_left_out (seq, referral_id);

CREATE TRIGGER audit_left_out_stay BEFORE UPDATE OR DELETE ON audit_left_out FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_left_out_remain BEFORE TRUNCATE ON audit_left_out FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
