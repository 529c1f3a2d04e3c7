// Package decision measures what it costs to decide about a disclosure: by the rules inside Lifeline, beside the same decision in
// plain Go and beside the same rules and facts in `opa run`, asked over HTTP on a connection that is kept.
package decision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"lifeline.scot/hack/bench/measure"
	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/policies"
)

// Options say how long to measure.
type Options struct {
	// Rounds is how often each is measured, in turns; Round how long each time.
	Rounds int
	Round  time.Duration
}

// Run measures all of them in turns, in one process but for OPA. say is told what is being done.
func Run(ctx context.Context, o Options, say func(string)) ([]measure.Row, error) {
	root, err := binaries.Root()
	if err != nil {
		return nil, err
	}
	w, err := load(ctx, root)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "lifeline-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	say("building and starting OPA")
	opa, err := startOPA(ctx, root, folder)
	if err != nil {
		return nil, err
	}
	rows, err := run(ctx, o, w, opa, say)
	return rows, errors.Join(err, opa.stop())
}

func run(ctx context.Context, o Options, w *world, opa *server, say func(string)) ([]measure.Row, error) {
	different, err := w.different()
	if err != nil {
		return nil, err
	}
	worklist := w.worklist()
	kinds, err := w.kinds(worklist)
	if err != nil {
		return nil, err
	}
	if err := w.same(ctx, opa, slices.Concat(w.worked, worklist)); err != nil {
		return nil, err
	}
	var rows []measure.Row
	for _, s := range []subject{
		{"a permit by consent", []policies.Request{w.typical}},
		{fmt.Sprintf("a list of %d, all of different kinds, most of them denials with their reasons", len(different)), different},
		{fmt.Sprintf("a worklist of %d referrals of %d kinds", len(worklist), kinds), worklist},
	} {
		found, err := s.measure(ctx, o, w, opa, say)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.on, err)
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// subject is a list of requests that is decided as one.
type subject struct {
	on   string
	list []policies.Request
}

// way is one of the ways to have the list decided.
type way struct {
	name string
	do   func() error
}

func (s subject) ways(ctx context.Context, w *world, opa *server) ([]way, error) {
	inputs := make([][]byte, len(s.list))
	for i := range s.list {
		var err error
		if inputs[i], err = w.input(&s.list[i]); err != nil {
			return nil, err
		}
	}
	whole, err := w.inputOfList(s.list)
	if err != nil {
		return nil, err
	}
	decideBy := func(e *policies.Engine) func() error {
		return func() error {
			_, err := e.Decide(ctx, w.world, s.list)
			return err
		}
	}
	return []way{
		{plainGo, func() error {
			for i := range s.list {
				w.plain.Decide(&s.list[i])
			}
			return nil
		}},
		{repeated, decideBy(w.hot)},
		{anew, decideBy(w.cold)},
		{overHTTP, func() error {
			for _, body := range inputs {
				if err := opa.ask(ctx, "sharing/decision", body); err != nil {
					return err
				}
			}
			return nil
		}},
		{listOverHTTP, func() error { return opa.ask(ctx, "sharing/decisions", whole) }},
	}, nil
}

// The ways.
const (
	plainGo      = "plain Go"
	repeated     = "decided before"
	anew         = "never decided before"
	overHTTP     = "opa run, one at a time"
	listOverHTTP = "opa run, as one list"
)

// cost is what one decision took, in microseconds: of processor time of this process, and by the clock.
type cost struct{ processor, clock float64 }

// measure takes each way in turns, and makes rows of them.
func (s subject) measure(ctx context.Context, o Options, w *world, opa *server, say func(string)) ([]measure.Row, error) {
	ways, err := s.ways(ctx, w, opa)
	if err != nil {
		return nil, err
	}
	costs := map[string][]cost{}
	for round := range o.Rounds + 1 { // the first only warms up
		say(fmt.Sprintf("%s, round %d of %d", s.on, round, o.Rounds))
		for _, way := range ways {
			c, err := way.take(ctx, o.Round, len(s.list))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", way.name, err)
			}
			if round > 0 {
				costs[way.name] = append(costs[way.name], c)
			}
		}
	}
	return s.rows(costs), nil
}

// take does it again and again for a while.
func (y way) take(ctx context.Context, long time.Duration, decisions int) (cost, error) {
	const batch = 4 // between two looks at the clock, which would be a part of what the fastest cost
	var took measure.Times
	used, began := processorTime(), time.Now()
	for time.Since(began) < long {
		if err := ctx.Err(); err != nil {
			return cost{}, err
		}
		start := time.Now()
		for range batch {
			if err := y.do(); err != nil {
				return cost{}, err
			}
		}
		took = append(took, time.Since(start))
	}
	n := float64(batch * decisions)
	return cost{
		processor: microseconds(processorTime()-used) / n / float64(len(took)),
		clock:     microseconds(took.Percentile(50)) / n,
	}, nil
}

func microseconds(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// processorTime is what this process has used of it so far.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err) // it fails for a process that there is not
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func (s subject) rows(costs map[string][]cost) []measure.Row {
	processor := func(c cost) float64 { return c.processor }
	clock := func(c cost) float64 { return c.clock }
	const time, byClock = "processor time for each", "time for each, p50"
	rows := []measure.Row{
		compare(repeated+", "+time, costs[repeated], costs[plainGo], plainGo, processor),
		compare(anew+", "+time, costs[anew], costs[plainGo], plainGo, processor),
		compare(repeated+", "+byClock, costs[repeated], costs[overHTTP], overHTTP, clock),
		compare(anew+", "+byClock, costs[anew], costs[overHTTP], overHTTP, clock),
	}
	if len(s.list) > 1 {
		rows = append(rows, compare(anew+", "+byClock, costs[anew], costs[listOverHTTP], listOverHTTP, clock))
	}
	return measure.Of("decision", s.on, rows...)
}

// compare makes a row of the middle figures, with the middle one of the ratios of the rounds.
func compare(what string, ours, beside []cost, besideWhat string, of func(cost) float64) measure.Row {
	var mine, other, ratios []float64
	for i := range ours {
		mine, other = append(mine, of(ours[i])), append(other, of(beside[i]))
		ratios = append(ratios, mine[i]/other[i])
	}
	row := measure.Against(what, "µs", measure.Median(mine), measure.Median(other), besideWhat)
	row.Ratio, row.Lowest, row.Highest = measure.Median(ratios), slices.Min(ratios), slices.Max(ratios)
	return row
}
