package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
	"lifeline.scot/api/vault/kms"
)

// What the commands about the referral store exit with.
const (
	storeDone     = 0
	storeNotWhole = 1
	storeFailed   = 2
)

// commandAboutReferrals carries out the command that this program was called with, if it is about the referral store. An
// interruption ends it between two people.
func commandAboutReferrals() (exit int, ok bool) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return storeCommand(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// storeCommand carries out a command about the referral store; false if the arguments are none.
func storeCommand(ctx context.Context, args []string, out, complaints io.Writer) (exit int, ok bool) {
	if len(args) == 0 {
		return 0, false
	}
	var run func(context.Context, []string, io.Writer) error
	switch args[0] {
	case "keys":
		run = keysCommand
	case "person":
		run = personCommand
	case "audit":
		run = auditCommand
	default:
		return 0, false
	}
	err := run(ctx, args[1:], out)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return storeDone, true
	case errors.Is(err, errNotWhole):
		return storeNotWhole, true
	default:
		_, _ = fmt.Fprintf(complaints, "api %s: %v\n", args[0], err)
		return storeFailed, true
	}
}

// keeping are the flags that say where referrals and keys are kept.
type keeping struct {
	flags           *flag.FlagSet
	file, url, keys string
	secret          bool
	// checkpoint is the file that the latest checkpoint of the audit log is kept in; "" for the default.
	checkpoint string
	// kms is the socket of a plugin that keeps the key files shut; "" for none.
	kms string
}

func newKeeping(name string, out io.Writer) *keeping {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(out)
	return keepingOf(flags, ".run/referrals/referrals.db", "SQLite file that referrals are kept in; not used with DATABASE_URL")
}

// keepingOf adds the flags to others.
func keepingOf(flags *flag.FlagSet, file, what string) *keeping {
	k := &keeping{flags: flags, url: os.Getenv("DATABASE_URL")}
	flags.StringVar(&k.file, "store", file, what)
	flags.StringVar(&k.keys, "keys", ".run/referrals/keys",
		"folder of the key files "+vault.PeopleKeyFile+", "+vault.IndexKeyFile+" and "+audit.KeyFile)
	flags.BoolVar(&k.secret, "keys-from-secret", false,
		"the key files are mounted from a Secret: they may be read by a group, and are never written")
	flags.StringVar(&k.checkpoint, "audit-checkpoint-file", "",
		"file outside the store that the API keeps the latest checkpoint of the audit log in, once a minute and when it ends. "+
			"Default: "+audit.CheckpointFile+" in the folder of --keys, or none where that is mounted from a Secret")
	flags.StringVar(&k.kms, "keys-kms", "",
		"Unix socket of a KMS plugin for Kubernetes (version 2 of its API), such as unix:///run/kms/kms.sock, by which "+
			vault.PeopleKeyFile+" and "+vault.IndexKeyFile+" are kept shut; default: whoever can read the files has the keys")
	return k
}

// checkpointPath is the file that the latest checkpoint is kept in; "" for none.
func (k *keeping) checkpointPath() string {
	if k.checkpoint != "" || k.secret {
		return k.checkpoint
	}
	return filepath.Join(k.keys, audit.CheckpointFile)
}

// guard is what keeps the key files shut; nil where nothing does.
func (k *keeping) guard() (vault.Guard, error) {
	if k.kms == "" {
		return nil, nil
	}
	return kms.At(k.kms) //nolint:wrapcheck // it says what to change
}

// openFolder opens the key files. More options say how else.
func (k *keeping) openFolder(source vault.Source, more ...vault.Option) (*vault.FileKey, *vault.Index, error) {
	guard, err := k.guard()
	if err != nil {
		return nil, nil, err
	}
	return vault.OpenFolder(k.keys, source, append(more, vault.GuardedBy(guard))...)
}

// given reports whether somebody said where referrals are kept.
func (k *keeping) given() bool { return k != nil && (k.file != "" || k.url != "") }

// serve opens the store to serve from it. A file and its keys are made on first start; the keys of a database that others share
// have to be there, or each replica would make its own.
func (k *keeping) serve(ctx context.Context, more ...vault.Option) (*store.Store, error) {
	source := k.source()
	if k.url == "" && !k.secret {
		source = vault.Owned
	}
	key, index, err := k.openFolder(source, more...)
	if err != nil {
		return nil, err
	}
	return k.openWith(ctx, key, index, source)
}

// parse reads the flags; nothing else may be there.
func (k *keeping) parse(args []string) error {
	if err := k.flags.Parse(args); err != nil {
		return err
	}
	if k.flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: all settings are flags", k.flags.Arg(0))
	}
	return nil
}

func (k *keeping) openKeys() (*vault.FileKey, *vault.Index, error) {
	return k.openFolder(k.source())
}

func (k *keeping) source() vault.Source {
	if k.secret {
		return vault.Mounted
	}
	return vault.Existing
}

// mustExist makes sure that there is a store: a command never makes one, so that a wrong path is an error and no empty store.
func (k *keeping) mustExist() error {
	if k.url == "" {
		if _, err := os.Stat(k.file); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no store %s: name it with --store, or set DATABASE_URL", k.file)
		}
	}
	return nil
}

// openLog opens the audit log of the store that is there, to read it.
func (k *keeping) openLog(ctx context.Context) (*store.AuditLog, error) {
	if err := k.mustExist(); err != nil {
		return nil, err
	}
	return store.OpenAuditLog(ctx, store.Options{DatabaseURL: k.url, File: k.file})
}

// open opens the store that is there.
func (k *keeping) open(ctx context.Context, key *vault.FileKey, index *vault.Index) (*store.Store, error) {
	if err := k.mustExist(); err != nil {
		return nil, err
	}
	return k.openWith(ctx, key, index, k.source())
}

func (k *keeping) openWith(
	ctx context.Context, key *vault.FileKey, index *vault.Index, source vault.Source,
) (*store.Store, error) {
	signer, err := audit.OpenKey(filepath.Join(k.keys, audit.KeyFile), source)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, store.Options{DatabaseURL: k.url, File: k.file, Vault: vault.New(key), Index: index, Signer: signer})
}

// byFlag asks who decided what is about to be done.
func (k *keeping) byFlag() *string {
	return k.flags.String("by", "command-line", "opaque name of who decided it, for the audit log")
}

// actorOf is who decided, by the name given.
func actorOf(by string) (referral.Actor, error) {
	if !referral.Opaque(by) {
		return referral.Actor{}, errors.New("--by is an opaque name of letters, digits, hyphens and dots")
	}
	return referral.Actor{ID: by, Capacity: referral.AsProgram}, nil
}
