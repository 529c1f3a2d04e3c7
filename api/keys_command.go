package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

const keysUsage = `say what to do with the keys:
  api keys make     make the key files that are missing in a folder, as before the first start with a database; keep a
                    copy of them
  api keys rotate   add new keys to the key files, and bring the database to them; the earlier keys stay
  api keys drop     bring the database to the newest keys again, then drop the earlier ones from the files for good; do it
                    when every replica has read the new files: at once for a file, a few minutes later for a Secret
  api keys add      add new keys to the key files alone, as for the copy that a Secret is made from
  api keys rewrap   bring the database to the newest keys alone, as after a Secret was changed
  api keys shut     have the key files be kept shut by a key management service, or by the key that it uses now: --keys-kms names
                    its plugin`

// rotating are the keys that a command is about.
type rotating struct {
	key         *vault.FileKey
	index       *vault.Index
	people, chi bool
	by          referral.Actor
	out         io.Writer
}

// keysVerb is what a command does, in this order.
type keysVerb struct{ make, add, rewrap, drop, shut bool }

// keysVerbOf reads what is to be done.
func keysVerbOf(args []string) (keysVerb, bool) {
	if len(args) == 0 {
		return keysVerb{}, false
	}
	verb, ok := map[string]keysVerb{
		"make": {make: true}, "shut": {shut: true},
		"rotate": {add: true, rewrap: true}, "drop": {rewrap: true, drop: true}, "add": {add: true}, "rewrap": {rewrap: true},
	}[args[0]]
	return verb, ok
}

// keysCommand rotates the keys of the referral store.
func keysCommand(ctx context.Context, args []string, out io.Writer) error {
	verb, ok := keysVerbOf(args)
	if !ok {
		return errors.New(keysUsage)
	}
	k := newKeeping("api keys "+args[0], out)
	only := k.flags.String("only", "", "people (the key that wraps people's keys) or index (that by which CHI numbers are found); "+
		"default: both")
	by := k.byFlag()
	if err := k.parse(args[1:]); err != nil {
		return err
	}
	if *only != "" && *only != "index" && *only != "people" {
		return errors.New("--only is people or index")
	}
	switch {
	case verb.make:
		return makeKeys(k)
	case verb.shut:
		return shutKeys(k)
	}
	r := rotating{people: *only != "index", chi: *only != "people", out: out}
	var err error
	if r.by, err = actorOf(*by); err != nil {
		return err
	}
	if r.key, r.index, err = k.openKeys(); err != nil {
		return err
	}
	if !verb.rewrap {
		return r.add()
	}
	s, err := k.open(ctx, r.key, r.index) // before the files change: it makes sure that the keys are those of this database
	if err != nil {
		return err
	}
	return errors.Join(r.carryOut(ctx, s, verb), s.Close())
}

// makeKeys makes the key files that are missing.
func makeKeys(k *keeping) error {
	if k.secret {
		return errors.New("keys that are mounted from a Secret are made before that: leave --keys-from-secret out")
	}
	if _, _, err := k.openFolder(vault.Owned); err != nil {
		return err
	}
	_, err := audit.OpenKey(filepath.Join(k.keys, audit.KeyFile), vault.Owned)
	return err
}

// shutKeys has the key files be kept shut.
func shutKeys(k *keeping) error {
	if k.secret {
		return errors.New("keys that are mounted from a Secret are shut before that: leave --keys-from-secret out")
	}
	guard, err := k.guard()
	if err != nil {
		return err
	}
	if guard == nil {
		return errors.New("name the plugin of the key management service with --keys-kms")
	}
	return vault.Shut(k.keys, guard)
}

func (r rotating) carryOut(ctx context.Context, s *store.Store, verb keysVerb) error {
	if verb.add {
		if err := r.add(); err != nil {
			return err
		}
	}
	if err := r.rewrap(ctx, s); err != nil {
		return err
	}
	if verb.drop {
		return r.drop()
	}
	return nil
}

func (r rotating) add() error {
	if r.people {
		if err := r.key.Rotate(); err != nil {
			return err
		}
		r.say("a new key wraps people's keys from now on")
	}
	if r.chi {
		if err := r.index.Rotate(); err != nil {
			return err
		}
		r.say("a new key of the blind index is there")
	}
	return nil
}

func (r rotating) rewrap(ctx context.Context, s *store.Store) error {
	if r.people {
		done, err := s.RewrapKeys(ctx, r.by)
		if err != nil {
			return err
		}
		r.say("the keys of %d of %d people were wrapped anew", done.Changed, done.People)
	}
	if r.chi {
		done, err := s.Retag(ctx, r.by)
		if err != nil {
			return err
		}
		r.say("the blind index was written anew for %d people", done.People)
	}
	return nil
}

func (r rotating) drop() error {
	if r.people {
		if err := r.key.Prune(); err != nil {
			return err
		}
		r.say("the earlier keys that wrapped people's keys are dropped: copies of the database made before cannot be read any more")
	}
	if r.chi {
		if err := r.index.Prune(); err != nil {
			return err
		}
		r.say("the earlier keys of the blind index are dropped")
	}
	return nil
}

func (r rotating) say(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", args...) }
