package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// Statement is what somebody said about sharing a referral.
type Statement struct {
	Once Once
	// By is who recorded it; who said it is in Said.
	By       referral.Actor
	Referral string
	Said     consent.Event
	// NoWider says that a grant is taken only if it is no wider than what was granted before; it follows from who records it.
	NoWider bool
	// Deliver names the partners to be told that something was said; each reads for itself what it may see now. At most 64.
	Deliver []string
	// Shown are grounds: whoever was shown something on one of them is told, too.
	Shown []string
	// Because are the decisions that allowed to record it: see [Step].
	Because []audit.Entry
}

// Said records what somebody said about sharing a referral, once. It needs no version: a withdrawal is never too late.
func (s *Store) Said(ctx context.Context, r Statement) (Result, error) {
	if err := errors.Join(checkTold(len(r.Deliver)), checkBecause(r.Because)); err != nil {
		return Result{}, err
	}
	a, err := r.asked(s)
	if err != nil {
		return Result{}, err
	}
	return s.perform(ctx, "record what was said about sharing", a, func(t tx) (Result, error) {
		owner, err := t.personInTurn(ctx, r.Referral)
		if err != nil {
			return Result{}, err
		}
		t.noteBecause(r.Because, owner, r.Referral)
		now := s.clock.Now()
		key, err := t.keyOf(ctx, owner)
		if err != nil {
			return Result{}, err
		}
		seq, err := t.addConsent(ctx, speaking{r.Referral, owner, key, r.By, r.NoWider}, r.Said, now)
		if err != nil {
			return Result{}, err
		}
		if r.Deliver, err = t.withReaders(ctx, r.Referral, r.By.Partner, r.Deliver, r.Shown); err != nil {
			return Result{}, err
		}
		return Result{Referral: r.Referral, Version: seq}, t.tellOfSharing(ctx, r, seq, now)
	})
}

// mostTold bounds how many partners are told of one thing: as many as can have been asked, and who made the referral.
const mostTold = 64

func checkTold(n int) error {
	if n > mostTold {
		return invalid("There are more than %d partners to tell: send fewer.", mostTold)
	}
	return nil
}

// tellOfSharing has partners told that something was said about sharing a referral.
func (t tx) tellOfSharing(ctx context.Context, r Statement, seq int64, now time.Time) error {
	if len(r.Deliver) == 0 {
		return nil
	}
	d := Delivery{Referral: r.Referral, Said: seq, Kind: referral.KindSharing, Since: now}
	if err := t.QueryRowContext(ctx, `SELECT version FROM referrals WHERE id = $1`, r.Referral).Scan(&d.Version); err != nil {
		return told("read the latest version", err)
	}
	for _, partner := range r.Deliver {
		if err := t.deliver(ctx, d, partner); err != nil {
			return err
		}
	}
	return nil
}

// asked implements [Request].
func (r Statement) asked(*Store) (asked, error) {
	return r.Once.asked("consent", []any{r.Referral, r.Said, r.By})
}

// speaking is whom something was said about, and who records it.
type speaking struct {
	referral, person string
	key              *vault.Key
	by               referral.Actor
	noWider          bool
}

const consentPlace = "consent"

func (t tx) addConsent(ctx context.Context, in speaking, said consent.Event, now time.Time) (int64, error) {
	before, err := consentsIn(ctx, t, in.referral, in.key)
	if err != nil {
		return 0, err
	}
	said = said.Normal().Written(before, now)
	if err := said.Check(before, now); err != nil {
		return 0, err
	}
	if in.noWider && said.Decision == consent.Grant {
		if err := said.NoWider(before); err != nil {
			return 0, err
		}
	}
	seq := int64(len(before)) + 1
	sealed, err := sealConsent(in.key, in.referral, seq, said)
	if err != nil {
		return 0, err
	}
	actor, err := json.Marshal(in.by)
	if err != nil {
		return 0, fmt.Errorf("write down who did it: %w", err)
	}
	t.note(audit.Entry{
		What: audit.Changed, Time: now, By: auditActor(in.by), Person: in.person, Referral: in.referral, Version: seq,
		Detail: "consent." + string(said.Decision),
	})
	return seq, t.run(ctx, "record what was said",
		`INSERT INTO consents (referral_id, seq, recorded_at, actor, event, sealed) VALUES ($1, $2, $3, $4, '', $5)`,
		in.referral, seq, micros(now), string(actor), sealed)
}

func sealConsent(key *vault.Key, id string, seq int64, said consent.Event) ([]byte, error) {
	event, err := json.Marshal(said)
	if err != nil {
		return nil, fmt.Errorf("write down what was said: %T", err)
	}
	return key.Seal(id, place(consentPlace, seq), event)
}

// carryObjections has what was refused or taken back of a referral count on the one that follows it, as from when it was said.
// The referral that is followed has to be locked by then: nobody takes anything back in between.
func (t tx) carryObjections(ctx context.Context, before referral.State, in speaking, now time.Time) error {
	said, err := consentsIn(ctx, t, before.ID, in.key)
	if err != nil {
		return err
	}
	for _, e := range consent.Carried(said, now) {
		if _, err := t.addConsent(ctx, in, e, now); err != nil {
			return err
		}
	}
	return nil
}

// Consents returns all that was said about sharing a referral, in the order it was recorded. It fails with vault.ErrErased if the
// person was erased.
func (s *Store) Consents(ctx context.Context, id string) ([]consent.Event, error) {
	owner, err := s.personOf(ctx, s.read, id)
	if err != nil {
		return nil, err
	}
	key, err := s.keyIn(ctx, s.read, owner, "")
	if err != nil {
		return nil, err
	}
	return consentsIn(ctx, s.read, id, key)
}

// saidOf is something that was said, as it is kept.
type saidOf struct {
	referral string
	seq      int64
	// clear is as an earlier release wrote it; empty where it is sealed.
	clear  string
	sealed []byte
}

// open reads it; false for what was erased before it could be encrypted.
func (k saidOf) open(key *vault.Key) (said consent.Event, there bool, err error) {
	text := []byte(k.clear)
	if k.sealed != nil {
		if len(k.sealed) == 0 {
			return said, false, nil
		}
		if text, err = key.Unseal(k.referral, place(consentPlace, k.seq), k.sealed); err != nil {
			return said, false, err
		}
	}
	if err := json.Unmarshal(text, &said); err != nil { // which may quote it
		return said, false, fmt.Errorf("read what was said: %T", err)
	}
	return said, true, nil
}

func consentsIn(ctx context.Context, q querier, id string, key *vault.Key) ([]consent.Event, error) {
	var kept []saidOf
	if err := askConsents([]string{id}, &kept).of(ctx, q); err != nil {
		return nil, err
	}
	var all []consent.Event
	for _, k := range kept {
		said, there, err := k.open(key)
		if err != nil {
			return nil, err
		}
		if there {
			all = append(all, said)
		}
	}
	return all, nil
}

func askConsents(ids []string, into *[]saidOf) ask {
	places, args := listed(ids)
	return ask{"read what was said about sharing", func(scan func(into ...any) error) error {
		var k saidOf
		err := scan(&k.referral, &k.seq, &k.clear, &k.sealed)
		*into = append(*into, k)
		return err
	}, `SELECT referral_id, seq, event, sealed FROM consents WHERE referral_id IN (` + places + `) ORDER BY referral_id, seq`, args}
}

// sealedAtOnce is how many of an earlier release are encrypted in one transaction.
const sealedAtOnce = 200

// CatchUp brings what earlier releases wrote to how it is written now: it encrypts what was said about sharing, and redacts the
// histories of those who were erased. It can be stopped and started again. An earlier release cannot read what was encrypted: so
// it is not done before such programs have ended, and again for what they wrote last. What belongs to a key that does not open is
// left.
func (s *Store) CatchUp(ctx context.Context) error {
	if err := errors.Join(s.sealConsents(ctx), s.redactErased(ctx)); err != nil {
		return err
	}
	return s.tidy(ctx)
}

// sealConsents encrypts what an earlier release wrote in the clear.
func (s *Store) sealConsents(ctx context.Context) error {
	for last, more := (saidOf{}), true; more; {
		err := s.change(ctx, "encrypt what was said about sharing", func(t tx) (err error) {
			last, more, err = t.sealSome(ctx, last)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sealSome encrypts some after one, and says where to go on.
func (t tx) sealSome(ctx context.Context, after saidOf) (last saidOf, more bool, err error) {
	var all []saidOf
	var people []string
	err = each(ctx, t, "find what was said in the clear", func(rows *sql.Rows) error {
		var k saidOf
		var person string
		err := rows.Scan(&k.referral, &k.seq, &k.clear, &person)
		all, people = append(all, k), append(people, person)
		return err
	}, `SELECT c.referral_id, c.seq, c.event, r.person_id FROM consents c JOIN referrals r ON r.id = c.referral_id
		WHERE c.sealed IS NULL AND (c.referral_id, c.seq) > ($1, $2) ORDER BY c.referral_id, c.seq LIMIT $3`,
		after.referral, after.seq, int64(sealedAtOnce))
	if err != nil || len(all) == 0 {
		return after, false, err
	}
	for i, k := range all {
		sealed, err := t.sealedAnew(ctx, k, people[i])
		if errors.Is(err, vault.ErrUnreadable) { // nothing of this person opens
			continue
		}
		if err != nil {
			return after, false, err
		}
		if err := t.run(ctx, "encrypt what was said",
			`UPDATE consents SET event = '', sealed = $1 WHERE referral_id = $2 AND seq = $3 AND sealed IS NULL`,
			sealed, k.referral, k.seq); err != nil {
			return after, false, err
		}
	}
	return all[len(all)-1], true, nil
}

// sealedAnew is what was said in the clear, encrypted; nothing of somebody who was erased.
func (t tx) sealedAnew(ctx context.Context, k saidOf, person string) ([]byte, error) {
	key, err := t.keyOf(ctx, person)
	if isErased(err) {
		return []byte{}, nil
	}
	if err != nil {
		return nil, err
	}
	return key.Seal(k.referral, place(consentPlace, k.seq), []byte(k.clear))
}
