package postgrestest_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"lifeline.scot/api/store/postgrestest"
)

const childVariable = "LIFELINE_POSTGRES_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		fmt.Fprintln(os.Stderr, waitToBeKilled())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// waitToBeKilled is the child: it starts a server, says where, and waits to be killed.
func waitToBeKilled() error {
	server, err := postgrestest.Start()
	if err != nil {
		return err
	}
	address, err := server.NewDatabase(context.Background())
	if err != nil {
		return err
	}
	fmt.Println("address " + address)
	select {}
}

// Tests that are killed, with everything in their process group, leave no server behind.
func TestNoServerOutlivesItsTests(t *testing.T) {
	server, err := postgrestest.Start()
	if err := postgrestest.Require(t, server, err).Stop(); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"=yes")
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	kill := func() {
		if !killed {
			killed = true
			_ = syscall.Kill(-child.Process.Pid, syscall.SIGKILL)
			_ = child.Wait()
		}
	}
	t.Cleanup(kill)
	address := ""
	for lines := bufio.NewScanner(output); address == "" && lines.Scan(); {
		if found, ok := strings.CutPrefix(lines.Text(), "address "); ok {
			address = found
		}
	}
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	kill()
	// Nothing is ever notified: it returns when the server is gone.
	if _, err := conn.WaitForNotification(t.Context()); err == nil {
		t.Error("the server is still there")
	}
}
