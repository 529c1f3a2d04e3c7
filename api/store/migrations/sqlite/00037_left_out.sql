-- +goose Up
-- Which records of the audit log say that a referral was looked at and not shown, so that its trail finds them. All of it is taken
-- from the records, which are what is signed.
CREATE TABLE audit_left_out (
	referral_id TEXT NOT NULL,
	seq         INTEGER NOT NULL REFERENCES audit_records (seq),
	PRIMARY KEY (referral_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_left_out_of_record ON audit_left_out (seq, referral_id);

-- +goose StatementBegin
CREATE TRIGGER audit_left_out_stay BEFORE UPDATE ON audit_left_out
BEGIN SELECT raise(ABORT, 'audit records are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_left_out_remain BEFORE DELETE ON audit_left_out
BEGIN SELECT raise(ABORT, 'audit records are never deleted'); END;
-- +goose StatementEnd
