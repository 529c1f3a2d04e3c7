package pagequery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"lifeline.scot/hack/bench/measure"
)

// Options say how long to measure, and on what.
type Options struct {
	Size
	// Rounds is how often each server is measured, in turns; Round how long each time, after WarmUp.
	Rounds        int
	Round, WarmUp time.Duration
}

// connections is how many clients ask at once.
const connections = 16

// Run measures both servers in turns, each on one processor, the client on another. say is told what is being done.
func Run(ctx context.Context, o Options, say func(string)) ([]measure.Row, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	folder, err := os.MkdirTemp("", "lifeline-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for logs: %w", err)
	}
	defer os.RemoveAll(folder)
	say(fmt.Sprintf("starting both servers with %d services", o.Services))
	ours, err := startServer(ctx, folder, lifeline, o.Size)
	if err != nil {
		return nil, err
	}
	theirs, err := startServer(ctx, folder, gqlgen, o.Size)
	if err != nil {
		return nil, errors.Join(err, ours.Stop(stopGrace))
	}
	rows, err := both(ctx, o, ours, theirs, say)
	return rows, errors.Join(err, ours.Stop(stopGrace), theirs.Stop(stopGrace))
}

// both measures both queries and then the memory.
func both(ctx context.Context, o Options, ours, theirs *server, say func(string)) ([]measure.Row, error) {
	pages, err := pages(ctx, ours)
	if err != nil {
		return nil, fmt.Errorf("page through the services: %w", err)
	}
	rows, err := o.query(ctx, "a page of 20 services", pages, ours, theirs, say)
	if err != nil {
		return nil, err
	}
	more, err := o.query(ctx, "one service and its organisation's name", services(o.Size), ours, theirs, say)
	if err != nil {
		return nil, err
	}
	memory, err := memory(o, ours, theirs)
	return slices.Concat(rows, more, memory), err
}

const (
	pageSize  = 20
	pageCount = 16
)

// pages are requests for different pages of the list, far apart, so that nobody can answer all of them from one answer kept.
func pages(ctx context.Context, s *server) ([][]byte, error) {
	bodies := [][]byte{page(pageSize, "")}
	for after := ""; len(bodies) < pageCount; {
		data, err := s.ask(ctx, page(100, after))
		if err != nil {
			return nil, err
		}
		info := data["supportServices"].(map[string]any)["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			break
		}
		after = info["endCursor"].(string)
		bodies = append(bodies, page(pageSize, after))
	}
	return bodies, nil
}

// services are requests for services spread over the list.
func services(size Size) [][]byte {
	var bodies [][]byte
	for i := range pageCount {
		bodies = append(bodies, serviceNumber(i*size.Services/pageCount, size.Partnerships))
	}
	return bodies
}

// round is what one server did in one round.
type round struct {
	perSecond float64
	p50, p99  time.Duration
	cpu       time.Duration // for each request
}

// query measures one query.
func (o Options) query(
	ctx context.Context, what string, bodies [][]byte, ours, theirs *server, say func(string),
) ([]measure.Row, error) {
	if err := sameAnswers(ctx, ours, theirs, bodies); err != nil {
		return nil, err
	}
	for _, s := range []*server{ours, theirs} {
		if _, err := s.round(ctx, bodies, o.WarmUp); err != nil {
			return nil, err
		}
	}
	var a, b []round
	for i := range o.Rounds {
		say(fmt.Sprintf("%s, round %d of %d", what, i+1, o.Rounds))
		mine, other, err := pair(ctx, ours, theirs, bodies, o.Round, i%2 == 1)
		if err != nil {
			return nil, err
		}
		a, b = append(a, mine), append(b, other)
	}
	on := fmt.Sprintf("%s, %d services in memory, one processor for each server, %d connections", what, o.Services, connections)
	return measure.Of("pagequery", on,
		compare("requests", "1/s", a, b, func(r round) float64 { return r.perSecond }),
		compare("p50", "ms", a, b, func(r round) float64 { return measure.Milliseconds(r.p50) }),
		compare("p99", "ms", a, b, func(r round) float64 { return measure.Milliseconds(r.p99) }),
		compare("processor time of the server for each", "ms", a, b, func(r round) float64 { return measure.Milliseconds(r.cpu) }),
	), nil
}

// pair measures both servers once, swapped every other time, so that what drifts on the machine harms both alike.
func pair(
	ctx context.Context, ours, theirs *server, bodies [][]byte, long time.Duration, swap bool,
) (a, b round, err error) {
	if swap {
		b, a, err = pair(ctx, theirs, ours, bodies, long, false)
		return a, b, err
	}
	if a, err = ours.round(ctx, bodies, long); err != nil {
		return a, b, err
	}
	b, err = theirs.round(ctx, bodies, long)
	return a, b, err
}

func (s *server) round(ctx context.Context, bodies [][]byte, long time.Duration) (round, error) {
	before, err := measure.CPU(s.Pid())
	if err != nil {
		return round{}, err
	}
	answered, err := measure.Load{URL: s.url, Bodies: bodies, Clients: connections, For: long}.Run(ctx)
	if err != nil {
		return round{}, fmt.Errorf("%s: %w", s.name, err)
	}
	after, err := measure.CPU(s.Pid())
	if err != nil {
		return round{}, err
	}
	return round{
		perSecond: answered.PerSecond, p50: answered.Times.Percentile(50), p99: answered.Times.Percentile(99),
		cpu: (after - before) / time.Duration(max(len(answered.Times), 1)),
	}, nil
}

// compare makes a row of the medians, with the median of the ratios of paired rounds.
func compare(what, unit string, ours, theirs []round, of func(round) float64) measure.Row {
	var a, b, ratios []float64
	for i := range ours {
		a, b = append(a, of(ours[i])), append(b, of(theirs[i]))
		ratios = append(ratios, a[i]/b[i])
	}
	row := measure.Against(what, unit, measure.Median(a), measure.Median(b), gqlgen)
	row.Ratio, row.Lowest, row.Highest = measure.Median(ratios), slices.Min(ratios), slices.Max(ratios)
	return row
}

func memory(o Options, ours, theirs *server) ([]measure.Row, error) {
	a, err := measure.Resident(ours.Pid())
	if err != nil {
		return nil, err
	}
	b, err := measure.Resident(theirs.Pid())
	if err != nil {
		return nil, err
	}
	on := fmt.Sprintf("both processes after all rounds, %d services in memory", o.Services)
	return measure.Of("pagequery", on, measure.Against("resident memory", "MiB", measure.MiB(a), measure.MiB(b), gqlgen)), nil
}
