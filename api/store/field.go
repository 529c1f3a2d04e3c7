package store

import (
	"context"
	"slices"
	"strconv"

	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// place is where in a referral something encrypted belongs: the name and the version it was told at.
func place(name string, version int64) string { return name + "@" + strconv.FormatInt(version, 10) }

// sealed is the value of a field as it is kept.
type sealed struct {
	referral   string
	field      record.Field
	version    int64
	ciphertext []byte
}

func (v sealed) open(key *vault.Key) ([]byte, error) {
	return key.Unseal(v.referral, place(string(v.field), v.version), v.ciphertext)
}

// latest is the last version of a field f in which it was told anew, or no longer.
const latest = "SELECT max(g.version) FROM referral_fields g WHERE g.referral_id = f.referral_id AND g.field = f.field"

// sealedIn returns the values that are told now, of the fields and referrals that a condition on f and r names.
func sealedIn(ctx context.Context, q querier, condition string, args ...any) ([]sealed, error) {
	return sealedBy(ctx, q, condition+" AND f.version = ("+latest+")", args...)
}

// sealedBy returns the values that a condition names, on f and r, and on the version.
func sealedBy(ctx context.Context, q querier, condition string, args ...any) ([]sealed, error) {
	var all []sealed
	err := askSealed(&all, condition, args...).of(ctx, q)
	return all, err
}

func askSealed(into *[]sealed, condition string, args ...any) ask {
	return ask{"read what is told", func(scan func(into ...any) error) error {
		var v sealed
		if err := scan(&v.referral, &v.field, &v.version, &v.ciphertext); err != nil {
			return err
		}
		*into = append(*into, v)
		return nil
	}, `SELECT f.referral_id, f.field, f.version, f.ciphertext FROM referral_fields f JOIN referrals r ON r.id = f.referral_id
		WHERE f.ciphertext IS NOT NULL AND (` + condition + `) ORDER BY f.referral_id, f.field`, args}
}

// tell keeps the values of fields from the version of the referral on, and has the person found by those
// among them that people are found by. A value that is nil says that the field is told no longer.
func (t tx) tell(ctx context.Context, r referral.State, values record.Values, key *vault.Key) error {
	for _, f := range values.Fields() {
		var ciphertext []byte
		if values[f] != nil {
			var err error
			if ciphertext, err = key.Seal(r.ID, place(string(f), r.Version), values[f]); err != nil {
				return err
			}
		}
		if err := t.run(ctx, "keep what is told",
			`INSERT INTO referral_fields (referral_id, field, version, ciphertext) VALUES ($1, $2, $3, $4)`,
			r.ID, string(f), r.Version, ciphertext); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(person.FindingFields(), func(f record.Field) bool { _, told := values[f]; return told }) {
		return t.tagPerson(ctx, r.Person, key)
	}
	return nil
}

// Values returns what a referral tells now, of the fields that are named; of others nothing is decrypted. It fails with
// vault.ErrErased if the person was erased.
func (s *Store) Values(ctx context.Context, id string, fields ...record.Field) (record.Values, error) {
	owner, err := s.personOf(ctx, s.read, id)
	if err != nil {
		return nil, err
	}
	key, err := s.keyIn(ctx, s.read, owner, "")
	if err != nil {
		return nil, err
	}
	return valuesIn(ctx, s.read, id, key, fields)
}

func valuesIn(ctx context.Context, q querier, id string, key *vault.Key, fields []record.Field) (record.Values, error) {
	kept, err := sealedIn(ctx, q, `f.referral_id = $1`, id)
	if err != nil {
		return nil, err
	}
	wanted := make(map[record.Field]bool, len(fields))
	for _, f := range fields {
		wanted[f] = true
	}
	values := record.Values{}
	for _, v := range kept {
		if !wanted[v.field] {
			continue
		}
		if values[v.field], err = v.open(key); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// personInTurn is personOf for those who number what they add to a referral: nobody else does meanwhile.
func (t tx) personInTurn(ctx context.Context, id string) (string, error) {
	var owner string
	err := t.QueryRowContext(ctx, `SELECT person_id FROM referrals WHERE id = $1`+t.s.engine.lockReferral, id).Scan(&owner)
	return owner, told("find the referral", err)
}

func (s *Store) personOf(ctx context.Context, q querier, id string) (string, error) {
	var owner string
	err := q.QueryRowContext(ctx, `SELECT person_id FROM referrals WHERE id = $1`, id).Scan(&owner)
	return owner, told("find the referral", err)
}
