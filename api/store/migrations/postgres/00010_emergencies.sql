-- +goose Up
-- Declarations of an emergency, and their reviews. Both only grow.

CREATE TABLE emergencies (
	referral_id   TEXT COLLATE "C" NOT NULL REFERENCES referrals (id),
	number        BIGINT NOT NULL,
	at            BIGINT NOT NULL,
	partner       TEXT COLLATE "C" NOT NULL,
	subject       TEXT COLLATE "C" NOT NULL,
	actor         TEXT NOT NULL,
	reason        TEXT COLLATE "C" NOT NULL,
	purpose       TEXT COLLATE "C" NOT NULL,
	role          TEXT COLLATE "C" NOT NULL,
	justification BYTEA NOT NULL,
	PRIMARY KEY (referral_id, number)
);
CREATE INDEX emergencies_of ON emergencies (subject, partner, at);

CREATE TABLE emergency_reviews (
	referral_id TEXT COLLATE "C" NOT NULL,
	number      BIGINT NOT NULL,
	at          BIGINT NOT NULL,
	actor       TEXT NOT NULL,
	outcome     TEXT COLLATE "C" NOT NULL,
	words       BYTEA,
	PRIMARY KEY (referral_id, number),
	FOREIGN KEY (referral_id, number) REFERENCES emergencies (referral_id, number)
);

CREATE TRIGGER emergencies_stay BEFORE UPDATE OR DELETE ON emergencies FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER emergencies_remain BEFORE TRUNCATE ON emergencies FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER emergency_reviews_stay BEFORE UPDATE OR DELETE ON emergency_reviews FOR EACH ROW EXECUTE FUNCTION lifeline_stays();
CREATE TRIGGER emergency_reviews_remain BEFORE TRUNCATE ON emergency_reviews FOR EACH STATEMENT EXECUTE FUNCTION lifeline_stays();
