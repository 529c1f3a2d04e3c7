package delivery

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// held is something that waits until it is let go, and notes what was asked of it at once.
type held struct {
	begun, go_ chan struct{}
	mu         sync.Mutex
	turns      [][]int
}

func newHeld() *held { return &held{begun: make(chan struct{}, 100), go_: make(chan struct{})} }

func (h *held) do(_ context.Context, all []int) (int, error) {
	h.begun <- struct{}{}
	<-h.go_
	h.mu.Lock()
	defer h.mu.Unlock()
	h.turns = append(h.turns, slices.Sorted(slices.Values(all)))
	if slices.Contains(all, 13) {
		return 0, errors.New("thirteen")
	}
	return len(all), nil
}

// asked has numbers joined one after another, each by somebody of their own, and waits until all of them are waiting.
func asked(t *testing.T, g *gathering[int, int], numbers ...int) (answers chan error) {
	t.Helper()
	answers = make(chan error, len(numbers))
	for _, n := range numbers {
		before := g.waits()
		go func() {
			_, err := g.join(t.Context(), n)
			answers <- err
		}()
		for g.waits() == before { // until it has come
			select {
			case <-t.Context().Done():
				t.Fatal("it never came")
			default:
			}
		}
	}
	return answers
}

// waits is how many wait for the next turn.
func (g *gathering[In, Out]) waits() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waiting == nil {
		return 0
	}
	return len(g.waiting.all)
}

func TestWhatComesMeanwhileGoesTogetherNext(t *testing.T) {
	h := newHeld()
	g := &gathering[int, int]{do: h.do}
	first := make(chan error, 1)
	go func() {
		_, err := g.join(t.Context(), 1)
		first <- err
	}()
	<-h.begun
	next := asked(t, g, 2, 3, 4)
	close(h.go_)
	if err := <-first; err != nil {
		t.Error(err)
	}
	for range 3 {
		if err := <-next; err != nil {
			t.Error(err)
		}
	}
	if len(h.turns) != 2 || !slices.Equal(h.turns[1], []int{2, 3, 4}) {
		t.Errorf("turns: %v", h.turns)
	}
}

func TestAllOfATurnGetTheSameError(t *testing.T) {
	h := newHeld()
	g := &gathering[int, int]{do: h.do}
	go func() { _, _ = g.join(t.Context(), 1) }()
	<-h.begun
	next := asked(t, g, 12, 13)
	close(h.go_)
	for range 2 {
		if err := <-next; err == nil {
			t.Error("one of them was told that it went well")
		}
	}
}

func TestATurnIsBounded(t *testing.T) {
	h := newHeld()
	g := &gathering[int, int]{do: h.do}
	go func() { _, _ = g.join(t.Context(), 1) }()
	<-h.begun
	many := make([]int, mostTogether)
	for i := range many {
		many[i] = 100 + i
	}
	full := asked(t, g, many...)
	late := make(chan error, 1)
	go func() {
		_, err := g.join(t.Context(), 2)
		late <- err
	}()
	close(h.go_)
	for range many {
		if err := <-full; err != nil {
			t.Error(err)
		}
	}
	if err := <-late; err != nil {
		t.Error(err)
	}
	for _, turn := range h.turns {
		if len(turn) > mostTogether {
			t.Errorf("%d at once", len(turn))
		}
	}
}

// Whoever goes away does not take what the others ask for away.
func TestWhoeverGoesAwayLeavesTheOthersAlone(t *testing.T) {
	h := newHeld()
	g := &gathering[int, int]{do: h.do}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := g.join(ctx, 1)
		gone <- err
	}()
	<-h.begun
	next := asked(t, g, 2)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("whoever went away: %v", err)
	}
	close(h.go_)
	if err := <-next; err != nil {
		t.Error(err)
	}
}
