package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/store"
)

const auditUsage = `say what to do with the audit log:
  api audit verify          say whether the log is what was signed; exit 1 and what is wrong, each on a line, if it is not.
                            It needs neither the API nor the keys: the database or --export FILE, and the public key
  api audit export --to F   write the log to a file, for the data protection officer; the log then says so
  api audit checkpoint      print what was signed last: keep it where the store's administrators cannot reach it, and give it
                            to verify as --checkpoint FILE. Only so can it be found that the newest records were cut off. The API
                            itself keeps it in --audit-checkpoint-file, which verify reads where it is`

// errNotWhole says that the audit log is not what was signed; what is wrong has been said.
var errNotWhole = errors.New("the audit log is not what was signed")

// auditCommand verifies or copies the audit log.
func auditCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(auditUsage)
	}
	switch args[0] {
	case "verify":
		return verifyCommand(ctx, args[1:], out)
	case "export":
		return exportCommand(ctx, args[1:], out)
	case "checkpoint":
		return checkpointCommand(ctx, args[1:], out)
	default:
		return errors.New(auditUsage)
	}
}

// verifying is what a verification is about.
type verifying struct {
	*keeping

	export, publicKey string
	copies            []string
}

func verifyCommand(ctx context.Context, args []string, out io.Writer) error {
	v := verifying{keeping: newKeeping("api audit verify", out)}
	v.flags.StringVar(&v.export, "export", "", "file that `api audit export` wrote, to verify instead of the store")
	v.flags.StringVar(&v.publicKey, "public-key", "", "file of the public half of the key that signs the log; default: "+
		audit.PublicFile+" in the folder of --keys")
	v.flags.Func("checkpoint", "file with a checkpoint that was kept elsewhere; may be given several times",
		func(path string) error { v.copies = append(v.copies, path); return nil })
	if err := v.parse(args); err != nil {
		return err
	}
	if v.publicKey == "" {
		v.publicKey = filepath.Join(v.keys, audit.PublicFile)
	}
	v.keptBeside()
	report, err := v.verify(ctx)
	if err != nil {
		return err
	}
	return tell(out, report, len(v.copies))
}

func (v verifying) verify(ctx context.Context) (audit.Report, error) {
	key, err := audit.PublicKey(v.publicKey)
	if err != nil {
		return audit.Report{}, err
	}
	copies, err := readCopies(v.copies)
	if err != nil {
		return audit.Report{}, err
	}
	log, source, err := v.items(ctx)
	if err != nil {
		return audit.Report{}, err
	}
	report, err := audit.Verify(log, copies, key)
	return report, errors.Join(err, source.Close())
}

// items is the log, and what is to be closed after it was read.
func (v verifying) items(ctx context.Context) (iter.Seq2[audit.Item, error], io.Closer, error) {
	if v.export != "" {
		file, err := os.Open(v.export)
		if err != nil {
			return nil, nil, fmt.Errorf("--export: %w", err)
		}
		return audit.Import(file), file, nil
	}
	log, err := v.openLog(ctx)
	if err != nil {
		return nil, nil, err
	}
	return log.Items(ctx), log, nil
}

// longestCopy bounds what is read as a checkpoint. Unit: bytes.
const longestCopy = 8 << 10

func readCopies(paths []string) ([][]byte, error) {
	copies := make([][]byte, 0, len(paths))
	for _, path := range paths {
		text, err := readCheckpoint(path)
		if err != nil {
			return nil, fmt.Errorf("--checkpoint: %w", err)
		}
		copies = append(copies, text)
	}
	return copies, nil
}

func readAtMost(from io.Reader, most int64) ([]byte, error) {
	return io.ReadAll(io.LimitReader(from, most)) //nolint:wrapcheck // whoever asks says of what
}

// keptBeside adds the checkpoint that the API keeps outside the store, where it is: an export may be older than that.
func (v *verifying) keptBeside() {
	path := v.checkpointPath()
	if _, err := os.Stat(path); path != "" && v.export == "" && err == nil {
		v.copies = append(v.copies, path)
	}
}

// tell says what was found, or that it is whole.
func tell(out io.Writer, report audit.Report, copies int) error {
	for _, found := range report.Found {
		_, _ = fmt.Fprintln(out, found.Says)
	}
	switch {
	case len(report.Found) == audit.MostFound:
		_, _ = fmt.Fprintln(out, "there may be more: no further findings are listed")
		return errNotWhole
	case !report.Whole():
		return errNotWhole
	}
	says := fmt.Sprintf("the audit log is whole: its %d records are those that were signed, by %d checkpoints", report.Records,
		report.Checkpoints)
	if copies == 0 {
		says += "; whether newer ones were cut off could be told by a checkpoint that was kept elsewhere (--checkpoint)"
	} else {
		says += fmt.Sprintf(", and those that %d kept elsewhere vouch for", copies)
	}
	_, _ = fmt.Fprintln(out, says+".")
	return nil
}

func exportCommand(ctx context.Context, args []string, out io.Writer) error {
	k := newKeeping("api audit export", out)
	to := k.flags.String("to", "", "file to write the log to; it must not be there yet")
	by := k.byFlag()
	if err := k.parse(args); err != nil {
		return err
	}
	if *to == "" {
		return errors.New("say which file to write: --to FILE")
	}
	actor, err := actorOf(*by)
	if err != nil {
		return err
	}
	key, index, err := k.openKeys()
	if err != nil {
		return err
	}
	s, err := k.open(ctx, key, index)
	if err != nil {
		return err
	}
	n, err := export(ctx, s, audit.Actor{Role: string(actor.Capacity), Subject: actor.ID}, *to)
	if err == nil {
		_, _ = fmt.Fprintf(out, "exported %d records to %s: verify them by `api audit verify --export %s`\n", n, *to, *to)
	}
	return errors.Join(err, s.Close())
}

// export writes the log to a new file, once the log says so itself.
func export(ctx context.Context, s *store.Store, by audit.Actor, path string) (records int64, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("--to: %w", err)
	}
	err = s.Record(ctx, audit.Entry{What: audit.Exported, By: by})
	if err == nil {
		records, err = audit.Export(file, s.Log(ctx))
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(path)) // a part of it would look like a log that was cut off
	}
	return records, nil
}

func checkpointCommand(ctx context.Context, args []string, out io.Writer) error {
	k := newKeeping("api audit checkpoint", out)
	if err := k.parse(args); err != nil {
		return err
	}
	log, err := k.openLog(ctx)
	if err != nil {
		return err
	}
	signed, err := log.LatestCheckpoint(ctx)
	if err = errors.Join(err, log.Close()); err != nil {
		return err
	}
	if signed == nil {
		return errors.New("nothing is signed yet: the audit log is empty")
	}
	_, err = out.Write(signed)
	return err
}
