-- +goose Up
-- Those that a claim on a place belongs to are looked through again and again.
CREATE INDEX referrals_with_places ON referrals (submitted_at, id) WHERE status IN ('PlacementWaiting', 'PlacementHeld', 'Admitted');
