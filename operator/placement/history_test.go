package placement

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// operation is what a client asks of one pool.
type operation struct {
	pool, kind, claim string
	staffed           int32
}

// outcome is what it was told. A client that was told nothing for certain does not know whether it happened.
type outcome struct {
	unknown, refused bool
	place            int32
	places           string
}

// history records what concurrent clients asked and were told.
type history struct {
	mu    sync.Mutex
	began time.Time
	done  []porcupine.Operation
}

func (h *history) record(client int, in operation, do func() outcome) outcome {
	call := time.Since(h.began)
	out := do()
	end := time.Since(h.began)
	if out.unknown {
		end = 1 << 62 // it may still happen at any later time
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = append(h.done, porcupine.Operation{
		ClientId: client, Input: in, Call: int64(call), Output: out, Return: int64(end),
	})
	return out
}

// beds is the state of a pool in the model: who has which place, and how many can be given.
type beds struct {
	staffed int32
	given   map[int32]string
}

func (b beds) String() string {
	var says []string
	for _, place := range slices.Sorted(maps.Keys(b.given)) {
		says = append(says, fmt.Sprintf("%d=%s", place, b.given[place]))
	}
	return strings.Join(says, " ")
}

func (b beds) has(claim string) (int32, bool) {
	for place, who := range b.given {
		if who == claim {
			return place, true
		}
	}
	return 0, false
}

func (b beds) with(change func(map[int32]string)) beds {
	given := maps.Clone(b.given)
	change(given)
	return beds{b.staffed, given}
}

// take gives the claim the smallest free number, unless it has a place already or none is free.
func (b beds) take(claim string) (beds, outcome) {
	if place, has := b.has(claim); has {
		return b, outcome{place: place}
	}
	if int32(len(b.given)) >= b.staffed {
		return b, outcome{refused: true}
	}
	place := int32(1)
	for b.given[place] != "" {
		place++
	}
	return b.with(func(given map[int32]string) { given[place] = claim }), outcome{place: place}
}

func (b beds) next(in operation) (beds, outcome) {
	switch in.kind {
	case "take":
		return b.take(in.claim)
	case "release":
		return b.with(func(given map[int32]string) {
			if place, has := b.has(in.claim); has {
				delete(given, place)
			}
		}), outcome{}
	case "staff":
		return beds{in.staffed, b.given}, outcome{}
	default:
		return b, outcome{places: b.String()}
	}
}

// ofOnePool says what a pool may answer when all that is asked of it happens in some order, one after another.
func ofOnePool(staffed int32) porcupine.Model {
	model := porcupine.NondeterministicModel{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			by := map[string][]porcupine.Operation{}
			for _, op := range all {
				by[op.Input.(operation).pool] = append(by[op.Input.(operation).pool], op)
			}
			return slices.Collect(maps.Values(by))
		},
		Init: func() []any { return []any{beds{staffed, map[int32]string{}}} },
		Step: func(state, in, out any) []any {
			before := state.(beds)
			after, want := before.next(in.(operation))
			if out.(outcome).unknown {
				return []any{before, after}
			}
			if out.(outcome) != want {
				return nil
			}
			return []any{after}
		},
		Equal: func(a, b any) bool {
			return a.(beds).staffed == b.(beds).staffed && maps.Equal(a.(beds).given, b.(beds).given)
		},
	}
	return model.ToModel()
}

// The checker itself: it passes what can have happened and catches what cannot.
func TestTheCheckerTellsGoodHistoriesFromBad(t *testing.T) {
	at := func(client int, call, end int64, kind, claim string, out outcome) porcupine.Operation {
		return porcupine.Operation{
			ClientId: client, Input: operation{pool: "p", kind: kind, claim: claim}, Call: call, Output: out, Return: end,
		}
	}
	for name, tc := range map[string]struct {
		history []porcupine.Operation
		good    bool
	}{
		"one after the other": {[]porcupine.Operation{
			at(0, 0, 1, "take", "a", outcome{place: 1}), at(1, 2, 3, "take", "b", outcome{refused: true}),
			at(0, 4, 5, "release", "a", outcome{}), at(1, 6, 7, "take", "b", outcome{place: 1}),
		}, true},
		"at the same time": {[]porcupine.Operation{
			at(0, 0, 9, "take", "a", outcome{refused: true}), at(1, 1, 8, "take", "b", outcome{place: 1}),
		}, true},
		"one place in two names": {[]porcupine.Operation{
			at(0, 0, 9, "take", "a", outcome{place: 1}), at(1, 1, 8, "take", "b", outcome{place: 1}),
		}, false},
		"a place lost": {[]porcupine.Operation{
			at(0, 0, 1, "take", "a", outcome{place: 1}), at(1, 2, 3, "read", "", outcome{places: ""}),
		}, false},
		"a place that may or may not have been taken": {[]porcupine.Operation{
			at(0, 0, 1<<62, "take", "a", outcome{unknown: true}), at(1, 2, 3, "read", "", outcome{places: ""}),
			at(1, 4, 5, "read", "", outcome{places: "1=a"}),
		}, true},
		"taken, and then not": {[]porcupine.Operation{
			at(0, 0, 1<<62, "take", "a", outcome{unknown: true}), at(1, 2, 3, "read", "", outcome{places: "1=a"}),
			at(1, 4, 5, "read", "", outcome{places: ""}),
		}, false},
	} {
		if got := porcupine.CheckOperations(ofOnePool(1), tc.history); got != tc.good {
			t.Errorf("%s: %v", name, got)
		}
	}
}
