package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// Emergency is the declaration of somebody that they have to read a referral though nothing else lets them, to keep somebody
// from serious harm. It stays, and somebody else has to review it.
type Emergency struct {
	Referral string
	// Number counts the emergencies of a referral, from 1. The store gives it.
	Number int64
	// At is when it was declared. The store gives it.
	At time.Time
	By referral.Actor
	// Partnership is the ADP whose data lead reviews it. The store gives it.
	Partnership string
	// Reason, Purpose and Role are codes of the policy.
	Reason, Purpose, Role string
	// Justification is why, in words. It is kept encrypted, and empty where it was not asked for, the person was erased, or it does
	// not open.
	Justification string
	// Review is what came of it; nil while nobody has reviewed it.
	Review *Review
}

// String implements fmt.Stringer without anybody's words.
func (e Emergency) String() string {
	return fmt.Sprintf("emergency %d of referral %s", e.Number, e.Referral)
}

// GoString implements fmt.GoStringer without anybody's words.
func (e Emergency) GoString() string { return e.String() }

// Review closes an emergency.
type Review struct {
	At time.Time
	By referral.Actor
	// Outcome is a code: letters, digits, hyphens and dots.
	Outcome string
	// Words are kept encrypted.
	Words string
}

// String implements fmt.Stringer without anybody's words.
func (r Review) String() string { return "review of an emergency: " + r.Outcome }

// GoString implements fmt.GoStringer without anybody's words.
func (r Review) GoString() string { return r.String() }

// Unjustified reports whether its review found that it was not justified.
func (e Emergency) Unjustified() bool { return e.Review != nil && e.Review.Outcome == NotJustified }

// NotJustified is the outcome of a review that ends an emergency at once.
const NotJustified = "NotJustified"

// mostEmergencies of one referral that one person declared and that wait for a review. Whoever needs more has to be reviewed
// first; nobody else is kept from declaring one by it.
const mostEmergencies = 200

// Declaration is the request to declare an emergency.
type Declaration struct {
	Once      Once
	Emergency Emergency
}

// asked implements [Request].
func (d Declaration) asked(*Store) (asked, error) {
	e := d.Emergency
	return d.Once.asked("declare an emergency", []any{e.Referral, e.By, e.Reason, e.Purpose, e.Role, e.Justification})
}

// Closing is the request to close an emergency of a referral.
type Closing struct {
	Once     Once
	Referral string
	Number   int64
	Review   Review
}

// asked implements [Request].
func (c Closing) asked(*Store) (asked, error) {
	return c.Once.asked("review an emergency", []any{c.Referral, c.Number, c.Review.By, c.Review.Outcome, c.Review.Words})
}

// Declare keeps an emergency, once. Its number is the version of the result.
func (s *Store) Declare(ctx context.Context, o Once, e Emergency, because ...audit.Entry) (Result, error) {
	if err := checkBecause(because); err != nil {
		return Result{}, err
	}
	a, err := Declaration{o, e}.asked(s)
	if err != nil {
		return Result{}, err
	}
	return s.perform(ctx, "declare an emergency", a, func(t tx) (Result, error) {
		owner, err := t.personInTurn(ctx, e.Referral)
		if err != nil {
			return Result{}, err
		}
		if e.Number, err = t.nextEmergency(ctx, e.Referral, e.By); err != nil {
			return Result{}, err
		}
		e.At = s.clock.Now()
		if err := t.addEmergency(ctx, owner, e); err != nil {
			return Result{}, err
		}
		t.noteBecause(because, owner, e.Referral)
		t.note(audit.Entry{
			What: audit.Changed, Time: e.At, By: auditActor(e.By), Person: owner, Referral: e.Referral, Purpose: e.Purpose,
			Version: e.Number, Detail: "emergency." + e.Reason,
		})
		return Result{Referral: e.Referral, Version: e.Number}, nil
	})
}

func (t tx) nextEmergency(ctx context.Context, id string, by referral.Actor) (int64, error) {
	var n, open int64
	err := t.QueryRowContext(ctx, `SELECT coalesce(max(e.number), 0) + 1,
		coalesce(sum(CASE WHEN v.number IS NULL AND e.subject = $2 AND e.partner = $3 THEN 1 ELSE 0 END), 0) FROM emergencies e
		LEFT JOIN emergency_reviews v ON v.referral_id = e.referral_id AND v.number = e.number WHERE e.referral_id = $1`,
		id, by.ID, by.Partner).Scan(&n, &open)
	if err == nil && open >= mostEmergencies {
		return 0, invalid("%d emergencies that you declared about this referral wait for a review: have them reviewed first.", open)
	}
	return n, told("count emergencies", err)
}

func (t tx) addEmergency(ctx context.Context, owner string, e Emergency) error {
	key, err := t.keyOf(ctx, owner)
	if err != nil {
		return err
	}
	words, err := key.Seal(e.Referral, place("emergency", e.Number), []byte(e.Justification))
	if err != nil {
		return err
	}
	actor, err := json.Marshal(e.By)
	if err != nil {
		return fmt.Errorf("write down who did it: %w", err)
	}
	return t.run(ctx, "keep an emergency",
		`INSERT INTO emergencies (referral_id, number, at, partner, subject, actor, reason, purpose, role, justification)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		e.Referral, e.Number, micros(e.At), e.By.Partner, e.By.ID, string(actor), e.Reason, e.Purpose, e.Role, words)
}

// CloseEmergency records the review of an emergency, once. Somebody else who reviewed it before stays the one who did.
func (s *Store) CloseEmergency(
	ctx context.Context, o Once, id string, number int64, r Review, because ...audit.Entry,
) (Result, error) {
	if err := checkBecause(because); err != nil {
		return Result{}, err
	}
	if !referral.Opaque(r.Outcome) {
		return Result{}, invalid("Give the outcome as a code of letters, digits and hyphens.")
	}
	a, err := Closing{o, id, number, r}.asked(s)
	if err != nil {
		return Result{}, err
	}
	return s.perform(ctx, "review an emergency", a, func(t tx) (Result, error) {
		owner, err := t.personInTurn(ctx, id)
		if err != nil {
			return Result{}, err
		}
		r.At = s.clock.Now()
		if err := t.addReview(ctx, owner, id, number, r); err != nil {
			return Result{}, err
		}
		t.noteBecause(because, owner, id)
		t.note(audit.Entry{
			What: audit.Changed, Time: r.At, By: auditActor(r.By), Person: owner, Referral: id, Version: number,
			Detail: "review." + r.Outcome,
		})
		return Result{Referral: id, Version: number}, nil
	})
}

func (t tx) addReview(ctx context.Context, owner, id string, number int64, r Review) error {
	actor, err := json.Marshal(r.By)
	if err != nil {
		return fmt.Errorf("write down who did it: %w", err)
	}
	var words []byte
	if r.Words != "" {
		key, err := t.keyOf(ctx, owner)
		if err != nil {
			return err
		}
		if words, err = key.Seal(id, place("emergency-review", number), []byte(r.Words)); err != nil {
			return err
		}
	}
	n, err := t.exec(ctx, "keep a review", `INSERT INTO emergency_reviews (referral_id, number, at, actor, outcome, words)
		SELECT referral_id, number, $3, $4, $5, $6 FROM emergencies WHERE referral_id = $1 AND number = $2
		ON CONFLICT (referral_id, number) DO NOTHING`, id, number, micros(r.At), string(actor), r.Outcome, words)
	if err == nil && n == 0 {
		return invalid("There is no such emergency that waits for a review.")
	}
	return err
}

// Emergencies says which are wanted. One of Referral, Partnership and Subject has to be there.
type Emergencies struct {
	Referral string
	// Number is one of those of the referral; 0 for all.
	Number int64
	// Partnership is the ADP of the referrals.
	Partnership string
	// Subject and Partner are who declared them.
	Subject, Partner string
	// Since is the earliest moment they were declared at; zero for any.
	Since time.Time
	// Open leaves out those that were reviewed.
	Open bool
	// Words says whether justifications are decrypted.
	Words bool
}

// Emergencies returns emergencies, oldest first, at most limit of 1 to [LongestPage].
func (s *Store) Emergencies(ctx context.Context, f Emergencies, limit int) ([]Emergency, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	condition, args, err := f.condition()
	if err != nil {
		return nil, err
	}
	var all []Emergency
	var words [][]byte
	var owners []string
	err = each(ctx, s.read, "read emergencies", func(rows *sql.Rows) error {
		e, owner, sealed, err := scanEmergency(rows)
		all, owners, words = append(all, e), append(owners, owner), append(words, sealed)
		return err
	}, `SELECT e.referral_id, e.number, e.at, e.actor, e.reason, e.purpose, e.role, e.justification, r.person_id, r.partnership,
		v.at, v.actor, v.outcome FROM emergencies e JOIN referrals r ON r.id = e.referral_id
		LEFT JOIN emergency_reviews v ON v.referral_id = e.referral_id AND v.number = e.number
		WHERE `+condition+fmt.Sprintf(` ORDER BY e.at, e.referral_id, e.number LIMIT $%d`, len(args)+1), append(args, int64(limit))...)
	if err != nil || !f.Words {
		return all, err
	}
	for i := range all {
		key, erased, err := s.keyUnlessErased(ctx, s.read, owners[i])
		if err != nil && !errors.Is(err, vault.ErrUnreadable) {
			return nil, err
		}
		if erased || err != nil {
			continue
		}
		if text, err := key.Unseal(all[i].Referral, place("emergency", all[i].Number), words[i]); err == nil {
			all[i].Justification = string(text)
		}
	}
	return all, nil
}

func (f Emergencies) condition() (string, []any, error) {
	condition, args := "1 = 1", []any{}
	for _, c := range []struct {
		column string
		value  string
	}{
		{"e.referral_id", f.Referral}, {"r.partnership", f.Partnership}, {"e.subject", f.Subject}, {"e.partner", f.Partner},
	} {
		if c.value != "" {
			args = append(args, c.value)
			condition += fmt.Sprintf(" AND %s = $%d", c.column, len(args))
		}
	}
	if f.Referral == "" && f.Partnership == "" && f.Subject == "" {
		return "", nil, invalid("Say whose emergencies: of which referral, partnership or person who declared them.")
	}
	if f.Number > 0 {
		args = append(args, f.Number)
		condition += fmt.Sprintf(" AND e.number = $%d", len(args))
	}
	if !f.Since.IsZero() {
		args = append(args, micros(f.Since))
		condition += fmt.Sprintf(" AND e.at >= $%d", len(args))
	}
	if f.Open {
		condition += " AND v.number IS NULL"
	}
	return condition, args, nil
}

func scanEmergency(rows *sql.Rows) (e Emergency, owner string, words []byte, err error) {
	var at int64
	var actor string
	var reviewed sql.NullInt64
	var reviewer, outcome sql.NullString
	err = rows.Scan(&e.Referral, &e.Number, &at, &actor, &e.Reason, &e.Purpose, &e.Role, &words, &owner, &e.Partnership,
		&reviewed, &reviewer, &outcome)
	if err != nil {
		return e, owner, words, err
	}
	e.At = moment(at)
	if err := json.Unmarshal([]byte(actor), &e.By); err != nil {
		return e, owner, words, fmt.Errorf("read who did it: %w", err)
	}
	if reviewed.Valid {
		e.Review = &Review{At: moment(reviewed.Int64), Outcome: outcome.String}
		if err := json.Unmarshal([]byte(reviewer.String), &e.Review.By); err != nil {
			return e, owner, words, fmt.Errorf("read who did it: %w", err)
		}
	}
	return e, owner, words, nil
}
