package rightstest

import (
	"iter"
	"os"
	"strings"
	"testing"

	"lifeline.scot/api/identity"
)

// Before is what each caller might do before the rules were in Rego. It is kept to compare with, and never written anew.
type Before struct {
	names []string
	rows  map[string]string
}

// ReadBefore reads a table: a line of what is asked, and a line for each caller who may do anything, with 1 where they may.
func ReadBefore(t testing.TB, file string) Before {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	b := Before{names: strings.Fields(lines[0])[3:], rows: map[string]string{}}
	for _, line := range lines[1:] {
		caller, may, _ := cutLast(line)
		if len(may) != len(b.names) {
			t.Fatalf("%s: %q has %d answers to %d questions", file, line, len(may), len(b.names))
		}
		b.rows[caller] = may
	}
	return b
}

func cutLast(line string) (before, after string, found bool) {
	i := strings.LastIndex(line, " ")
	return line[:max(i, 0)], line[i+1:], i >= 0
}

// Of is what a caller might do before, by what was asked.
func (b Before) Of(c identity.Caller) map[string]bool {
	may := map[string]bool{}
	row := b.rows[Describe(c)]
	for i, name := range b.names {
		may[name] = row != "" && row[i] == '1'
	}
	return may
}

// Describe says who a caller is as tables do: roles, partner and partnership, with - for none.
func Describe(c identity.Caller) string {
	var roles []string
	for _, role := range c.Roles.List() {
		roles = append(roles, string(role))
	}
	return orDash(strings.Join(roles, ",")) + " " + orDash(c.Partner) + " " + orDash(c.Partnership)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// Callers are callers with every set of roles, of each of the partners and partnerships.
func Callers(partners, partnerships []string) iter.Seq[identity.Caller] {
	return func(yield func(identity.Caller) bool) {
		for set := range identity.RolesOf(identity.AllRoles()...) + 1 {
			for _, partner := range partners {
				for _, partnership := range partnerships {
					if !yield(identity.Caller{Partner: partner, Partnership: partnership, Roles: set, Subject: "u-any"}) {
						return
					}
				}
			}
		}
	}
}
