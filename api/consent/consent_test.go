package consent_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/record"
	"lifeline.scot/policies"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func grant(change ...func(*consent.Event)) consent.Event {
	e := consent.Event{
		Decision: consent.Grant, By: consent.Self, At: noon.Add(-time.Hour), ExpiresAt: noon.AddDate(0, 6, 0),
		Purposes: []string{"direct_care"}, Recipients: []string{"harbour"},
		Categories: []record.Category{record.Admin, record.Identity, record.Need},
	}
	for _, c := range change {
		c(&e)
	}
	return e
}

func withdraw(change ...func(*consent.Event)) consent.Event {
	e := consent.Event{
		Decision: consent.Withdraw, By: consent.Self, At: noon, Purposes: []string{consent.All}, Recipients: []string{consent.All},
	}
	for _, c := range change {
		c(&e)
	}
	return e
}

func TestDecisions(t *testing.T) {
	for name, tc := range map[string]struct {
		e    consent.Event
		says string
	}{
		"given":                       {grant(), ""},
		"given without an end":        {grant(func(e *consent.Event) { e.ExpiresAt = time.Time{} }), ""},
		"given by a parent":           {grant(func(e *consent.Event) { e.By = consent.Parent }), ""},
		"given by a proxy who may":    {grant(func(e *consent.Event) { e.By, e.ProxyAuthority = consent.Proxy, true }), ""},
		"given by a proxy, not shown": {grant(func(e *consent.Event) { e.By = consent.Proxy }), "authority"},
		"authority over oneself":      {grant(func(e *consent.Event) { e.ProxyAuthority = true }), "Only a proxy"},
		"given while not capable":     {grant(func(e *consent.Event) { no := false; e.CapableWhenGiven = &no }), ""},
		"given to everybody":          {grant(func(e *consent.Event) { e.Recipients = []string{consent.All} }), "names its recipients"},
		"given for everything":        {grant(func(e *consent.Event) { e.Purposes = []string{consent.All} }), "names its purposes"},
		"given for nothing":           {grant(func(e *consent.Event) { e.Purposes = nil }), "1 to 64 purposes"},
		"given for very many": {grant(func(e *consent.Event) {
			e.Purposes = strings.Split("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-_", "")
		}), "1 to 64 purposes"},
		"given to an empty name":        {grant(func(e *consent.Event) { e.Recipients = []string{""} }), "1 to 63 characters"},
		"given to a very long name":     {grant(func(e *consent.Event) { e.Recipients = []string{strings.Repeat("h", 64)} }), "1 to 63 characters"},
		"given of no data":              {grant(func(e *consent.Event) { e.Categories = nil }), "categories"},
		"given of unknown data":         {grant(func(e *consent.Event) { e.Categories[0] = "gossip" }), "no such category"},
		"given tomorrow":                {grant(func(e *consent.Event) { e.At = noon.Add(24 * time.Hour) }), "has been"},
		"given by a clock ahead":        {grant(func(e *consent.Event) { e.At = noon.Add(time.Minute) }), ""},
		"given in another century":      {grant(func(e *consent.Event) { e.At = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC) }), "from 2000"},
		"ended before it was given":     {grant(func(e *consent.Event) { e.ExpiresAt = e.At }), "ends after"},
		"said by nobody":                {grant(func(e *consent.Event) { e.By = "" }), "who said it"},
		"nothing said":                  {grant(func(e *consent.Event) { e.Decision = "" }), "grant, refuse or withdraw"},
		"withdrawn altogether":          {withdraw(), ""},
		"withdrawn from one":            {withdraw(func(e *consent.Event) { e.Recipients = []string{"harbour"} }), ""},
		"withdrawn in part":             {withdraw(func(e *consent.Event) { e.Categories = []record.Category{record.Need} }), "grant fewer"},
		"withdrawn until":               {withdraw(func(e *consent.Event) { e.ExpiresAt = noon.AddDate(1, 0, 0) }), "no end"},
		"withdrawn by a proxy":          {withdraw(func(e *consent.Event) { e.By = consent.Proxy }), ""},
		"refused":                       {withdraw(func(e *consent.Event) { e.Decision = consent.Refuse }), ""},
		"a withdrawal that narrows":     {withdraw(func(e *consent.Event) { e.Narrows = true }), "Only a grant"},
		"narrowed where nothing is":     {grant(func(e *consent.Event) { e.Narrows = true }), "wider"},
		"a name that is no name at all": {grant(func(e *consent.Event) { e.Purposes = []string{""} }), "1 to 63 characters"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.e.Normal().Check(nil, noon)
			var refused *consent.Refused
			if (err == nil) != (tc.says == "") || (err != nil && (!errors.As(err, &refused) || !strings.Contains(refused.Message, tc.says))) {
				t.Errorf("%v, want %q", err, tc.says)
			}
		})
	}
}

func TestNarrowing(t *testing.T) {
	wide := grant()
	narrow := func(change func(*consent.Event)) consent.Event {
		e := grant(change)
		e.Narrows, e.At = true, noon
		return e
	}
	for name, tc := range map[string]struct {
		before []consent.Event
		e      consent.Event
		ok     bool
	}{
		"fewer categories":       {[]consent.Event{wide}, narrow(func(e *consent.Event) { e.Categories = e.Categories[:1] }), true},
		"an earlier end":         {[]consent.Event{wide}, narrow(func(e *consent.Event) { e.ExpiresAt = noon.AddDate(0, 1, 0) }), true},
		"one more category":      {[]consent.Event{wide}, narrow(func(e *consent.Event) { e.Categories = append(e.Categories, record.Risk) }), false},
		"a later end":            {[]consent.Event{wide}, narrow(func(e *consent.Event) { e.ExpiresAt = noon.AddDate(1, 0, 0) }), false},
		"no end any more":        {[]consent.Event{wide}, narrow(func(e *consent.Event) { e.ExpiresAt = time.Time{} }), false},
		"another recipient":      {[]consent.Event{wide}, narrow(func(e *consent.Event) { e.Recipients = []string{"beacon"} }), false},
		"after a withdrawal":     {[]consent.Event{wide, withdraw(func(e *consent.Event) { e.At = noon.Add(-time.Minute) })}, narrow(func(*consent.Event) {}), false},
		"said before the grant":  {[]consent.Event{wide}, func() consent.Event { e := narrow(func(*consent.Event) {}); e.At = wide.At; return e }(), false},
		"of one without an end":  {[]consent.Event{grant(func(e *consent.Event) { e.ExpiresAt = time.Time{} })}, narrow(func(*consent.Event) {}), true},
		"of a narrower one, too": {[]consent.Event{wide, grant(func(e *consent.Event) { e.At = noon.Add(-time.Minute); e.Categories = e.Categories[:1] })}, narrow(func(*consent.Event) {}), false},
	} {
		if err := tc.e.Check(tc.before, noon); (err == nil) != tc.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// However many decisions there are, people can always refuse and withdraw.
func TestWithdrawingIsNeverTooMuch(t *testing.T) {
	many := slices.Repeat([]consent.Event{grant()}, consent.MostEvents)
	if err := grant().Check(many, noon); err == nil {
		t.Error("one more grant")
	}
	all := withdraw()
	all.Purposes, all.Recipients = []string{consent.All}, []string{consent.All}
	if err := all.Check(many, noon); err != nil {
		t.Error(err)
	}
	part := withdraw()
	part.Purposes, part.Recipients = []string{"direct_care"}, []string{"harbour"}
	if err := part.Check(many, noon); err == nil {
		t.Error("a part of it, again and again")
	}
	if err := all.Check(append(many, all), noon); err == nil {
		t.Error("all of it twice")
	}
	all.By = consent.Parent
	if err := all.Check(append(many, withdraw()), noon); err != nil {
		t.Errorf("all of it by somebody else: %v", err)
	}
}

// The rules read no more than so many events, and deny everybody everything beyond.
func TestNoEventsAreSoManyThatNobodySeesAnything(t *testing.T) {
	var said []consent.Event
	for range 2 * policies.MaxConsents {
		for _, decision := range []consent.Decision{consent.Grant, consent.Refuse, consent.Withdraw} {
			for _, by := range []consent.Speaker{consent.Self, consent.Parent, consent.Proxy} {
				for _, authority := range []bool{false, true} {
					e := consent.Event{
						Decision: decision, By: by, ProxyAuthority: authority, At: noon, Purposes: []string{consent.All}, Recipients: []string{consent.All},
					}
					if e.Check(said, noon) == nil {
						said = append(said, e)
					}
				}
			}
		}
	}
	if len(said) < consent.MostEvents || len(said) > policies.MaxConsents {
		t.Errorf("%d events are kept", len(said))
	}
}

func TestWhenSomethingIsWrittenDown(t *testing.T) {
	before := []consent.Event{{At: noon.Add(20 * time.Second)}, {At: noon.Add(-time.Hour)}}
	for name, tc := range map[string]struct {
		decision consent.Decision
		said     time.Time
		want     time.Duration
	}{
		"nobody says when":            {consent.Grant, time.Time{}, 0},
		"a clock that is ahead":       {consent.Grant, noon.Add(time.Minute), 0},
		"a clock that is wrong":       {consent.Grant, noon.Add(time.Hour), time.Hour},
		"yesterday":                   {consent.Grant, noon.AddDate(0, 0, -1), -24 * time.Hour},
		"a withdrawal now":            {consent.Withdraw, time.Time{}, 20 * time.Second},
		"a refusal a moment ago":      {consent.Refuse, noon.Add(-time.Minute), 20 * time.Second},
		"a withdrawal of a clock":     {consent.Withdraw, noon.Add(time.Minute), 20 * time.Second},
		"a withdrawal some hours ago": {consent.Withdraw, noon.Add(-3 * time.Hour), -3 * time.Hour},
	} {
		got := consent.Event{Decision: tc.decision, At: tc.said}.Written(before, noon)
		if !got.At.Equal(noon.Add(tc.want)) {
			t.Errorf("%s: %v", name, got.At.Sub(noon))
		}
	}
}

func TestWhatWasSaidLast(t *testing.T) {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	said := func(d consent.Decision, minutes int, recipient string) consent.Event {
		return consent.Event{Decision: d, At: at(minutes), Purposes: []string{"direct_care"}, Recipients: []string{recipient}}
	}
	for name, tc := range map[string]struct {
		events []consent.Event
		want   consent.Decision
	}{
		"nothing":              {nil, ""},
		"of another":           {[]consent.Event{said("grant", 1, "beacon")}, ""},
		"the later one":        {[]consent.Event{said("withdraw", 1, "harbour"), said("grant", 2, "harbour")}, "grant"},
		"written down late":    {[]consent.Event{said("grant", 2, "harbour"), said("refuse", 1, "harbour")}, "grant"},
		"about everybody":      {[]consent.Event{said("grant", 1, "harbour"), said("withdraw", 2, "*")}, "withdraw"},
		"at once, either way":  {[]consent.Event{said("withdraw", 1, "harbour"), said("grant", 1, "harbour")}, "withdraw"},
		"at once, and refused": {[]consent.Event{said("refuse", 1, "harbour"), said("grant", 1, "harbour")}, "refuse"},
	} {
		last := consent.Latest(tc.events, "direct_care", "harbour")
		if (last == nil) != (tc.want == "") || (last != nil && last.Decision != tc.want) {
			t.Errorf("%s: %+v", name, last)
		}
	}
}

// The worked decisions of the policy hold consents in this very form.
func TestConsentsOfTheWorkedDecisionsAreReadAsTheyAre(t *testing.T) {
	text, err := os.ReadFile("../../policies/testdata/scenarios.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Scenarios []struct {
			ID      string
			Request struct{ Consents []json.RawMessage }
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	seen, refused := 0, []string{}
	for _, s := range file.Scenarios {
		for _, raw := range s.Request.Consents {
			seen++
			var e consent.Event
			var want, got map[string]any
			if err := errors.Join(json.Unmarshal(raw, &e), json.Unmarshal(raw, &want)); err != nil {
				t.Fatalf("%s: %v", s.ID, err)
			}
			again, err := json.Marshal(e.ForPolicy())
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(again, &got); err != nil {
				t.Fatal(err)
			}
			if want["proxy_authority"] == false {
				delete(want, "proxy_authority") // not shown, either way
			}
			if len(e.Categories) == 0 {
				delete(want, "categories")
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s: %s", s.ID, d)
			}
			if e.Normal().Check(nil, noon) != nil {
				refused = append(refused, s.ID)
			}
		}
	}
	// Some scenarios are about consents that do not count; here they are turned down when they are given.
	if seen < 40 || len(refused) > 8 {
		t.Errorf("%d consents, of which these would be turned down: %v", seen, refused)
	}
}

// Whole seconds for the policy never make a decision wider: what is withdrawn by then is withdrawn, what has ended has ended.
func TestWholeSecondsAreNeverWider(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		moment := func(what string) time.Time {
			return noon.Add(time.Duration(rapid.IntRange(0, 4_000_000).Draw(t, what)) * time.Microsecond)
		}
		g, w, now := grant(), withdraw(), moment("now")
		g.At, w.At, g.ExpiresAt = moment("given"), moment("withdrawn"), moment("ends")
		open := func(events []consent.Event, now time.Time) bool {
			said := slices.DeleteFunc(slices.Clone(events), func(e consent.Event) bool { return e.At.After(now) })
			last := consent.Latest(said, "direct_care", "harbour")
			return last != nil && last.Decision == consent.Grant && now.Before(last.ExpiresAt)
		}
		exact := open([]consent.Event{g, w}, now)
		seconds := open([]consent.Event{g.ForPolicy(), w.ForPolicy()}, now.Truncate(time.Second))
		if seconds && !exact && !g.At.After(now) {
			t.Fatalf("given %v, withdrawn %v, ends %v: open at %v in whole seconds only", g.At, w.At, g.ExpiresAt, now)
		}
	})
}
