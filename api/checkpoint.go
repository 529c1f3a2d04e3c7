package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/keyfile"
)

// keepCheckpointEvery is how often the latest checkpoint of the audit log is kept outside the store.
const keepCheckpointEvery = time.Minute

// checkpoints has the latest checkpoint of the audit log; none while the log is empty.
type checkpoints interface {
	LatestCheckpoint(ctx context.Context) ([]byte, error)
}

// checkpointFile keeps the latest checkpoint of the audit log outside the store, so that it can be found that the newest records
// were cut off together with what was signed over them.
type checkpointFile struct {
	path   string
	logger *slog.Logger
}

// run keeps it at once, at each tick, and once more when ctx ends. What fails is tried again at the next one.
func (f checkpointFile) run(ctx context.Context, from checkpoints, ticks <-chan time.Time) {
	for {
		f.try(ctx, from)
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTime)
			defer cancel()
			f.try(last, from)
			return
		case <-ticks:
		}
	}
}

func (f checkpointFile) try(ctx context.Context, from checkpoints) {
	err := f.keep(ctx, from)
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.Is(err, errCutOff):
		f.logger.Error("records of the audit log are missing: run `api audit verify`", "file", f.path, "error", err)
	default:
		f.logger.Warn("the latest checkpoint of the audit log could not be kept; it is tried again", "file", f.path, "error", err)
	}
}

// errCutOff is an audit log that is shorter than what was signed.
var errCutOff = errors.New("the audit log is shorter than the checkpoint that was kept says")

// keep replaces the checkpoint in the file by the latest one. One over more records than the log has stays: it is the proof that
// they are missing.
func (f checkpointFile) keep(ctx context.Context, from checkpoints) error {
	latest, err := from.LatestCheckpoint(ctx)
	if err != nil {
		return fmt.Errorf("find the latest checkpoint: %w", err)
	}
	kept, err := readCheckpoint(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if bytes.Equal(kept, latest) {
		return nil
	}
	now, err := audit.SizeOf(latest)
	if latest != nil && err != nil {
		return fmt.Errorf("read the latest checkpoint: %w", err)
	}
	if before, err := audit.SizeOf(kept); err == nil && before > now {
		return fmt.Errorf("%w: %d records, of %d", errCutOff, now, before)
	}
	if err := keyfile.Replace(f.path, latest); err != nil {
		return fmt.Errorf("keep the latest checkpoint: %w", err)
	}
	return nil
}

// readCheckpoint reads a file with a checkpoint.
func readCheckpoint(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open a checkpoint: %w", err)
	}
	text, err := readAtMost(file, longestCopy)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("read a checkpoint: %w", err)
	}
	return text, nil
}
