package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/store"
	"lifeline.scot/api/vault"
)

// newLoggedShelf is a store whose audit log has four records, by three checkpoints.
func newLoggedShelf(t *testing.T) shelf {
	t.Helper()
	x := newShelf(t)
	s := x.open(t, vault.Existing)
	shown := audit.Entry{What: audit.Read, By: audit.Actor{Partner: "haven", Subject: "u-1"}, Person: x.person, Referral: x.referral}
	for _, transaction := range [][]audit.Entry{{shown, shown}, {shown}} {
		if err := s.Record(t.Context(), transaction...); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return x
}

// touch is what an administrator of the database does to the log.
func (x shelf) touch(t *testing.T, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+x.file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, table := range []string{"audit_records", "audit_hashes", "audit_checkpoints"} {
		for _, trigger := range []string{"stay", "remain", "grow"} {
			statements = append([]string{"DROP TRIGGER " + table + "_" + trigger}, statements...)
		}
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Nobody needs the keys of people, nor the key that signs, to verify the log.
func TestAWholeAuditLogIsOneSentence(t *testing.T) {
	x := newLoggedShelf(t)
	public := fileOf(t, textOf(t, filepath.Join(x.keys, audit.PublicFile)))
	exit, checkpoint := x.run(t, "audit checkpoint")
	if exit != storeDone || !strings.HasPrefix(checkpoint, audit.Origin+"\n4\n") {
		t.Errorf("%d %s", exit, checkpoint)
	}
	x.keys = t.TempDir()
	for _, tc := range []struct{ command, says string }{
		{"audit verify --public-key " + public, "its 4 records are those that were signed, by 3 checkpoints; whether newer"},
		{"audit verify --public-key " + public + " --checkpoint " + fileOf(t, checkpoint), "and those that 1 kept elsewhere vouch for."},
	} {
		exit, output := x.run(t, tc.command)
		if exit != storeDone || !strings.Contains(output, tc.says) || strings.Count(output, "\n") != 1 {
			t.Errorf("%s: %d %s", tc.command, exit, output)
		}
	}
}

func TestWhatVerifyFinds(t *testing.T) {
	for name, tc := range map[string]struct {
		statements []string
		says       string
		// copied: only a checkpoint that was kept elsewhere shows it.
		copied bool
	}{
		"changed":   {[]string{`UPDATE audit_records SET record = replace(record, 'u-1', 'u-2') WHERE seq = 1`}, "record 1 is not what was signed\n", false},
		"removed":   {[]string{`DELETE FROM audit_records WHERE seq = 1`}, "records 1 to 1 are missing\n", false},
		"reordered": {[]string{`UPDATE audit_records SET seq = -seq WHERE seq IN (1, 2)`, `UPDATE audit_records SET seq = 3 + seq WHERE seq < 0`}, "record 1 says of itself that it is 2\n", false},
		"truncated": {[]string{`DELETE FROM audit_records WHERE seq = 3`}, "after 3 records stands a checkpoint over 4\n", false},
		"truncated, the checkpoint too": {[]string{
			`DELETE FROM audit_records WHERE seq = 3`, `DELETE FROM audit_checkpoints WHERE size = 4`,
		}, "the log ends after 3 records; the copy of a checkpoint", true},
	} {
		t.Run(name, func(t *testing.T) {
			x := newLoggedShelf(t)
			_, checkpoint := x.run(t, "audit checkpoint")
			x.touch(t, tc.statements...)
			if exit, output := x.run(t, "audit verify"); tc.copied != (exit == storeDone) {
				t.Errorf("without a copy: %d %s", exit, output)
			}
			exit, output := x.run(t, "audit verify --checkpoint "+fileOf(t, checkpoint))
			if exit != storeNotWhole || !strings.HasPrefix(output, tc.says) {
				t.Errorf("%d %s, want %q", exit, output, tc.says)
			}
		})
	}
}

// What the data protection officer gets can be verified without the store, and the log says that it was taken.
func TestTheAuditLogIsExported(t *testing.T) {
	x := newLoggedShelf(t)
	to := filepath.Join(t.TempDir(), "log.jsonl")
	exit, output := x.run(t, "audit export --by u-dpo --to "+to)
	if exit != storeDone || !strings.Contains(output, "exported 5 records") {
		t.Fatal(exit, output)
	}
	if about, err := os.Stat(to); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", about.Mode(), err)
	}
	look := store.Look{By: audit.Actor{Subject: "u-auditor"}}
	s := x.open(t, vault.Existing)
	trail, err := s.Trail(t.Context(), look, 0, 1)
	if err != nil || len(trail) != 1 || trail[0].What != audit.Exported || trail[0].By.Subject != "u-dpo" {
		t.Errorf("%+v %v", trail, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	public := fileOf(t, textOf(t, filepath.Join(x.keys, audit.PublicFile)))
	if err := os.RemoveAll(x.file); err != nil {
		t.Fatal(err)
	}
	if exit, output := x.run(t, "audit verify --public-key "+public+" --export "+to); exit != storeDone || !strings.Contains(output, "5 records") {
		t.Errorf("%d %s", exit, output)
	}
	touched := fileOf(t, strings.Replace(textOf(t, to), "u-dpo", "u-xxx", 1))
	if exit, output := x.run(t, "audit verify --public-key "+public+" --export "+touched); exit != storeNotWhole || !strings.HasPrefix(output, "of records 4 to 4") {
		t.Errorf("%d %s", exit, output)
	}
}

func TestAuditCommandsThatCannotBeCarriedOut(t *testing.T) {
	x := newLoggedShelf(t)
	taken := fileOf(t, "something else")
	other := fileOf(t, "lifeline.scot/audit+00000000+AAAA")
	for _, tc := range []struct{ command, says string }{
		{"audit", "api audit verify"},
		{"audit burn", "api audit verify"},
		{"audit verify now", "unexpected argument"},
		{"audit verify --public-key " + taken, "no public key"},
		{"audit verify --public-key " + other, "no public key"},
		{"audit verify --public-key " + filepath.Join(x.keys, audit.KeyFile), "no public key"},
		{"audit verify --checkpoint " + taken, "not a checkpoint"},
		{"audit verify --checkpoint " + taken + ".none", "no such file"},
		{"audit verify --export " + taken + ".none", "no such file"},
		{"audit export", "--to FILE"},
		{"audit export --to " + taken, "file exists"},
		{"audit export --by Morag_Campbell --to " + taken + ".new", "opaque name"},
	} {
		if exit, output := x.run(t, tc.command); exit != storeFailed || !strings.Contains(output, tc.says) {
			t.Errorf("%s: %d %s", tc.command, exit, output)
		}
	}
	if textOf(t, taken) != "something else" {
		t.Error("a file was overwritten")
	}
	nowhere := filepath.Join(t.TempDir(), "none")
	for _, command := range []string{"audit verify", "audit checkpoint", "audit export --to " + nowhere + ".log"} {
		if exit, output := x.run(t, command, "--store", nowhere); exit != storeFailed || !strings.Contains(output, "no store") {
			t.Errorf("%s: %d %s", command, exit, output)
		}
	}
	if exit, output := x.run(t, "audit verify", "--store", fileOf(t, "no database at all")); exit != storeFailed {
		t.Errorf("%d %s", exit, output)
	}
	if exit, output := x.run(t, "audit verify"); exit != storeDone || !strings.Contains(output, "its 4 records") {
		t.Errorf("something was recorded all the same: %d %s", exit, output)
	}
}
