package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

const wordsPlace = "words"

// write adds an event to the history of its referral; of somebody who was erased, without what its codes tell of them.
func (t tx) write(ctx context.Context, e referral.Event, person string, key *vault.Key) error {
	change, err := referral.EncodeChange(e.Change)
	if err != nil {
		return err
	}
	redacted, err := referral.EncodeChange(referral.Redacted(e.Change))
	if err != nil {
		return err
	}
	actor, err := json.Marshal(e.By)
	if err != nil {
		return fmt.Errorf("write down who did it: %w", err)
	}
	var words []byte
	if e.Words != "" {
		if key == nil {
			if key, err = t.keyOf(ctx, person); err != nil {
				return err
			}
		}
		if words, err = key.Seal(e.Referral, place(wordsPlace, e.Version), []byte(e.Words)); err != nil {
			return err
		}
	}
	return t.run(ctx, "add to the history",
		`INSERT INTO history (referral_id, version, at, actor, kind, change, words) VALUES ($1, $2, $3, $4, $5,
		CASE WHEN EXISTS (SELECT 1 FROM persons WHERE id = $8 AND erased_at IS NOT NULL) THEN $9 ELSE $6 END, $7)`,
		e.Referral, e.Version, micros(e.At), string(actor), string(e.Change.Kind()), string(change), words, person, string(redacted))
}

// written is an event as it is kept, its words encrypted.
type written struct {
	referral.Event
	words []byte
}

func readHistory(ctx context.Context, q querier, id string, after, limit int64) ([]written, error) {
	var history []written
	err := each(ctx, q, "read the history", func(rows *sql.Rows) error {
		var w written
		var at int64
		var actor, kind, change string
		if err := rows.Scan(&w.Version, &at, &actor, &kind, &change, &w.words); err != nil {
			return err
		}
		w.Referral, w.At = id, moment(at)
		if err := json.Unmarshal([]byte(actor), &w.By); err != nil {
			return fmt.Errorf("read who did it: %w", err)
		}
		var err error
		w.Change, err = referral.DecodeChange(referral.Kind(kind), []byte(change))
		history = append(history, w)
		return err
	}, `SELECT version, at, actor, kind, change, words FROM history WHERE referral_id = $1 AND version > $2
		ORDER BY version LIMIT $3`, id, after, limit)
	return history, err
}

// replay works out how a referral stands.
func replay(ctx context.Context, q querier, id string) (referral.State, error) {
	history, err := readHistory(ctx, q, id, 0, referral.MostEvents)
	if err != nil {
		return referral.State{}, err
	}
	if len(history) == 0 {
		return referral.State{}, fmt.Errorf("find the referral: %w", ErrNotFound)
	}
	events := make([]referral.Event, len(history))
	for i, w := range history {
		events[i] = w.Event
	}
	return referral.Fold(events)
}

// State returns how a referral stands, from its history. Nothing is decrypted for it.
func (s *Store) State(ctx context.Context, id string) (referral.State, error) {
	return replay(ctx, s.read, id)
}

// Events is a page of a history.
type Events struct {
	Events []referral.Event
	// WordsGone says that the person was erased, and what was written with the events with them.
	WordsGone bool
	// Unreadable says that something that was written with the events does not open: none of it is returned.
	Unreadable bool
	// More says that there are later events.
	More bool
}

// History returns the events of a referral after a version, with what was written with them if words are asked for. At most limit
// events, of 1 to [LongestPage].
func (s *Store) History(ctx context.Context, id string, after int64, limit int, words bool) (Events, error) {
	return s.events(ctx, id, after, limit, words, nil)
}

// HistoryAsDecided is [Store.History] for whoever was allowed to read it: it fails with [ErrMoved] if the decision does not rest
// on the same any more.
func (s *Store) HistoryAsDecided(ctx context.Context, id string, on Basis, after int64, limit int, words bool) (Events, error) {
	return s.events(ctx, id, after, limit, words, &on)
}

func (s *Store) events(ctx context.Context, id string, after int64, limit int, words bool, on *Basis) (page Events, err error) {
	if err := checkLimit(limit); err != nil {
		return Events{}, err
	}
	err = s.snapshot(ctx, "read the history", func(q querier) error {
		if on != nil {
			if err := stillRests(ctx, q, id, *on); err != nil {
				return err
			}
		}
		page, err = s.eventsIn(ctx, q, id, after, limit, words)
		return err
	})
	if err != nil {
		return Events{}, err
	}
	return page, nil
}

func (s *Store) eventsIn(ctx context.Context, q querier, id string, after int64, limit int, words bool) (Events, error) {
	owner, err := s.personOf(ctx, q, id)
	if err != nil {
		return Events{}, err
	}
	history, err := readHistory(ctx, q, id, after, int64(limit)+1)
	if err != nil {
		return Events{}, err
	}
	page := Events{More: len(history) > limit}
	history = history[:min(limit, len(history))]
	var key *vault.Key
	if words {
		key, page.WordsGone, err = s.keyUnlessErased(ctx, q, owner)
		if page.Unreadable = errors.Is(err, vault.ErrUnreadable); err != nil && !page.Unreadable {
			return Events{}, err
		}
	}
	for _, w := range history {
		if key != nil && w.words != nil {
			text, err := key.Unseal(id, place(wordsPlace, w.Version), w.words)
			page.Unreadable = page.Unreadable || err != nil
			w.Words = string(text)
		}
		page.Events = append(page.Events, w.Event)
	}
	if page.Unreadable {
		for i := range page.Events {
			page.Events[i].Words = ""
		}
	}
	return page, nil
}
