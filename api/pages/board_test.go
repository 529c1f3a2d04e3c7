package pages

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"lifeline.scot/api/directory"
	"lifeline.scot/crds/v1alpha1"
)

func TestEachRowSaysWhoForHowManyAndHowSure(t *testing.T) {
	lines := get(t, sample().live(), "/").lines()
	for name, want := range map[string]line{
		"king-house-rehab": {
			"King House North Star Recovery · Residential rehab beds Glasgow City ADP · Glasgow " +
				"Phone King House: 0141 496 0000 People usually wait 21 days.",
			"Any gender 18 and over No room for children Step-free Detox on site Not known: staying on MAT.",
			"30 published September 2025 Source of the registered places at King House 30: A register (as of September 2025)", "26", "18", "5", "3",
			"Confirmed today 18:04 (3 hours ago) by North Star Recovery Example",
		},
		"quay-house-rehab": {
			"Quay House North Star Recovery · Beds for men Glasgow City ADP · Glasgow",
			"Men No room for children Not step-free No detox on site Can stay on MAT",
			"14 published 31 May 2020 Source of the registered places at Quay House 14: A register (as of 31 May 2020)", "14", "14", "0", "0",
			"Getting old 15:04 on 21 November 2026 (30 hours ago) by North Star Recovery",
		},
		"glen-lodge-rehab": {
			"Glen Lodge North Star Recovery · Residential rehab beds Highland ADP · Inverness",
			"Any gender Can stay on MAT Not known: children, step-free access and detox on site.",
			"Not known", "12 last known", "7 last known", "0 last known", "Not confirmed last known: 5",
			"Not confirmed Last count 21:04 on 13 November 2026 (9 days ago) by Highland ADP",
		},
		"clyde-house-rehab": {
			"Clyde House North Star Recovery · Beds for women Planned, not open yet Glasgow City ADP · Glasgow",
			"Not known", "Not known", "Not offered", "Not offered", "Not offered", "Not offered", "No places to count",
		},
		"tay-house-family": {
			"Tay House NHS Tayside · Family homes Dundee City ADP · Dundee",
			"Women Up to 2 children can come too Step-free Not known: detox on site and staying on MAT.",
			"5 published 2024 Source of the registered places at Tay House 5: A register (as of 2024)", "Withheld", "Withheld", "Withheld", "2",
			"Confirmed today 01:04 (20 hours ago) by NHS Tayside Example",
		},
		"quay-house-detox": {
			"Quay House North Star Recovery · Detox beds Glasgow City ADP · Glasgow",
			"Not known", "Not known", "Not known", "Not known", "Not known", "Not known",
			"Not confirmed No count yet.",
		},
		"glen-lodge-crisis": {
			"Glen Lodge North Star Recovery · Crisis beds Not known if it is running Highland ADP · Inverness",
			"Not known", "Not known", "Not known", "Not known", "Not known", "Not known", "Not confirmed No count yet.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, lines[name]); diff != "" {
				t.Errorf("the row reads otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoneUnknownNotOfferedAndWithheldLookDifferent(t *testing.T) {
	page := get(t, sample().live(), "/")
	looks := map[string][]string{}
	for _, cell := range page.all(class("numeric")) {
		for _, n := range elements(cell, element("span")) {
			if c := attribute(n, "class"); c != "number-note" && !slices.Contains(looks[text(n)], c) {
				looks[text(n)] = append(looks[text(n)], c)
			}
		}
	}
	for said, want := range map[string][]string{
		"0":             {"zero", "last-known"},
		"14":            {"number"},
		"Not known":     {"word"},
		"Not offered":   {"word"},
		"Not confirmed": {"word"},
		"Withheld":      {"withheld"},
		"12":            {"last-known"},
	} {
		got := looks[said]
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q looks like (-want +got):\n%s", said, diff)
		}
	}
}

func TestTotalsKeepKindsApartAndSayWhatIsLeftOut(t *testing.T) {
	page := get(t, sample().live(), "/")
	want := map[string]string{
		"Residential rehab": "3 free Open: 40 · Occupied: 32 · Held: 5 · Registered: at least 44 1 of 3 entries left out: not confirmed.",
		"Detox":             "2 free Open: 10 · Occupied: 8 · Held: 0 Not known: registered. 1 of 2 entries left out: not confirmed.",
		"Family residential": "2 free Registered: 5 Open, occupied and held are known, and not shown here: " +
			"the one entry counted has too few people. Its row is below. The one entry is counted.",
	}
	if diff := cmp.Diff(want, page.totals()); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
	if formulas := strings.Count(page.body, "Free = open − occupied − held"); formulas != 1 {
		t.Errorf("the formula is shown %d times, not once", formulas)
	}
}

func TestTotalsOfAnArea(t *testing.T) {
	page := get(t, sample().live(), "/?area=glasgow-city")
	want := map[string]string{
		"Residential rehab": "3 free Open: 40 · Occupied: 32 · Held: 5 · Registered: 44 All 2 entries are counted.",
		"Detox":             "Not confirmed Not known: open, occupied, held and registered. The one entry is left out: not confirmed.",
	}
	if diff := cmp.Diff(want, page.totals()); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

// A sum of people over a choice within an area could give away a small count that is withheld.
func TestTotalsOfAChoiceAreOfFreePlacesOnly(t *testing.T) {
	page := get(t, sample().live(), "/?for=Women&needs=step-free")
	want := map[string]string{
		"Residential rehab":  "3 free The one entry is counted.",
		"Family residential": "2 free The one entry is counted.",
	}
	if diff := cmp.Diff(want, page.totals()); diff != "" {
		t.Errorf("totals (-want +got):\n%s", diff)
	}
}

func TestPlacesNobodyHasConfirmedAreNeverFree(t *testing.T) {
	o := sample()
	for _, ago := range []time.Duration{49 * time.Hour, 1000 * time.Hour} {
		source := func() directory.View {
			return o.view(now.Add(ago), directory.Freshness{State: directory.Live, AsOf: now.Add(ago)})
		}
		page := get(t, source, "/")
		for name, l := range page.lines() {
			if strings.ContainsAny(l.free()[:1], "0123456789") {
				t.Errorf("after %s, %s is said to have %q free", ago, name, l.free())
			}
		}
		for kind, total := range page.totals() {
			if !strings.HasPrefix(total, "Not confirmed") {
				t.Errorf("after %s, %s: %q", ago, kind, total)
			}
		}
		if found := get(t, source, "/?free=now").names(); len(found) > 0 {
			t.Errorf("after %s, these are found as free: %v", ago, found)
		}
	}
}

func TestTrustChangesAsTimePasses(t *testing.T) {
	o := sample()
	for after, want := range map[time.Duration]string{
		0:              "Confirmed today 18:04 (3 hours ago)",
		4 * time.Hour:  "Confirmed 18:04 on 22 November 2026 (7 hours ago)",
		22 * time.Hour: "Getting old 18:04 on 22 November 2026 (25 hours ago)",
		46 * time.Hour: "Not confirmed Last count 18:04 on 22 November 2026 (2 days ago)",
	} {
		source := func() directory.View {
			return o.view(now.Add(after), directory.Freshness{State: directory.Live, AsOf: now.Add(after)})
		}
		sure := get(t, source, "/").lines()["king-house-rehab"][7]
		if !strings.HasPrefix(sure, want) {
			t.Errorf("after %s: %q, want %q", after, sure, want)
		}
	}
}

func TestFilters(t *testing.T) {
	all := []string{
		"king-house-rehab", "quay-house-rehab", "glen-lodge-rehab", "clyde-house-rehab",
		"tay-house-detox", "quay-house-detox", "glen-lodge-crisis", "tay-house-family",
	}
	for query, want := range map[string][]string{
		"":                              all,
		"utm_source=x&area=&kind=&for=": all,
		"area=dundee-city":              {"tay-house-detox", "tay-house-family"},
		"kind=Detox":                    {"tay-house-detox", "quay-house-detox"},
		"for=Women":                     {"king-house-rehab", "glen-lodge-rehab", "tay-house-family"},
		"for=Men":                       {"king-house-rehab", "quay-house-rehab", "glen-lodge-rehab"},
		"for=Women&age=17":              {"glen-lodge-rehab", "tay-house-family"},
		"for=Women&age=18":              {"king-house-rehab", "glen-lodge-rehab", "tay-house-family"},
		"substance=Opioids":             {"king-house-rehab"},
		"substance=Cannabis":            nil,
		"needs=children":                {"tay-house-family"},
		"needs=step-free":               {"king-house-rehab", "tay-house-family"},
		"needs=detox-on-site":           {"king-house-rehab"},
		"needs=staying-on-mat":          {"quay-house-rehab", "glen-lodge-rehab"},
		"free=now":                      {"king-house-rehab", "tay-house-detox", "tay-house-family"},
		"trust=Confirmed":               {"king-house-rehab", "tay-house-family"},
		"trust=Ageing":                  {"quay-house-rehab", "tay-house-detox"},
		"free=now&area=dundee-city&needs=children&needs=step-free": {"tay-house-family"},
		"sort=area&kind=ResidentialRehab":                          {"clyde-house-rehab", "king-house-rehab", "quay-house-rehab", "glen-lodge-rehab"},
	} {
		t.Run(query, func(t *testing.T) {
			page := get(t, sample().live(), "/?"+query)
			if page.status != 200 {
				t.Errorf("status %d", page.status)
			}
			if diff := cmp.Diff(want, page.names()); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChoicesAreShownInTheFormAndCanBeTakenAway(t *testing.T) {
	const query = "area=glasgow-city&for=Men&age=30&substance=Alcohol&needs=step-free&needs=staying-on-mat&free=now&trust=Confirmed&sort=area"
	page := get(t, sample().live(), "/?"+query)

	chips := map[string]string{}
	for _, nav := range page.all(class("chips")) {
		for _, a := range elements(nav, element("a")) {
			chips[text(a)] = attribute(a, "href")
		}
	}
	without := func(field, value string) string {
		rest, _ := url.ParseQuery(query)
		rest[field] = slices.DeleteFunc(rest[field], func(v string) bool { return v == value })
		return "/?" + rest.Encode()
	}
	want := map[string]string{
		"Remove Glasgow City ADP ×":          without("area", "glasgow-city"),
		"Remove A man ×":                     without("for", "Men"),
		"Remove For a person aged 30 ×":      without("age", "30"),
		"Remove Alcohol ×":                   without("substance", "Alcohol"),
		"Remove Step-free access ×":          without("needs", "step-free"),
		"Remove The choice to stay on MAT ×": without("needs", "staying-on-mat"),
		"Remove A free place now ×":          without("free", "now"),
		"Remove Confirmed ×":                 without("trust", "Confirmed"),
	}
	if diff := cmp.Diff(want, chips); diff != "" {
		t.Errorf("chips (-want +got):\n%s", diff)
	}

	chosen := url.Values{}
	for _, o := range page.all(element("option")) {
		if slices.ContainsFunc(o.Attr, isAttribute("selected")) {
			chosen.Add(attribute(o.Parent, "name"), attribute(o, "value"))
		}
	}
	for _, i := range page.all(element("input")) {
		if slices.ContainsFunc(i.Attr, isAttribute("checked")) {
			chosen.Add(attribute(i, "name"), attribute(i, "value"))
		}
		if attribute(i, "type") == "number" {
			chosen.Add(attribute(i, "name"), attribute(i, "value"))
		}
	}
	asked, _ := url.ParseQuery(query + "&kind=")
	if diff := cmp.Diff(asked, chosen); diff != "" {
		t.Errorf("the form holds (-want +got):\n%s", diff)
	}
}

func isAttribute(name string) func(html.Attribute) bool {
	return func(a html.Attribute) bool { return a.Key == name }
}

func TestMistypedFiltersAreSaidAndLeftOut(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for query, want := range map[string]string{
		"area=atlantis":             "We know no area called “atlantis”. Choose one from the list.",
		"kind=Hotel":                "We know no kind of place called “Hotel”. Choose one from the list.",
		"kind=Detox&kind=Crisis":    "We know no kind of place called “Crisis”. Choose one from the list.",
		"for=everybody":             "“everybody” is not one of the answers to “Who it is for”. Choose one from the list.",
		"age=121":                   "“121” is not an age in whole years from 0 to 120.",
		"age=-1":                    "“-1” is not an age in whole years from 0 to 120.",
		"age=forty":                 "“forty” is not an age in whole years from 0 to 120.",
		"substance=Tea":             "“Tea” is not one of the answers to “Help with”. Choose one from the list.",
		"needs=swimming-pool":       "“swimming-pool” is not one of the things we can look for. Tick one of the boxes.",
		"free=soon":                 "“soon” is not an answer to “A free place now”. Tick the box or leave it.",
		"trust=fully":               "“fully” is not one of the answers to “How sure”. Choose one from the list.",
		"sort=price":                "“price” is not an order we know. Choose one from the list.",
		"page=-1":                   "There is no page “-1”. We show the first page.",
		"page=99999999999999999999": "There is no page “99999999999999999999”. We show the first page.",
		"area=" + long:              "We know no area called “" + long[:40] + "…”. Choose one from the list.",
		"area=%ff%fe":               "We know no area called “\ufffd”. Choose one from the list.",
		"area=%3Cscript%3Ex":        "We know no area called “<script>x”. Choose one from the list.",
	} {
		t.Run(query[:min(len(query), 30)], func(t *testing.T) {
			page := get(t, sample().live(), "/?"+query)
			if page.status != 400 {
				t.Errorf("status %d, want 400", page.status)
			}
			if len(page.names()) == 0 {
				t.Error("the rest of the board is not shown")
			}
			summary := page.all(class("ds_error-summary"))
			if len(summary) != 1 {
				t.Fatalf("%d summaries of what was left out", len(summary))
			}
			items := elements(summary[0], element("a"))
			if diff := cmp.Diff([]string{want}, texts(items)); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			field := strings.TrimPrefix(attribute(items[0], "href"), "#")
			if len(page.all(func(n *html.Node) bool { return attribute(n, "id") == field })) != 1 && field != fieldPage {
				t.Errorf("the message leads to #%s, which is not there", field)
			}
		})
	}
}

func TestNothingFoundIsNotADeadEnd(t *testing.T) {
	page := get(t, sample().live(), "/?area=highland&for=Women&free=now")
	if len(page.names()) > 0 {
		t.Fatalf("found %v", page.names())
	}
	var suggestions []string
	for _, a := range page.all(element("a")) {
		if strings.HasPrefix(text(a), "Without") {
			suggestions = append(suggestions, text(a.Parent)+" "+attribute(a, "href"))
		}
	}
	want := []string{
		"Without “Highland ADP”: 2 entries. /?for=Women&free=now",
		"Without “A free place now”: 1 entry. /?area=highland&for=Women",
	}
	if diff := cmp.Diff(want, suggestions); diff != "" {
		t.Errorf("suggestions (-want +got):\n%s", diff)
	}
	for _, line := range []string{"tel:999", "tel:111", "tel:116123"} {
		if !strings.Contains(page.body, `href="`+line+`"`) {
			t.Errorf("no link to %s", line)
		}
	}
}

func TestAnEmptyDirectorySaysSo(t *testing.T) {
	page := get(t, objects{}.live(), "/")
	if page.status != 200 || !strings.Contains(page.body, "We found no places") {
		t.Errorf("status %d: %s", page.status, text(page.root))
	}
}

func TestInventedCountsAreMarkedInEachRowAndExplainedOnce(t *testing.T) {
	const explained = "Counts marked Example are made up"
	page := get(t, sample().live(), "/")
	marked := map[string]bool{}
	for name, l := range page.lines() {
		marked[name] = strings.Contains(l[7], "Example")
	}
	for name, marked := range marked {
		if want := name == "king-house-rehab" || name == "tay-house-family"; marked != want {
			t.Errorf("%s is marked: %v, want %v", name, marked, want)
		}
	}
	if n := strings.Count(page.body, explained); n != 1 {
		t.Errorf("explained %d times", n)
	}
	if counted := get(t, sample().live(), "/?kind=Detox"); strings.Contains(counted.body, explained) {
		t.Error("a page without invented counts speaks of them")
	}
}

func TestThePageSaysWhenItsFiguresAreFrom(t *testing.T) {
	summer := time.Date(2026, time.July, 1, 20, 30, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		fresh directory.Freshness
		at    time.Time
		want  string
		stale string
	}{
		"following": {
			fresh: directory.Freshness{State: directory.Live, AsOf: now}, at: now,
			want: "Figures as of 21:04 on 22 November 2026.",
		},
		"in summer time": {
			fresh: directory.Freshness{State: directory.Live, AsOf: summer}, at: summer,
			want: "Figures as of 21:30 on 1 July 2026.",
		},
		"out of touch": {
			fresh: directory.Freshness{State: directory.LastKnown, AsOf: now.Add(-90 * time.Minute)}, at: now,
			want: "Figures as of 19:34 on 22 November 2026.",
			stale: "These are the last figures we have. We have had no news since 19:34 on 22 November 2026 (1 hour ago). " +
				"Phone the service before you rely on a place.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			page := get(t, func() directory.View { return sample().view(test.at, test.fresh) }, "/")
			if got := texts(page.all(class("as-of"))); !slices.Equal(got, []string{test.want}) {
				t.Errorf("as of %q, want %q", got, test.want)
			}
			var said string
			for _, n := range page.all(class("notice-stale")) {
				said += text(n)
			}
			if said != test.stale {
				t.Errorf("says %q, want %q", said, test.stale)
			}
		})
	}
}

func TestADirectoryThatIsNotReadyShowsNoFigures(t *testing.T) {
	page := get(t, func() directory.View {
		return objects{}.view(now, directory.Freshness{State: directory.Starting})
	}, "/")
	if page.status != 503 || page.header.Get("Retry-After") == "" {
		t.Errorf("status %d, Retry-After %q", page.status, page.header.Get("Retry-After"))
	}
	for _, want := range []string{"The directory is starting", "call NHS 24 on 111", "call Samaritans on 116 123"} {
		if !strings.Contains(text(page.root), want) {
			t.Errorf("does not say %q", want)
		}
	}
	if len(page.all(element("table"))) > 0 {
		t.Error("shows a table")
	}
}

func TestManyPoolsAreShownAPageAtATime(t *testing.T) {
	o := objects{partnerships: []*v1alpha1.Partnership{partnership("moray", "Moray ADP")}}
	o.services = append(o.services, service("moray", "many", "Many", "x", "Elgin"))
	for i := range 250 {
		o.pools = append(o.pools, pool("moray", "many", "pool-"+string(rune('a'+i/26))+string(rune('a'+i%26)), v1alpha1.PoolDetox, "Beds"))
	}
	seen := map[string]bool{}
	target, pages := "/?kind=Detox", 0
	for target != "" {
		page := get(t, o.live(), target)
		if len(page.names()) > rowsOnPage {
			t.Fatalf("%d rows on one page", len(page.names()))
		}
		for _, name := range page.names() {
			seen[name] = true
		}
		target, pages = "", pages+1
		for _, a := range page.all(func(n *html.Node) bool { return attribute(n, "rel") == "next" }) {
			target = attribute(a, "href")
		}
	}
	if len(seen) != 250 || pages != 3 {
		t.Errorf("%d pools on %d pages, want 250 on 3; %v", len(seen), pages, len(slices.Collect(maps.Keys(seen))))
	}
	if beyond := get(t, o.live(), "/?page=77"); !strings.Contains(beyond.body, "Page 3 of 3") {
		t.Error("a page beyond the last is not the last")
	}
}
