package referrals

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"lifeline.scot/api/pace"
	"lifeline.scot/api/person"
	"lifeline.scot/hack/bench/measure"
)

// quiet are how long searches took until they were ready, and until they were answered at their moment: for people who are there
// and may not be seen, and for nobody.
type quiet struct {
	denied, absent struct{ ready, answered measure.Times }
}

// measureQuiet looks so many times for somebody whom the clerk may not see, and as often for nobody, in an order that nobody
// could foresee.
func (w *world) measureQuiet(ctx context.Context, kept, asked int) (q quiet, err error) {
	schedule := pace.Schedule{AtLeast: pace.DefaultAtLeast, Every: pace.DefaultEvery, Clock: pace.Exact{}}
	look := func(i int, ready, answered *measure.Times) error {
		began, wait := time.Now(), schedule.Begin()
		found, err := w.desk.Find(ctx, asking(), person.Sought{CHI: chiOf(i)}, shown)
		if err == nil && len(found) != 0 {
			err = fmt.Errorf("found %d of nobody", len(found))
		}
		if err != nil {
			return err
		}
		*ready = append(*ready, time.Since(began))
		wait(ctx)
		*answered = append(*answered, time.Since(began))
		return ctx.Err()
	}
	for n := range asked {
		withheld := n*7919%(kept/withheldEvery)*withheldEvery + withheldEvery - 1
		both := []func() error{
			func() error { return look(withheld, &q.denied.ready, &q.denied.answered) },
			func() error { return look(kept+n, &q.absent.ready, &q.absent.answered) },
		}
		first := rand.IntN(2) //nolint:gosec // which comes first is no secret
		for _, do := range []func() error{both[first], both[1-first]} {
			if err := do(); err != nil {
				return q, err
			}
		}
	}
	return q, nil
}

func (q quiet) rows() []measure.Row {
	var rows []measure.Row
	for _, thing := range []struct {
		what           string
		denied, absent measure.Times
	}{
		{"search for somebody withheld, until ready", q.denied.ready, q.absent.ready},
		{"search for somebody withheld, until answered", q.denied.answered, q.absent.answered},
	} {
		later, chance := measure.Apart(thing.denied, thing.absent)
		rows = append(rows,
			measure.Against(thing.what+", p50", "ms", measure.Milliseconds(thing.denied.Percentile(50)),
				measure.Milliseconds(thing.absent.Percentile(50)), "for nobody"),
			measure.Against(thing.what+": takes longer than for nobody", "of pairs", later, 0.5, "a guess"),
			measure.Against(thing.what+": chance makes as much of a difference", "probability", chance, 0.01,
				"when they could be told apart"))
	}
	return rows
}
