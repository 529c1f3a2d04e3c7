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
	// Begins fails with [audit.ErrBroken] unless the log begins with what a checkpoint is over.
	Begins(ctx context.Context, checkpoint []byte) error
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
	case errors.Is(err, audit.ErrBroken):
		f.logger.Error("the audit log does not go on from the checkpoint that was kept: run `api audit verify`",
			"file", f.path, "error", err)
	default:
		f.logger.Warn("the latest checkpoint of the audit log could not be kept; it is tried again", "file", f.path, "error", err)
	}
}

// keep replaces the checkpoint in the file by the latest one, if the log begins with what that in the file is over. Otherwise
// that stays, however the log goes on: it is the proof that something was cut off or changed.
func (f checkpointFile) keep(ctx context.Context, from checkpoints) error {
	kept, err := readCheckpoint(f.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := audit.SizeOf(kept); err == nil {
		if err := from.Begins(ctx, kept); err != nil {
			return fmt.Errorf("compare the audit log with the checkpoint that was kept: %w", err)
		}
	}
	latest, err := from.LatestCheckpoint(ctx)
	if err != nil {
		return fmt.Errorf("find the latest checkpoint: %w", err)
	}
	if latest == nil || bytes.Equal(kept, latest) {
		return nil
	}
	if _, err := audit.SizeOf(latest); err != nil {
		return fmt.Errorf("read the latest checkpoint: %w", err)
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
