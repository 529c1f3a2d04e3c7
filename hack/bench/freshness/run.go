package freshness

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/dynamic"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/bench/live"
	"lifeline.scot/hack/bench/measure"
)

// Options say how much to measure.
type Options struct{ Pools, Reports int }

const (
	// reportLimit is how long one report may take to be seen everywhere.
	reportLimit = 30 * time.Second
	// warmUp reports are not measured.
	warmUp = 10
)

// Run measures on a cluster of its own. say is told what is being done.
func Run(ctx context.Context, o Options, say func(string)) ([]measure.Row, error) {
	system, err := live.Start(ctx, say)
	if err != nil {
		return nil, err
	}
	rows, err := run(ctx, o, system, say)
	return rows, errors.Join(err, system.Stop())
}

func run(ctx context.Context, o Options, system *live.System, say func(string)) ([]measure.Row, error) {
	w, err := newWorld(o.Pools)
	if err != nil {
		return nil, err
	}
	say(fmt.Sprintf("starting the operator and the API, with %d pools", o.Pools))
	api, err := w.start(ctx, system, say)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m, err := newMeter(ctx, system, api, w.pools[0].Namespace)
	if err != nil {
		return nil, err
	}
	for i := range warmUp + o.Reports {
		if i%50 == 0 {
			say(fmt.Sprintf("report %d of %d", i, warmUp+o.Reports))
		}
		if err := m.measure(ctx, w, i); err != nil {
			return nil, fmt.Errorf("report %d: %w", i, err)
		}
	}
	return m.rows(o), nil
}

// start has the operator make the namespace, fills it, and starts the API on it.
func (w *world) start(ctx context.Context, system *live.System, say func(string)) (*live.Program, error) {
	if _, err := system.Operator(ctx); err != nil {
		return nil, err
	}
	for partnership := range w.generated.Partnerships() {
		if err := system.Client.Create(ctx, partnership); err != nil {
			return nil, fmt.Errorf("create partnership %s: %w", partnership.Name, err)
		}
		if err := system.Appears(ctx, partnership.Name); err != nil {
			return nil, err
		}
	}
	if err := system.Create(ctx, live.Each(w.generated.Partners()), say); err != nil {
		return nil, err
	}
	if err := system.Create(ctx, w.services, say); err != nil {
		return nil, err
	}
	if err := system.Create(ctx, w.allPools, say); err != nil {
		return nil, err
	}
	return system.API(ctx)
}

// meter times reports.
type meter struct {
	reports dynamic.ResourceInterface
	asker   asker

	seenReports, seenPools             <-chan sighting
	applied, watched, written, visible measure.Times
}

func newMeter(ctx context.Context, system *live.System, api *live.Program, namespace string) (*meter, error) {
	anything, err := dynamic.NewForConfig(system.Config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	m := &meter{
		reports: anything.Resource(v1alpha1.GroupVersion.WithResource("capacityreports")).Namespace(namespace),
		asker: asker{
			client: &http.Client{}, url: api.URL + "graphql", partnership: string(v1alpha1.PartnershipOf(namespace)),
		},
	}
	if m.seenReports, err = follow(ctx, system.Client, &v1alpha1.CapacityReportList{}); err != nil {
		return nil, err
	}
	m.seenPools, err = follow(ctx, system.Client, &v1alpha1.CapacityPoolList{})
	return m, err
}

// moments are when a report was where.
type moments struct{ start, applied, watched, written, visible time.Time }

// measure applies report number i, and notes the times unless it belongs to the warm-up.
func (m *meter) measure(ctx context.Context, w *world, i int) error {
	c, due := w.next(i, time.Now())
	if !due.IsZero() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Until(due)):
		}
		c, _ = w.next(i, time.Now())
	}
	ctx, cancel := context.WithTimeout(ctx, reportLimit)
	defer cancel()
	at, err := m.follow(ctx, c)
	if err != nil || i < warmUp {
		return err
	}
	m.applied = append(m.applied, at.applied.Sub(at.start))
	m.watched = append(m.watched, at.watched.Sub(at.start))
	m.written = append(m.written, at.written.Sub(at.start))
	m.visible = append(m.visible, at.visible.Sub(at.start))
	return nil
}

// follow applies a report and waits until it has been seen everywhere.
func (m *meter) follow(ctx context.Context, c count) (moments, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(c.report)
	if err != nil {
		return moments{}, err
	}
	object := &unstructured.Unstructured{Object: content}
	var at moments
	group, ctx := errgroup.WithContext(ctx)
	at.start = time.Now()
	group.Go(func() (err error) { at.visible, err = m.asker.until(ctx, c); return err })
	group.Go(func() (err error) { at.watched, err = await(ctx, m.seenReports, c.isReport); return err })
	group.Go(func() (err error) { at.written, err = await(ctx, m.seenPools, c.isShown); return err })
	group.Go(func() error {
		_, err := m.reports.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: "lifeline-bench"})
		at.applied = time.Now()
		return err
	})
	return at, group.Wait()
}

func (m *meter) rows(o Options) []measure.Row {
	on := fmt.Sprintf("%d reports one after another, %d pools, from the start of kubectl apply's request", o.Reports, o.Pools)
	row := func(what string, ours measure.Times, p float64) measure.Row {
		return measure.Against(fmt.Sprintf("%s, p%.0f", what, p), "ms",
			measure.Milliseconds(ours.Percentile(p)), measure.Milliseconds(m.watched.Percentile(p)), "a bare watch sees the report")
	}
	return measure.Of("freshness", on,
		row("the number is in GraphQL", m.visible, 50),
		row("the number is in GraphQL", m.visible, 99),
		row("a watch sees the operator's status", m.written, 50),
		row("a watch sees the operator's status", m.written, 99),
		row("the API server has answered", m.applied, 50),
		row("the API server has answered", m.applied, 99),
	)
}
