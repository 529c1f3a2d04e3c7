package delivery

import (
	"context"
	"database/sql"
	"sync"

	"github.com/riverqueue/river"
)

// doorbell has what was committed here be looked for at once, where nobody is at work in its lane or the database tells nobody,
// as SQLite does not. What is forgotten, because the program ends or there is too much, is found when somebody looks the next
// time.
type doorbell struct {
	look func(ctx context.Context, carried []river.InsertManyParams)

	mu sync.Mutex
	// begun is what was handed over in transactions that go on, over what in those that have ended.
	begun map[*sql.Tx][]river.InsertManyParams
	over  []river.InsertManyParams
	rung  chan struct{}
	stop  func()
}

// mostRung bounds what is remembered.
const mostRung = 1000

func newDoorbell(look func(ctx context.Context, carried []river.InsertManyParams)) *doorbell {
	return &doorbell{
		look: look, begun: map[*sql.Tx][]river.InsertManyParams{}, rung: make(chan struct{}, 1), stop: func() {},
	}
}

// carried notes what is handed over in a transaction.
func (b *doorbell) carried(tx *sql.Tx, all []river.InsertManyParams) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.begun) < mostRung && len(b.begun[tx]) < mostRung {
		b.begun[tx] = append(b.begun[tx], all...)
	}
}

// ended rings if something was handed over in a transaction. Whether it was committed makes no difference: one look too many.
func (b *doorbell) ended(tx *sql.Tx) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all, some := b.begun[tx]
	if !some {
		return
	}
	delete(b.begun, tx)
	if len(b.over) < mostRung {
		b.over = append(b.over, all...)
	}
	select {
	case b.rung <- struct{}{}:
	default: // it has rung, and nobody has looked since
	}
}

// start answers the bell until it is stopped.
func (b *doorbell) start(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	b.stop = func() { cancel(); <-done }
	go func() {
		defer close(done)
		for {
			select {
			case <-ctx.Done():
				return
			case <-b.rung:
				if all := b.taken(); len(all) > 0 {
					b.look(ctx, all)
				}
			}
		}
	}()
}

func (b *doorbell) taken() []river.InsertManyParams {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.over
	b.over = nil
	return all
}
