package referrals

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/postgrestest"
	"lifeline.scot/api/vault"
	"lifeline.scot/policies"
)

// The engines that referrals are kept in.
const (
	sqlite   = "SQLite"
	postgres = "PostgreSQL"
)

// target is the partner whose worklist is measured: all referrals are made to it, by many others.
const (
	target      = "harbour"
	partnership = "moray"
	origins     = 20
)

func originNamed(i int) string { return fmt.Sprintf("origin-%d", i%origins) }

// clerk is whoever reads the worklist.
var clerk = identity.Caller{
	Partner: target, Roles: identity.RolesOf(identity.Provider), Care: identity.CareRolesOf(identity.Practitioner),
	Subject: "u-clerk",
}

func asking() disclosure.Asking {
	return disclosure.Asking{Caller: clerk, As: identity.Practitioner, Purpose: disclosure.ReferralCoordination}
}

// world is a store and the desk before it, as the API has them.
type world struct {
	*store.Store
	desk *casework.Desk
	// driver and address open the same database without anything around it.
	driver, address string
	closes          []func() error
}

func (w *world) close() error {
	var errs []error
	for i := len(w.closes) - 1; i >= 0; i-- {
		errs = append(errs, w.closes[i]())
	}
	return errors.Join(errs...)
}

// open makes an empty store in a folder of its own.
func open(ctx context.Context, engine string) (*world, error) {
	w := &world{}
	if err := w.open(ctx, engine); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) open(ctx context.Context, engine string) error {
	folder, err := os.MkdirTemp("", "referrals")
	if err != nil {
		return fmt.Errorf("make a folder for referrals: %w", err)
	}
	w.closes = append(w.closes, func() error { return os.RemoveAll(folder) })
	options, err := w.options(ctx, engine, folder)
	if err != nil {
		return err
	}
	if w.Store, err = store.Open(ctx, options); err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	w.closes = append(w.closes, w.Store.Close)
	rules, err := newRules(ctx)
	if err != nil {
		return err
	}
	view := directory.NewView(directory.SnapshotOf(directory.NewChanges()), time.Now(), directory.Freshness{State: directory.Live})
	w.desk = &casework.Desk{
		Store:  w.Store,
		Cutter: &disclosure.Cutter{Kept: w.Store, Rules: rules, Rights: rules.engine, Clock: time.Now},
		Rights: rules.engine, View: func() directory.View { return view },
	}
	return nil
}

func (w *world) options(ctx context.Context, engine, folder string) (store.Options, error) {
	key, index, err := vault.OpenFolder(folder, vault.Owned)
	if err != nil {
		return store.Options{}, fmt.Errorf("make keys: %w", err)
	}
	secret, _, err := note.GenerateKey(rand.Reader, "bench")
	if err != nil {
		return store.Options{}, fmt.Errorf("make a key to sign with: %w", err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return store.Options{}, fmt.Errorf("make a key to sign with: %w", err)
	}
	options := store.Options{Vault: vault.New(key), Index: index, Signer: signer}
	if engine == sqlite {
		options.File = filepath.Join(folder, "referrals.db")
		w.driver, w.address = "sqlite", "file:"+options.File+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)"
		return options, nil
	}
	server, err := postgrestest.Start("fsync=on")
	if err != nil {
		return store.Options{}, fmt.Errorf("start PostgreSQL: %w", err)
	}
	w.closes = append(w.closes, server.Stop)
	options.DatabaseURL, err = server.NewDatabase(ctx)
	w.driver, w.address = "pgx", options.DatabaseURL
	return options, err
}

// rules are the rules of sharing, with partners and agreements that do not change.
type rules struct {
	engine *policies.Engine
	world  *policies.World
}

func newRules(ctx context.Context) (*rules, error) {
	engine, err := policies.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	charity := policies.Partner{Kind: "third_sector", Status: "active", ADPs: []string{partnership}}
	partners, agreements := map[string]policies.Partner{target: charity}, map[string]policies.Agreement{}
	for i := range origins {
		name := originNamed(i)
		partners[name] = charity
		agreements[name] = policies.Agreement{
			Parties: []string{name, target}, Purposes: []string{"direct_care", "referral_coordination"},
			Categories: []string{"admin", "identity", "contact", "demographic", "need", "clinical", "risk", "social"},
			ADPs:       []string{partnership}, Status: "active",
			FromTime: time.Now().AddDate(-1, 0, 0), ToTime: time.Now().AddDate(1, 0, 0),
		}
	}
	known, err := policies.NewWorld(partners, agreements)
	if err != nil {
		return nil, fmt.Errorf("state partners and agreements: %w", err)
	}
	return &rules{engine, known}, nil
}

// Now implements disclosure.Rules.
func (r *rules) Now() (*policies.Engine, *policies.World) { return r.engine, r.world }

// Ready implements disclosure.Rules.
func (*rules) Ready() bool { return true }

// Doubtful implements disclosure.Rules.
func (*rules) Doubtful() bool { return false }
