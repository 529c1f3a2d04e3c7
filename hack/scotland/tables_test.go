package scotland_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// research is where the tables come from, when it lies beside the project.
const research = "../../../shared/data/scotland"

const (
	councilTable = "councils-adps.csv"
	rehabTable   = "residential-rehabilitation.csv"
	crisisTable  = "crisis-stabilisation-detox.csv"
)

// table reads a table of data/ independently of the code under test.
func table(t *testing.T, name string) []map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("data", name))
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var rows []map[string]string
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, column := range records[0] {
			row[column] = record[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func serviceRows(t *testing.T) []map[string]string {
	t.Helper()
	return append(table(t, rehabTable), table(t, crisisTable)...)
}

// researchFile reads a file of the research, or says that it is not beside the project.
func researchFile(t *testing.T, name string) (data []byte, beside bool) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(research, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("%s is not beside the project: the copies in data/ are not compared with it", research)
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return data, true
}

// The digests hold the copies still wherever the research is not at hand.
func TestTheTablesAreCopiesOfTheResearch(t *testing.T) {
	for name, digest := range map[string]string{
		councilTable: "cde07189c995cfbcbe2e186ff8712f1a57063a67917d98d4013c6279031b49ef",
		rehabTable:   "c8d6fec94a88642ff1c740c751c57b1430da05e9ce8679742fa94581555c1fba",
		crisisTable:  "332a14f19451380ed45970e714a7e06c7802d8928bdf05e309fab31efc4bc429",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := os.ReadFile(filepath.Join("data", name))
			if err != nil {
				t.Fatal(err)
			}
			if sum := fmt.Sprintf("%x", sha256.Sum256(got)); sum != digest {
				t.Errorf("data/%s has the digest %s; want %s", name, sum, digest)
			}
			if want, beside := researchFile(t, name); beside && !bytes.Equal(got, want) {
				t.Errorf("data/%s differs from %s/%s", name, research, name)
			}
		})
	}
}

func TestEverySourceHasATagATitleAndAProvenance(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range table(t, "sources.csv") {
		if seen[row["tag"]] || row["title"] == "" || (row["provenance"] != "Published" && row["provenance"] != "Background") {
			t.Errorf("source %v: want a tag of its own, a title, and a provenance", row)
		}
		seen[row["tag"]] = true
	}
}

// Titles are those of the research with the publishers' short names written out.
func TestSourceTitlesAreThoseOfTheResearch(t *testing.T) {
	page, beside := researchFile(t, "FACTS.md")
	if !beside {
		return
	}
	_, text, _ := strings.Cut(string(page), "## 10. Sources")
	line := regexp.MustCompile(`(?m)^\| (P\d+b?) \| (.+) \|$`)
	titles := map[string]string{}
	for _, match := range line.FindAllStringSubmatch(text, -1) {
		titles[match[1]] = plainTitle(match[2])
	}
	if len(titles) < 80 {
		t.Fatalf("read %d titles from the research; want at least 80", len(titles))
	}
	for _, row := range table(t, "sources.csv") {
		want, alone := titles[row["tag"]]
		switch {
		case !strings.HasPrefix(row["tag"], "P"), row["provenance"] != "Published":
			continue // not a publication that was read
		case alone && !strings.HasPrefix(want, row["title"]):
			t.Errorf("%s is %q; want %q", row["tag"], row["title"], want)
		case !alone && !inGroup(text, row["title"]):
			t.Errorf("%s, %q: not among the titles given for several tags", row["tag"], row["title"])
		}
	}
}

func plainTitle(title string) string {
	title = strings.NewReplacer("`", "", ", index id 10961222346", "", "; FOI", "").Replace(title)
	title = regexp.MustCompile(`^SG\b`).ReplaceAllString(title, "Scottish Government")
	title = regexp.MustCompile(`^PHS\b`).ReplaceAllString(title, "Public Health Scotland")
	return strings.Replace(title, "(area_lookup, chi_check, format_postcode)", "(area_lookup)", 1)
}

// inGroup looks for a title where one line of the research gives those of several tags: its last part stands there.
func inGroup(text, title string) bool {
	parts := strings.Split(title, ", ")
	last := parts[len(parts)-1]
	return strings.Contains(text, last) || strings.Contains(text, strings.TrimPrefix(last, "Prison to Rehab Protocol "))
}
