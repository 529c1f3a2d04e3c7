-- +goose Up
-- The replicas that deliver. Each counts on while it lives; who sees no count for a while takes over what it had begun. No clocks are
-- compared.
CREATE TABLE replicas (
	name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	beats BIGINT NOT NULL
);

-- That the audit log grows at its end alone is looked at once for all that a statement adds, and no longer for each row.
-- +goose StatementBegin
CREATE FUNCTION lifeline_audit_records_go_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	first BIGINT; last BIGINT; n BIGINT;
BEGIN
	SELECT min(seq), max(seq), count(*) INTO first, last, n FROM added;
	IF n > 0 AND (last - first + 1 <> n OR last <> (SELECT max(seq) FROM audit_records)
		OR first <> (SELECT coalesce(max(seq) + 1, 0) FROM audit_records WHERE seq < first)) THEN
		RAISE EXCEPTION 'the audit log grows at its end' USING ERRCODE = 'unique_violation';
	END IF;
	RETURN NULL;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION lifeline_audit_hashes_go_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
	first BIGINT; last BIGINT; n BIGINT;
BEGIN
	SELECT min(id), max(id), count(*) INTO first, last, n FROM added;
	IF n > 0 AND (last - first + 1 <> n OR last <> (SELECT max(id) FROM audit_hashes)
		OR first <> (SELECT coalesce(max(id) + 1, 0) FROM audit_hashes WHERE id < first)) THEN
		RAISE EXCEPTION 'the audit log grows at its end' USING ERRCODE = 'unique_violation';
	END IF;
	RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_records_go_on AFTER INSERT ON audit_records REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION lifeline_audit_records_go_on();
CREATE TRIGGER audit_hashes_go_on AFTER INSERT ON audit_hashes REFERENCING NEW TABLE AS added
	FOR EACH STATEMENT EXECUTE FUNCTION lifeline_audit_hashes_go_on();
DROP TRIGGER audit_records_grow ON audit_records;
DROP TRIGGER audit_hashes_grow ON audit_hashes;
DROP FUNCTION lifeline_audit_records_grow();
DROP FUNCTION lifeline_audit_hashes_grow();
