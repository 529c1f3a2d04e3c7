-- +goose Up
-- Times are microseconds since 1970 in UTC. Ciphertext and wrapped keys are those of package vault.

CREATE TABLE persons (
	id         TEXT NOT NULL PRIMARY KEY,
	created_at INTEGER NOT NULL,
	erased_at  INTEGER
) STRICT;

-- The key of each person, wrapped. Erasing a person deletes their row.
CREATE TABLE person_keys (
	person_id TEXT NOT NULL PRIMARY KEY REFERENCES persons (id),
	wrapped   BLOB NOT NULL
) STRICT;

-- Keyed hashes by which people are found; see vault.Index.
CREATE TABLE person_tags (
	kind      TEXT NOT NULL,
	key_id    INTEGER NOT NULL,
	tag       BLOB NOT NULL,
	person_id TEXT NOT NULL REFERENCES persons (id),
	PRIMARY KEY (kind, key_id, tag, person_id)
) STRICT;
CREATE INDEX person_tags_of ON person_tags (person_id);

-- How each referral stands now. Everything here follows from its history.
CREATE TABLE referrals (
	id           TEXT NOT NULL PRIMARY KEY,
	person_id    TEXT NOT NULL REFERENCES persons (id),
	version      INTEGER NOT NULL,
	status       TEXT NOT NULL,
	stage        TEXT NOT NULL,
	urgency      TEXT NOT NULL,
	partnership  TEXT NOT NULL,
	origin       TEXT NOT NULL,
	target       TEXT NOT NULL,
	escalated    INTEGER NOT NULL,
	submitted_at INTEGER NOT NULL,
	changed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX referrals_of_person ON referrals (person_id, submitted_at, id);
CREATE INDEX referrals_of_partnership ON referrals (partnership, submitted_at, id);
CREATE INDEX referrals_of_origin ON referrals (origin, submitted_at, id);
CREATE INDEX referrals_of_target ON referrals (target, submitted_at, id);

CREATE TABLE history (
	referral_id TEXT NOT NULL REFERENCES referrals (id),
	version     INTEGER NOT NULL,
	at          INTEGER NOT NULL,
	actor       TEXT NOT NULL,
	kind        TEXT NOT NULL,
	change      TEXT NOT NULL,
	words       BLOB,
	PRIMARY KEY (referral_id, version)
) STRICT;

-- What a referral tells, field by field: the row of the latest version counts, and NULL says that it is told no longer.
CREATE TABLE referral_fields (
	referral_id TEXT NOT NULL REFERENCES referrals (id),
	field       TEXT NOT NULL,
	version     INTEGER NOT NULL,
	ciphertext  BLOB,
	PRIMARY KEY (referral_id, field, version)
) STRICT;

CREATE TABLE consents (
	referral_id TEXT NOT NULL REFERENCES referrals (id),
	seq         INTEGER NOT NULL,
	recorded_at INTEGER NOT NULL,
	actor       TEXT NOT NULL,
	event       TEXT NOT NULL,
	PRIMARY KEY (referral_id, seq)
) STRICT;

CREATE TABLE outbox (
	id          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	referral_id TEXT NOT NULL REFERENCES referrals (id),
	version     INTEGER NOT NULL,
	partner     TEXT NOT NULL,
	kind        TEXT NOT NULL,
	created_at  INTEGER NOT NULL,
	done_at     INTEGER,
	UNIQUE (referral_id, version, partner)
) STRICT;
CREATE INDEX outbox_open ON outbox (id) WHERE done_at IS NULL;

CREATE TABLE audit (
	seq         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	at          INTEGER NOT NULL,
	actor       TEXT NOT NULL,
	action      TEXT NOT NULL,
	person_id   TEXT NOT NULL,
	referral_id TEXT NOT NULL,
	version     INTEGER NOT NULL,
	detail      TEXT NOT NULL
) STRICT;

-- Requests that were carried out. Inputs are keyed hashes: they could be guessed otherwise.
CREATE TABLE requests (
	request     BLOB NOT NULL PRIMARY KEY,
	input_key   INTEGER NOT NULL,
	input       BLOB NOT NULL,
	referral_id TEXT NOT NULL,
	version     INTEGER NOT NULL,
	created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX requests_of_age ON requests (created_at);

-- By which a program tells whether it has the keys that this database was written with.
CREATE TABLE key_check (
	id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
	vault     BLOB NOT NULL,
	index_key INTEGER NOT NULL,
	index_tag BLOB NOT NULL
) STRICT;

-- What is written down stays: each table below only grows. A row that is there already is not replaced either.

-- +goose StatementBegin
CREATE TRIGGER history_stays BEFORE UPDATE ON history
BEGIN SELECT raise(ABORT, 'history is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER history_remains BEFORE DELETE ON history
BEGIN SELECT raise(ABORT, 'history is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER history_grows BEFORE INSERT ON history
WHEN NEW.version <> (SELECT coalesce(max(version), 0) + 1 FROM history WHERE referral_id = NEW.referral_id)
BEGIN SELECT raise(ABORT, 'history grows by one version at a time'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents
BEGIN SELECT raise(ABORT, 'consents are never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consents_remain BEFORE DELETE ON consents
BEGIN SELECT raise(ABORT, 'consents are never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consents_grow BEFORE INSERT ON consents
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM consents WHERE referral_id = NEW.referral_id)
BEGIN SELECT raise(ABORT, 'consents grow by one at a time'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit trail is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit trail is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_grows BEFORE INSERT ON audit
WHEN NEW.seq <= (SELECT coalesce(max(seq), 0) FROM audit) AND NEW.seq > 0
BEGIN SELECT raise(ABORT, 'the audit trail grows at its end'); END;
-- +goose StatementEnd
