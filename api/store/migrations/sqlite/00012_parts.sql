-- +goose Up
-- Who has a part in each referral, so that a list is read in its own order and nothing beside it: partner/NAME for the origin and the
-- present target, partnership/NAME for the ADP, earlier/NAME for partners that were asked before. Everything here follows from the
-- history; waits says that the referral waits for the holder, or once did: never less than how it stands.
CREATE TABLE parts (
	holder       TEXT NOT NULL,
	referral_id  TEXT NOT NULL REFERENCES referrals (id),
	open         INTEGER NOT NULL,
	status       TEXT NOT NULL,
	urgency      TEXT NOT NULL,
	submitted_at INTEGER NOT NULL,
	waits        INTEGER NOT NULL,
	PRIMARY KEY (holder, referral_id)
) STRICT, WITHOUT ROWID;

-- From an earlier release nobody knows what waits for whom: everything that has not ended may.
INSERT INTO parts (holder, referral_id, open, status, urgency, submitted_at, waits)
SELECT h.holder, r.id, r.status NOT IN ('Completed', 'Withdrawn'), r.status, r.urgency, r.submitted_at,
	CASE WHEN r.status IN ('Completed', 'Withdrawn') THEN 0 ELSE 1 END
FROM (
	SELECT id, 'partner/' || origin AS holder FROM referrals
	UNION SELECT id, 'partner/' || target FROM referrals
	UNION SELECT id, 'partnership/' || partnership FROM referrals
	UNION SELECT a.id, 'earlier/' || json_extract(h.change, '$.target') FROM history h JOIN referrals a ON a.id = h.referral_id
		WHERE h.kind IN ('Submit', 'Redirect') AND json_extract(h.change, '$.target') NOT IN (a.origin, a.target)
) h JOIN referrals r ON r.id = h.id;

CREATE INDEX parts_open ON parts (holder, urgency, submitted_at, referral_id, waits) WHERE open = 1;
CREATE INDEX parts_by_status ON parts (holder, status, urgency, submitted_at, referral_id, waits);
DROP INDEX referrals_of_partnership;
DROP INDEX referrals_of_origin;
DROP INDEX referrals_of_target;
