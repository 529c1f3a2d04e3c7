package gobuild

import (
	"fmt"
	"io"
	"os"
	"time"
)

// quietEvery is how often a long build says something where lines cannot be overwritten.
const quietEvery = 10 * time.Second

// Show prints progress to the file: on a terminal one line that is overwritten each second, elsewhere a line now and then.
// Builds that take less than two seconds print nothing.
func Show(file *os.File) Progress {
	info, err := file.Stat()
	if err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return overwrite(file)
	}
	return nowAndThen(file)
}

func overwrite(w io.Writer) Progress {
	return func(title string, done, total int, elapsed time.Duration, ended bool) {
		if elapsed < 2*time.Second {
			return
		}
		end := ""
		if ended {
			end = "\n"
		}
		fmt.Fprintf(w, "\r\033[K%s%s", line(title, done, total, elapsed, ended), end)
	}
}

func nowAndThen(w io.Writer) Progress {
	var last time.Duration
	return func(title string, done, total int, elapsed time.Duration, ended bool) {
		if elapsed < last {
			last = 0
		}
		if elapsed < 2*time.Second || (!ended && elapsed-last < quietEvery) {
			return
		}
		last = elapsed
		fmt.Fprintln(w, line(title, done, total, elapsed, ended))
	}
}

func line(title string, done, total int, elapsed time.Duration, ended bool) string {
	elapsed = elapsed.Round(time.Second)
	switch {
	case ended:
		return fmt.Sprintf("%s: %s", title, elapsed)
	case total == 0:
		return fmt.Sprintf("%s: %d packages, %s", title, done, elapsed)
	default:
		return fmt.Sprintf("%s: %d of %d packages, %s", title, done, total, elapsed)
	}
}
