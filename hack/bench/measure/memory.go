package measure

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Resident returns the resident memory of a process in bytes, as the kernel counts it (VmRSS).
func Resident(pid int) (int64, error) { return statusField(pid, "VmRSS:") }

// Peak returns the most memory a process has had resident so far, in bytes (VmHWM).
func Peak(pid int) (int64, error) { return statusField(pid, "VmHWM:") }

// MiB are bytes in mebibytes.
func MiB(bytes int64) float64 { return float64(bytes) / (1 << 20) }

const (
	settleStep  = 500 * time.Millisecond
	settleSteps = 10
)

// Settled returns the resident memory of a process once it has changed by less than 1% for 5 seconds, or after the limit.
func Settled(ctx context.Context, pid int, limit time.Duration) (int64, error) {
	tick := time.NewTicker(settleStep)
	defer tick.Stop()
	var seen []int64
	for start := time.Now(); ; {
		now, err := Resident(pid)
		if err != nil {
			return 0, err
		}
		seen = append(seen, now)
		last := seen[max(0, len(seen)-settleSteps):]
		steady := len(last) == settleSteps && slices.Max(last)-slices.Min(last) < now/100
		if steady || time.Since(start) > limit {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-tick.C:
		}
	}
}

func statusField(pid int, field string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		var kib int64
		if strings.HasPrefix(line, field) {
			if _, err := fmt.Sscanf(strings.TrimPrefix(line, field), "%d kB", &kib); err != nil {
				return 0, fmt.Errorf("read %s of process %d: %w", field, pid, err)
			}
			return kib << 10, nil
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, field)
}

// Family returns the processor time that a process and all it has started and that still run have used so far, by the names
// of the programs, as far as the kernel remembers them (15 letters), in steps of 10 ms.
func Family(pid int) (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	return used, addFamily(used, pid)
}

func addFamily(used map[string]time.Duration, pid int) error {
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return err
	}
	cpu, err := CPU(pid)
	if err != nil {
		return err
	}
	used[strings.TrimSpace(string(name))] += cpu
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return err
	}
	for _, path := range threads {
		children, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(children)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				return fmt.Errorf("read %s: %w", path, err)
			}
			if err := addFamily(used, child); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// CPU returns the processor time a process has used so far, in steps of 10 ms.
func CPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses and may hold spaces; utime and stime are fields 14 and 15.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, fmt.Errorf("process %d: unexpected /proc stat", pid)
	}
	var user, system int64
	if _, err := fmt.Sscan(fields[11], &user); err != nil {
		return 0, err
	}
	if _, err := fmt.Sscan(fields[12], &system); err != nil {
		return 0, err
	}
	const ticksPerSecond = 100 // fixed in the kernel's user interface
	return time.Duration(user+system) * time.Second / ticksPerSecond, nil
}
