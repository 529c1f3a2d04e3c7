package binder

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"lifeline.scot/hack/bench/measure"
)

// spent is what something cost.
type spent struct {
	wall, cpu     time.Duration            // of the clock, and of the operator's processor
	before, after map[string]time.Duration // of the processor, by every program of this run since its start
	writes        float64                  // that the API server answered, whoever sent them
}

// total is what all programs together took of the processor in between.
func total(before, after map[string]time.Duration) (total time.Duration) {
	for program, cpu := range after {
		total += cpu - before[program]
	}
	return total
}

// shares are what each program took of the processor, for each claim.
func (s spent) shares(claims int) string {
	var words []string
	for _, program := range slices.Sorted(maps.Keys(s.after)) {
		each := (s.after[program] - s.before[program]) / time.Duration(claims)
		words = append(words, fmt.Sprintf("%s %s", program, each.Round(tenth)))
	}
	return strings.Join(words, ", ")
}

// less takes off what the same time costs when nothing happens.
func (s spent) less(idle spent) spent {
	share := s.wall.Seconds() / idle.wall.Seconds()
	s.cpu -= time.Duration(float64(idle.cpu) * share)
	s.writes -= idle.writes * share
	return s
}

// stage is what was measured with some number of people waiting.
type stage struct {
	people, claims int
	filled         time.Duration
	bare           float64       // status writes a second
	bareCPU        time.Duration // of every program of this run, for one of them
	resident, heap int64         // bytes
	idle           spent
	paced          spent
	times          measure.Times
	burst          spent
	burstTook      time.Duration
	freed          spent
	freedHolds     int
	freedTook      time.Duration
}

func (s stage) burstRate() float64 { return float64(s.claims) / s.burstTook.Seconds() }
func (s stage) freedRate() float64 { return float64(s.freedHolds) / s.freedTook.Seconds() }

// each is what one new claim costs the operator's processor.
func (s stage) each() time.Duration { return s.paced.less(s.idle).cpu / time.Duration(s.claims) }

// allEach is what one claim that is made and bound costs of the processor, by every program of this run. It says more than the
// rates do on a machine that others use too.
func (s stage) allEach() time.Duration {
	return total(s.burst.before, s.burst.after) / time.Duration(s.claims)
}

func (s stage) words() string {
	return fmt.Sprintf("%d wait: filled in %s; bare %.0f/s; %.0f bound/s at once, %.0f/s as places come free; "+
		"writes %.0f/s, %.1f for each claim; hold p50 %s p99 %s; %.1f writes/s idle; resident %.0f MiB, heap %.0f MiB; "+
		"processor %s for a bare write, %s for each claim (%s; as places come free %s), %s of the operator, idle %.1f%%",
		s.people, s.filled.Round(time.Second), s.bare, s.burstRate(), s.freedRate(),
		s.burst.writes/s.burst.wall.Seconds(), s.writesEach(), s.times.Percentile(50), s.times.Percentile(99),
		s.idle.writes/s.idle.wall.Seconds(), measure.MiB(s.resident), measure.MiB(s.heap),
		s.bareCPU.Round(tenth), s.allEach().Round(tenth), s.burst.shares(s.claims), s.freed.shares(s.freedHolds),
		s.each().Round(tenth), 100*s.load())
}

// tenth of a millisecond is as exactly as processor time is said.
const tenth = 100 * time.Microsecond

// writesEach are the requests that write for each claim that was made and bound, its creation and its Event among them.
func (s stage) writesEach() float64 { return s.burst.less(s.idle).writes / float64(s.claims) }

// load is how much of one processor the operator uses while nobody makes claims.
func (s stage) load() float64 { return s.idle.cpu.Seconds() / s.idle.wall.Seconds() }

// rows says what came of it.
func rows(o Options, few, many stage) []measure.Row {
	const bare = "bare status writes of claims a second, the operator stopped"
	fewer := fmt.Sprintf("with %d who wait", few.people)
	perTenThousand := 10_000 / float64(many.people-few.people)
	on := fmt.Sprintf("%d pools of %d partnerships, %d who wait, %d claims for each figure, API server and operator on one machine",
		o.Pools, o.Partnerships, many.people, o.Claims)
	ms := func(s stage, p float64) float64 { return measure.Milliseconds(s.times.Percentile(p)) }
	return measure.Of("binder", on,
		measure.Against("claims bound a second, when places come free", "1/s", many.freedRate(), many.bare, bare),
		measure.Against("claims made and bound a second, all at once", "1/s", many.burstRate(), many.bare, bare),
		measure.Against("writes a second meanwhile", "1/s", many.burst.writes/many.burst.wall.Seconds(), many.bare, bare),
		measure.Against("writes for each claim, from its creation to its hold and the Event", "", many.writesEach(), few.writesEach(), fewer),
		measure.Against("processor time of every program for each claim that is made and bound", "ms",
			measure.Milliseconds(many.allEach()), measure.Milliseconds(many.bareCPU), "for each bare status write"),
		measure.Against("from making a claim to its hold, p50", "ms", ms(many, 50), ms(few, 50), fewer),
		measure.Against("from making a claim to its hold, p99", "ms", ms(many, 99), ms(few, 99), fewer),
		measure.Against("processor time of the operator for each new claim", "ms",
			measure.Milliseconds(many.each()), measure.Milliseconds(few.each()), fewer),
		measure.Against("processor time of the operator when nothing happens", "%", 100*many.load(), 100*few.load(), fewer),
		measure.Against("resident memory for each 10,000 who wait", "MiB",
			measure.MiB(many.resident-few.resident)*perTenThousand, measure.MiB(many.heap-few.heap)*perTenThousand, "heap in use"),
	)
}
