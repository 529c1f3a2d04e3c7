package pages

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds/v1alpha1"
)

// source is the text of the package's templates and of its Go files, tests apart.
func source(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	read := func(files fs.FS, pattern string) {
		names, err := fs.Glob(files, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no files %s: %v", pattern, err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			content, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(content)
		}
	}
	read(templateFiles, "templates/*.html")
	read(os.DirFS("."), "*.go")
	return all.String()
}

func catalogue(t *testing.T) *words {
	t.Helper()
	w, err := english()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// madeKeys are the keys that the program puts together from a beginning and a value.
func madeKeys() []string {
	keys := []string{
		"operation.Planned", "operation.Paused", "operation.Closed", "operation.Unknown",
		"shown.order.free", "shown.order.area", "banner",
		"filter.for", "filter.for.any", "filter.kind", "filter.kind.any", "filter.trust", "filter.trust.any", "filter.free",
		"filter.substance", "filter.substance.any", "source.Derived", "source.Background", "source.Illustrative",
	}
	for _, kind := range directory.PoolKinds() {
		keys = append(keys, "kind."+string(kind), "gloss."+string(kind))
	}
	for _, trust := range trusts {
		keys = append(keys, "trust."+string(trust), "filter.trust."+string(trust))
	}
	for _, gender := range genders {
		keys = append(keys, "for."+string(gender), "filter.for."+string(gender))
	}
	for _, substance := range substances {
		keys = append(keys, "filter.substance."+string(substance))
	}
	for _, need := range needs {
		keys = append(keys, "filter.needs."+need, "for.unknown."+need)
		for _, answer := range []v1alpha1.Known{v1alpha1.KnownYes, v1alpha1.KnownNo} {
			keys = append(keys, "for."+need+"."+string(answer))
		}
	}
	for _, field := range []string{fieldArea, fieldKind, fieldFor, fieldAge, fieldHelp, fieldNeeds, fieldFree, fieldTrust, fieldSort, fieldPage} {
		keys = append(keys, "problem."+field)
	}
	for month := range 12 {
		keys = append(keys, "month."+strconv.Itoa(month+1))
	}
	return keys
}

func TestEveryWordSaidIsInTheCatalogueAndEveryWordInItIsSaid(t *testing.T) {
	w, code := catalogue(t), source(t)
	keys := madeKeys()
	for _, m := range regexp.MustCompile(`(?:\bt|say\() ?"([a-zA-Z0-9.-]+[a-zA-Z0-9])"`).FindAllStringSubmatch(code, -1) {
		keys = append(keys, m[1])
	}
	for _, m := range regexp.MustCompile(`meaning\{|\{"([a-z.-]+)", "(meaning\.[a-z.-]+)"\}`).FindAllStringSubmatch(code, -1) {
		keys = append(keys, m[1:]...)
	}
	for _, m := range regexp.MustCompile(`\.count\("([a-zA-Z.-]+)"`).FindAllStringSubmatch(code, -1) {
		keys = append(keys, m[1]+".one", m[1]+".other")
	}
	for _, m := range regexp.MustCompile(`(?:frame|titled)\("([a-z.-]+)"\)`).FindAllStringSubmatch(code, -1) {
		keys = append(keys, m[1])
	}
	said := map[string]bool{}
	for _, key := range keys {
		if key == "" {
			continue
		}
		said[key] = true
		if _, ok := w.texts[key]; !ok {
			t.Errorf("%s is said and not in the catalogue", key)
		}
	}
	for key := range w.texts {
		if !said[key] {
			t.Errorf("%s is in the catalogue and never said", key)
		}
	}
}

func TestNoPageShowsAKey(t *testing.T) {
	for _, target := range []string{"/", "/?kind=Hotel", "/?area=highland&free=now", "/nowhere"} {
		if missing := regexp.MustCompile(`\[[a-z]+\.[A-Za-z.-]+\]|\{[a-z]+\}`).FindAllString(text(get(t, sample().live(), target).root), -1); missing != nil {
			t.Errorf("%s shows %v", target, missing)
		}
	}
}

// Words that speak of people as less than people. Each has better ones: the language rules of the design say which.
var stigmatising = []string{
	`addict\w*`, `alcoholic\w*`, `junkie\w*`, `(drug|substance|alcohol) (ab|mis)?us(er|ers|e|ing)`, `abuse\w*`, `misuse\w*`, `abuser\w*`,
	`clean`, `dirty`, `ex-\w+`, `suffer\w*`, `victim\w*`, `non-complian\w*`, `not engaged`, `failed`, `dropped out`,
	`refused`, `in denial`, `unmotivated`, `drug-seeking`, `manipulative`, `bed.blocker\w*`, `frequent flyer\w*`, `rejected`,
	`caseload\w*`, `relapse\w*`, `back to square one`, `the homeless`, `prisoner\w*`, `offender\w*`, `hard.to.reach`,
}

func TestWordsAreRespectful(t *testing.T) {
	bad := regexp.MustCompile(`(?i)\b(` + strings.Join(stigmatising, "|") + `)\b`)
	for key, said := range catalogue(t).texts {
		if found := bad.FindString(said); found != "" {
			t.Errorf("%s says %q: %s", key, found, said)
		}
	}
	templates := regexp.MustCompile(`(?s)\{\{.*?\}\}|<[^>]*>`)
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(templateFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		// Whatever is left would be said in English to a reader of Gaelic.
		left := strings.Fields(templates.ReplaceAllString(string(content), " "))
		left = slices.DeleteFunc(left, func(word string) bool { return !regexp.MustCompile(`[A-Za-z]{2}`).MatchString(word) })
		if len(left) > 0 {
			t.Errorf("%s says words that are not in the catalogue: %v", name, left)
		}
	}
}

func TestSentencesAreShort(t *testing.T) {
	const most = 20
	for key, said := range catalogue(t).texts {
		for _, sentence := range regexp.MustCompile(`[.:?!](\s|$)`).Split(said, -1) {
			if n := len(strings.Fields(sentence)); n > most {
				t.Errorf("%s has a sentence of %d words, over %d: %s", key, n, most, sentence)
			}
		}
	}
}

func TestNumbersTakeTheirForm(t *testing.T) {
	w := catalogue(t)
	for n, want := range map[int]string{0: "0 entries.", 1: "1 entry.", 2: "2 entries.", 21: "21 entries."} {
		if got := w.count("shown", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
