package gobuild_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lifeline.scot/hack/cluster/gobuild"
)

func module(t *testing.T, source string) gobuild.Target {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.test\n\ngo 1.26\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return gobuild.Target{Title: "building hello", Module: dir, Package: ".", Output: filepath.Join(dir, "out", "hello")}
}

// ends counts how often a build said that it ended.
func ends(n *int) gobuild.Progress {
	return func(s gobuild.State) {
		if s.Ended {
			*n++
		}
	}
}

func TestBuildPutsTheProgramInPlaceAndNothingElse(t *testing.T) {
	target, ended := module(t, "package main\n\nfunc main() { println(\"hello\") }\n"), 0
	if err := gobuild.Build(t.Context(), target, ends(&ended)); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command(target.Output).CombinedOutput()
	if err != nil || string(said) != "hello\n" {
		t.Errorf("the program says %q, %v", said, err)
	}
	if left := listing(t, target); left != "hello" {
		t.Errorf("the folder holds %s", left)
	}
	if ended != 1 {
		t.Errorf("the end was told %d times", ended)
	}
}

func listing(t *testing.T, target gobuild.Target) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(target.Output))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

func TestBuildThatFailsShowsWhatTheCompilerSaidAndKeepsTheOldProgram(t *testing.T) {
	target, ended := module(t, "package main\n\nfunc main() { hello() }\n"), 0
	if err := os.MkdirAll(filepath.Dir(target.Output), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target.Output, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := gobuild.Build(t.Context(), target, ends(&ended))
	if err == nil || !strings.Contains(err.Error(), "undefined: hello") {
		t.Errorf("got %v", err)
	}
	if old, err := os.ReadFile(target.Output); err != nil || string(old) != "old" {
		t.Errorf("the old program is now %q, %v", old, err)
	}
	if left := listing(t, target); left != "hello" {
		t.Errorf("the folder holds %s", left)
	}
}

func TestBuildStopsWithItsContext(t *testing.T) {
	target, ended := module(t, "package main\n\nfunc main() {}\n"), 0
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := gobuild.Build(ctx, target, ends(&ended)); err == nil {
		t.Error("it was built")
	}
}

func TestBuildWithoutGoSaysSo(t *testing.T) {
	target, ended := module(t, "package main\n\nfunc main() {}\n"), 0
	t.Setenv("PATH", t.TempDir())
	err := gobuild.Build(t.Context(), target, ends(&ended))
	if err == nil || !strings.Contains(err.Error(), "the go command is missing") {
		t.Errorf("got %v", err)
	}
}

func TestProgressInAFileIsALineNowAndThen(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	show := gobuild.Show(file)
	etcd := gobuild.State{Title: "building etcd (1 of 3)", Downloaded: 7}
	for second := range 25 {
		etcd.Elapsed = time.Duration(second) * time.Second
		if second > 10 {
			etcd.Built, etcd.Packages = second*10, 400
		}
		show(etcd)
	}
	show(gobuild.State{Title: etcd.Title, Elapsed: 25 * time.Second, Ended: true})
	show(gobuild.State{Title: "building kubectl (2 of 3)", Elapsed: time.Second, Ended: true})
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file.Name())
	want := "building etcd (1 of 3): 7 modules downloaded, 10s\n" +
		"building etcd (1 of 3): 200 of at most 400 packages compiled, 20s\n" +
		"building etcd (1 of 3): 25s\n"
	if err != nil || string(text) != want {
		t.Errorf("got %q, %v", text, err)
	}
}
