package gobuild

import (
	"fmt"
	"io"
	"os"
	"time"
)

const (
	// quietFor is how long a build may take without a word.
	quietFor = 2 * time.Second
	// quietEvery is how often a long build says something where lines cannot be overwritten.
	quietEvery = 10 * time.Second
)

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
	return func(s State) {
		if s.Elapsed < quietFor {
			return
		}
		end := ""
		if s.Ended {
			end = "\n"
		}
		fmt.Fprintf(w, "\r\033[K%s%s", s, end)
	}
}

func nowAndThen(w io.Writer) Progress {
	var last time.Duration
	return func(s State) {
		if s.Elapsed < last {
			last = 0 // another build has begun
		}
		if s.Elapsed < quietFor || (!s.Ended && s.Elapsed-last < quietEvery) {
			return
		}
		last = s.Elapsed
		fmt.Fprintln(w, s)
	}
}

// String is the state in one line.
func (s State) String() string {
	elapsed := s.Elapsed.Round(time.Second)
	switch {
	case s.Ended:
		return fmt.Sprintf("%s: %s", s.Title, elapsed)
	case s.Built == 0 && s.Downloaded > 0:
		return fmt.Sprintf("%s: %d modules downloaded, %s", s.Title, s.Downloaded, elapsed)
	case s.Packages == 0:
		return fmt.Sprintf("%s: %d packages, %s", s.Title, s.Built, elapsed)
	default:
		return fmt.Sprintf("%s: %d of at most %d packages compiled, %s", s.Title, s.Built, s.Packages, elapsed)
	}
}
