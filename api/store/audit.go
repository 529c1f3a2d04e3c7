package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/referral"
)

// mostEntries bounds how many entries one transaction adds to the audit log.
const mostEntries = 1000

// Record adds what changes nothing to the audit log: decisions, reads, what was sent, looked at or exported. It is all there or
// none of it, and it is to be there before the data leaves. Changes add their own entries. Entries without a time get the present
// one. At most 1,000 at once.
func (s *Store) Record(ctx context.Context, entries ...audit.Entry) error {
	kinds := []audit.What{audit.Decided, audit.Read, audit.Sent, audit.NotTaken, audit.Viewed, audit.Exported}
	if err := checkRecorded(entries, kinds...); err != nil {
		return err
	}
	if len(entries) == 0 {
		return nil
	}
	return s.change(ctx, "add to the audit log", func(t tx) error {
		t.note(entries...)
		return nil
	})
}

// checkBecause refuses, as reasons of a change, entries that are none.
func checkBecause(because []audit.Entry) error {
	return checkRecorded(because, audit.Decided, audit.Read)
}

// checkRecorded refuses entries of other kinds than these: those the store writes itself, with what they say.
func checkRecorded(entries []audit.Entry, kinds ...audit.What) error {
	if len(entries) > mostEntries {
		return invalid("There are more than %d entries for the audit log at once: send fewer.", mostEntries)
	}
	for _, e := range entries {
		if !slices.Contains(kinds, e.What) {
			return invalid("Of what happened here the audit log is told by the store alone.")
		}
	}
	return nil
}

// noteBecause notes the decisions that allowed a change. Those that name no person or referral are about these: of what is only
// being made nobody knows its name before.
func (t tx) noteBecause(because []audit.Entry, person, referral string) {
	for _, e := range because {
		e.Person, e.Referral = cmp.Or(e.Person, person), cmp.Or(e.Referral, referral)
		t.note(e)
	}
}

// noteOf is note of entries about referrals of which it is known whose they are.
func (t tx) noteOf(about map[string]owned, entries ...audit.Entry) {
	for _, e := range entries {
		e.Person = cmp.Or(e.Person, about[e.Referral].person)
		t.note(e)
	}
}

// note has entries added to the audit log at the end of the transaction.
func (t tx) note(entries ...audit.Entry) { *t.noted = append(*t.noted, entries...) }

// keepNoted adds what was noted, in one go and last of all: until the transaction ends nobody else can append, so whoever does
// waits for nothing more.
func (t tx) keepNoted(ctx context.Context) error {
	if len(*t.noted) == 0 {
		return nil
	}
	read := t.foreseen
	if *read == nil { // otherwise it was known before whom they are about
		if err := t.nameThePeople(ctx); err != nil {
			return err
		}
		var err error
		if *read, err = t.foresee(ctx, "take turns at the audit log", t.askLock()...); err != nil {
			return err
		}
	}
	return t.s.log.Append(ctx, ledger{t, *read}, *t.noted...)
}

// askLock has nobody else append to the audit log until the transaction ends.
func (t tx) askLock() []ask {
	if t.s.engine.lockLog == "" {
		return nil
	}
	return []ask{{doing: "take turns at the audit log", text: t.s.engine.lockLog}}
}

// nameThePeople fills in whom entries are about that name a referral alone: they are found by the person, too. It looks for all
// referrals that are named, also those whose person is known already: otherwise one that does not exist would take longer.
func (t tx) nameThePeople(ctx context.Context) error {
	var ids []string
	for _, e := range *t.noted {
		if e.Referral != "" {
			ids = append(ids, e.Referral)
		}
	}
	slices.Sort(ids)
	people := map[string]string{}
	for some := range slices.Chunk(slices.Compact(ids), LongestPage) {
		places, args := listed(some)
		if err := each(ctx, t, "find whom referrals are about", func(rows *sql.Rows) error {
			var id, person string
			err := rows.Scan(&id, &person)
			people[id] = person
			return err
		}, `SELECT id, person_id FROM referrals WHERE id IN (`+places+`)`, args...); err != nil {
			return err
		}
	}
	for i, e := range *t.noted {
		(*t.noted)[i].Person = cmp.Or(e.Person, people[e.Referral])
	}
	return nil
}

// auditActor is who acted, as the audit log has it.
func auditActor(a referral.Actor) audit.Actor {
	return audit.Actor{Partner: a.Partner, Partnership: a.Partnership, Role: string(a.Capacity), Subject: a.ID}
}

// changed is the entry of an event.
func changed(e referral.Event, person string) audit.Entry {
	return audit.Entry{
		What: audit.Changed, Time: e.At, By: auditActor(e.By), Person: person, Referral: e.Referral, Version: e.Version,
		Detail: string(e.Change.Kind()),
	}
}
