package audit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/keyfile"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// ledger keeps a log in memory.
type ledger struct {
	items   []audit.Item
	records int64
	hashes  []tlog.Hash
	// hashesRead is how many hashes were asked for.
	hashesRead int
}

func (l *ledger) Head(context.Context) (audit.Head, error) {
	head := audit.Head{Size: l.records}
	for _, item := range l.items {
		if item.Checkpoint != nil {
			head.Checkpoint = item.Checkpoint
		}
	}
	return head, nil
}

func (l *ledger) Hashes(_ context.Context, indexes []int64) ([]tlog.Hash, error) {
	l.hashesRead += len(indexes)
	var found []tlog.Hash
	for _, i := range indexes {
		found = append(found, l.hashes[i])
	}
	return found, nil
}

func (l *ledger) Append(_ context.Context, a audit.Addition) error {
	if a.First != l.records || a.FirstHash != int64(len(l.hashes)) {
		return fmt.Errorf("it adds record %d and hash %d to %d and %d", a.First, a.FirstHash, l.records, len(l.hashes))
	}
	l.hashes = append(l.hashes, a.Hashes...)
	for i, r := range a.Records {
		seq := a.First + int64(i)
		hashes := l.hashes[tlog.StoredHashIndex(0, seq):min(tlog.StoredHashIndex(0, seq+1), int64(len(l.hashes)))]
		l.items = append(l.items, audit.Item{Seq: seq, Record: r.Text, Heading: &r.Heading, Hashes: hashes})
	}
	l.records += int64(len(a.Records))
	l.items = append(l.items, audit.Item{Checkpoint: a.Checkpoint})
	return nil
}

func stored(items []audit.Item) iter.Seq2[audit.Item, error] {
	return func(yield func(audit.Item, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}

type keys struct {
	signer note.Signer
	public note.Verifier
}

func newKeys(t interface{ Fatal(...any) }) keys {
	secret, public, err := note.GenerateKey(rand.Reader, audit.Origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return keys{signer, verifier}
}

func (k keys) log() audit.Log {
	return audit.Log{Signer: k.signer, Now: func() time.Time { return noon }}
}

func read(referral string) audit.Entry {
	return audit.Entry{
		What: audit.Read, By: audit.Actor{Partner: "haven", Role: "practitioner", Subject: "u-1"}, Referral: referral, Person: "p-1",
		Purpose: "direct_care", Decision: &audit.Decision{Effect: "allow", Ground: "consent", Fields: []string{"full_name"}},
	}
}

// logged makes a log in transactions of so many records.
func logged(t interface{ Fatal(...any) }, k keys, transactions ...int) *ledger {
	l := &ledger{}
	for i, n := range transactions {
		var entries []audit.Entry
		for j := range n {
			entries = append(entries, read(fmt.Sprintf("r-%d-%d", i, j)))
		}
		if err := k.log().Append(context.Background(), l, entries...); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func verify(t interface{ Fatal(...any) }, items []audit.Item, k keys, copies ...[]byte) audit.Report {
	report, err := audit.Verify(stored(items), copies, k.public)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestALogThatNobodyTouchedIsWhole(t *testing.T) {
	k := newKeys(t)
	l := logged(t, k, 1, 3, 1, 8, 2)
	report := verify(t, l.items, k)
	want, err := tlog.TreeHash(15, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) { return l.Hashes(t.Context(), indexes) }))
	if err != nil {
		t.Fatal(err)
	}
	if !report.Whole() || report.Records != 15 || report.Checkpoints != 5 || report.Proven != 15 || report.Root != want {
		t.Errorf("%+v, want the root %s", report, want)
	}
	if empty := verify(t, nil, k); !empty.Whole() || empty.Records != 0 {
		t.Errorf("an empty log: %+v", empty)
	}
}

func TestWhatIsSaidOfALogThatWasTouched(t *testing.T) {
	k, other := newKeys(t), newKeys(t)
	whole := logged(t, k, 2, 2, 2).items // records 0 1, checkpoint, 2 3, checkpoint, 4 5, checkpoint
	changed := func(text []byte) []byte { return bytes.Replace(text, []byte("u-1"), []byte("u-2"), 1) }
	for name, tc := range map[string]struct {
		touch  func(items []audit.Item) []audit.Item
		copies [][]byte
		says   string
		proven int64
	}{
		"a record was changed": {func(items []audit.Item) []audit.Item {
			items[3].Record = changed(items[3].Record)
			return items
		}, nil, "record 2 is not what was signed", 2},
		"a record was changed, and its hash": {func(items []audit.Item) []audit.Item {
			items[3].Record = changed(items[3].Record)
			items[3].Hashes = slices.Clone(items[3].Hashes)
			items[3].Hashes[0] = tlog.RecordHash(items[3].Record)
			return items
		}, nil, "of records 2 to 3, one or more are not what was signed", 2},
		"a record is kept under somebody else": {func(items []audit.Item) []audit.Item {
			items[3].Heading = &audit.Heading{Person: "p-2", Referral: items[3].Heading.Referral, Partner: items[3].Heading.Partner}
			return items
		}, nil, "record 2 is kept under another person", 6},
		"a stored hash was changed": {func(items []audit.Item) []audit.Item {
			items[4].Hashes = slices.Clone(items[4].Hashes)
			items[4].Hashes[2] = tlog.Hash{}
			return items
		}, nil, "the records are what was signed, and the hashes that are stored with record 3", 6},
		"a stored hash was removed": {func(items []audit.Item) []audit.Item {
			items[3].Hashes = []tlog.Hash{}
			return items
		}, nil, "the records are what was signed, and the hashes that are stored with record 2", 6},
		"a record was removed": {func(items []audit.Item) []audit.Item {
			return slices.Delete(items, 3, 4)
		}, nil, "records 2 to 2 are missing", 2},
		"two records changed places": {func(items []audit.Item) []audit.Item {
			items[3], items[4] = items[4], items[3]
			return items
		}, nil, "records 2 to 2 are missing", 2},
		"two records changed places, and their numbers": {func(items []audit.Item) []audit.Item {
			items[3].Record, items[4].Record = items[4].Record, items[3].Record
			return items
		}, nil, "record 2 says of itself that it is 3", 2},
		"a checkpoint was signed by somebody else": {func(items []audit.Item) []audit.Item {
			items[8].Checkpoint = logged(t, other, 2, 2, 2).items[8].Checkpoint
			return items
		}, nil, "the checkpoint after record 5 is not signed with this key", 4},
		"the last checkpoint was removed": {func(items []audit.Item) []audit.Item {
			return items[:8]
		}, nil, "no checkpoint vouches for the records from 4 on", 4},
		"records were added": {func(items []audit.Item) []audit.Item {
			return append(items, logged(t, k, 7).items[6])
		}, nil, "no checkpoint vouches for the records from 6 on", 6},
		"the end was cut off, its checkpoint too": {func(items []audit.Item) []audit.Item {
			return items[:6]
		}, [][]byte{whole[8].Checkpoint}, "the log ends after 4 records; the copy of a checkpoint of 29 November 2026 12:00:00 UTC vouches for 6", 4},
		"all of it was made anew": {func([]audit.Item) []audit.Item {
			return logged(t, k, 3, 3).items
		}, [][]byte{whole[2].Checkpoint, whole[5].Checkpoint}, "records 2 to 3 are not those that the copy of a checkpoint of 29 November 2026 12:00:00 UTC vouches for", 2},
	} {
		t.Run(name, func(t *testing.T) {
			report := verify(t, tc.touch(slices.Clone(whole)), k, tc.copies...)
			if len(report.Found) == 0 || !strings.HasPrefix(report.Found[0].Says, tc.says) {
				t.Errorf("found %+v, want %q", report.Found, tc.says)
			}
			if report.Proven > tc.proven {
				t.Errorf("%d records are proven, want at most %d", report.Proven, tc.proven)
			}
		})
	}
}

// Whatever is done to a log, it is found, given a copy of its last checkpoint.
func TestNoChangeGoesUnfound(t *testing.T) {
	k := newKeys(t)
	rapid.Check(t, func(t *rapid.T) {
		l := logged(t, k, rapid.SliceOfN(rapid.IntRange(1, 5), 1, 8).Draw(t, "transactions")...)
		last := l.items[len(l.items)-1].Checkpoint
		if report := verify(t, l.items, k, last); !report.Whole() {
			t.Fatalf("a whole log: %+v", report)
		}
		items := slices.Clone(l.items)
		i, j := rapid.IntRange(0, len(items)-1).Draw(t, "at"), rapid.IntRange(0, len(items)-1).Draw(t, "and at")
		switch rapid.SampledFrom([]string{"flip", "remove", "swap", "double", "cut"}).Draw(t, "touch") {
		case "flip":
			text := &items[i].Record
			if *text == nil {
				text = &items[i].Checkpoint
			}
			*text = slices.Clone(*text)
			(*text)[rapid.IntRange(0, len(*text)-1).Draw(t, "byte")] ^= byte(rapid.IntRange(1, 255).Draw(t, "by"))
		case "remove":
			if items[i].Record == nil { // checkpoints may be thinned out: those that are left vouch for the same
				return
			}
			items = slices.Delete(items, i, i+1)
		case "swap":
			if i == j {
				return
			}
			items[i], items[j] = items[j], items[i]
		case "double":
			if items[i].Record == nil {
				return
			}
			items = slices.Insert(items, j, items[i])
		case "cut":
			if i == len(items)-1 {
				return // only the checkpoint that there is a copy of
			}
			items = items[:i]
		}
		if report := verify(t, items, k, last); report.Whole() {
			t.Fatalf("not found; %+v", report)
		}
	})
}

func TestAnExportIsVerifiedWithoutTheStore(t *testing.T) {
	k := newKeys(t)
	l := logged(t, k, 2, 3, 1)
	var file bytes.Buffer
	if n, err := audit.Export(&file, stored(l.items)); n != 6 || err != nil {
		t.Fatal(n, err)
	}
	check := func(text string) audit.Report {
		t.Helper()
		report, err := audit.Verify(audit.Import(strings.NewReader(text)), nil, k.public)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	if report := check(file.String()); !report.Whole() || report.Records != 6 || report.Checkpoints != 3 {
		t.Errorf("%+v", report)
	}
	lines := strings.SplitAfter(file.String(), "\n")
	if report := check(strings.Join(slices.Delete(slices.Clone(lines), 1, 2), "")); report.Whole() || report.Found[0].From != 1 {
		t.Errorf("without record 1: %+v", report)
	}
	if report := check(strings.ReplaceAll(file.String(), "r-1-1", "r-9-9")); report.Whole() || report.Proven != 2 {
		t.Errorf("with another referral: %+v", report)
	}
	if report := check("{}\n" + file.String()); report.Whole() {
		t.Errorf("with another line: %+v", report)
	}
	long := strings.Repeat("x", 4*audit.LongestRecord)
	if _, err := audit.Verify(audit.Import(strings.NewReader(long)), nil, k.public); err == nil {
		t.Error("a line without end was read")
	}
}

func TestTheLogTakesCodesAndNothingElse(t *testing.T) {
	k := newKeys(t)
	for name, change := range map[string]func(*audit.Entry){
		"a name":           func(e *audit.Entry) { e.By.Subject = "Morag Campbell" },
		"free text":        func(e *audit.Entry) { e.Detail = "said she would call" },
		"an endless word":  func(e *audit.Entry) { e.Person = strings.Repeat("a", 300) },
		"an endless list":  func(e *audit.Entry) { e.Decision.Fields = make([]string, 100) },
		"another language": func(e *audit.Entry) { e.Purpose = "cùram" },
		"a line":           func(e *audit.Entry) { e.Referral = "r-1\nr-2" },
		"nothing known":    func(e *audit.Entry) { e.What = "Guessed" },
	} {
		t.Run(name, func(t *testing.T) {
			l, e := &ledger{}, read("r-1")
			change(&e)
			err := k.log().Append(t.Context(), l, read("r-0"), e)
			if !errors.Is(err, audit.ErrUnfit) || l.records != 0 {
				t.Errorf("%v; %d records", err, l.records)
			}
			if err != nil && (strings.Contains(err.Error(), "Morag") || strings.Contains(err.Error(), "call")) {
				t.Errorf("the error repeats it: %v", err)
			}
		})
	}
}

func TestAKeyIsMadeOnceAndForItsOwnerOnly(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, audit.KeyFile)
	hashes := make([]uint32, 8)
	var wg sync.WaitGroup
	for i := range hashes { // programs that start at once agree
		wg.Go(func() {
			key, err := audit.OpenKey(file, keyfile.Owned)
			if err != nil {
				t.Error(err)
				return
			}
			hashes[i] = key.KeyHash()
		})
	}
	wg.Wait()
	public, err := audit.PublicKey(filepath.Join(folder, audit.PublicFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, hash := range hashes {
		if hash != public.KeyHash() {
			t.Errorf("keys %v, and the public one is %d", hashes, public.KeyHash())
		}
	}
	if err := os.Remove(filepath.Join(folder, audit.PublicFile)); err != nil {
		t.Fatal(err)
	}
	signer, err := audit.OpenKey(file, keyfile.Existing)
	if err != nil {
		t.Fatal(err)
	}
	again, err := audit.PublicKey(filepath.Join(folder, audit.PublicFile))
	if err != nil || again.KeyHash() != public.KeyHash() {
		t.Errorf("a public half that was lost: %v", err)
	}
	signature, err := signer.Sign([]byte("text"))
	if err != nil || !again.Verify([]byte("text"), signature) {
		t.Errorf("the public half does not verify: %v", err)
	}
}

func TestAMountedKeyBringsItsPublicHalf(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, audit.KeyFile)
	if _, err := audit.OpenKey(file, keyfile.Owned); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(filepath.Join(folder, audit.PublicFile)), os.Chmod(file, 0o440)); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.OpenKey(file, keyfile.Mounted); err != nil {
		t.Error(err)
	}
	if _, err := audit.PublicKey(filepath.Join(folder, audit.PublicFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("something was written beside it: %v", err)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	write := func(text string, mode os.FileMode) string {
		file := filepath.Join(t.TempDir(), audit.KeyFile)
		if err := errors.Join(os.WriteFile(file, []byte(text), mode), os.Chmod(file, mode)); err != nil {
			t.Fatal(err)
		}
		return file
	}
	secret, public, err := note.GenerateKey(rand.Reader, audit.Origin)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		file   string
		source keyfile.Source
		says   string
	}{
		"others can read it":    {write(secret, 0o640), keyfile.Owned, "chmod 600"},
		"missing":               {filepath.Join(t.TempDir(), "none"), keyfile.Existing, "restore it"},
		"not mounted":           {filepath.Join(t.TempDir(), "none"), keyfile.Mounted, "mount the Secret"},
		"the public half":       {write(public, 0o600), keyfile.Owned, "no key of an audit log"},
		"something else":        {write("s3cret", 0o600), keyfile.Owned, "no key of an audit log"},
		"something very long":   {write(strings.Repeat("s3cret", 1<<18), 0o600), keyfile.Owned, "too long"},
		"a part of it was lost": {write(secret[:len(secret)-20], 0o600), keyfile.Owned, "no key of an audit log"},
	} {
		_, err := audit.OpenKey(tc.file, tc.source)
		if err == nil || !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := audit.PublicKey(write(secret, 0o600)); err == nil || strings.Contains(err.Error(), secret[:30]) {
		t.Errorf("the secret half as the public one: %v", err)
	}
}

// The key vouches for nothing that it has not signed before.
func TestNothingIsAddedToALogThatWasTouched(t *testing.T) {
	k, other := newKeys(t), newKeys(t)
	for name, tc := range map[string]struct {
		touch func(l *ledger)
		key   keys
		want  error
	}{
		"a hash was changed":        {func(l *ledger) { l.hashes[len(l.hashes)-1] = tlog.Hash{} }, k, audit.ErrBroken},
		"a record was added":        {func(l *ledger) { l.records++ }, k, audit.ErrBroken},
		"the last record is gone":   {func(l *ledger) { l.records-- }, k, audit.ErrBroken},
		"all checkpoints are gone":  {func(l *ledger) { l.items = l.items[:2] }, k, audit.ErrBroken},
		"the last one is gone":      {func(l *ledger) { l.items = l.items[:len(l.items)-1] }, k, audit.ErrBroken},
		"another key signs":         {func(*ledger) {}, other, audit.ErrOtherKey},
		"something that is no note": {func(l *ledger) { l.items[len(l.items)-1].Checkpoint = []byte("x") }, k, audit.ErrCheckpoint},
	} {
		t.Run(name, func(t *testing.T) {
			l := logged(t, k, 2, 3)
			tc.touch(l)
			before := len(l.items)
			if err := tc.key.log().Append(t.Context(), l, read("r-1")); !errors.Is(err, tc.want) || len(l.items) != before {
				t.Errorf("%v", err)
			}
		})
	}
}

// Of hashes each append reads those of the complete trees that the log is made of, and no more.
func TestAnAppendReadsFewHashes(t *testing.T) {
	k := newKeys(t)
	l := logged(t, k, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 23) // 1023 records are ten trees
	for _, want := range []int{10, 1, 2} {
		size := l.records
		l.hashesRead = 0
		if err := k.log().Append(t.Context(), l, read("r-1")); err != nil {
			t.Fatal(err)
		}
		if l.hashesRead != want {
			t.Errorf("at %d records %d hashes were read, want %d", size, l.hashesRead, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	k := newKeys(f)
	l := logged(f, k, 1)
	f.Add(l.items[1].Checkpoint)
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := audit.Open(text, k.public)
		if err == nil && c.Size != 1 {
			t.Errorf("a checkpoint that nobody signed: %+v", c)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	k := newKeys(b)
	l := &ledger{}
	for b.Loop() {
		if err := k.log().Append(b.Context(), l, read("r-1")); err != nil {
			b.Fatal(err)
		}
	}
}

// asked notes what is read.
type asked map[int64]bool

func (a asked) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	for _, index := range indexes {
		a[index] = true
	}
	return make([]tlog.Hash, len(indexes)), nil
}

// The edge of a log is all that is read of it to hash it, and to go on from it.
func TestTheEdgeIsWhatALogGoesOnFrom(t *testing.T) {
	for size := range int64(300) {
		read := asked{}
		if _, err := tlog.TreeHash(size, read); err != nil {
			t.Fatal(err)
		}
		edge := asked{}
		if _, err := edge.ReadHashes(audit.Edge(size)); err != nil || !maps.Equal(read, edge) {
			t.Errorf("of %d records: %v, and %v is read", size, edge, read)
		}
		if _, err := tlog.StoredHashes(size, []byte("more"), edge); err != nil || !maps.Equal(read, edge) {
			t.Errorf("after %d records: %v is read for the next", size, edge)
		}
	}
}
