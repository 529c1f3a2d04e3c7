package pages

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

// rowsOnPage is how many rows one page of the board shows at most.
const rowsOnPage = 100

// board is the bed board in words, ready for its template.
type board struct {
	frame
	AsOf string
	// LastKnown says since when there has been no news; "" while the directory follows what happens.
	LastKnown    string
	Problems     []fieldText
	Illustrative bool
	TotalsTitle  string
	Totals       []total
	Form         form
	Chips        []link
	Empty        *empty
	Shown        string
	Sections     []section
	Pages        *paging
	Meanings     []meaning
	GraphQL      string
}

type fieldText struct{ Field, Text string }

type link struct{ Address, Text string }

// total is how many places of one kind are free.
type total struct {
	Anchor, Kind string
	// Free is how many, and FreeWord what follows the number.
	Free     number
	FreeWord string
	// Numbers are the other figures; none when only free may be added up.
	Numbers []string
	LeftOut string
}

type section struct {
	Anchor, Title, Gloss string
	Rows                 []row
}

type meaning struct{ Word, Meaning string }

type paging struct{ Previous, Next, Text string }

// empty is what the board says when nothing fits.
type empty struct{ Suggestions []suggestion }

type suggestion struct{ Address, Text, Found string }

// board puts what the filter finds into words.
func (s speaker) board(d figures, f filter, problems []problem) board {
	found := d.find(f)
	b := board{
		Problems:    s.problems(problems),
		Form:        s.form(d, f),
		Chips:       s.chips(d, f),
		Totals:      s.totals(d, f, found),
		TotalsTitle: s.totalsTitle(d, f),
		Meanings:    s.meanings(),
	}
	b.AsOf, b.LastKnown = s.asOf(d)
	b.Illustrative = slices.ContainsFunc(found, func(e entry) bool {
		return e.Figures.Illustrative && e.Figures.Count != nil
	})
	if len(found) == 0 {
		b.Empty = s.empty(d, f)
		return b
	}
	b.Shown = s.count("shown", len(found)) + " " + s.say("shown.order."+cmp.Or(f.Sort, sortFree))
	order(found, f.Sort)
	visible, pages := s.page(found, f)
	b.Sections, b.Pages = s.sections(visible), pages
	return b
}

func (s speaker) asOf(d figures) (asOf, lastKnown string) {
	news := d.Freshness().AsOf
	asOf = s.say("board.as-of", "moment", s.moment(news))
	if !d.live() {
		lastKnown = s.say("stale.since", "moment", s.moment(news), "age", s.age(news, s.now))
	}
	return asOf, lastKnown
}

func (s speaker) problems(problems []problem) []fieldText {
	said := make([]fieldText, 0, len(problems))
	for _, p := range problems {
		said = append(said, fieldText{p.Field, s.say("problem."+p.Field, "value", p.Value)})
	}
	return said
}

// order sorts rows by kind and then, within a kind, free places first and the surest of them first, or by area.
func order(found []entry, by string) {
	slices.SortStableFunc(found, func(a, b entry) int {
		likely := 0
		if by != sortArea {
			likely = cmp.Compare(likelihood(a.Figures), likelihood(b.Figures))
		}
		return cmp.Or(
			cmp.Compare(kindRank(a.Pool.Spec.Kind), kindRank(b.Pool.Spec.Kind)),
			likely,
			strings.Compare(a.Area, b.Area),
			strings.Compare(serviceName(a), serviceName(b)),
			strings.Compare(a.Pool.Name, b.Pool.Name),
		)
	})
}

func kindRank(kind v1alpha1.PoolKind) int { return slices.Index(directory.PoolKinds(), kind) }

// likelihood ranks a pool by how soon somebody may find a place there: 0 is soonest.
func likelihood(f capacity.Figures) int {
	free, known := f.Free()
	switch {
	case known && free > 0 && f.Trust == v1alpha1.TrustConfirmed:
		return 0
	case known && free > 0:
		return 1
	case known:
		return 2
	case f.Open && f.Count != nil:
		return 3
	case f.Open:
		return 4
	default:
		return 5
	}
}

// page cuts out the rows that one page shows. A page beyond the last is the last.
func (s speaker) page(found []entry, f filter) ([]entry, *paging) {
	pages := (len(found) + rowsOnPage - 1) / rowsOnPage
	if pages < 2 {
		return found, nil
	}
	page := min(max(1, f.Page), pages)
	p := &paging{Text: s.say("paging.where", "page", page, "pages", pages)}
	if page > 1 {
		p.Previous = f.onPage(page - 1).address()
	}
	if page < pages {
		p.Next = f.onPage(page + 1).address()
	}
	return found[(page-1)*rowsOnPage : min(page*rowsOnPage, len(found))], p
}

func (s speaker) sections(visible []entry) []section {
	var sections []section
	for _, e := range visible {
		kind := e.Pool.Spec.Kind
		if len(sections) == 0 || sections[len(sections)-1].Anchor != anchor(kind) {
			sections = append(sections, section{
				Anchor: anchor(kind),
				Title:  s.say("kind." + string(kind)),
				Gloss:  s.say("gloss." + string(kind)),
			})
		}
		last := &sections[len(sections)-1]
		last.Rows = append(last.Rows, s.row(e))
	}
	return sections
}

func anchor(kind v1alpha1.PoolKind) string { return "kind-" + string(kind) }

// empty suggests what to take away, most promising first. A choice that changes nothing alone is not suggested.
func (s speaker) empty(d figures, f filter) *empty {
	said := &empty{}
	choices := f.choices()
	counts := map[string]int{}
	for _, c := range choices {
		counts[c.Without.address()] = d.count(c.Without)
	}
	slices.SortStableFunc(choices, func(a, b choice) int {
		return counts[b.Without.address()] - counts[a.Without.address()]
	})
	for _, c := range choices {
		if found := counts[c.Without.address()]; found > 0 {
			said.Suggestions = append(said.Suggestions, suggestion{
				Address: c.Without.address(),
				Text:    s.say("empty.without", "choice", s.choice(d, c)),
				Found:   s.count("empty.found", found),
			})
		}
	}
	return said
}

func (s speaker) totalsTitle(d figures, f filter) string {
	switch {
	case f.narrow():
		return s.say("totals.title.chosen")
	case f.Area != "":
		return s.say("totals.title.area", "area", d.areaName(f.Area))
	default:
		return s.say("totals.title")
	}
}

// totals says how many places are free, kind by kind. The whole of a kind in an area has all its figures. Of a choice
// within it only free places are added up: they are always public, while sums over a choice could give away small counts
// of people.
func (s speaker) totals(d figures, f filter, found []entry) []total {
	sums := d.totals(f.Area)
	if f.narrow() {
		sums = freePlaces(found)
	}
	var totals []total
	for _, sum := range sums {
		if f.Kind == "" || sum.Kind == f.Kind {
			totals = append(totals, s.total(sum, !f.narrow()))
		}
	}
	return totals
}

// freePlaces adds up the free places of a choice, kind by kind. Its other figures are not for showing.
func freePlaces(found []entry) []capacity.Total {
	all := make([]capacity.Figures, len(found))
	for i, e := range found {
		all[i] = e.Figures
	}
	var sums []capacity.Total
	for _, kind := range directory.PoolKinds() {
		if sum := capacity.TotalOf(kind, all); sum.Pools > 0 {
			sums = append(sums, sum)
		}
	}
	return sums
}

func (s speaker) total(sum capacity.Total, whole bool) total {
	said := total{
		Anchor:   anchor(sum.Kind),
		Kind:     s.say("kind." + string(sum.Kind)),
		Free:     s.number(sum.Free),
		FreeWord: s.say("totals.free"),
		LeftOut:  s.leftOut(sum),
	}
	if sum.UnconfirmedPools == sum.Pools {
		said.Free, said.FreeWord = number{Text: s.say("totals.none"), Class: "word"}, ""
	}
	if whole {
		said.Numbers = s.totalNumbers(sum)
	}
	return said
}

// totalNumbers says the figures of a total besides free: those that are numbers first, then how many pools they leave
// out, and which are not known.
func (s speaker) totalNumbers(sum capacity.Total) []string {
	var numbers, unknown []string
	withheld := false
	for _, figure := range []struct {
		column string
		cell   capacity.Cell
		text   string
	}{
		{"column.open", sum.Staffed, s.number(sum.Staffed).Text},
		{"column.occupied", sum.Occupied, s.number(sum.Occupied).Text},
		{"column.held", sum.Held, s.number(sum.Held).Text},
		{"column.registered", sum.Registered, s.atLeast(sum)},
	} {
		column := s.say(figure.column)
		switch _, known := figure.cell.Value(); {
		case figure.cell.State() == capacity.Withheld:
			withheld = true
		case !known || figure.text == s.say("number.not-known"):
			unknown = append(unknown, strings.ToLower(column))
		default:
			numbers = append(numbers, s.say("totals.number", "column", column, "count", figure.text))
		}
	}
	said := []string{strings.Join(numbers, " · "), s.smallCounts(sum, withheld)}
	if len(unknown) > 0 {
		said = append(said, s.say("totals.not-known", "list", s.list(unknown)))
	}
	return slices.DeleteFunc(said, func(line string) bool { return line == "" })
}

// smallCounts says how many pools are left out of the sums of people because their counts are small, and that those are
// known nevertheless. all is whether nothing else was left to add up.
func (s speaker) smallCounts(sum capacity.Total, all bool) string {
	switch {
	case sum.WithheldPools == 0:
		return ""
	case all:
		return s.count("totals.small-all", sum.WithheldPools)
	default:
		return s.count("totals.small", sum.WithheldPools)
	}
}

// atLeast says the registered places of a kind, which are more than known while a pool's number is not.
func (s speaker) atLeast(sum capacity.Total) string {
	registered := s.number(sum.Registered)
	switch sum.UnregisteredPools {
	case 0:
		return registered.Text
	case sum.Pools:
		return s.say("number.not-known")
	default:
		return s.say("totals.registered.at-least", "count", registered.Text)
	}
}

func (s speaker) leftOut(sum capacity.Total) string {
	if sum.UnconfirmedPools == 0 {
		return s.count("totals.all-in", sum.Pools)
	}
	return s.count("totals.left-out", sum.Pools, "unconfirmed", strconv.Itoa(sum.UnconfirmedPools))
}

func (s speaker) meanings() []meaning {
	pairs := []meaning{
		{"column.registered", "meaning.registered"},
		{"column.open", "meaning.open"},
		{"column.occupied", "meaning.occupied"},
		{"column.held", "meaning.held"},
		{"column.free", "meaning.free"},
		{"meaning.confirmed.word", "meaning.confirmed"},
		{"meaning.ageing.word", "meaning.ageing"},
		{"meaning.unconfirmed.word", "meaning.unconfirmed"},
		{"number.not-known", "meaning.not-known"},
		{"number.not-offered", "meaning.not-offered"},
		{"number.withheld", "meaning.withheld"},
		{"meaning.adp.word", "meaning.adp"},
		{"meaning.mat.word", "meaning.mat"},
	}
	said := make([]meaning, len(pairs))
	for i, p := range pairs {
		said[i] = meaning{s.say(p.Word), s.say(p.Meaning)}
	}
	return said
}
