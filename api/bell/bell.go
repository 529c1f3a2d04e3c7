// Package bell wakes those who wait for something named to change. A bell holds no news: whoever is woken looks at how things
// are now, so that somebody slow misses what was in between and nothing ever piles up for them.
package bell

import "sync"

// Bells are the bells of many things, each known by a key. The zero value is ready to use, by many goroutines at once.
type Bells[K comparable] struct {
	mu        sync.Mutex
	listening map[K]map[*Bell[K]]struct{}
}

// Bell is heard whenever its key is rung. Close it when nobody listens any more.
type Bell[K comparable] struct {
	bells *Bells[K]
	key   K
	rings chan struct{}
}

// Listen returns a bell that is heard from now on.
func (b *Bells[K]) Listen(key K) *Bell[K] {
	bell := &Bell[K]{bells: b, key: key, rings: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listening == nil {
		b.listening = map[K]map[*Bell[K]]struct{}{}
	}
	if b.listening[key] == nil {
		b.listening[key] = map[*Bell[K]]struct{}{}
	}
	b.listening[key][bell] = struct{}{}
	return bell
}

// Ring wakes everybody who listens for the key. It never waits for them.
func (b *Bells[K]) Ring(key K) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for bell := range b.listening[key] {
		select {
		case bell.rings <- struct{}{}:
		default: // it has rung already and nobody has looked since
		}
	}
}

// Listening is how many bells there are.
func (b *Bells[K]) Listening() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, bells := range b.listening {
		n += len(bells)
	}
	return n
}

// Rings is received from once for any number of rings since it was last received from.
func (b *Bell[K]) Rings() <-chan struct{} { return b.rings }

// Close takes the bell down. It may be called more than once.
func (b *Bell[K]) Close() {
	b.bells.mu.Lock()
	defer b.bells.mu.Unlock()
	bells := b.bells.listening[b.key]
	delete(bells, b)
	if len(bells) == 0 {
		delete(b.bells.listening, b.key)
	}
}
