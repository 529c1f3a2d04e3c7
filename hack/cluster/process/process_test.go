package process_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lifeline.scot/hack/cluster/process"
)

const grace = 5 * time.Second

func run(t *testing.T, script string) *process.Process {
	t.Helper()
	p, err := process.Start(shell(t, script))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(grace); err != nil {
			t.Error(err)
		}
	})
	return p
}

func shell(t *testing.T, script string) process.Program {
	t.Helper()
	return process.Program{
		Name: "script", Path: "/bin/sh", Args: []string{"-c", script}, Log: filepath.Join(t.TempDir(), "script.log"),
	}
}

func TestProgramThatEndsShowsHowAndItsLastLines(t *testing.T) {
	p := run(t, "echo first; echo 'bind: address already in use' >&2; exit 7")
	<-p.Done()
	err := p.Ended()
	var ended *process.EndedError
	if !errors.As(err, &ended) {
		t.Fatalf("got %v", err)
	}
	if ended.How != "with exit status 7" || strings.Join(ended.Lines, "|") != "first|bind: address already in use" {
		t.Errorf("got %+v", ended)
	}
	if !p.Said("address already in use") {
		t.Error("the log does not hold what the program said")
	}
}

func TestLastLinesLeaveOutEarlierRuns(t *testing.T) {
	program := shell(t, "echo from the first run")
	for _, script := range []string{"echo from the first run", "echo from the second run"} {
		program.Args = []string{"-c", script}
		p, err := process.Start(program)
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		if lines := p.LastLines(5); len(lines) != 1 || "echo "+lines[0] != script {
			t.Errorf("after %q: %q", script, lines)
		}
	}
}

func TestWaitForGivesUpWhenTheProgramEnds(t *testing.T) {
	p := run(t, "exit 1")
	err := p.WaitFor(t.Context(), func(context.Context) error { return errors.New("not yet") })
	var ended *process.EndedError
	if !errors.As(err, &ended) {
		t.Errorf("got %v", err)
	}
}

func TestWaitForGivesUpWithTheLastAnswerWhenTimeIsOver(t *testing.T) {
	p := run(t, "exec sleep 60")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := p.WaitFor(ctx, func(context.Context) error { return errors.New("still loading") })
	if err == nil || !strings.Contains(err.Error(), "script is not ready: still loading") {
		t.Errorf("got %v", err)
	}
}

func TestStopKillsWhatDoesNotListen(t *testing.T) {
	p := run(t, "trap '' TERM; echo ready; while :; do sleep 1; done")
	err := p.WaitFor(t.Context(), func(context.Context) error {
		if !p.Said("ready") {
			return errors.New("the trap is not set")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(100 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(p.Pid(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process is still there: %v", err)
	}
}

func TestStartSaysWhatCannotBeRun(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		filepath.Join(folder, "absent"): "etcd is missing: there is no file",
		plain:                           "is not an executable file",
		folder:                          "is not an executable file",
	} {
		_, err := process.Start(process.Program{Name: "etcd", Path: path, Log: filepath.Join(folder, "log")})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", path, err, says)
		}
	}
}

func TestKeptProgramIsStartedAgainUntilItIsStopped(t *testing.T) {
	p := run(t, "exec sleep 600")
	said := make(chan string, 10)
	kept := process.Keep(p, func(line string) { said <- line })
	if err := syscall.Kill(p.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if line := <-said; line != "script ended with signal: killed; it is started again in 1s" {
		t.Errorf("said %q", line)
	}
	await(t, "the second start", func() bool { return kept.Pid() != p.Pid() })
	if err := kept.Stop(grace); err != nil {
		t.Fatal(err)
	}
	await(t, "the second run to end", func() bool { return gone(kept.Pid()) })
	if len(said) > 0 {
		t.Errorf("after the stop it said %q", <-said)
	}
}

func TestKeptProgramCanBeStoppedWhileItWaitsToStartAgain(t *testing.T) {
	said := make(chan string, 10)
	kept := process.Keep(run(t, "exit 1"), func(line string) { said <- line })
	<-said
	if err := kept.Stop(grace); err != nil {
		t.Fatal(err)
	}
	if len(said) > 0 {
		t.Errorf("after the stop it said %q", <-said)
	}
}

// parentVariable makes the test binary act as a parent that starts a child and waits to be killed.
const parentVariable = "PROCESS_TEST_PARENT_LOG"

func TestMain(m *testing.M) {
	if log := os.Getenv(parentVariable); log != "" {
		beParent(log)
	}
	os.Exit(m.Run())
}

func beParent(log string) {
	p, err := process.Start(process.Program{Name: "child", Path: "/bin/sleep", Args: []string{"600"}, Log: log})
	if err != nil {
		panic(err)
	}
	if err := os.WriteFile(log+".pid", []byte(strconv.Itoa(p.Pid())), 0o600); err != nil {
		panic(err)
	}
	<-p.Done()
	os.Exit(0)
}

func TestChildDiesWithAParentThatIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only the Linux kernel ties a child's life to its parent's")
	}
	log := filepath.Join(t.TempDir(), "child.log")
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentVariable+"="+log)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	child := 0
	await(t, "the child to start", func() bool {
		text, err := os.ReadFile(log + ".pid")
		child, _ = strconv.Atoi(string(text))
		return err == nil && child > 0
	})
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Wait(); err == nil {
		t.Fatal("the parent ended by itself")
	}
	await(t, "the child to die", func() bool { return gone(child) })
}

// gone also takes a child for dead that only waits for somebody to read how it ended.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(status), ") Z ")
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}
