-- +goose Up
-- The audit trail becomes a log that is signed: see package audit. What was in the first table was in no release.
DROP TABLE audit;

-- Each record is the line of JSON that is hashed. The other columns are taken from it, to find it by.
CREATE TABLE audit_records (
	seq         INTEGER NOT NULL PRIMARY KEY,
	record      TEXT NOT NULL,
	person_id   TEXT NOT NULL,
	referral_id TEXT NOT NULL,
	partner     TEXT NOT NULL
) STRICT;
CREATE INDEX audit_records_of_person ON audit_records (person_id, seq) WHERE person_id <> '';
CREATE INDEX audit_records_of_referral ON audit_records (referral_id, seq) WHERE referral_id <> '';
CREATE INDEX audit_records_of_partner ON audit_records (partner, seq) WHERE partner <> '';

-- The hashes of the tree over all records, by the numbers that golang.org/x/mod/sumdb/tlog gives them.
CREATE TABLE audit_hashes (
	id   INTEGER NOT NULL PRIMARY KEY,
	hash BLOB NOT NULL
) STRICT;

-- What was signed: how many records there were, and the hash over all of them.
CREATE TABLE audit_checkpoints (
	size INTEGER NOT NULL PRIMARY KEY,
	note TEXT NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER audit_records_stay BEFORE UPDATE ON audit_records
BEGIN SELECT raise(ABORT, 'audit records are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_records_remain BEFORE DELETE ON audit_records
BEGIN SELECT raise(ABORT, 'audit records are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_records_grow BEFORE INSERT ON audit_records
WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM audit_records)
BEGIN SELECT raise(ABORT, 'the audit log grows at its end'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_hashes_stay BEFORE UPDATE ON audit_hashes
BEGIN SELECT raise(ABORT, 'hashes of the audit log are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_hashes_remain BEFORE DELETE ON audit_hashes
BEGIN SELECT raise(ABORT, 'hashes of the audit log are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_hashes_grow BEFORE INSERT ON audit_hashes
WHEN NEW.id <> (SELECT coalesce(max(id) + 1, 0) FROM audit_hashes)
BEGIN SELECT raise(ABORT, 'the audit log grows at its end'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_stay BEFORE UPDATE ON audit_checkpoints
BEGIN SELECT raise(ABORT, 'checkpoints are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_remain BEFORE DELETE ON audit_checkpoints
BEGIN SELECT raise(ABORT, 'checkpoints are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_grow BEFORE INSERT ON audit_checkpoints
WHEN NEW.size <> (SELECT coalesce(max(seq) + 1, 0) FROM audit_records)
	OR EXISTS (SELECT 1 FROM audit_checkpoints WHERE size = NEW.size)
BEGIN SELECT raise(ABORT, 'a checkpoint is over all records that there are'); END;
-- +goose StatementEnd
