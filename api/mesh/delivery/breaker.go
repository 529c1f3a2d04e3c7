package delivery

import (
	"cmp"
	"sync"
	"time"
)

// Bounds of the breaker.
const (
	// failuresInARow close a lane.
	failuresInARow = 5
	shortestRest   = 30 * time.Second
	longestRest    = 15 * time.Minute
	// probeTime is for how long others wait for what one attempt finds out.
	probeTime = 30 * time.Second
	// mostAsked bounds what an endpoint gets that asks to be left alone.
	mostAsked = time.Hour
)

// Breaker knows which partners fail, and keeps attempts from being spent on them. It is one replica's own: another one finds out
// for itself, after as many failures. The zero value is ready to use.
type Breaker struct {
	// ShortestRest and LongestRest are how long a partner that fails is left alone, at first and at most. Defaults: 30 s, 15 min.
	ShortestRest, LongestRest time.Duration

	mu       sync.Mutex
	circuits map[string]*circuit
}

// circuit is how a partner did lately.
type circuit struct {
	failures int
	// rests is how often in a row it was closed, until when the last time.
	rests int
	until time.Time
	// probing is until when one attempt finds out whether it is well again.
	probing time.Time
}

// Enter asks to send to a partner. Zero: go on, say with Well or Failed how it went, and leave in any case. Otherwise: ask again
// then. After a rest one is let through at a time, until it is known how that went; who leaves and has found nothing out, because
// nothing was sent, lets the next one through.
func (b *Breaker) Enter(partner string, now time.Time) (leave func(), later time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circuits[partner]
	switch {
	case c == nil:
		return func() {}, time.Time{}
	case now.Before(c.until):
		return nil, c.until
	case c.rests == 0:
		return func() {}, time.Time{}
	case now.Before(c.probing):
		return nil, c.probing
	default:
		mine := now.Add(probeTime)
		c.probing = mine
		return func() { b.leave(c, mine) }, time.Time{}
	}
}

// leave ends a probe, unless that is known to have ended, or another one has begun since.
func (b *Breaker) leave(c *circuit, mine time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.probing.Equal(mine) {
		c.probing = time.Time{}
	}
}

// Well notes that a partner answers, or that it was never asked.
func (b *Breaker) Well(partner string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.circuits, partner)
}

// Failed notes a failure, and reports whether the lane was closed because of it. An endpoint that asks for time is given it at
// once, an hour at most: it asks for itself, and not for one event.
func (b *Breaker) Failed(partner string, now time.Time, retryAfter time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.circuits == nil {
		b.circuits = map[string]*circuit{}
	}
	c := b.circuits[partner]
	if c == nil {
		c = &circuit{}
		b.circuits[partner] = c
	}
	c.failures++
	resting, asked := now.Before(c.until), now.Add(min(max(retryAfter, 0), mostAsked))
	if asked.After(c.until) {
		c.until, c.probing = asked, time.Time{}
	}
	if resting || c.failures < failuresInARow && c.rests == 0 { // what was under way when it was closed counts once
		return !resting && retryAfter > 0
	}
	rest := min(cmp.Or(b.ShortestRest, shortestRest)<<min(c.rests, 10), cmp.Or(b.LongestRest, longestRest))
	c.rests++
	c.until, c.probing = later(c.until, now.Add(rest)), time.Time{}
	return true
}

// Resting reports whether nothing is to be sent to a partner now.
func (b *Breaker) Resting(partner string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circuits[partner]
	return c != nil && now.Before(c.until)
}

// Doubtful reports whether a partner has been left alone, and nobody knows yet whether it is well again: one event finds out.
func (b *Breaker) Doubtful(partner string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.circuits[partner]
	return c != nil && c.rests > 0
}
