package main

import (
	"fmt"
	"strings"
	"testing"

	"lifeline.scot/api/person"
)

// somebody is an invented person of whom every word is a mark.
type somebody struct {
	// told is all that a referral can tell, as GraphQL, and toldOtherwise the other half of what excludes itself.
	told, toldOtherwise string
	chi, wrongCHI       string
	label, name, email  string
	// born is the date of birth.
	born string
}

// marks makes words that are nowhere else.
type marks struct {
	t *testing.T
	// run is in each mark, so that a finding says where it came from.
	run string
	all []string
}

// word is a new mark: one word of letters, some beyond ASCII, and digits.
func (m *marks) word() string {
	word := fmt.Sprintf("Ceòlmhor%s%02dë", m.run, len(m.all))
	m.all = append(m.all, word)
	return word
}

// sentence has a mark in it, as GraphQL.
func (m *marks) sentence() string { return fmt.Sprintf("%q", "They said "+m.word()+`, "softly".`) }

// text notes a mark that has to have a shape.
func (m *marks) text(of string) string {
	m.all = append(m.all, of)
	return of
}

// digits are a number with a prefix that nothing else has, such as a telephone number.
func (m *marks) digits(format string) string { return m.text(fmt.Sprintf(format, len(m.all))) }

// chiNumbers makes the n-th CHI number of people born on the last day of 1931, and one that is wrong in its last digit.
func (m *marks) chiNumbers(n int) (right, wrong string) {
	m.t.Helper()
	for middle := n * 40; middle < 1000; middle++ {
		for last := range 10 {
			number := fmt.Sprintf("311231%03d%d", middle, last)
			if _, err := person.ParseCHI(number); err == nil {
				return m.text(number), m.text(fmt.Sprintf("311231%03d%d", middle, (last+1)%10))
			}
		}
	}
	m.t.Fatal("there are no more CHI numbers")
	return "", ""
}

// person makes the n-th person of a run.
func (m *marks) person(n int) somebody {
	m.t.Helper()
	p := somebody{name: m.word(), label: m.digits("ceolmhor-" + m.run + "-%d")}
	p.chi, p.wrongCHI = m.chiNumbers(n)
	p.email = m.digits("moss.walker." + m.run + "%02d@example.org")
	phone := m.digits("7700900%03d")
	born := m.text(fmt.Sprintf("1931-%02d-31", 1+2*(n%4)))
	s := m.sentence
	identity := fmt.Sprintf(`fullName: {chosen: "%s Moss", recorded: %s, pronouns: %s}, chi: %q, dateOfBirth: %q, phone: "0%s %s", email: %q,
		safeContact: {may: [TEXT], saying: NOTHING, when: %s, beware: %s}, gender: {is: IN_OWN_WORDS, words: %s},
		locality: {area: "S12000049", returnArea: "S12000049"}`,
		p.name, s(), s(), p.chi, born, phone[:4], phone[4:], p.email, s(), s(), s())
	p.born = born
	needs := fmt.Sprintf(`referralReason: %s, substances: {kinds: [ALCOHOL], history: %s}, goals: %s,
		medication: {prescribed: %s, allergies: %s, history: %s}, ostStatus: {kind: METHADONE, dailyMicrograms: 40000, wishes: %s},
		naloxone: HAS_KIT, mentalHealth: %s, overdoseTime: "2026-01-02T03:04:05Z", overdoseContext: {naloxoneGiven: YES, place: %s, inWords: %s},
		riskLevel: {grade: HIGH, inWords: %s}, housing: {kind: TEMPORARY, inWords: %s}, dependants: {children: 2, coming: 1, inWords: %s},
		bbvStatus: {tested: YES, inWords: %s}, justice: {prison: %s, orders: %s}`,
		s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s(), s())
	home := fmt.Sprintf(`address: {abode: FIXED, lines: [%s, %s], postcode: "ZE2 9XQ"}`, s(), s())
	p.told = identity + ", " + home + ", " + needs
	p.toldOtherwise = fmt.Sprintf(`address: {abode: NO_FIXED_ABODE, found: %s}`, s())
	return p
}

// everyText are the names of the texts that are told of a person, by the inputs of the schema that are reached from one.
func everyText(sdl, input string) (names []string) {
	_, body, _ := strings.Cut(sdl, "\ninput "+input+" {\n")
	body, _, _ = strings.Cut(body, "\n}")
	for line := range strings.Lines(body) {
		name, kind, found := strings.Cut(strings.TrimSpace(line), ": ")
		if kind, _, _ = strings.Cut(kind, " "); !found || strings.Contains(name, `"`) {
			continue
		}
		switch kind = strings.Trim(kind, "[]!"); {
		case kind == "String":
			names = append(names, name)
		case strings.HasSuffix(kind, "Input"):
			names = append(names, everyText(sdl, kind)...)
		}
	}
	return names
}
