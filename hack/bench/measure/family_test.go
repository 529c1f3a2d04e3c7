package measure

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestWhatAProgramStartedCountsWithIt(t *testing.T) {
	child := exec.CommandContext(t.Context(), "sh", "-c", "while :; do :; done")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = child.Process.Kill(); _ = child.Wait() }()
	for end := time.Now().Add(time.Minute); ; {
		used, err := Family(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if used["sh"] > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("a child that works all the time has used none: %v", used)
		}
	}
	if _, err := Family(1 << 30); err == nil {
		t.Error("a process that does not exist has used something")
	}
}
