// Command bench measures Lifeline beside something else in the same run, and prints the ratios:
//
//	make bench                       everything, at full size
//	go run . -short                  a quick look at small sizes
//	go run . -only freshness         one of pagequery, freshness, footprint, binder, decision, referrals, deliveries
//
// It talks to this machine alone. The figures are of this machine and moment; the ratios are what to compare.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"

	"lifeline.scot/hack/bench/binder"
	"lifeline.scot/hack/bench/decision"
	"lifeline.scot/hack/bench/deliveries"
	"lifeline.scot/hack/bench/footprint"
	"lifeline.scot/hack/bench/freshness"
	"lifeline.scot/hack/bench/measure"
	"lifeline.scot/hack/bench/pagequery"
	"lifeline.scot/hack/bench/referrals"
	"lifeline.scot/hack/cluster/binaries"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	quiet := logr.Discard() // what went wrong is in the error
	klog.SetLogger(quiet)
	ctrllog.SetLogger(quiet)
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) error {
	if len(args) > 0 && args[0] == pagequery.ServeCommand {
		return pagequery.Serve(ctx, args[1:])
	}
	s, err := parse(args, progress)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	results, failed := s.measure(ctx, func(line string) {
		fmt.Fprintln(progress, time.Now().Format(time.TimeOnly), line)
	})
	if len(results.Rows) == 0 {
		return failed
	}
	results.WriteTable(out)
	return errors.Join(failed, results.WriteFile(s.out))
}

// settings are what the flags say.
type settings struct {
	only []string
	out  string
	scale
}

// scale is how much is measured.
type scale struct {
	partnerships, services, pools int
	rounds                        int
	round                         time.Duration
	reports, reportedPools        int
	starts                        int
	binder                        binder.Options
	deliveries                    deliveries.Options
	referrals                     referrals.Options
	decision                      decision.Options
}

func fullScale() scale {
	return scale{
		partnerships: 100, services: 50_000, pools: 10_000, rounds: 5, round: 3 * time.Second,
		reports: 300, reportedPools: 60, starts: 3,
		binder:     binder.Options{Partnerships: 30, Pools: 2000, Few: 1000, Waiting: 20_000, Claims: 500, Idle: 20 * time.Second},
		deliveries: deliveries.Options{Deliveries: 10_000, Single: 500, Queued: 100_000},
		referrals:  referrals.Options{Few: 1000, Many: 100_000, Asked: 1000, Compared: 2000},
		decision:   decision.Options{Rounds: 7, Round: 500 * time.Millisecond},
	}
}

func shortScale() scale {
	return scale{
		partnerships: 5, services: 500, pools: 100, rounds: 3, round: 300 * time.Millisecond,
		reports: 20, reportedPools: 10, starts: 1,
		binder:     binder.Options{Partnerships: 3, Pools: 100, Few: 50, Waiting: 300, Claims: 30, Idle: 3 * time.Second},
		deliveries: deliveries.Options{Deliveries: 300, Single: 20, Queued: 320},
		referrals:  referrals.Options{Few: 100, Many: 1000, Asked: 100, Compared: 50},
		decision:   decision.Options{Rounds: 3, Round: 100 * time.Millisecond},
	}
}

// names are the benchmarks, in the order they are run.
func names() []string {
	return []string{"pagequery", "freshness", "footprint", "binder", "decision", "referrals", "deliveries"}
}

func parse(args []string, out io.Writer) (settings, error) {
	var s settings
	var only string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	short := flags.Bool("short", false, "small sizes and short rounds, to see that it works")
	flags.StringVar(&only, "only", "", "only these benchmarks, with commas between: "+strings.Join(names(), ", "))
	flags.StringVar(&s.out, "out", "", "file for the results as JSON (default .run/bench/results.json in the repository)")
	flags.IntVar(&s.partnerships, "partnerships", 0, "partnerships of pagequery and footprint (default 100)")
	flags.IntVar(&s.services, "services", 0, "services of pagequery and footprint (default 50000)")
	flags.IntVar(&s.pools, "pools", 0, "pools of footprint (default 10000)")
	flags.IntVar(&s.rounds, "rounds", 0, "rounds of each query of pagequery (default 5)")
	flags.DurationVar(&s.round, "round", 0, "how long a round of pagequery is (default 3s)")
	flags.IntVar(&s.reports, "reports", 0, "reports of freshness (default 300)")
	flags.IntVar(&s.reportedPools, "reported-pools", 0, "pools of freshness (default 60)")
	flags.IntVar(&s.starts, "starts", 0, "starts of the API in footprint (default 3)")
	flags.IntVar(&s.referrals.Many, "referrals", 0, "referrals that are kept, of referrals (default 100000)")
	flags.IntVar(&s.binder.Pools, "binder-pools", 0, "pools of binder (default 2000)")
	flags.IntVar(&s.binder.Waiting, "binder-waiting", 0, "claims that wait, of binder (default 20000)")
	flags.IntVar(&s.binder.Claims, "binder-claims", 0, "claims made for each figure of binder (default 500)")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	standard := fullScale()
	if *short {
		standard = shortScale()
	}
	s.scale = s.or(standard)
	if err := s.choose(only); err != nil {
		return s, err
	}
	return s, s.place()
}

// or fills in what is zero.
func (s scale) or(standard scale) scale {
	return scale{
		partnerships:  cmp.Or(s.partnerships, standard.partnerships),
		services:      cmp.Or(s.services, standard.services),
		pools:         cmp.Or(s.pools, standard.pools),
		rounds:        cmp.Or(s.rounds, standard.rounds),
		round:         cmp.Or(s.round, standard.round),
		reports:       cmp.Or(s.reports, standard.reports),
		reportedPools: cmp.Or(s.reportedPools, standard.reportedPools),
		starts:        cmp.Or(s.starts, standard.starts),
		binder: binder.Options{
			Partnerships: standard.binder.Partnerships, Few: standard.binder.Few, Idle: standard.binder.Idle,
			Pools:   cmp.Or(s.binder.Pools, standard.binder.Pools),
			Waiting: cmp.Or(s.binder.Waiting, standard.binder.Waiting),
			Claims:  cmp.Or(s.binder.Claims, standard.binder.Claims),
		},
		deliveries: standard.deliveries,
		referrals: referrals.Options{
			Few: standard.referrals.Few, Many: cmp.Or(s.referrals.Many, standard.referrals.Many), Asked: standard.referrals.Asked,
			Compared: standard.referrals.Compared,
		},
		decision: standard.decision,
	}
}

func (s *settings) choose(only string) error {
	if only == "" {
		s.only = names()
		return nil
	}
	s.only = strings.Split(only, ",")
	for _, name := range s.only {
		if !slices.Contains(names(), name) {
			return fmt.Errorf("-only: %q is none of %s", name, strings.Join(names(), ", "))
		}
	}
	return nil
}

// place says where the results go, unless a flag did.
func (s *settings) place() error {
	if s.out != "" {
		return nil
	}
	root, err := binaries.Root()
	s.out = filepath.Join(root, ".run", "bench", "results.json")
	return err
}

// measure runs the benchmarks. One that fails gives no rows and an error; the others are still run.
func (s settings) measure(ctx context.Context, say func(string)) (measure.Results, error) {
	results := measure.Results{Started: time.Now().UTC().Truncate(time.Second), Machine: measure.ThisMachine()}
	var failed []error
	for _, name := range names() {
		if !slices.Contains(s.only, name) || ctx.Err() != nil {
			continue
		}
		rows, err := s.one(ctx, name, func(line string) { say(name + ": " + line) })
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", name, err))
			continue
		}
		results.Rows = append(results.Rows, rows...)
	}
	results.Machine.LoadAfter = measure.LoadAverage()
	return results, errors.Join(append(failed, ctx.Err())...)
}

func (s settings) one(ctx context.Context, name string, say func(string)) ([]measure.Row, error) {
	switch name {
	case "pagequery":
		size := pagequery.Size{Partnerships: s.partnerships, Services: s.services}
		return pagequery.Run(ctx, pagequery.Options{Size: size, Rounds: s.rounds, Round: s.round, WarmUp: s.round}, say)
	case "freshness":
		return freshness.Run(ctx, freshness.Options{Pools: s.reportedPools, Reports: s.reports}, say)
	case "binder":
		return binder.Run(ctx, s.binder, say)
	case "deliveries":
		return deliveries.Run(ctx, s.deliveries, say)
	case "referrals":
		return referrals.Run(ctx, s.referrals, say)
	case "decision":
		return decision.Run(ctx, s.decision, say)
	default:
		return footprint.Run(ctx, footprint.Options{
			Partnerships: s.partnerships, Services: s.services, Pools: s.pools, Starts: s.starts,
		}, say)
	}
}
