package policies_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lifeline.scot/policies"
	"lifeline.scot/policies/plain"
)

// cell is a row of testdata/matrix.md, or one that was generated in its words.
type cell struct {
	from, to, role, purpose, agreement, consent string
	besides                                     []string
	ground                                      string // or denied
	categories                                  []string
}

func (c cell) String() string {
	return strings.Join([]string{c.from, c.to, c.role, c.purpose, c.agreement, c.consent, strings.Join(c.besides, ", ")}, " | ")
}

const (
	here, elsewhere = "adp-here", "adp-elsewhere"
	person          = "the-person"
	agreementName   = "agreement"
)

// The partners of the matrix; whoever is "itself" is the one that it comes from, and nobody knows "nobody known".
var matrixPartners = map[string]policies.Partner{
	"charity":           {Kind: "third_sector", Status: "active", ADPs: []string{here}},
	"other charity":     {Kind: "third_sector", Status: "active", ADPs: []string{here}},
	"suspended charity": {Kind: "third_sector", Status: "suspended", ADPs: []string{here}},
	"board":             {Kind: "health_board", Statutory: true, Status: "active", ADPs: []string{here}},
	"board elsewhere":   {Kind: "health_board", Statutory: true, Status: "active", ADPs: []string{elsewhere}},
	"ambulance":         {Kind: "ambulance", Statutory: true, Status: "active", ADPs: []string{here, elsewhere}},
	"council":           {Kind: "local_authority", Statutory: true, Status: "active", ADPs: []string{here}},
	"council elsewhere": {Kind: "local_authority", Statutory: true, Status: "active", ADPs: []string{elsewhere}},
	"police":            {Kind: "police", Statutory: true, Status: "active", ADPs: []string{here, elsewhere}},
}

// The words of the matrix for agreements, each by what it changes about one that is wide and in force; none is no agreement.
var matrixAgreements = map[string]func(*policies.Agreement){
	"wide":            func(*policies.Agreement) {},
	"narrow":          func(a *policies.Agreement) { a.Categories = []string{"admin", "contact"} },
	"whole":           func(a *policies.Agreement) { a.Categories = someCategories },
	"ended":           func(a *policies.Agreement) { a.ToTime = noon },
	"not begun":       func(a *policies.Agreement) { a.FromTime = noon.Add(time.Second) },
	"suspended":       func(a *policies.Agreement) { a.Status = "suspended" },
	"another area":    func(a *policies.Agreement) { a.ADPs = []string{elsewhere} },
	"another purpose": func(a *policies.Agreement) { a.Purposes = []string{"research"} },
	"across areas":    func(a *policies.Agreement) { a.CrossADP = true },
	"onward clause":   func(a *policies.Agreement) { a.Onward = true },
}

// The words for consents, each by what it changes about a wide grant that the person gave and that runs; none is nothing said.
var matrixConsents = map[string]func(*policies.Consent){
	"wide":                      func(*policies.Consent) {},
	"narrow":                    func(c *policies.Consent) { c.Categories = []string{"admin", "identity", "need"} },
	"whole":                     func(c *policies.Consent) { c.Categories = someCategories },
	"refused":                   func(c *policies.Consent) { c.Decision = "refuse" },
	"withdrawn":                 func(c *policies.Consent) { c.Decision = "withdraw" },
	"expired":                   func(c *policies.Consent) { c.ExpiresTime = noon },
	"blanket":                   func(c *policies.Consent) { c.Purposes = []string{"*"} },
	"to others":                 func(c *policies.Consent) { c.Recipients = []string{"somebody else"} },
	"by a bystander":            func(c *policies.Consent) { c.By = "friend" },
	"refused while not capable": func(c *policies.Consent) { c.Decision, c.Incapable = "refuse", true },
}

const day = 24 * time.Hour

// The words for what is so besides.
var matrixBesides = map[string]func(*policies.Request){
	"not assigned":   func(r *policies.Request) { r.Actor.Assigned = false },
	"not the target": func(r *policies.Request) { r.Referral.Target = "other charity" },
	"died":           func(r *policies.Request) { r.Referral.Subject.Deceased = true },
	"anonymous":      func(r *policies.Request) { r.Referral.Anonymous = true },
	"accepted": func(r *policies.Request) {
		r.Referral.Status, r.Referral.DisclosedTime = "accepted", noon.Add(-day)
	},
	"onward": func(r *policies.Request) {
		r.Action, r.Recipient, r.Actor.Partner = "onward_disclose", r.Actor.Partner, r.Referral.Origin
		r.Referral.Origin, r.Referral.Target = "charity", "board"
	},
	"overdose":              func(r *policies.Request) { r.Referral.OverdoseTime = noon.Add(-day) },
	"overdose six days ago": func(r *policies.Request) { r.Referral.OverdoseTime = noon.Add(-6 * day) },
	"overdose a week ago":   func(r *policies.Request) { r.Referral.OverdoseTime = noon.Add(-7 * day) },
	"informed":              func(r *policies.Request) { r.Referral.Subject.Informed = true },
	"incapable":             func(r *policies.Request) { r.Referral.Subject.Capacity = "incapable" },
	"capacity not assessed": func(r *policies.Request) { r.Referral.Subject.Capacity = "not_assessed" },
	"adult at risk":         func(r *policies.Request) { r.Referral.Subject.AdultAtRisk = true },
	"child at risk":         func(r *policies.Request) { r.Referral.Subject.ChildAtRisk = true },
	"fifteen":               func(r *policies.Request) { r.Referral.Subject.Age = new(15) },
	"health professional":   func(r *policies.Request) { r.Actor.HealthProfessional = true },
	"the person":            func(r *policies.Request) { r.Actor.ID = person },
	"second factor":         func(r *policies.Request) { r.Actor.SecondFactor = true },
	"left the service":      func(r *policies.Request) { r.Actor.Active = false },
	"emergency": func(r *policies.Request) {
		r.BreakGlass = emergencyOf("serious_harm_to_others", noon.Add(-time.Minute))
	},
	"an hour ago":  func(r *policies.Request) { r.BreakGlass.DeclaredTime = noon.Add(-time.Hour) },
	"life at risk": func(r *policies.Request) { r.BreakGlass = emergencyOf("life_at_risk", noon.Add(-time.Minute)) },
	"section 10": func(r *policies.Request) {
		r.StatutoryRequest = &policies.StatutoryRequest{Act: "ASP2007", Section: "10", Reference: "AP-1"}
	},
}

func emergencyOf(reason string, at time.Time) *policies.BreakGlass {
	return &policies.BreakGlass{Reason: reason, Justification: "collapsed at the door, not breathing well", DeclaredTime: at}
}

// request is what is asked in the cell.
func (c cell) request() policies.Request {
	r := policies.Request{
		Now: noon, Action: "read", Purpose: c.purpose,
		Actor: policies.Actor{ID: "a-worker", Partner: c.recipient(), Role: c.role, Active: true, Assigned: true},
		Referral: policies.Referral{
			ADP: here, Origin: c.from, Target: c.recipient(), Status: "sent",
			Subject: policies.Subject{ID: person, Age: new(34), Capacity: "capable"},
		},
	}
	if change := matrixConsents[c.consent]; change != nil {
		said := policies.Consent{
			Decision: "grant", By: "self", Time: noon.Add(-30 * day), ExpiresTime: noon.Add(30 * day),
			Purposes: []string{c.purpose}, Recipients: []string{c.recipient()}, Categories: wide(),
		}
		change(&said)
		r.Consents = []policies.Consent{said}
	}
	for _, what := range c.besides {
		matrixBesides[what](&r)
	}
	return r
}

func (c cell) recipient() string {
	if c.to == "itself" {
		return c.from
	}
	return c.to
}

func wide() []string { return without(someCategories, "restricted") }

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(each string) bool { return each == name })
}

func (c cell) agreements() map[string]policies.Agreement {
	change := matrixAgreements[c.agreement]
	if change == nil {
		return nil
	}
	a := policies.Agreement{
		Parties: []string{c.from, c.recipient()}, Purposes: []string{c.purpose}, Categories: wide(), ADPs: []string{here},
		Status: "active", FromTime: noon.Add(-30 * day), ToTime: noon.Add(30 * day),
	}
	change(&a)
	return map[string]policies.Agreement{agreementName: a}
}

func (c cell) world(t rapid.TB) *policies.World {
	t.Helper()
	world, err := policies.NewWorld(matrixPartners, c.agreements())
	if err != nil {
		t.Fatal(err)
	}
	return world
}

func (c cell) decide(t rapid.TB, e *policies.Engine) policies.Decision {
	t.Helper()
	return decideIn(t, e, c.world(t), c.request())
}

func decideIn(t rapid.TB, e *policies.Engine, w *policies.World, r policies.Request) policies.Decision {
	t.Helper()
	decisions, err := e.Decide(context.Background(), w, []policies.Request{r})
	if err != nil {
		t.Fatal(err)
	}
	return decisions[0]
}

// matrix reads the cells. Each word has to be known, so that none is passed over.
func matrix(t *testing.T) (cells []cell) {
	t.Helper()
	text, err := os.ReadFile("testdata/matrix.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		columns := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range columns {
			if columns[i] = strings.TrimSpace(columns[i]); columns[i] == "-" {
				columns[i] = ""
			}
		}
		if len(columns) != 9 || columns[0] == "from" || strings.HasPrefix(columns[0], "---") {
			continue
		}
		c := cell{
			columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], words(columns[6], ", "), columns[7],
			words(columns[8], " "),
		}
		c.check(t)
		cells = append(cells, c)
	}
	return cells
}

func words(text, between string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, between)
}

func (c cell) check(t *testing.T) {
	t.Helper()
	_, isPartner := matrixPartners[c.from]
	_, toPartner := matrixPartners[c.to]
	ok := isPartner && (toPartner || c.to == "itself" || c.to == "nobody known") &&
		(c.agreement == "none" || matrixAgreements[c.agreement] != nil) && (c.consent == "none" || matrixConsents[c.consent] != nil) &&
		(c.ground == "denied") == (len(c.categories) == 0)
	for _, what := range c.besides {
		ok = ok && matrixBesides[what] != nil
	}
	for _, category := range c.categories {
		ok = ok && slices.Contains(someCategories, category)
	}
	if !ok {
		t.Fatalf("a word of this cell is not known: %s", c)
	}
}

func TestTheMatrixOfWhoSeesWhat(t *testing.T) {
	cells := matrix(t)
	if len(cells) < 60 {
		t.Fatalf("%d cells", len(cells))
	}
	e, categoryOf := newEngine(t), categoriesOfFields(t)
	grounds := map[string]bool{}
	for i, c := range cells {
		t.Run(fmt.Sprintf("%03d %s", i, c), func(t *testing.T) {
			d := c.decide(t, e)
			if d.Ground == "" {
				d.Ground = "denied"
			}
			grounds[d.Ground] = true
			got := map[string]bool{}
			for _, field := range d.Fields {
				got[categoryOf[field]] = true
			}
			if want := slices.Sorted(slices.Values(c.categories)); d.Ground != c.ground || !slices.Equal(slices.Sorted(maps.Keys(got)), want) {
				t.Errorf("%s: got %s %v %v, want %s %v", c, d.Ground, slices.Sorted(maps.Keys(got)), d.Reasons, c.ground, want)
			}
		})
	}
	if len(grounds) != 16 {
		t.Errorf("the cells come to %v, want each of the 15 grounds and denials", slices.Sorted(maps.Keys(grounds)))
	}
}

func categoriesOfFields(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Reference struct {
			FieldCategory map[string]string `json:"field_category"`
		} `json:"reference"`
	}
	mustRead(t, workedFile(t), &file)
	return file.Reference.FieldCategory
}

// anyCell is one of all cells that there could be, in the words of the matrix.
func anyCell(t *rapid.T) cell {
	pick := func(label string, of []string) string { return rapid.SampledFrom(of).Draw(t, label) }
	partners := slices.Sorted(maps.Keys(matrixPartners))
	c := cell{
		from: pick("from", partners), to: pick("to", append(partners, "itself", "nobody known")),
		role: pick("role", someRoles), purpose: pick("purpose", somePurposes),
		agreement: pick("agreement", append(slices.Sorted(maps.Keys(matrixAgreements)), "none")),
		consent:   pick("consent", append(slices.Sorted(maps.Keys(matrixConsents)), "none")),
	}
	for _, what := range slices.Sorted(maps.Keys(matrixBesides)) {
		if what != "an hour ago" && rapid.IntRange(0, 4).Draw(t, what) == 0 {
			c.besides = append(c.besides, what)
		}
	}
	return c
}

// Of any cell: a withdrawal, the end of the agreement and stricter rules never widen it, and what denies beats what permits.
func TestNoCellIsWidenedByTakingAway(t *testing.T) {
	e := newEngine(t)
	stricter, err := e.WithNarrowing(t.Context(), bundle(`deny contains "nothing_on_risk" if "risk_level" in input.decision.fields`))
	if err != nil {
		t.Fatal(err)
	}
	nothing, err := e.WithNarrowing(t.Context(), bundle(`deny contains "nothing" if input.area == "adp-here"`))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := anyCell(t)
		w, r := c.world(t), c.request()
		before := decideIn(t, e, w, r)

		withdrawn := r
		withdrawn.Consents = append(slices.Clone(r.Consents), policies.Consent{
			Decision: "withdraw", By: "self", Time: noon, Purposes: []string{"*"}, Recipients: []string{"*"},
		})
		mustNotWidenBut(t, widerAfterWithdrawal, before, decideIn(t, e, w, withdrawn))

		c.agreement = "none"
		mustNotWidenBut(t, widerWithoutAgreement, before, decideIn(t, e, c.world(t), r))

		narrowed := decideIn(t, stricter, w, r)
		mustNotWiden(t, before, narrowed)
		if slices.Contains(before.Fields, "risk_level") && narrowed.Effect != policies.Deny {
			t.Fatalf("%s: a stricter rule denies it, and it is permitted by %s", c, narrowed.Ground)
		}
		if d := decideIn(t, nothing, w, r); d.Effect != policies.Deny {
			t.Fatalf("%s: a rule that denies everything leaves %s", c, d.Ground)
		}
		shut := r
		shut.Actor.Active = false
		if d := decideIn(t, e, w, shut); d.Effect != policies.Deny {
			t.Fatalf("%s: a gate is shut, and %s permits", c, d.Ground)
		}
	})
}

// mustNotWidenBut passes over grounds that turn on nothing that was taken away; see widerWithoutAgreement.
func mustNotWidenBut(t *rapid.T, grounds []string, before, after policies.Decision) {
	if slices.Contains(grounds, after.Ground) {
		restrictedStayShut(t, after)
		return
	}
	mustNotWiden(t, before, after)
}

// Any cell is decided by plain Go as by the rules.
func TestPlainGoDecidesTheSameOfAnyCell(t *testing.T) {
	e := newEngine(t)
	reference, err := plain.ReadReference(workedFile(t))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		c := anyCell(t)
		r := c.request()
		want, got := plain.New(matrixPartners, c.agreements(), reference).Decide(&r), answered(c.decide(t, e))
		if want.Ground != got.Ground || strings.Join(want.Fields, " ") != strings.Join(got.Fields, " ") {
			t.Fatalf("%s: plain Go says %s %v, the rules %s %v", c, want.Ground, want.Fields, got.Ground, got.Fields)
		}
	})
}
