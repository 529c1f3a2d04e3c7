package oidc

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"
)

// How long keys are used, and how often an issuer is asked for them.
const (
	// keysFresh is how old keys may be before they are read again, in the background. A key that the issuer takes back counts for
	// so long, and until the next token after that.
	keysFresh = 5 * time.Minute
	// keysDoubtful is how old they may be before tokens wait until they have been read again.
	keysDoubtful = 2 * keysFresh
	// keysUsable is how old they may be while the issuer is away. Tokens hardly count for longer, and nobody gets new ones then.
	keysUsable = time.Hour
	// askEvery is the shortest time between two times an issuer is asked, whatever tokens come.
	askEvery = 10 * time.Second
	// askTime is how long it has to answer.
	askTime = 4 * time.Second
)

// keys are what an issuer publishes at one moment, by their ids.
type keys map[string][]jose.JSONWebKey

// dated are keys, and when they were read.
type dated struct {
	keys
	at time.Time
}

// keyring holds the keys of one issuer. Tokens by a key it has are checked without waiting for anybody.
type keyring struct {
	issuer string
	read   func(context.Context) (keys, error)
	now    func() time.Time
	logger *slog.Logger

	latest atomic.Pointer[dated]
	asking singleflight.Group

	mutex sync.Mutex
	// askAgain is when the issuer may be asked again, failure why it could not be read the last time; nil if it could.
	askAgain time.Time
	failure  error
}

func newKeyring(issuer string, read func(context.Context) (keys, error), o Options) *keyring {
	k := &keyring{issuer: issuer, read: read, now: o.Now, logger: o.Logger}
	k.latest.Store(&dated{})
	return k
}

// find returns the keys with an id. The error is a [*RefusedError] if there are none, an [*UnavailableError] if that cannot be
// said now, or that of ctx.
func (k *keyring) find(ctx context.Context, id string) ([]jose.JSONWebKey, error) {
	if id == "" {
		return nil, refuse(ReasonSignature) // a token that does not say its key could make us try them all
	}
	latest, now := k.latest.Load(), k.now()
	age := now.Sub(latest.at)
	if found := latest.keys[id]; found != nil && age < keysDoubtful {
		if age >= keysFresh {
			k.ask(ctx)
		}
		return found, nil
	}
	select {
	case <-k.ask(ctx):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	latest = k.latest.Load()
	k.mutex.Lock()
	defer k.mutex.Unlock()
	switch found := latest.keys[id]; {
	case found != nil && k.now().Sub(latest.at) < keysUsable:
		return found, nil
	case k.failure == nil:
		return nil, refuse(ReasonSignature) // read a moment ago, and it was not among them
	default:
		return nil, &UnavailableError{k.issuer, max(k.askAgain.Sub(k.now()), time.Second), k.failure}
	}
}

// ask reads the keys, unless that was done just before; what it returns has something to receive when that is over. All who ask
// at the same time wait for one answer, which is not lost when one of them goes away.
func (k *keyring) ask(ctx context.Context) <-chan singleflight.Result {
	return k.asking.DoChan("", func() (any, error) {
		if !k.mayAsk() {
			return nil, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		read, err := k.guarded(ctx)
		if err == nil && len(read) == 0 {
			err = errors.New("it publishes no key that can be used")
		}
		k.mutex.Lock()
		defer k.mutex.Unlock()
		if k.failure = err; err != nil {
			k.logger.Warn("an issuer cannot be read; its new tokens cannot be checked", "issuer", k.issuer, "error", short(err))
			return nil, nil
		}
		k.latest.Store(&dated{read, k.now()})
		return nil, nil
	})
}

// guarded reads the keys. What one issuer answers must not end the process, and with it the tokens of all others.
func (k *keyring) guarded(ctx context.Context) (read keys, err error) {
	defer func() {
		if recover() != nil {
			read, err = nil, errors.New("reading its keys failed in a way that was not foreseen")
		}
	}()
	return k.read(ctx)
}

// longestCause is how much of an error is logged: an issuer's answer may be quoted in it.
const longestCause = 200

func short(err error) string {
	says := err.Error()
	return says[:min(len(says), longestCause)]
}

// mayAsk reports whether the issuer may be asked now, and notes that it is.
func (k *keyring) mayAsk() bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.now().Before(k.askAgain) {
		return false
	}
	k.askAgain = k.now().Add(askEvery)
	return true
}
