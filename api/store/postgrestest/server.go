// Package postgrestest runs a real PostgreSQL for tests, from the programs that Debian's package brings, in a folder of its own
// and without a network address.
package postgrestest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// ErrAbsent is a machine without PostgreSQL.
var ErrAbsent = errors.New("there is no PostgreSQL under /usr/lib/postgresql: apt-get install postgresql")

// Server is a running PostgreSQL.
type Server struct {
	folder    string
	shell     *exec.Cmd
	alive     io.Closer
	databases atomic.Int64
	original  struct {
		sync.Once
		name string
		err  error
	}
}

// superuser is who makes databases.
const superuser = "lifeline"

// Start starts a server with nothing in it. It stops when Stop is called, and when this program ends in any way: the shell that
// runs it waits for its input to end. Settings, such as log_statement=all, are those of postgresql.conf.
func Start(settings ...string) (*Server, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(roomFor(settings), "pg")
	if err != nil {
		return nil, fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	s := &Server{folder: folder}
	if err := s.start(programs, settings); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// memory is a folder whose files are in memory, where the system has one, and enough is how many bytes have to be free there.
const (
	memory = "/dev/shm"
	enough = 4 << 30
)

// roomFor is where a server has its folder: in memory where there is room, because each database is hundreds of files that are
// soon deleted again; "" is the usual place for temporary files. One that is to wait for the disk has to have one.
func roomFor(settings []string) string {
	var room syscall.Statfs_t
	if slices.Contains(settings, "fsync=on") || syscall.Statfs(memory, &room) != nil || room.Bavail*uint64(room.Bsize) < enough {
		return ""
	}
	return memory
}

// findPrograms returns the folder of the newest version that is there.
func findPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrAbsent
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

const script = `set -e
"$1/initdb" -D "$2/data" -U "$3" -A trust -E UTF8 --locale=C.UTF-8 --no-sync > "$2/log" 2>&1
"$1/pg_ctl" -D "$2/data" -l "$2/log" -w -t 120 \
	-o "-c listen_addresses='' -c unix_socket_directories='$2' -c fsync=off$4" start >> "$2/log" 2>&1
echo ready
read -r ignored || true
"$1/pg_ctl" -D "$2/data" -m immediate stop >> "$2/log" 2>&1
cd / && rm -rf "$2"
`

func (s *Server) start(programs string, settings []string) error {
	more := ""
	for _, setting := range settings {
		more += " -c " + setting
	}
	s.shell = exec.Command("sh", "-c", script, "postgrestest", programs, s.folder, superuser, more)
	s.shell.Dir = s.folder
	s.shell.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	// A group of its own: whoever ends the tests by their group must not end the shell before it has ended the server.
	s.shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.unprivileged(); err != nil {
		return err
	}
	input, err := s.shell.StdinPipe()
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	output, err := s.shell.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := s.shell.Start(); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	s.alive = input
	if line, _ := bufio.NewReader(output).ReadString('\n'); strings.TrimSpace(line) != "ready" {
		log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
		return fmt.Errorf("PostgreSQL did not start: %s", log)
	}
	return nil
}

// unprivileged makes the server run as somebody else if this is root: PostgreSQL does not run as root.
func (s *Server) unprivileged() error {
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		who, err = user.Lookup("nobody")
	}
	if err != nil {
		return fmt.Errorf("find somebody to run PostgreSQL as: %w", err)
	}
	uid, uidErr := strconv.ParseUint(who.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(who.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr, os.Chown(s.folder, int(uid), int(gid))); err != nil {
		return fmt.Errorf("give PostgreSQL its folder: %w", err)
	}
	s.shell.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return nil
}

// Stop ends the server and removes what it wrote.
func (s *Server) Stop() error {
	var errs []error
	if s.alive != nil {
		errs = append(errs, s.alive.Close(), s.shell.Wait())
	}
	return errors.Join(append(errs, os.RemoveAll(s.folder))...)
}

// Folder is where all that it writes is; its log is the file log.
func (s *Server) Folder() string { return s.folder }

// Database makes an empty database for a test, until it ends, and returns its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.during(t, "")
}

// Copy makes a database for a test, until it ends, like the one that fill made of an empty one, and returns its address. All
// copies of a server are of one original: fill is called once.
func (s *Server) Copy(t testing.TB, fill func(ctx context.Context, address string) error) string {
	t.Helper()
	s.original.Do(func() {
		if s.original.name, s.original.err = s.create(context.Background(), ""); s.original.err == nil {
			s.original.err = fill(context.Background(), s.address(s.original.name))
		}
	})
	if s.original.err != nil {
		t.Fatal(s.original.err)
	}
	return s.during(t, " TEMPLATE "+s.original.name)
}

func (s *Server) during(t testing.TB, like string) string {
	t.Helper()
	name, err := s.create(t.Context(), like)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.administer(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return s.address(name)
}

// NewDatabase makes an empty database, which stays as long as the server does, and returns its address.
func (s *Server) NewDatabase(ctx context.Context) (string, error) {
	name, err := s.create(ctx, "")
	return s.address(name), err
}

func (s *Server) create(ctx context.Context, like string) (name string, err error) {
	name = fmt.Sprintf("test%d", s.databases.Add(1))
	return name, s.administer(ctx, "CREATE DATABASE "+name+like)
}

func (s *Server) administer(ctx context.Context, statement string) error {
	admin, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return fmt.Errorf("ask PostgreSQL to %s: %w", statement, err)
	}
	defer func() { _ = admin.Close(ctx) }()
	if _, err := admin.Exec(ctx, statement); err != nil {
		return fmt.Errorf("ask PostgreSQL to %s: %w", statement, err)
	}
	return nil
}

func (s *Server) address(database string) string {
	return "postgres:///" + database + "?" + url.Values{"host": {s.folder}, "user": {superuser}}.Encode()
}

// Require returns a server, or skips a test where there is none; in CI that is a failure.
func Require(t testing.TB, s *Server, err error) *Server {
	t.Helper()
	switch {
	case err == nil:
		return s
	case errors.Is(err, ErrAbsent) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
	return nil
}
