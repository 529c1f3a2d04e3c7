package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// casework is work with referrals through one API, in all roles.
type casework struct {
	*testing.T
	*marks
	bench *bench
	roles map[string]caller
	// versions of referrals, as far as they are known, and used are the mutations that were carried out with words.
	versions map[string]int
	used     map[string]bool
	// seen is what others than those it was meant for were answered: no mark may be in it. legible is what somebody was shown who may
	// see it.
	seen, legible []evidence
	requests      int
}

// evidence is a text, and where it is from.
type evidence struct {
	from string
	text []byte
}

func newCasework(t *testing.T, b *bench, run string) *casework {
	t.Helper()
	c := &casework{
		T: t, marks: &marks{t: t, run: run}, bench: b, roles: map[string]caller{"": {t: t, url: url(b.api, "/graphql")}},
		versions: map[string]int{}, used: map[string]bool{},
	}
	for _, role := range []string{
		"referrer", "commissioner", "data-lead", "provider", "auditor", "platformadmin", "clinician", "peerworker", "overdoseresponder",
	} {
		c.roles[role] = b.as(t, role)
	}
	return c
}

// answer is what somebody is answered, headers and all. What others than the sender may not see goes to seen.
func (c *casework) answer(role, query string) string {
	c.Helper()
	response := c.roles[role].send(c.Context(), "application/json", query)
	defer response.Body.Close()
	return c.read(response)
}

func (c *casework) read(response *http.Response) string {
	c.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		c.Fatal(err)
	}
	return fmt.Sprint(response.Header) + "\n" + string(body)
}

// overhears keeps an answer to somebody who may see nothing of it.
func (c *casework) overhears(role, query string) {
	c.Helper()
	c.seen = append(c.seen, evidence{"the answer to " + role + " about " + query, []byte(c.answer(role, query))})
}

// shown keeps an answer to somebody who may see it.
func (c *casework) shown(role, query string) string {
	c.Helper()
	answer := c.answer(role, query)
	if strings.Contains(answer, `"errors"`) {
		c.Fatalf("%s: %s: %s", role, query, answer)
	}
	c.legible = append(c.legible, evidence{role + " asks " + query, []byte(answer)})
	return answer
}

func (c *casework) key() string {
	c.requests++
	return fmt.Sprintf("%s-%s-%06d", c.word(), c.run, c.requests) // somebody may put anything into a key
}

// does carries out a mutation that nothing may be wrong with. words says whether it is sent with words.
func (c *casework) does(role, mutation, input string, words string) (id string, version int) {
	c.Helper()
	if words != "" {
		c.used[mutation] = true
		input += fmt.Sprintf(", %s: %s", words, c.sentence())
	}
	body := c.roles[role].ask(fmt.Sprintf(`mutation { did: %s(input: {idempotencyKey: %q, %s}) { id version problems { code message path } } }`,
		mutation, c.key(), input))
	var answer struct {
		Data struct {
			Did *struct {
				ID       string
				Version  int
				Problems []any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.Did == nil || len(answer.Data.Did.Problems) > 0 {
		c.Fatalf("%s as %s: %s", mutation, role, body)
	}
	return answer.Data.Did.ID, answer.Data.Did.Version
}

// submits makes a referral to the provider.
func (c *casework) submits(p somebody, more string) string {
	c.Helper()
	id, version := c.does("referrer", "referralSubmit", `target: "phoenix-futures", told: {`+p.told+`}`+more, "words")
	c.versions[id] = version
	return id
}

// step changes a referral, with words.
func (c *casework) step(role, mutation, id, input string) {
	c.Helper()
	c.reads(role, id)
	_, c.versions[id] = c.does(role, mutation, fmt.Sprintf(`referral: %q, version: %d %s`, id, c.versions[id], input), "words")
}

// reads has the version of a referral be the one that somebody is given, who may not know how often it has changed.
func (c *casework) reads(role, id string) {
	c.Helper()
	var answer struct {
		Data struct{ Referral *struct{ Version int } }
	}
	body := c.roles[role].ask(fmt.Sprintf(`{ referral(id: %q) { version } }`, id))
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		c.Fatalf("%s reads %s: %s", role, id, body)
	}
	if answer.Data.Referral != nil {
		c.versions[id] = answer.Data.Referral.Version
	}
}

// says records what a person said about sharing.
func (c *casework) says(role, mutation, id, input string) {
	c.Helper()
	c.does(role, mutation, fmt.Sprintf(`referral: %q, %s`, id, input), "")
}

const (
	agreedToCare = `purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: ["phoenix-futures"],
		categories: [ADMIN, IDENTITY, CONTACT, DEMOGRAPHIC, NEED, CLINICAL, RISK, SOCIAL]`
	agreedAtOnce = `, consents: [{decision: GRANT, ` + agreedToCare + `}]`
)

// everythingOf asks for all that a referral tells.
func everythingOf(id, purpose string) string {
	return fmt.Sprintf(`{ referral(id: %q, purpose: %s) { id version status { value } sharing { effect ground reasons { code inWords } }
		fullName { state value { chosen recorded used pronouns } } chi { state value } dateOfBirth { value } phone { state value } email { value }
		address { value { lines postcode found } } safeContact { value { when beware } } gender { value { words } } referralReason { state value }
		substances { value { history } } goals { value } medication { value { prescribed allergies history } } mentalHealth { value }
		riskLevel { value { inWords } } housing { value { inWords } } justice { value { prison orders } } bbvStatus { state value { inWords } }
		story(first: 100) { events { kind inWords words { state value } } } consents { decision } } }`, id, purpose)
}

// outsiders ask for everything there is of a referral, and may see nothing.
func (c *casework) outsiders(id string, roles ...string) {
	c.Helper()
	for _, role := range append(roles, "", "auditor", "platformadmin") {
		for _, purpose := range []string{"DIRECT_CARE", "REFERRAL_COORDINATION"} {
			c.overhears(role, everythingOf(id, purpose))
		}
		c.overhears(role, fmt.Sprintf(`{ whoSawWhat(referral: %q, wholePerson: true, first: 100) { entries { sentence worker detail fields } } }`, id))
		c.overhears(role, `{ worklist(first: 100) { nodes { id fullName { state value { used } } } } withheldReferrals { id } openEmergencies { justification } }`)
		c.overhears(role, fmt.Sprintf(`mutation { referralMessage(input: {idempotencyKey: "overheard-%d", referral: %q, version: 99, words: "hello"}) {
			id problems { code message path } referral { fullName { value { used } } } } }`, c.requests, id))
		c.overhears(role, `{ placements(first: 100) { nodes { name referralID state explanation } } placementFunds(partnership: "glasgow-city") { name } }`)
	}
}

// moved goes from a referral to the end of a stay, and on to what follows it.
func (c *casework) moved(p somebody) (id string) {
	c.Helper()
	id = c.submits(p, agreedAtOnce+`, circumstances: {capability: CAPABLE, informed: true}`)
	c.step("provider", "referralAcknowledge", id, "")
	c.shown("provider", everythingOf(id, "DIRECT_CARE"))
	c.shown("referrer", everythingOf(id, "DIRECT_CARE"))
	c.shown("clinician", everythingOf(id, "REFERRAL_COORDINATION"))
	c.step("provider", "referralAsk", id, ", of: ORIGIN")
	c.step("referrer", "referralAnswer", id, fmt.Sprintf(", question: %d", c.versions[id]))
	c.step("referrer", "referralMessage", id, "")
	c.step("referrer", "referralAmend", id, fmt.Sprintf(`, as: PRACTITIONER, told: {%s, goals: %s}, clear: [EMAIL]`, p.toldOtherwise, c.sentence()))
	c.step("commissioner", "referralUrgencySet", id, ", urgency: URGENT")
	c.step("referrer", "referralEscalate", id, ", reason: RISK_HAS_RISEN")
	c.step("commissioner", "referralEscalationSettle", id, "")
	c.step("clinician", "referralTakeUp", id, "")
	c.step("clinician", "referralStepBack", id, "")
	c.step("referrer", "referralCircumstancesSet", id, ", circumstances: {capability: CAPABLE, adultAtRisk: true}")
	c.step("provider", "referralAccept", id, "")
	c.step("provider", "referralStepSettle", id, ", task: NALOXONE, outcome: OFFERED")
	c.isFound(p, id)
	c.outsiders(id)
	c.stays(id)
	_, c.versions[id+" follows"] = c.does("provider", "referralReferOnward", fmt.Sprintf(`target: "glasgow-city-hscp", told: {%s}%s,
		follows: {kind: AFTERCARE, referral: %q, version: %d}`, c.person(7).told,
		strings.ReplaceAll(agreedAtOnce, "phoenix-futures", "glasgow-city-hscp"), id, c.versions[id]), "words")
	c.says("referrer", "consentWithdraw", id, "")
	c.overhears("data-lead", fmt.Sprintf(`{ whoSawWhat(referral: %q, first: 100) { entries { sentence } } }`, id))
	return id
}

// isFound looks for somebody by their CHI number and by their name, which those who may see it find and others do not.
func (c *casework) isFound(p somebody, id string) {
	c.Helper()
	for _, by := range []string{
		fmt.Sprintf(`chi: %q`, p.chi), fmt.Sprintf(`chi: %q`, p.wrongCHI), fmt.Sprintf(`name: %q, dateOfBirth: %q`, p.name+" Moss", p.born),
	} {
		query := fmt.Sprintf(`{ referralSearch(by: {%s}) { id fullName { value { used } } } }`, by)
		if found := strings.Contains(c.answer("referrer", query), id); found != (by != fmt.Sprintf(`chi: %q`, p.wrongCHI)) {
			c.Errorf("found: %v, by %s", found, by)
		}
		for _, role := range []string{"", "auditor", "platformadmin", "commissioner"} {
			if answer := c.answer(role, query); strings.Contains(answer, id) {
				c.Errorf("%s finds somebody by %s", role, by)
			}
		}
	}
}

// stays has a place claimed for a referral, and follows it until the person has left it.
func (c *casework) stays(id string) {
	c.Helper()
	pool, kind := providersPool(c.T, c.roles["provider"])
	c.step("referrer", "referralWaitForPlace", id, fmt.Sprintf(`, kind: %s, fundRoute: SELF_FUNDED, needs: {gender: WOMEN}, pools: [{%s}]`,
		kind, pool))
	claim := fmt.Sprintf(`partnership: "glasgow-city", name: "%s-%d"`, id, c.versions[id])
	c.awaits(id, "PLACEMENT_HELD")
	for _, step := range []struct{ mutation, input, status string }{
		{"placementAccept", ", attempt: 1", ""}, {"placementAdmit", "", "ADMITTED"}, {"placementDischarge", ", reason: COMPLETED", "COMPLETED"},
	} {
		body := c.roles["provider"].ask(fmt.Sprintf(`mutation { did: %s(input: {idempotencyKey: %q, %s%s}) { problems { code message } } }`,
			step.mutation, c.key(), claim, step.input))
		if !strings.Contains(body, `"problems":[]`) {
			c.Fatalf("%s: %s", step.mutation, body)
		}
		if step.status != "" {
			c.awaits(id, step.status)
		}
	}
}

func (c *casework) awaits(id, status string) {
	c.Helper()
	await(c.T, 2*time.Minute, "the referral to be "+status, func() error {
		var answer struct {
			Data struct {
				Referral struct {
					Version int
					Status  struct{ Value string }
				}
			}
		}
		body := c.roles["referrer"].ask(fmt.Sprintf(`{ referral(id: %q) { version status { value } } }`, id))
		if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.Data.Referral.Status.Value != status {
			return errors.Join(errors.New(body), err)
		}
		c.versions[id] = answer.Data.Referral.Version
		return nil
	})
}

// sentOn goes the funded way, with every turn that leads to no stay.
func (c *casework) sentOn(p somebody) (id string) {
	c.Helper()
	id = c.submits(p, `, route: FUNDED`)
	c.outsiders(id, "provider", "clinician", "peerworker")
	c.says("referrer", "consentRecord", id, `decision: GRANT, `+agreedToCare)
	c.says("referrer", "consentNarrow", id, `purposes: [DIRECT_CARE, REFERRAL_COORDINATION], recipients: ["phoenix-futures"],
		categories: [ADMIN, IDENTITY, NEED]`)
	c.step("commissioner", "referralStageSettle", id, `, stage: CONTACT_ADP, outcome: NOT_NEEDED`)
	c.step("commissioner", "referralStageSettle", id, `, stage: SPECIALIST_ASSESSMENT, outcome: NOT_NEEDED`)
	c.step("commissioner", "referralStageSettle", id, `, stage: PLAN_AND_FUNDING, outcome: NOT_NEEDED`)
	c.step("provider", "referralAcknowledge", id, "")
	c.step("provider", "referralCannotOffer", id, `, reason: OTHER, possible: PLACE_LATER`)
	c.step("referrer", "referralReconsider", id, "")
	c.step("provider", "referralAcknowledge", id, "")
	c.step("provider", "referralAccept", id, "")
	c.step("referrer", "referralWaitForPlace", id, `, kind: CRISIS, priority: URGENT, needs: {ageYears: 95}`)
	c.step("referrer", "referralReleasePlace", id, "")
	c.step("referrer", "referralRedirect", id, `, target: "nhs-greater-glasgow-and-clyde"`)
	c.step("referrer", "referralWithdraw", id, `, reason: PERSON_CHOSE_NOT_TO`)
	c.outsiders(id)
	return id
}

// opened is about somebody who cannot say yes, until an emergency opens it.
func (c *casework) opened(p somebody) (id string) {
	c.Helper()
	id = c.submits(p, `, circumstances: {capability: INCAPABLE}`)
	c.outsiders(id, "provider", "clinician", "peerworker")
	c.does("clinician", "emergencyDeclare", fmt.Sprintf(`referral: %q, reason: LIFE_AT_RISK`, id), "justification")
	c.shown("clinician", everythingOf(id, "DIRECT_CARE"))
	c.shown("data-lead", `{ openEmergencies { referral number justification } }`)
	c.does("data-lead", "emergencyReview", fmt.Sprintf(`referral: %q, number: 1, outcome: JUSTIFIED`, id), "words")
	c.step("provider", "referralAcknowledge", id, "")
	c.step("provider", "referralAccept", id, "")
	c.step("provider", "referralStartSupport", id, "")
	c.step("provider", "referralComplete", id, ", outcome: AS_PLANNED")
	c.outsiders(id)
	return id
}
