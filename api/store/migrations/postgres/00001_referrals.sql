-- +goose Up
-- Times are microseconds since 1970 in UTC. Ciphertext and wrapped keys are those of package vault.

CREATE TABLE persons (
	id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	created_at BIGINT NOT NULL,
	erased_at  BIGINT
);

-- The key of each person, wrapped. Erasing a person deletes their row.
CREATE TABLE person_keys (
	person_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES persons (id),
	wrapped   BYTEA NOT NULL
);

-- Keyed hashes by which people are found; see vault.Index.
CREATE TABLE person_tags (
	kind      TEXT NOT NULL,
	key_id    BIGINT NOT NULL,
	tag       BYTEA NOT NULL,
	person_id TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
	PRIMARY KEY (kind, key_id, tag, person_id)
);
CREATE INDEX person_tags_of ON person_tags (person_id);

-- How each referral stands now. Everything here follows from its history.
CREATE TABLE referrals (
	id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	person_id    TEXT COLLATE "C" NOT NULL REFERENCES persons (id),
	version      BIGINT NOT NULL,
	status       TEXT NOT NULL,
	stage        TEXT NOT NULL,
	urgency      TEXT NOT NULL,
	partnership  TEXT NOT NULL,
	origin       TEXT NOT NULL,
	target       TEXT NOT NULL,
	escalated    BIGINT NOT NULL,
	submitted_at BIGINT NOT NULL,
	changed_at   BIGINT NOT NULL
);
CREATE INDEX referrals_of_person ON referrals (person_id, submitted_at, id);
CREATE INDEX referrals_of_partnership ON referrals (partnership, submitted_at, id);
CREATE INDEX referrals_of_origin ON referrals (origin, submitted_at, id);
CREATE INDEX referrals_of_target ON referrals (target, submitted_at, id);

CREATE TABLE history (
	referral_id TEXT COLLATE "C" NOT NULL REFERENCES referrals (id),
	version     BIGINT NOT NULL,
	at          BIGINT NOT NULL,
	actor       TEXT NOT NULL,
	kind        TEXT NOT NULL,
	change      TEXT NOT NULL,
	words       BYTEA,
	PRIMARY KEY (referral_id, version)
);

-- What a referral tells, field by field: the row of the latest version counts, and NULL says that it is told no longer.
CREATE TABLE referral_fields (
	referral_id TEXT COLLATE "C" NOT NULL REFERENCES referrals (id),
	field       TEXT NOT NULL,
	version     BIGINT NOT NULL,
	ciphertext  BYTEA,
	PRIMARY KEY (referral_id, field, version)
);

CREATE TABLE consents (
	referral_id TEXT COLLATE "C" NOT NULL REFERENCES referrals (id),
	seq         BIGINT NOT NULL,
	recorded_at BIGINT NOT NULL,
	actor       TEXT NOT NULL,
	event       TEXT NOT NULL,
	PRIMARY KEY (referral_id, seq)
);

CREATE TABLE outbox (
	id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	referral_id TEXT COLLATE "C" NOT NULL REFERENCES referrals (id),
	version     BIGINT NOT NULL,
	partner     TEXT NOT NULL,
	kind        TEXT NOT NULL,
	created_at  BIGINT NOT NULL,
	done_at     BIGINT,
	UNIQUE (referral_id, version, partner)
);
CREATE INDEX outbox_open ON outbox (id) WHERE done_at IS NULL;

CREATE TABLE audit (
	seq         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at          BIGINT NOT NULL,
	actor       TEXT NOT NULL,
	action      TEXT NOT NULL,
	person_id   TEXT COLLATE "C" NOT NULL,
	referral_id TEXT COLLATE "C" NOT NULL,
	version     BIGINT NOT NULL,
	detail      TEXT NOT NULL
);

-- Requests that were carried out. Inputs are keyed hashes: they could be guessed otherwise.
CREATE TABLE requests (
	request     BYTEA NOT NULL PRIMARY KEY,
	input_key   BIGINT NOT NULL,
	input       BYTEA NOT NULL,
	referral_id TEXT COLLATE "C" NOT NULL,
	version     BIGINT NOT NULL,
	created_at  BIGINT NOT NULL
);
CREATE INDEX requests_of_age ON requests (created_at);

-- By which a program tells whether it has the keys that this database was written with.
CREATE TABLE key_check (
	id        BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
	vault     BYTEA NOT NULL,
	index_key BIGINT NOT NULL,
	index_tag BYTEA NOT NULL
);

-- What is written down stays: each table below only grows.

-- +goose StatementBegin
CREATE FUNCTION lifeline_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION lifeline_history_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM history WHERE referral_id = NEW.referral_id) THEN
		RAISE EXCEPTION 'history grows by one version at a time' USING ERRCODE = 'unique_violation';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION lifeline_consents_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM consents WHERE referral_id = NEW.referral_id) THEN
		RAISE EXCEPTION 'consents grow by one at a time' USING ERRCODE = 'unique_violation';
	END IF;
	RETURN NEW;
END $$;
-- +goose StatementEnd

CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON history FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER history_remains BEFORE TRUNCATE ON history FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER history_grows BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION lifeline_history_grows();
CREATE TRIGGER consents_stay BEFORE UPDATE OR DELETE ON consents FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER consents_remain BEFORE TRUNCATE ON consents FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER consents_grow BEFORE INSERT ON consents FOR EACH ROW EXECUTE FUNCTION lifeline_consents_grow();
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER audit_remains BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
