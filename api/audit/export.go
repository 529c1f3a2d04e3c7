package audit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
)

// An export is a file of lines: records as they are stored and, after those it is over, each checkpoint. It can be verified
// without the store.

// exported is the line of a checkpoint.
type exported struct {
	Checkpoint string `json:"checkpoint"`
}

var checkpointLine = []byte(`{"checkpoint":`)

// Export writes the log, and returns how many records that were.
func Export(to io.Writer, log iter.Seq2[Item, error]) (records int64, err error) {
	w := bufio.NewWriter(to)
	for item, err := range log {
		if err != nil {
			return records, fmt.Errorf("read the audit log: %w", err)
		}
		line := item.Record
		if item.Checkpoint != nil {
			if line, err = json.Marshal(exported{string(item.Checkpoint)}); err != nil {
				return records, fmt.Errorf("write down a checkpoint: %w", err)
			}
		} else {
			records++
		}
		if _, err := w.Write(append(bytes.Clone(line), '\n')); err != nil {
			return records, fmt.Errorf("write the export: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return records, fmt.Errorf("write the export: %w", err)
	}
	return records, nil
}

// Import reads an export. A line that cannot be read is given as a record, which Verify then says.
func Import(from io.Reader) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, 2*LongestRecord)
		at := int64(0)
		for lines.Scan() {
			item := itemOf(bytes.Clone(lines.Bytes()), at)
			if item.Checkpoint == nil {
				at++
			}
			if !yield(item, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(Item{}, fmt.Errorf("line after record %d of the export: %w", at-1, err))
		}
	}
}

// itemOf reads a line. A record is kept under the place it says it has; one that says none has the place it stands at.
func itemOf(line []byte, at int64) Item {
	var c exported
	if bytes.HasPrefix(line, checkpointLine) && json.Unmarshal(line, &c) == nil {
		return Item{Checkpoint: []byte(c.Checkpoint)}
	}
	if e, err := Parse(line); err == nil {
		at = e.Seq
	}
	return Item{Seq: at, Record: line}
}
