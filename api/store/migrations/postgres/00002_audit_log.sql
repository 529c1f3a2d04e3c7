-- +goose Up
-- The audit trail becomes a log that is signed: see package audit. What was in the first table was in no release.
DROP TABLE audit;

-- Each record is the line of JSON that is hashed. The other columns are taken from it, to find it by.
CREATE TABLE audit_records (
	seq         BIGINT NOT NULL PRIMARY KEY,
	record      TEXT NOT NULL,
	person_id   TEXT COLLATE "C" NOT NULL,
	referral_id TEXT COLLATE "C" NOT NULL,
	partner     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_records_of_person ON audit_records (person_id, seq) WHERE person_id <> '';
CREATE INDEX audit_records_of_referral ON audit_records (referral_id, seq) WHERE referral_id <> '';
CREATE INDEX audit_records_of_partner ON audit_records (partner, seq) WHERE partner <> '';

-- The hashes of the tree over all records, by the numbers that golang.org/x/mod/sumdb/tlog gives them.
CREATE TABLE audit_hashes (
	id   BIGINT NOT NULL PRIMARY KEY,
	hash BYTEA NOT NULL
);

-- What was signed: how many records there were, and the hash over all of them.
CREATE TABLE audit_checkpoints (
	size BIGINT NOT NULL PRIMARY KEY,
	note TEXT NOT NULL
);

-- +goose StatementBegin
CREATE FUNCTION lifeline_audit_records_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM audit_records) THEN
		RAISE EXCEPTION 'the audit log grows at its end' USING ERRCODE = 'unique_violation';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION lifeline_audit_hashes_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.id <> (SELECT coalesce(max(id) + 1, 0) FROM audit_hashes) THEN
		RAISE EXCEPTION 'the audit log grows at its end' USING ERRCODE = 'unique_violation';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION lifeline_audit_checkpoints_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.size <> (SELECT coalesce(max(seq) + 1, 0) FROM audit_records) THEN
		RAISE EXCEPTION 'a checkpoint is over all records that there are' USING ERRCODE = 'unique_violation';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER audit_records_stay BEFORE UPDATE OR DELETE ON audit_records FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_records_remain BEFORE TRUNCATE ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_records_grow BEFORE INSERT ON audit_records FOR EACH ROW EXECUTE FUNCTION lifeline_audit_records_grow();
CREATE TRIGGER audit_hashes_stay BEFORE UPDATE OR DELETE ON audit_hashes FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_hashes_remain BEFORE TRUNCATE ON audit_hashes FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_hashes_grow BEFORE INSERT ON audit_hashes FOR EACH ROW EXECUTE FUNCTION lifeline_audit_hashes_grow();
CREATE TRIGGER audit_checkpoints_stay BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_checkpoints_remain BEFORE TRUNCATE ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_checkpoints_grow BEFORE INSERT ON audit_checkpoints FOR EACH ROW
	EXECUTE FUNCTION lifeline_audit_checkpoints_grow();
