package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/vault"
)

// What the API keeps outside the store shows that the newest records were cut off together with the checkpoints over them, to
// whoever verifies the log without having kept anything, and to the API itself.
func TestTheCheckpointThatIsKeptShowsThatRecordsWereCutOff(t *testing.T) {
	x := newLoggedShelf(t)
	var said bytes.Buffer
	kept := checkpointFile{filepath.Join(x.keys, audit.CheckpointFile), slog.New(slog.NewTextHandler(&said, nil))}
	keep := func() {
		t.Helper()
		s := x.open(t, vault.Existing)
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // it is kept when the API ends, too
		kept.run(ctx, s, nil)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	keep()
	if exit, output := x.run(t, "audit verify"); exit != storeDone || !strings.Contains(output, "those that 1 kept elsewhere vouch for") {
		t.Errorf("whole: %d %s", exit, output)
	}
	before := textOf(t, kept.path)
	x.touch(t, `DELETE FROM audit_records WHERE seq >= 3`, `DELETE FROM audit_checkpoints WHERE size > 3`, `DELETE FROM audit_hashes WHERE id > 3`)
	if exit, output := x.run(t, "audit verify"); exit != storeNotWhole || !strings.HasPrefix(output, "the log ends after 3 records") {
		t.Errorf("cut off: %d %s", exit, output)
	}
	keep()
	if after := textOf(t, kept.path); after != before {
		t.Errorf("the proof was replaced by %s", after)
	}
	if !strings.Contains(said.String(), "does not go on from the checkpoint that was kept") {
		t.Errorf("the log of the API says %q", said.String())
	}
	x.grow(t, 5)
	keep()
	if after := textOf(t, kept.path); after != before {
		t.Errorf("after the log went on, the proof was replaced by %s", after)
	}
	if exit, output := x.run(t, "audit verify"); exit != storeNotWhole {
		t.Errorf("after the log went on: %d %s", exit, output)
	}
}

// grow adds records to the log, as everybody who looks at something does.
func (x shelf) grow(t *testing.T, records int) {
	t.Helper()
	s := x.open(t, vault.Existing)
	for range records {
		if err := s.Record(t.Context(), audit.Entry{What: audit.Viewed, Detail: "trail"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// latest is a store that has signed that last.
type latest struct {
	text   []byte
	err    error
	broken bool
}

func (l latest) LatestCheckpoint(context.Context) ([]byte, error) { return l.text, l.err }

func (l latest) Begins(context.Context, []byte) error {
	if l.broken {
		return audit.ErrBroken
	}
	return nil
}

func TestKeepingACheckpoint(t *testing.T) {
	of := func(size string) []byte {
		return []byte(audit.Origin + "\n" + size + "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n2026-11-29T12:00:00Z\n\n" +
			"— lifeline.scot/audit AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	}
	for name, tc := range map[string]struct {
		before []byte
		latest latest
		after  []byte
		fails  error
	}{
		"the first":              {nil, latest{text: of("3")}, of("3"), nil},
		"a later one":            {of("3"), latest{text: of("4")}, of("4"), nil},
		"the same":               {of("3"), latest{text: of("3")}, of("3"), nil},
		"one of another log":     {of("3"), latest{text: of("5"), broken: true}, of("3"), audit.ErrBroken},
		"an earlier one":         {of("3"), latest{text: of("2"), broken: true}, of("3"), audit.ErrBroken},
		"none any more":          {of("3"), latest{broken: true}, of("3"), audit.ErrBroken},
		"none yet":               {nil, latest{}, nil, nil},
		"after what is none":     {[]byte("?"), latest{text: of("2")}, of("2"), nil},
		"the store is away":      {of("3"), latest{err: os.ErrDeadlineExceeded}, of("3"), os.ErrDeadlineExceeded},
		"what was signed is not": {of("3"), latest{text: []byte("?")}, of("3"), audit.ErrCheckpoint},
	} {
		t.Run(name, func(t *testing.T) {
			f := checkpointFile{filepath.Join(t.TempDir(), "audit.checkpoint"), slog.New(slog.DiscardHandler)}
			if tc.before != nil {
				if err := os.WriteFile(f.path, tc.before, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.keep(t.Context(), tc.latest); !errors.Is(err, tc.fails) {
				t.Errorf("got %v, want %v", err, tc.fails)
			}
			if after, err := os.ReadFile(f.path); !bytes.Equal(after, tc.after) || err != nil && !os.IsNotExist(err) {
				t.Errorf("it holds %s, %v", after, err)
			}
		})
	}
}

func TestWhereTheCheckpointIsKept(t *testing.T) {
	for args, want := range map[string]string{
		"--keys=k":                    filepath.Join("k", audit.CheckpointFile),
		"--keys=k --keys-from-secret": "",
		"--keys=k --keys-from-secret --audit-checkpoint-file=there": "there",
		"--audit-checkpoint-file=there":                             "there",
	} {
		s, err := parse(strings.Fields(args), &bytes.Buffer{})
		if err != nil || s.keeping.checkpointPath() != want {
			t.Errorf("%s: %q, %v", args, s.keeping.checkpointPath(), err)
		}
	}
	if keepCheckpointEvery > time.Minute {
		t.Error("more than a minute can be cut off and not be found")
	}
}
