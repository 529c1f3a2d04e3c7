// Package footprint measures what a full directory costs the API: the time to be ready and the memory.
package footprint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/bench/live"
	"lifeline.scot/hack/bench/measure"
	"lifeline.scot/hack/scotland"
)

// Options say how much the cluster holds, and how often the API is started on it.
type Options struct{ Partnerships, Services, Pools, Starts int }

const (
	// settleLimit is how long to wait for the memory of the API to stop changing.
	settleLimit = 90 * time.Second
	// pageOf is how many objects a list asks for at once, as kubectl does.
	pageOf = 500
)

// Run measures on a cluster of its own. say is told what is being done.
func Run(ctx context.Context, o Options, say func(string)) ([]measure.Row, error) {
	size := scotland.Size{Partnerships: o.Partnerships, Services: o.Services, Pools: o.Pools, Seed: 1}
	generated, err := scotland.Generate(size)
	if err != nil {
		return nil, err
	}
	system, err := live.Start(ctx, say)
	if err != nil {
		return nil, err
	}
	rows, err := run(ctx, o, system, generated, say)
	return rows, errors.Join(err, system.Stop())
}

func run(
	ctx context.Context, o Options, system *live.System, generated *scotland.Generated, say func(string),
) ([]measure.Row, error) {
	say("the API on an empty directory")
	empty, err := start(ctx, system)
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, system, generated, say); err != nil {
		return nil, err
	}
	var full []started
	var listed []time.Duration
	for i := range o.Starts {
		say(fmt.Sprintf("the API on %d services, start %d of %d", o.Services, i+1, o.Starts))
		took, err := list(ctx, system.Client, o)
		if err != nil {
			return nil, err
		}
		once, err := start(ctx, system)
		if err != nil {
			return nil, err
		}
		full, listed = append(full, once), append(listed, took)
	}
	bytes, err := encoded(generated)
	if err != nil {
		return nil, err
	}
	return rows(o, empty, full, listed, bytes), nil
}

// encoded is the size of everything as JSON, as it was applied.
func encoded(generated *scotland.Generated) (bytes int64, err error) {
	for object := range generated.Objects() {
		text, err := json.Marshal(object)
		if err != nil {
			return 0, fmt.Errorf("encode %s: %w", object.GetName(), err)
		}
		bytes += int64(len(text))
	}
	return bytes, nil
}

// fill creates everything, kind by kind, because a service needs its namespace.
func fill(ctx context.Context, system *live.System, generated *scotland.Generated, say func(string)) error {
	if err := system.Create(ctx, live.Namespaces(generated.Partnerships()), say); err != nil {
		return err
	}
	return system.Create(ctx, generated.Objects(), say)
}

// started is one start of the API.
type started struct {
	ready          time.Duration
	resident, peak int64 // bytes
}

// start starts the API, lets its memory settle and stops it.
func start(ctx context.Context, system *live.System) (started, error) {
	api, err := system.API(ctx)
	if err != nil {
		return started{}, err
	}
	resident, err := measure.Settled(ctx, api.Pid(), settleLimit)
	if err != nil {
		return started{}, err
	}
	peak, err := measure.Peak(api.Pid())
	return started{api.Ready, resident, peak}, errors.Join(err, api.End())
}

// list reads all that the API reads, page by page, and returns how long that took.
func list(ctx context.Context, c client.Client, o Options) (time.Duration, error) {
	began, found := time.Now(), map[string]int{}
	for name, empty := range map[string]client.ObjectList{
		"partnerships": &v1alpha1.PartnershipList{}, "partners": &v1alpha1.PartnerList{},
		"services": &v1alpha1.SupportServiceList{}, "pools": &v1alpha1.CapacityPoolList{},
	} {
		n, err := listKind(ctx, c, empty)
		if err != nil {
			return 0, fmt.Errorf("list the %s: %w", name, err)
		}
		found[name] = n
	}
	if found["services"] != o.Services || found["pools"] != o.Pools {
		return 0, fmt.Errorf("the cluster holds %v, want %+v", found, o)
	}
	return time.Since(began), nil
}

func listKind(ctx context.Context, c client.Client, page client.ObjectList) (n int, err error) {
	for {
		if err := c.List(ctx, page, client.Limit(pageOf), client.Continue(page.GetContinue())); err != nil {
			return 0, err
		}
		n += length(page)
		if page.GetContinue() == "" {
			return n, nil
		}
	}
}

func length(list client.ObjectList) int {
	switch list := list.(type) {
	case *v1alpha1.PartnershipList:
		return len(list.Items)
	case *v1alpha1.PartnerList:
		return len(list.Items)
	case *v1alpha1.SupportServiceList:
		return len(list.Items)
	case *v1alpha1.CapacityPoolList:
		return len(list.Items)
	}
	return 0
}

// rows says what came of it. bytes is the size of everything as JSON.
func rows(o Options, empty started, full []started, listed []time.Duration, bytes int64) []measure.Row {
	var ready, bare, ratios, resident, peak []float64
	for i, s := range full {
		ready, bare = append(ready, s.ready.Seconds()), append(bare, listed[i].Seconds())
		ratios = append(ratios, ready[i]/bare[i])
		resident, peak = append(resident, measure.MiB(s.resident)), append(peak, measure.MiB(s.peak))
	}
	const ofEmpty = "the API on an empty directory"
	toReady, none := measure.Median(ready), measure.MiB(empty.resident)
	all, thousands := measure.Median(resident), float64(o.Services)/1000
	besideList := measure.Against("from start to ready", "s", toReady, measure.Median(bare),
		"a bare list of the same, page by page")
	besideList.Ratio = measure.Median(ratios)
	on := fmt.Sprintf("the API on %d services of %d partnerships with %d pools, the middle one of %d starts",
		o.Services, o.Partnerships, o.Pools, o.Starts)
	return measure.Of("footprint", on, besideList,
		measure.Against("from start to ready", "s", toReady, empty.ready.Seconds(), ofEmpty),
		measure.Against("resident memory, settled", "MiB", all, none, ofEmpty),
		measure.Against("most resident memory", "MiB", measure.Median(peak), measure.MiB(empty.peak), ofEmpty),
		measure.Against("memory for each 1,000 services, with all that belongs to them", "MiB", (all-none)/thousands,
			measure.MiB(bytes)/thousands, "the same as JSON"),
	)
}
