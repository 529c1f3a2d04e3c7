package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// PersonByCHI returns the id of the person that the CHI number finds. It fails with [ErrNotFound] if there is none, or they were
// erased.
func (s *Store) PersonByCHI(ctx context.Context, chi person.CHI) (string, error) {
	tags, _, err := s.index.Tags(person.ByCHI, chi.Digits())
	if err != nil {
		return "", err
	}
	found, err := findTagged(ctx, s.read, tags)
	if err == nil && found == "" {
		err = fmt.Errorf("find a person by their CHI number: %w", ErrNotFound)
	}
	return found, err
}

// findTagged returns the person who has any of the tags, whoever was there first of several; "" if nobody has.
func findTagged(ctx context.Context, q querier, tags []vault.Tag) (string, error) {
	for _, tag := range tags {
		var id string
		err := q.QueryRowContext(ctx, `SELECT t.person_id FROM person_tags t JOIN persons p ON p.id = t.person_id
			WHERE t.kind = $1 AND t.key_id = $2 AND t.tag = $3 ORDER BY p.created_at, p.id LIMIT 1`,
			person.ByCHI, int64(tag.Key), tag.Sum).Scan(&id)
		if err == nil {
			return id, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return "", told("find a person by their CHI number", err)
		}
	}
	return "", nil
}

// personFor returns the person a new referral is about, and their key: the one with that CHI number, or somebody new. Either
// takes as many statements: whoever refers somebody does not learn from it whether another partner has.
func (t tx) personFor(ctx context.Context, chi person.CHI) (string, *vault.Key, error) {
	if !chi.IsZero() {
		tags, _, err := t.s.index.Tags(person.ByCHI, chi.Digits())
		if err != nil {
			return "", nil, err
		}
		if err := t.takeTurns(ctx, tags); err != nil {
			return "", nil, err
		}
		id, err := findTagged(ctx, t, tags)
		if err != nil {
			return "", nil, err
		}
		if id != "" {
			if err := t.keepPerson(ctx, id); err != nil {
				return "", nil, err
			}
			key, err := t.keyOf(ctx, id)
			if isErased(err) { // between the two look-ups: the next try finds nobody, and makes somebody new
				err = fmt.Errorf("find a person's key: %w", ErrUnavailable)
			}
			return id, key, err
		}
	}
	id := referral.NewPersonID()
	key, wrapped, err := t.s.vault.NewKey(ctx, id)
	if err != nil {
		return "", nil, err
	}
	if err := t.keepPerson(ctx, id); err != nil {
		return "", nil, err
	}
	err = t.run(ctx, "keep a person's key", `INSERT INTO person_keys (person_id, wrapped) VALUES ($1, $2)`, id, wrapped)
	return id, key, err
}

// keepPerson keeps somebody who is not there yet.
func (t tx) keepPerson(ctx context.Context, id string) error {
	return t.run(ctx, "keep a person", `INSERT INTO persons (id, created_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id,
		micros(t.s.clock.Now()))
}

// takeTurns makes transactions that look for the same tag run one after the other, so that a person is not made twice.
func (t tx) takeTurns(ctx context.Context, tags []vault.Tag) error {
	if t.s.engine.lockTag == "" || len(tags) == 0 {
		return nil
	}
	turn := int64(binary.BigEndian.Uint64(tags[0].Sum)) // which may be below zero
	return t.run(ctx, "take turns", t.s.engine.lockTag, turn)
}

// keyOf returns the key of a person. It stays as it is until the transaction ends.
func (t tx) keyOf(ctx context.Context, id string) (*vault.Key, error) {
	return t.s.keyIn(ctx, t, id, t.s.engine.lockKey)
}

func (s *Store) keyIn(ctx context.Context, q querier, id, lock string) (*vault.Key, error) {
	var wrapped []byte
	err := q.QueryRowContext(ctx, `SELECT wrapped FROM person_keys WHERE person_id = $1`+lock, id).Scan(&wrapped)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, told("find a person's key", err)
	}
	return s.vault.Open(ctx, id, wrapped)
}

// tagPerson makes the tags of a person those of the CHI numbers, and of the names with dates of birth, that their referrals tell
// now.
func (t tx) tagPerson(ctx context.Context, id string, key *vault.Key) error {
	var one int64
	if err := t.QueryRowContext(ctx, `SELECT 1 FROM persons WHERE id = $1`+t.s.engine.lockPerson, id).Scan(&one); err != nil {
		return told("find a person", err)
	}
	found, err := t.foundBy(ctx, id, key)
	if err != nil {
		return err
	}
	if err := t.run(ctx, "forget old tags", `DELETE FROM person_tags WHERE person_id = $1`, id); err != nil {
		return err
	}
	kept := rows{table: "person_tags", columns: []string{"kind", "key_id", "tag", "person_id"}}
	for _, by := range found {
		tags, _, err := t.s.index.Tags(by.kind, by.text)
		if err != nil {
			return err
		}
		for _, tag := range tags {
			kept.add(by.kind, int64(tag.Key), tag.Sum, id)
		}
	}
	return kept.insert(ctx, t, "keep tags")
}

// finding is a text that somebody is found by, among those of its kind.
type finding struct{ kind, text string }

// foundBy is what a person is found by, as their referrals tell it now, each once.
func (t tx) foundBy(ctx context.Context, id string, key *vault.Key) ([]finding, error) {
	fields := names(person.FindingFields())
	condition := `r.person_id = $1 AND f.field IN (` + placeholders(2, len(fields)) + `)`
	kept, err := sealedIn(ctx, t, condition, append([]any{id}, fields...)...)
	if err != nil {
		return nil, err
	}
	said := map[string]record.Values{}
	for _, value := range kept {
		if said[value.referral] == nil {
			said[value.referral] = record.Values{}
		}
		if said[value.referral][value.field], err = value.open(key); err != nil {
			return nil, err
		}
	}
	var found []finding
	for _, values := range said {
		keys, err := person.KeysOf(values)
		if err != nil {
			return nil, err
		}
		for kind, texts := range keys {
			for _, text := range texts {
				if by := (finding{kind, text}); !slices.Contains(found, by) {
					found = append(found, by)
				}
			}
		}
	}
	return found, nil
}
