package store

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/api/vault"
)

// Once identifies a request, so that one that is sent again is carried out once.
type Once struct {
	// Scope tells callers apart whose keys have nothing to do with each other.
	Scope string
	// Key is the idempotency key: new and random for each thing that is wanted, the same when it is sent again.
	Key string
}

// Bounds of an idempotency key.
const (
	shortestKey  = 8
	longestKey   = 200
	longestScope = 300
)

// Result is what a change came to.
type Result struct {
	Referral string
	// Version the referral has after it; of a consent, its number.
	Version int64
	// Replayed says that the request had been carried out before, and nothing was done now.
	Replayed bool
}

// asked is a request as it is kept.
type asked struct {
	request []byte
	input   string
}

func (o Once) asked(what string, input any) (asked, error) {
	if len(o.Key) < shortestKey || len(o.Key) > longestKey {
		return asked{}, invalid("An idempotency key has %d to %d characters: a new random one for each thing you want done, and the "+
			"same one when you send it again.", shortestKey, longestKey)
	}
	if o.Scope == "" || len(o.Scope) > longestScope {
		return asked{}, errors.New("nobody is named whose idempotency key it is")
	}
	text, err := json.Marshal(input)
	if err != nil {
		return asked{}, fmt.Errorf("write down what was asked for: %T", err)
	}
	hash := sha256.New()
	for _, part := range []string{o.Scope, what, o.Key} {
		fmt.Fprintf(hash, "%d:%s", len(part), part)
	}
	return asked{hash.Sum(nil), string(text)}, nil
}

// Request is something that is to be carried out once: a [Submission], [Step], [Statement], [Declaration] or [Closing].
type Request interface {
	// asked is the request as it is kept.
	asked(s *Store) (asked, error)
}

// Answered returns what a request came to that was carried out before, and false for one that was not. Whoever sends something
// again is answered before anything is judged anew: it was done. It fails with [ErrKeyReused] if the key was used for something
// else.
func (s *Store) Answered(ctx context.Context, r Request) (Result, bool, error) {
	a, err := r.asked(s)
	if err != nil {
		return Result{}, false, err
	}
	before, err := findAnswer(ctx, s.read, s.index, a)
	return value(before), before != nil, err
}

// requestKind keeps hashes of inputs apart from those that people are found by.
const requestKind = "request"

// once carries out a request in a transaction, unless that was done before: then it returns what it came to.
func (t tx) once(ctx context.Context, a asked, do func() (Result, error)) (Result, error) {
	before, err := t.before(ctx, a)
	if err != nil || before != nil {
		return value(before), err
	}
	result, err := do()
	if err != nil {
		return Result{}, err
	}
	tags, current, err := t.s.index.Tags(requestKind, a.input)
	if err != nil {
		return Result{}, err
	}
	for _, tag := range tags {
		if tag.Key != current {
			continue
		}
		n, err := t.exec(ctx, "remember the request",
			`INSERT INTO requests (request, input_key, input, referral_id, version, created_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (request) DO NOTHING`,
			a.request, int64(tag.Key), tag.Sum, result.Referral, result.Version, micros(t.s.clock.Now()))
		if err != nil {
			return Result{}, err
		}
		if n == 0 { // the same was sent twice at once, and the other was carried out
			return Result{}, errSentTwice
		}
	}
	return result, nil
}

// errSentTwice takes back what was begun: the same request was carried out meanwhile.
var errSentTwice = errors.New("the same request was carried out meanwhile")

// perform carries out a request in a transaction of its own, once.
func (s *Store) perform(ctx context.Context, doing string, a asked, do func(tx) (Result, error)) (Result, error) {
	const tries = 2 // the second finds what the other did
	for try := 1; ; try++ {
		var result Result
		err := s.change(ctx, doing, func(t tx) (err error) {
			result, err = t.once(ctx, a, func() (Result, error) { return do(t) })
			return err
		})
		// Whoever sends the same twice at once may find it stale the second time: by then it is known that it was carried out.
		if err != nil && try < tries && !errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
			if before, found := s.answered(ctx, a); found == nil && before != nil {
				return *before, nil
			}
			if errors.Is(err, errSentTwice) {
				continue
			}
		}
		if err != nil {
			return Result{}, err
		}
		return result, nil
	}
}

func (s *Store) answered(ctx context.Context, a asked) (*Result, error) {
	return findAnswer(ctx, s.write, s.index, a)
}

func (t tx) before(ctx context.Context, a asked) (*Result, error) {
	return findAnswer(ctx, t, t.s.index, a)
}

// findAnswer returns what a request came to that was carried out before; nil if it was not. Where the key is gone by which what
// was asked for was hidden, whether it was the same cannot be told any more: it was carried out, and is not carried out twice.
func findAnswer(ctx context.Context, q querier, index *vault.Index, a asked) (*Result, error) {
	var key int64
	var input []byte
	found := Result{Replayed: true}
	err := q.QueryRowContext(ctx, `SELECT input_key, input, referral_id, version FROM requests WHERE request = $1`, a.request).
		Scan(&key, &input, &found.Referral, &found.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, told("look whether it was done before", err)
	}
	tags, _, err := index.Tags(requestKind, a.input)
	if err != nil {
		return nil, err
	}
	for _, tag := range tags {
		if int64(tag.Key) != key {
			continue
		}
		if subtle.ConstantTimeCompare(tag.Sum, input) != 1 {
			return nil, ErrKeyReused
		}
		return &found, nil
	}
	return &found, nil
}

func value(r *Result) Result {
	if r == nil {
		return Result{}
	}
	return *r
}

// ForgetRequests forgets requests that were carried out before a moment, and returns how many. Whoever sends one of them again
// afterwards has it judged anew.
func (s *Store) ForgetRequests(ctx context.Context, before time.Time) (n int64, err error) {
	err = s.change(ctx, "forget old requests", func(t tx) error {
		n, err = t.exec(ctx, "forget old requests", `DELETE FROM requests WHERE created_at < $1`, micros(before))
		return err
	})
	return n, err
}
