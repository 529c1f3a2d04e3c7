package audit

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Item is a record, or a checkpoint over all records before it.
type Item struct {
	// Seq is the place that the record is kept under.
	Seq int64
	// Record is its text; nil for a checkpoint.
	Record []byte
	// Heading is under what the record is found; nil where it is kept under nothing, as in an export.
	Heading *Heading
	// LeftOut are the referrals that the record is found by because it leaves them out, sorted; nil where it is kept under nothing.
	LeftOut []string
	// Hashes are those that were stored with the record: its own, then those of the trees that it completes, the smallest first.
	// nil where none are kept, as in an export. They help to name a record that was changed: no proof rests on them.
	Hashes []tlog.Hash
	// Checkpoint is a signed note; nil for a record.
	Checkpoint []byte
}

// Found is one way in which the log is not what was signed.
type Found struct {
	// From and To are the places of the records it is about, To not included.
	From, To int64
	// Says what is wrong, for a person.
	Says string
}

// Report is what verifying found.
type Report struct {
	// Records and Checkpoints that were looked at.
	Records, Checkpoints int64
	// Proven is up to where a checkpoint vouches for the records.
	Proven int64
	// Root is the hash over all records.
	Root  tlog.Hash
	Found []Found
}

// Whole reports whether the log is what was signed.
func (r Report) Whole() bool { return len(r.Found) == 0 }

// Verify walks the whole log, in order, and says in what it differs from what was signed. copies are checkpoints that were
// kept elsewhere: only those show that the newest records were cut off together with the checkpoints over them. The memory
// it needs does not grow with the log.
func Verify(log iter.Seq2[Item, error], copies [][]byte, key note.Verifier) (Report, error) {
	v := verifier{key: key}
	for i, text := range copies {
		c, err := Open(text, key)
		if err != nil {
			return Report{}, fmt.Errorf("copy %d of a checkpoint: %w", i+1, err)
		}
		v.copies = append(v.copies, c)
	}
	slices.SortStableFunc(v.copies, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	v.recall()
	for item, err := range log {
		switch {
		case err != nil:
			return v.report, fmt.Errorf("read the audit log: %w", err)
		case item.Checkpoint != nil:
			v.open(item.Checkpoint)
		default:
			v.see(item)
		}
	}
	v.end()
	return v.report, nil
}

// MostFound is how many findings are listed: whoever reads them looks at the first.
const MostFound = 100

// verifier follows the tree as records come.
type verifier struct {
	key    note.Verifier
	report Report
	copies []Checkpoint // that are over more records than have come, by size
	agreed int64        // up to where a copy vouches for the records
	tree   peaks
	// suspect is the first record whose stored hash is not its own, astray the first with which other hashes are stored than the
	// records have.
	suspect, astray *int64
	// broken: what comes now hashes to something else than was signed in any case.
	broken bool
}

func (v *verifier) add(from, to int64, says string, about ...any) {
	if len(v.report.Found) < MostFound {
		v.report.Found = append(v.report.Found, Found{from, to, fmt.Sprintf(says, about...)})
	}
}

func (v *verifier) see(item Item) {
	at := v.report.Records
	e, err := Parse(item.Record)
	switch {
	case item.Seq > at && !v.broken:
		v.add(at, item.Seq, "records %d to %d are missing", at, item.Seq-1)
		v.broken = true
	case item.Seq != at && !v.broken:
		v.add(at, at+1, "where record %d should be is record %d", at, item.Seq)
		v.broken = true
	case err != nil:
		v.add(at, at+1, "record %d cannot be read", item.Seq)
	case e.Seq != item.Seq:
		v.add(at, at+1, "record %d says of itself that it is %d", item.Seq, e.Seq)
	case item.Heading != nil && *item.Heading != e.Heading():
		v.add(at, at+1, "record %d is kept under another person, referral or partner than it names", item.Seq)
	case item.LeftOut != nil && !slices.Equal(item.LeftOut, e.LeavesOut()):
		v.add(at, at+1, "record %d is kept under other referrals that it leaves out than it names", item.Seq)
	}
	var hashes []tlog.Hash
	v.tree, hashes = v.tree.add(tlog.RecordHash(item.Record))
	v.compareStored(at, item.Hashes, hashes)
	v.report.Records++
	v.recall()
}

// compareStored compares the hashes that are stored with a record with those it has.
func (v *verifier) compareStored(at int64, stored, own []tlog.Hash) {
	if stored == nil || slices.Equal(stored, own) {
		return
	}
	if v.suspect == nil && len(stored) > 0 && stored[0] != own[0] {
		v.suspect = &at
	}
	if v.astray == nil {
		v.astray = &at
	}
}

// recall compares the copies over as many records as have come.
func (v *verifier) recall() {
	for len(v.copies) > 0 && v.copies[0].Size == v.report.Records {
		v.compareCopy(v.copies[0])
		v.copies = v.copies[1:]
	}
}

func (v *verifier) open(signed []byte) {
	v.report.Checkpoints++
	c, err := Open(signed, v.key)
	switch n := v.report.Records; {
	case err != nil:
		v.add(n, n, "the checkpoint after record %d is not signed with this key, or was changed", n-1)
	case c.Size != n && !v.broken:
		v.add(min(c.Size, n), max(c.Size, n), "after %d records stands a checkpoint over %d", n, c.Size)
		v.broken = true
	default:
		v.compare(c)
	}
}

func (v *verifier) compare(c Checkpoint) {
	switch {
	case v.broken:
	case v.tree.root() == c.Root:
		v.report.Proven = c.Size
	case v.suspect != nil:
		v.add(*v.suspect, *v.suspect+1, "record %d is not what was signed", *v.suspect)
		v.broken = true
	default:
		v.add(v.report.Proven, c.Size, "of records %d to %d, one or more are not what was signed: changed, removed, added or moved",
			v.report.Proven, c.Size-1)
		v.broken = true
	}
}

// compareCopy: where it differs, whoever holds the key may have signed another log since, so that the checkpoints in this one
// prove nothing of what came after the last copy that agrees.
func (v *verifier) compareCopy(c Checkpoint) {
	switch {
	case v.broken:
	case v.tree.root() == c.Root:
		v.agreed = c.Size
	default:
		v.add(v.agreed, c.Size, "records %d to %d are not those that the copy of a checkpoint of %s vouches for",
			v.agreed, c.Size-1, moment(c.Time))
		v.report.Proven = min(v.report.Proven, v.agreed)
		v.broken = true
	}
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006 15:04:05 UTC") }

// end says what is missing at the end.
func (v *verifier) end() {
	n := v.report.Records
	v.report.Root = v.tree.root()
	if left := len(v.copies); left > 0 {
		last := v.copies[left-1]
		v.add(n, last.Size, "the log ends after %d records; the copy of a checkpoint of %s vouches for %d",
			n, moment(last.Time), last.Size)
	}
	switch {
	case len(v.report.Found) > 0: // what follows from it need not be said
	case v.report.Proven < n:
		v.add(v.report.Proven, n, "no checkpoint vouches for the records from %d on", v.report.Proven)
	case v.astray != nil:
		v.add(*v.astray, *v.astray+1, "the records are what was signed, and the hashes that are stored with record %d are not theirs",
			*v.astray)
	}
}

// peaks are the hashes of the complete trees that a log of some size is made of, the largest first, each with how many
// records it covers.
type peaks []peak

type peak struct {
	covers int64
	hash   tlog.Hash
}

// add returns the hashes that are new with it, too: that of the record, then those of the trees that it completes.
func (p peaks) add(leaf tlog.Hash) (peaks, []tlog.Hash) {
	last, hashes := peak{1, leaf}, []tlog.Hash{leaf}
	for n := len(p); n > 0 && p[n-1].covers == last.covers; n = len(p) {
		last = peak{2 * last.covers, tlog.NodeHash(p[n-1].hash, last.hash)}
		p, hashes = p[:n-1], append(hashes, last.hash)
	}
	return append(p, last), hashes
}

// root is the hash over everything. Over nothing it is all zeros, as in tlog.
func (p peaks) root() tlog.Hash {
	if len(p) == 0 {
		return tlog.Hash{}
	}
	root := p[len(p)-1].hash
	for i := len(p) - 2; i >= 0; i-- {
		root = tlog.NodeHash(p[i].hash, root)
	}
	return root
}
