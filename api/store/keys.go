package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

func isErased(err error) bool { return errors.Is(err, vault.ErrErased) }

// checkKeys makes sure that the keys are those that the database was written with, and notes which these are in an empty one. The
// log's own checkpoints say which key signs them.
// Without it a lost key file would be made anew, and everybody would be unreadable without anybody noticing.
func (s *Store) checkKeys(ctx context.Context) error {
	check, err := s.vault.Check(ctx)
	if err != nil {
		return err
	}
	key, tag, err := s.indexCheck()
	if err != nil {
		return err
	}
	err = s.change(ctx, "note the keys", func(t tx) error {
		return t.run(ctx, "note the keys", `INSERT INTO key_check (id, vault, index_key, index_tag) VALUES (1, $1, $2, $3)
			ON CONFLICT (id) DO NOTHING`, check, int64(key), tag)
	})
	if err != nil {
		return err
	}
	var noted int64
	if err := s.write.QueryRowContext(ctx, `SELECT vault, index_key, index_tag FROM key_check WHERE id = 1`).
		Scan(&check, &noted, &tag); err != nil {
		return told("read which keys are used", err)
	}
	if _, err := s.vault.Confirm(ctx, check); err != nil {
		return err
	}
	if err := s.confirmIndex(noted, tag); err != nil {
		return err
	}
	head, err := headIn(ctx, s.write)
	if err != nil {
		return err
	}
	return s.log.Confirm(head)
}

func (s *Store) indexCheck() (uint32, []byte, error) {
	tags, current, err := s.index.Tags("check", "check")
	if err != nil {
		return 0, nil, err
	}
	i := slices.IndexFunc(tags, func(t vault.Tag) bool { return t.Key == current })
	if i < 0 {
		return 0, nil, errors.New("the blind index has no current key")
	}
	return current, tags[i].Sum, nil
}

func (s *Store) confirmIndex(key int64, sum []byte) error {
	tags, _, err := s.index.Tags("check", "check")
	if err != nil {
		return err
	}
	if slices.ContainsFunc(tags, func(t vault.Tag) bool { return int64(t.Key) == key && slices.Equal(t.Sum, sum) }) {
		return nil
	}
	return errors.New("the keys of the blind index are not those that this database was written with: restore their file")
}

// Rotation is what a rotation of keys came to.
type Rotation struct {
	// People is how many people there are, Changed how many of them had something changed.
	People, Changed int
}

// RewrapKeys wraps the keys of all people by the key-encryption key that is used now, after that was rotated. It can be stopped
// and started again. Once it has returned, the earlier key-encryption key is not needed any more, and the audit log says so.
func (s *Store) RewrapKeys(ctx context.Context, by referral.Actor) (Rotation, error) {
	var done Rotation
	err := s.everybody(ctx, func(id string) error {
		changed, err := s.changeKey(ctx, id, func(wrapped []byte) ([]byte, bool, error) { return s.vault.Rewrap(ctx, id, wrapped) })
		done.count(changed)
		return err
	})
	if err != nil {
		return done, err
	}
	check, err := s.vault.Check(ctx)
	if err != nil {
		return done, err
	}
	return done, s.change(ctx, "note the key", func(t tx) error {
		t.note(audit.Entry{What: audit.KeysRotated, By: auditActor(by), Detail: "people"})
		return t.run(ctx, "note the key", `UPDATE key_check SET vault = $1 WHERE id = 1`, check)
	})
}

func (r *Rotation) count(changed bool) {
	r.People++
	if changed {
		r.Changed++
	}
}

// Retag writes the tags of all people anew, after the keys of the blind index were rotated. Once it has returned, the earlier
// keys are not needed any more, and the audit log says so.
func (s *Store) Retag(ctx context.Context, by referral.Actor) (Rotation, error) {
	var done Rotation
	err := s.everybody(ctx, func(id string) error {
		err := s.change(ctx, "write tags anew", func(t tx) error {
			key, err := t.keyOf(ctx, id)
			if err != nil {
				return err
			}
			return t.tagPerson(ctx, id, key)
		})
		if isErased(err) { // meanwhile
			return nil
		}
		done.count(err == nil)
		return err
	})
	if err != nil {
		return done, err
	}
	key, tag, err := s.indexCheck()
	if err != nil {
		return done, err
	}
	return done, s.change(ctx, "note the key", func(t tx) error {
		t.note(audit.Entry{What: audit.KeysRotated, By: auditActor(by), Detail: "index"})
		return t.run(ctx, "note the key", `UPDATE key_check SET index_key = $1, index_tag = $2 WHERE id = 1`, int64(key), tag)
	})
}

// RenewKey gives a person a new key, and encrypts anew what their referrals tell. The history stays as it was written, under the
// earlier key, which is kept with the new one for that alone.
func (s *Store) RenewKey(ctx context.Context, id string, by referral.Actor) error {
	return s.change(ctx, "renew a person's key", func(t tx) error {
		t.note(audit.Entry{What: audit.KeysRotated, By: auditActor(by), Person: id, Detail: "person"})
		wrapped, err := t.wrappedKey(ctx, id)
		if err != nil {
			return err
		}
		key, again, err := s.vault.Renew(ctx, id, wrapped)
		if err != nil {
			return err
		}
		if err := t.replaceKey(ctx, id, wrapped, again); err != nil {
			return err
		}
		return t.resealAll(ctx, id, key)
	})
}

// resealAll encrypts every value of a person's referrals anew, those that were replaced too.
func (t tx) resealAll(ctx context.Context, id string, key *vault.Key) error {
	var all []sealed
	err := each(ctx, t, "read what is told", func(rows *sql.Rows) error {
		var v sealed
		err := rows.Scan(&v.referral, &v.field, &v.version, &v.ciphertext)
		all = append(all, v)
		return err
	}, `SELECT f.referral_id, f.field, f.version, f.ciphertext FROM referral_fields f JOIN referrals r ON r.id = f.referral_id
		WHERE f.ciphertext IS NOT NULL AND r.person_id = $1`, id)
	if err != nil {
		return err
	}
	for _, v := range all {
		text, err := v.open(key)
		if err != nil {
			return err
		}
		again, err := key.Seal(v.referral, place(string(v.field), v.version), text)
		if err != nil {
			return err
		}
		if err := t.run(ctx, "keep it encrypted anew",
			`UPDATE referral_fields SET ciphertext = $1 WHERE referral_id = $2 AND field = $3 AND version = $4`,
			again, v.referral, string(v.field), v.version); err != nil {
			return err
		}
	}
	return nil
}

// Erase destroys the key of a person: nothing that was told, written or said of them can be read from then on. That they were
// referred, when, by whom to whom and how far that went stays, as codes; why, and what came of it, does not. Erasing somebody
// twice does nothing more. Copies of the database that were made before still hold the wrapped key: see package vault.
//
// The reason is a code, such as RequestOfThePerson: letters, digits, hyphens and dots.
func (s *Store) Erase(ctx context.Context, id string, by referral.Actor, reason string) error {
	if !referral.Opaque(reason) {
		return invalid("Give the reason as a code of letters, digits and hyphens, such as RequestOfThePerson.")
	}
	err := s.change(ctx, "erase a person", func(t tx) error {
		referrals, err := t.referralsInTurn(ctx, id) // before their key, as whoever changes one does
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, "destroy a person's key", `DELETE FROM person_keys WHERE person_id = $1`, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return t.erasedBefore(ctx, id)
		}
		if err := t.run(ctx, "note the erasure", `UPDATE persons SET erased_at = $1 WHERE id = $2`,
			micros(s.clock.Now()), id); err != nil {
			return err
		}
		if err := t.redact(ctx, id, referrals); err != nil {
			return err
		}
		if err := t.run(ctx, "forget a person's tags", `DELETE FROM person_tags WHERE person_id = $1`, id); err != nil {
			return err
		}
		t.note(audit.Entry{What: audit.Erased, By: auditActor(by), Person: id, Detail: reason})
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.tidy(ctx); err != nil {
		return fmt.Errorf("the person is erased, and the database could not be tidied after it; erase them again: %w", err)
	}
	return nil
}

// tidy makes what was deleted harder to find in files.
func (s *Store) tidy(ctx context.Context) error {
	for _, statement := range s.engine.forget {
		if _, err := s.write.ExecContext(ctx, statement); err != nil {
			return told("tidy", err)
		}
	}
	if s.engine.emptyLog == "" {
		return nil
	}
	// A log that somebody still reads is left as it is, which is no error to SQLite.
	var busy, pages, moved int64
	if err := s.write.QueryRowContext(ctx, s.engine.emptyLog).Scan(&busy, &pages, &moved); err != nil {
		return told("tidy", err)
	}
	if busy != 0 {
		return fmt.Errorf("tidy: %w (somebody reads what was deleted)", ErrUnavailable)
	}
	return nil
}

// erasedBefore is nil for somebody who was erased, and [ErrNotFound] for nobody.
func (t tx) erasedBefore(ctx context.Context, id string) error {
	var one int64
	err := t.QueryRowContext(ctx, `SELECT 1 FROM persons WHERE id = $1`, id).Scan(&one)
	return told("find a person", err)
}

// everybody calls do for each person who has a key, in the order of their ids.
func (s *Store) everybody(ctx context.Context, do func(id string) error) error {
	for after := ""; ; {
		var ids []string
		err := each(ctx, s.read, "list people", func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id)
			ids = append(ids, id)
			return err
		}, `SELECT person_id FROM person_keys WHERE person_id > $1 ORDER BY person_id LIMIT $2`, after, int64(LongestPage))
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := do(id); err != nil {
				return fmt.Errorf("person %s: %w", id, err)
			}
			after = id
		}
		if len(ids) < LongestPage {
			return nil
		}
	}
}

// changeKey replaces the wrapped key of a person, unless it changes meanwhile: then it tries again.
func (s *Store) changeKey(
	ctx context.Context, id string, to func(wrapped []byte) ([]byte, bool, error),
) (changed bool, err error) {
	err = s.change(ctx, "wrap a person's key", func(t tx) error {
		wrapped, err := t.wrappedKey(ctx, id)
		if err != nil {
			return err
		}
		again, differs, err := to(wrapped)
		if err != nil || !differs {
			return err
		}
		changed = true
		return t.replaceKey(ctx, id, wrapped, again)
	})
	if isErased(err) { // meanwhile
		return false, nil
	}
	return changed, err
}

// wrappedKey returns a person's key as it is kept, for replacing it. It fails with vault.ErrErased if there is none.
func (t tx) wrappedKey(ctx context.Context, id string) ([]byte, error) {
	var wrapped []byte
	err := t.QueryRowContext(ctx, `SELECT wrapped FROM person_keys WHERE person_id = $1`+t.s.engine.takeKey, id).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		if err := t.erasedBefore(ctx, id); err != nil {
			return nil, err
		}
		return nil, vault.ErrErased
	}
	return wrapped, told("find a person's key", err)
}

func (t tx) replaceKey(ctx context.Context, id string, from, to []byte) error {
	n, err := t.exec(ctx, "keep a person's key",
		`UPDATE person_keys SET wrapped = $1 WHERE person_id = $2 AND wrapped = $3`, to, id, from)
	if err == nil && n != 1 {
		err = fmt.Errorf("a person's key changed while it was replaced: %w", ErrUnavailable)
	}
	return err
}
