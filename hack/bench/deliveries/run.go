package deliveries

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/hack/bench/measure"
)

// Options say how much to measure.
type Options struct {
	// Deliveries are sent for the rate, Single ones one after another for the time that one takes, Queued are left to wait.
	Deliveries, Single, Queued int
}

const (
	// makers make referrals at once.
	makers = 8
	// atOnce is how many requests the bare loop has under way to each partner: as many as a lane has.
	atOnce    = 4
	runLimit  = 20 * time.Minute
	tellAtOne = 16 // partners told of one referral, where only their number matters
)

// Run measures on both stores. say is told what is being done.
func Run(ctx context.Context, o Options, say func(string)) (rows []measure.Row, err error) {
	ctx, cancel := context.WithTimeout(ctx, runLimit)
	defer cancel()
	server, err := postgrestest.Start()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	address, err := server.NewDatabase(ctx)
	if err != nil {
		return nil, err
	}
	for _, on := range []struct{ name, address string }{
		{"PostgreSQL on this machine that waits for no disk", address}, {"SQLite", ""},
	} {
		f, err := measured(ctx, o, on.address, func(line string) { say(on.name + ": " + line) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", on.name, err)
		}
		rows = append(rows, f.rows(o, on.name)...)
	}
	return rows, nil
}

// figures are what was measured on one store.
type figures struct {
	rate, bare  float64 // events a second
	times       measure.Times
	ping        measure.Times
	empty, full uint64 // bytes of heap
}

func (f figures) rows(o Options, on string) []measure.Row {
	const bare = "a bare loop of net/http that posts the same bodies, as many at once"
	ms := func(t measure.Times, p float64) float64 { return measure.Milliseconds(t.Percentile(p)) }
	where := fmt.Sprintf("%s, %d events for %d partners, API and receiver in one process", on, o.Deliveries, partners)
	return measure.Of("deliveries", where,
		measure.Against("events decided, sent and written down a second", "1/s", f.rate, f.bare, bare),
		measure.Against("from the commit to the first byte at the receiver, p50", "ms", ms(f.times, 50), ms(f.ping, 50), "a bare post"),
		measure.Against("the same, p99", "ms", ms(f.times, 99), ms(f.ping, 99), "a bare post"),
		measure.Against(fmt.Sprintf("heap with %d queued", o.Queued), "MiB", measure.MiB(int64(f.full)), measure.MiB(int64(f.empty)),
			"with none; partners cannot be reached"),
	)
}

func measured(ctx context.Context, o Options, address string, say func(string)) (f figures, err error) {
	m, err := newMesh(ctx, address)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	say(fmt.Sprintf("making %d referrals", o.Deliveries))
	if err := m.fill(ctx, 0, o.Deliveries, 1); err != nil {
		return f, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer func() { cancel(); working.Wait() }()
	say("sending")
	before, err := measure.Family(os.Getpid())
	if err != nil {
		return f, err
	}
	begun := time.Now()
	working.Go(func() { m.dispatch.Run(ctx) })
	if err := m.receiver.until(ctx, o.Deliveries); err != nil {
		return f, err
	}
	f.rate = float64(o.Deliveries) / time.Since(begun).Seconds()
	after, err := measure.Family(os.Getpid())
	if err != nil {
		return f, err
	}
	say(fmt.Sprintf("%.0f a second; processor time of each: %s", f.rate, shares(before, after, o.Deliveries)))
	if f.bare, err = m.receiver.bareRate(ctx, o.Deliveries); err != nil {
		return f, err
	}
	say("sending one after another")
	if err := m.single(ctx, o, &f); err != nil {
		return f, err
	}
	f.empty = heap()
	m.receiver.away.Store(true) // so that what is queued stays so, while deliveries go on
	say(fmt.Sprintf("queueing %d", o.Queued))
	if err := m.fill(context.WithoutCancel(ctx), o.Deliveries+o.Single, o.Queued/tellAtOne, tellAtOne); err != nil {
		return f, err
	}
	f.full = heap()
	return f, nil
}

// shares are what each program took of the processor for each event.
func shares(before, after map[string]time.Duration, events int) string {
	var words []string
	for _, program := range slices.Sorted(maps.Keys(after)) {
		words = append(words, fmt.Sprintf("%s %s", program, (after[program]-before[program])/time.Duration(events)))
	}
	return strings.Join(words, ", ")
}

// heap is what is in use after everything was let go that can be.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

// fill makes referrals, of each of which so many partners are told.
func (m *mesh) fill(ctx context.Context, from, count, tell int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(makers)
	for i := from; i < from+count; i++ {
		group.Go(func() error {
			told := make([]string, tell)
			for j := range told {
				told[j] = partner(i + j)
			}
			_, err := m.refer(ctx, i, told...)
			return err
		})
	}
	return group.Wait()
}

// single measures how long one event takes when nothing else is under way.
func (m *mesh) single(ctx context.Context, o Options, f *figures) error {
	client := m.receiver.client()
	defer client.CloseIdleConnections()
	for i := range o.Single {
		made, err := m.refer(ctx, o.Deliveries+i, partner(o.Deliveries+i))
		if err != nil {
			return err
		}
		committed := time.Now()
		if err := m.receiver.until(ctx, o.Deliveries+i+1); err != nil {
			return err
		}
		id := delivery.EventID(store.Delivery{
			Referral: made.Referral, Version: 1, Kind: referral.KindSubmit, Partner: partner(o.Deliveries + i),
		})
		f.times = append(f.times, max(0, m.receiver.at(id).Sub(committed)))
		begun := time.Now()
		if err := m.receiver.post(ctx, client, i); err != nil {
			return err
		}
		f.ping = append(f.ping, m.receiver.taken("bare-"+fmt.Sprint(i)).Sub(begun))
	}
	return nil
}

func (r *receiver) at(id string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.came[id]
}

// taken is when something came that is no event, which is forgotten.
func (r *receiver) taken(id string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.came[id]
	delete(r.came, id)
	return at
}

// bareRate is how many bodies a second can be posted here by a loop that does nothing else.
func (r *receiver) bareRate(ctx context.Context, count int) (float64, error) {
	client := r.client()
	defer client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(partners * atOnce)
	begun := time.Now()
	for i := range count {
		group.Go(func() error { return r.post(ctx, client, i) })
	}
	err := group.Wait()
	rate := float64(count) / time.Since(begun).Seconds()
	for i := range count {
		r.taken(fmt.Sprintf("bare-%d", i))
	}
	return rate, err
}

// client is one that does nothing but post, and keeps its connections.
func (r *receiver) client() *http.Client {
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: r.roots()}, MaxIdleConnsPerHost: partners * atOnce,
	}}
}

// post posts the body that came last to one of the partners.
func (r *receiver) post(ctx context.Context, client *http.Client, i int) error {
	r.mu.Lock()
	body := r.body
	r.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.servers[i%partners].URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", event.ContentType)
	request.Header.Set("Webhook-Id", fmt.Sprintf("bare-%d", i))
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusNoContent {
		err = fmt.Errorf("the receiver answered %s", response.Status)
	}
	return errors.Join(err, response.Body.Close())
}
