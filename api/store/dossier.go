package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// Dossier is all that a decision about sharing a referral rests on. What of it is decrypted is for deciding alone.
type Dossier struct {
	State referral.State
	// Consents are what was said about sharing; none if the person was erased.
	Consents []consent.Event
	// Basis is what a decision that rests on this rests on: what is read because of it has to be read by it.
	Basis Basis
	// Circumstances, Born, AgeBand and OverdoseAt are zero if nobody told them, or the person was erased.
	Circumstances referral.Circumstances
	Born          person.Date
	AgeBand       person.AgeBand
	OverdoseAt    time.Time
	// Along is the pathway that it was made along; zero if none, or the person was erased. No decision rests on it.
	Along referral.Along
	// Erased says that the person was erased: nothing that was told can be read.
	Erased bool
	// Unreadable says that something of this does not open, so that nobody knows what it is: nothing can be decided by it.
	Unreadable bool

	history []referral.Event
}

// StateAt is how the referral stood at a version.
func (d Dossier) StateAt(version int64) (referral.State, error) {
	after := slices.IndexFunc(d.history, func(e referral.Event) bool { return e.Version > version })
	if after < 0 {
		after = len(d.history)
	}
	return referral.Fold(d.history[:after])
}

// String implements fmt.Stringer with nobody's data.
func (d Dossier) String() string { return "dossier of referral " + d.State.ID }

// GoString implements fmt.GoStringer with nobody's data.
func (d Dossier) GoString() string { return d.String() }

// Dossiers returns what decisions about these referrals rest on; a referral that does not exist is left out. It asks the database
// as much of what does not exist as of what does. At most [LongestPage] at once.
func (s *Store) Dossiers(ctx context.Context, ids ...string) (map[string]Dossier, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := checkLimit(len(ids)); err != nil {
		return nil, err
	}
	histories, bases := map[string][]referral.Event{}, map[string]owned{}
	facts := sealedFacts{keys: map[string][]byte{}}
	places, args := listed(ids)
	condition := `f.referral_id IN (` + places + `) AND f.field IN (` +
		placeholders(len(args)+1, len(factFields)) + `) AND f.version = (` + latest + `)`
	err := s.together(ctx, "read what decisions rest on",
		askHistories(ids, histories), askBases(ids, bases), askConsents(ids, &facts.said), askKeys(ids, facts.keys),
		askSealed(&facts.values, condition, append(args, names(factFields)...)...))
	if err != nil {
		return nil, err
	}
	found := make(map[string]Dossier, len(histories))
	for id, history := range histories {
		state, err := referral.Fold(history)
		if err != nil {
			return nil, err
		}
		found[id] = Dossier{State: state, Basis: bases[id].Basis, history: history}
	}
	return found, s.addFacts(ctx, found, facts)
}

// listed writes values to look for as arguments of a statement, from $1 on. Some are named twice, so that there are as many as a
// power of two: otherwise there would be a statement for each number of them, which the database had to prepare each time.
func listed[T any](values []T) (places string, args []any) {
	args = make([]any, len(values), 2*len(values))
	for i, value := range values {
		args[i] = value
	}
	for n := len(args); n&(n-1) != 0; n++ {
		args = append(args, args[0])
	}
	return placeholders(1, len(args)), args
}

// table writes rows of numbers of the same length as arguments of a statement after others, as many as a power of two: see
// [listed]. What is named twice is changed once.
func (e engine) table(rows [][]int64, first ...any) (values string, args []any) {
	args = append(make([]any, 0, len(first)+2*len(rows)*len(rows[0])), first...)
	all := make([]string, 0, 2*len(rows))
	for i := 0; i < len(rows) || i&(i-1) != 0; i++ {
		row := rows[0]
		if i < len(rows) {
			row = rows[i]
		}
		each := make([]string, len(row))
		for j, number := range row {
			args = append(args, number)
			each[j] = placeholders(len(args), 1) + e.number
		}
		all = append(all, "("+strings.Join(each, ", ")+")")
	}
	return strings.Join(all, ", "), args
}

func askHistories(ids []string, into map[string][]referral.Event) ask {
	places, args := listed(ids)
	return ask{"read histories", func(scan func(into ...any) error) error {
		var e referral.Event
		var at int64
		var actor, kind, change string
		if err := scan(&e.Referral, &e.Version, &at, &actor, &kind, &change); err != nil {
			return err
		}
		e.At = moment(at)
		if err := json.Unmarshal([]byte(actor), &e.By); err != nil {
			return fmt.Errorf("read who did it: %w", err)
		}
		var err error
		e.Change, err = referral.DecodeChange(referral.Kind(kind), []byte(change))
		into[e.Referral] = append(into[e.Referral], e)
		return err
	}, `SELECT referral_id, version, at, actor, kind, change FROM history WHERE referral_id IN (` + places + `)
		ORDER BY referral_id, version`, args}
}

// factFields are what is decrypted to decide, and along which pathway the referral was made.
var factFields = []record.Field{record.DateOfBirth, record.AgeBand, record.OverdoseAt, circumstancesPlace, alongPlace}

// sealedFacts are what decisions rest on, as it is kept. It is opened after everything was read: a key service may take its time.
type sealedFacts struct {
	keys   map[string][]byte
	values []sealed
	said   []saidOf
}

// addFacts decrypts what decisions rest on.
func (s *Store) addFacts(ctx context.Context, found map[string]Dossier, facts sealedFacts) error {
	keys, damaged, err := s.openKeys(ctx, facts.keys)
	if err != nil {
		return err
	}
	for id, d := range found {
		d.Unreadable = damaged[d.State.Person]
		d.Erased = keys[d.State.Person] == nil && !d.Unreadable
		found[id] = d
	}
	for _, v := range facts.values {
		d, key := found[v.referral], keys[found[v.referral].State.Person]
		if key == nil {
			continue
		}
		if text, err := v.open(key); err != nil || d.fact(v.field, text) != nil {
			d.Unreadable = true
		}
		found[v.referral] = d
	}
	for _, k := range facts.said {
		d, key := found[k.referral], keys[found[k.referral].State.Person]
		if key == nil {
			continue
		}
		d.hear(k, key)
		found[k.referral] = d
	}
	return nil
}

// hear adds something that was said.
func (d *Dossier) hear(k saidOf, key *vault.Key) {
	said, there, err := k.open(key)
	switch {
	case err != nil:
		d.Unreadable = true
	case there:
		d.Consents = append(d.Consents, said)
	}
}

func (d *Dossier) fact(f record.Field, text []byte) error {
	into := map[record.Field]any{
		record.DateOfBirth: &d.Born, record.AgeBand: &d.AgeBand, record.OverdoseAt: &d.OverdoseAt, circumstancesPlace: &d.Circumstances,
		alongPlace: &d.Along,
	}[f]
	if err := json.Unmarshal(text, into); err != nil { // which may quote it
		return fmt.Errorf("read what a decision rests on: %T", err)
	}
	return nil
}

// nobody is the name of no person, and of no referral: it is looked for where there is nothing to look for, so that this shows in
// nothing that the database does.
const nobody = "nobody"

// askKeys asks for the keys of the people whom referrals are about, as they are kept; none of somebody who was erased.
func askKeys(referrals []string, into map[string][]byte) ask {
	places, args := listed(referrals)
	return ask{"find people's keys", func(scan func(into ...any) error) error {
		var id string
		var key []byte
		err := scan(&id, &key)
		into[id] = key
		return err
	}, `SELECT person_id, wrapped FROM person_keys
		WHERE person_id IN (SELECT person_id FROM referrals WHERE id IN (` + places + `))`, args}
}

// wrappedKeys are the keys of people as they are kept; none of somebody who was erased.
func wrappedKeys(ctx context.Context, q querier, people []string) (map[string][]byte, error) {
	slices.Sort(people)
	people = slices.Compact(people)
	if len(people) == 0 {
		people = []string{nobody}
	}
	wrapped := map[string][]byte{}
	places, args := listed(people)
	err := each(ctx, q, "find people's keys", func(rows *sql.Rows) error {
		var id string
		var key []byte
		err := rows.Scan(&id, &key)
		wrapped[id] = key
		return err
	}, `SELECT person_id, wrapped FROM person_keys WHERE person_id IN (`+places+`)`, args...)
	return wrapped, err
}

// openKeys opens keys of people. Those that do not open are damaged, which nobody else's are for it; of those who were erased
// there are none.
func (s *Store) openKeys(
	ctx context.Context, wrapped map[string][]byte,
) (keys map[string]*vault.Key, damaged map[string]bool, err error) {
	keys, damaged = map[string]*vault.Key{}, map[string]bool{}
	for id, text := range wrapped {
		key, err := s.vault.Open(ctx, id, text)
		switch {
		case err == nil:
			keys[id] = key
		case isErased(err):
		case errors.Is(err, vault.ErrUnreadable):
			damaged[id] = true
		default:
			return nil, nil, err
		}
	}
	return keys, damaged, nil
}

// Wanted is what is to be read of a referral.
type Wanted struct {
	Fields []record.Field
	// Version as of which; 0 is now.
	Version int64
	// Decided is what the decision rested on that allows it.
	Decided Basis
}

// ReadMany returns what referrals tell of the fields that are wanted of each; of others nothing is decrypted. It reads all of it
// as it is at one moment, and fails with [ErrMoved] if one of the decisions does not rest on the same any more, or the person was
// erased after it, and with an [UnreadableError] that names those that do not open. Where nothing is wanted it asks the database
// as much as if something was. At most [LongestPage] at once.
func (s *Store) ReadMany(ctx context.Context, wanted map[string]Wanted) (read map[string]record.Values, err error) {
	var ids []string
	for id, w := range wanted {
		if len(w.Fields) > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, s.snapshot(ctx, "read what is told", func(q querier) error {
			if _, _, err := stillDecided(ctx, q, []string{nobody}, nil); err != nil && !errors.Is(err, ErrMoved) {
				return err
			}
			_, err := sealedAsOf(ctx, q, []string{nobody}, nil)
			return err
		})
	}
	if err := checkLimit(len(ids)); err != nil {
		return nil, err
	}
	var now map[string]owned
	var wrapped map[string][]byte
	var kept map[string][]sealed
	err = s.snapshot(ctx, "read what is told", func(q querier) (err error) {
		if now, wrapped, err = stillDecided(ctx, q, ids, wanted); err != nil {
			return err
		}
		kept, err = sealedAsOf(ctx, q, ids, wanted)
		return err
	})
	if err != nil {
		return nil, err
	}
	keys, damaged, err := s.openKeys(ctx, wrapped)
	if err != nil {
		return nil, err
	}
	read = map[string]record.Values{}
	var unreadable []string
	for _, id := range ids {
		if damaged[now[id].person] {
			unreadable = append(unreadable, id)
			continue
		}
		if read[id], err = opened(kept[id], wanted[id].Fields, keys[now[id].person]); err != nil {
			unreadable = append(unreadable, id)
		}
	}
	if len(unreadable) > 0 {
		return nil, &UnreadableError{unreadable}
	}
	return read, nil
}

// stillDecided says whose referrals are, and returns the keys of these, if all decisions still rest on the same.
func stillDecided(
	ctx context.Context, q querier, ids []string, wanted map[string]Wanted,
) (map[string]owned, map[string][]byte, error) {
	now, err := basesOf(ctx, q, ids)
	if err != nil {
		return nil, nil, err
	}
	people := make([]string, len(ids))
	for i, id := range ids {
		if now[id].Basis != wanted[id].Decided {
			return nil, nil, ErrMoved
		}
		people[i] = now[id].person
	}
	wrapped, err := wrappedKeys(ctx, q, people)
	if err != nil {
		return nil, nil, err
	}
	if slices.ContainsFunc(ids, func(id string) bool { return len(wrapped[now[id].person]) == 0 }) {
		return nil, nil, ErrMoved
	}
	return now, wrapped, nil
}

// sealedAsOf returns the values of referrals, each as of the version that is wanted of it, by one statement.
func sealedAsOf(ctx context.Context, q querier, ids []string, wanted map[string]Wanted) (map[string][]sealed, error) {
	var now []string
	var c conditions
	var each []string
	for _, id := range ids {
		if version := wanted[id].Version; version > 0 {
			each = append(each, "f.referral_id = "+c.value(id)+" AND f.version = ("+latest+" AND g.version <= "+c.value(version)+")")
		} else {
			now = append(now, id)
		}
	}
	if len(now) > 0 {
		c.among("f.referral_id", names(now))
		each = append(each, c.all[0]+" AND f.version = ("+latest+")")
	}
	kept, err := sealedBy(ctx, q, strings.Join(each, " OR "), c.args...)
	all := map[string][]sealed{}
	for _, v := range kept {
		all[v.referral] = append(all[v.referral], v)
	}
	return all, err
}

// opened decrypts the fields that are wanted.
func opened(kept []sealed, wanted []record.Field, key *vault.Key) (record.Values, error) {
	named := make(map[record.Field]bool, len(wanted))
	for _, f := range wanted {
		named[f] = true
	}
	values := record.Values{}
	for _, v := range kept {
		if !named[v.field] {
			continue
		}
		text, err := v.open(key)
		if err != nil {
			return nil, err
		}
		values[v.field] = text
	}
	return values, nil
}
