package process

import (
	"io"
	"os"
	"strings"
)

// tailBytes is how much of the end of a log is looked at; lines of Kubernetes programs may be long.
const tailBytes = 64 << 10

// LastLines returns up to n of the last lines that this run of the program wrote, without the stacks of a program that
// panicked: those are for who opens the log.
func (p *Process) LastLines(n int) []string {
	text, _, _ := strings.Cut(p.tail(), "\ngoroutine ")
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[max(0, len(lines)-n):]
}

// Said tells whether the end of this run's log holds the text.
func (p *Process) Said(text string) bool { return strings.Contains(p.tail(), text) }

func (p *Process) tail() string {
	file, err := os.Open(p.program.Log)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return ""
	}
	from := max(p.log, info.Size()-tailBytes)
	text, err := io.ReadAll(io.NewSectionReader(file, from, info.Size()-from))
	if err != nil {
		return ""
	}
	return string(text)
}
