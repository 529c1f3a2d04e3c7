package main

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/mesh/outbound"
	"lifeline.scot/api/mesh/secrets"
	"lifeline.scot/api/store"
)

// delivering are the flags that say whether and where partners are told.
type delivering struct {
	// from is the address of this API, who events are from; "" if none are sent.
	from     string
	prefixes []netip.Prefix
	ports    []uint16
	// authorities are whom the certificates of partners are signed by; nil for those that the machine trusts.
	authorities *x509.CertPool
}

func deliveringOf(flags *flag.FlagSet) *delivering {
	d := &delivering{}
	flags.Func("public-url",
		"address under which partners reach this API, such as https://lifeline.example.org: who events are from. Default: partners "+
			"are sent no events, and look at their worklists", func(text string) error {
			u, err := url.Parse(text)
			if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" {
				return errors.New("write it as https://lifeline.example.org")
			}
			d.from = strings.TrimSuffix(text, "/")
			return nil
		})
	flags.Func("deliver-to-prefixes",
		"addresses that events may be sent to although they are not public, such as 10.1.0.0/16,fd00::/8. Default: none",
		func(text string) error {
			for part := range strings.SplitSeq(text, ",") {
				prefix, err := netip.ParsePrefix(strings.TrimSpace(part))
				if err != nil {
					return fmt.Errorf("%.60q is no range of addresses: write it as 10.1.0.0/16", part)
				}
				d.prefixes = append(d.prefixes, prefix.Masked())
			}
			return nil
		})
	flags.Func("deliver-to-ports", "ports that events may be sent to besides 443, such as 8443. Default: none",
		func(text string) error {
			for part := range strings.SplitSeq(text, ",") {
				port, err := strconv.ParseUint(strings.TrimSpace(part), 10, 16)
				if err != nil || port == 0 {
					return fmt.Errorf("%.20q is no port", part)
				}
				d.ports = append(d.ports, uint16(port))
			}
			return nil
		})
	flags.Func("deliver-to-authorities",
		"PEM file of certificates that vouch for whom events are sent to, besides those that the machine trusts, such as that of an "+
			"organisation's own authority. Default: none", func(path string) (err error) {
			d.authorities, err = authoritiesWith(path)
			return err
		})
	return d
}

// authoritiesWith are the certificates that the machine trusts, and those in a file.
func authoritiesWith(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("read the certificates that the machine trusts: %w", err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return pool, nil
}

// deliveries tell partners what happened, beside a store.
type deliveries struct {
	dispatch *delivery.Dispatch
	sender   *outbound.Sender
}

// newDeliveries sets up deliveries beside a store, which hands everything over that is written to it from now on. Where none are
// sent, what is written from now on is settled at once, and it is nil.
func newDeliveries(
	ctx context.Context, s *delivering, kept *store.Store, cutter *disclosure.Cutter, from sources, counted *counted,
	logger *slog.Logger,
) (*deliveries, error) {
	if s == nil || s.from == "" {
		kept.CarryBy(nobody{})
		return nil, nil //nolint:nilnil // none are sent
	}
	signing, err := secrets.New(from.cluster, time.Now)
	if err != nil {
		return nil, err
	}
	sender := outbound.New(outbound.Options{AllowedPrefixes: s.prefixes, AllowedPorts: s.ports, Roots: s.authorities})
	view := from.directory.View
	courier := &delivery.Courier{
		Kept: delivery.Gather(kept), Decider: cutter, Secrets: signing, Sender: sender, View: view, Source: s.from, Clock: time.Now,
		Logger:  logger,
		Counted: counted.settled,
	}
	queue, err := delivery.NewQueue(ctx, delivery.QueueOptions{
		Database: kept.Database(), Replicas: kept, Takes: takes(view), Try: courier.Try, Doubtful: courier.Breaker.Doubtful,
		Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	kept.CarryBy(queue)
	announcer := &delivery.Announcer{
		Endpoints: kept.Endpoints, View: view, Apply: delivery.Conditions(from.directory.Client()), Clock: time.Now,
	}
	return &deliveries{sender: sender, dispatch: &delivery.Dispatch{
		Backlog: kept, Lanes: queue, View: view, Resting: courier.Breaker.Resting, Clock: time.Now, Logger: logger,
		Lately: func(ctx context.Context) {
			if err := announcer.Announce(ctx); err != nil {
				logger.Warn("what became of deliveries could not be said on partners", "error", err)
			}
		},
	}}, nil
}

// takes reports whether a partner takes events. While nobody knows yet, or it is not in the directory for now, it may.
func takes(view func() directory.View) func(partner string) bool {
	return func(name string) bool {
		v := view()
		partner, known := v.Partner(name)
		return !v.Ready() || !known || partner.Spec.Delivery != nil
	}
}

// nobody carries anything: what there would be to tell is not sent, and does not wait for the day on which deliveries begin, when
// partners would be told of what is long over.
type nobody struct{}

// Takes implements store.Carrier.
func (nobody) Takes(string) bool { return false }

// Carry implements store.Carrier: what has waited since before is left as it is.
func (nobody) Carry(context.Context, *sql.Tx, ...store.Delivery) error { return nil }

// run delivers until ctx ends.
func (d *deliveries) run(ctx context.Context) {
	if d == nil {
		return
	}
	defer d.sender.Close()
	d.dispatch.Run(ctx)
}

// poke has what was asked for again for a partner be carried now.
func (d *deliveries) poke(partner string) {
	if d != nil {
		d.dispatch.Poke(partner)
	}
}

// counted counts what became of deliveries.
type counted struct{ total *prometheus.CounterVec }

func newCounted() *counted {
	return &counted{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lifeline_deliveries_total",
		Help: "What came of looking at deliveries, by how they stand after it: Delivered, NotSent, GivenUp, or Waiting, to be tried " +
			"again.",
	}, []string{"state"})}
}

func (c *counted) settled(state store.DeliveryState) { c.total.WithLabelValues(string(state)).Inc() }
