package v1alpha1_test

import (
	"slices"
	"strings"
	"testing"

	"lifeline.scot/hack/cluster/clustertest"
)

const answer = `{task: Answer, title: Answer, responders: [harbour], within: {hours: 4}}`

// prison is the way from prison to rehab, with so long for the assessment.
func prison(within string) string {
	return `spec: {journey: PrisonToRehab, deadline: LiberationDate, steps: [` + answer +
		`, {task: Assessment, title: a, within: {` + within + `}}]}`
}

func TestBadPathwaysAreRefused(t *testing.T) {
	steps := func(list string) string { return `spec: {steps: [` + list + `]}` }
	checkRefusals(t, "Pathway", []refusal{
		{"a journey there is not", `spec: {journey: Anything}`, `supported values: "NearFatalOverdose", "PrisonToRehab"`},
		{"no trigger", `spec: {trigger: null}`, "spec.trigger: Required value"},
		{"no way to tell whose it is", `spec: {routeBy: null}`, "spec.routeBy: Required value"},
		{"no purpose", `spec: {purposes: []}`, "spec.purposes"},
		{"no basis", `spec: {bases: []}`, "spec.bases"},
		{"a basis that passes nobody on", `spec: {bases: [NotIdentifying]}`, `supported values: "Consented", "DidNotObject"`},
		{"no steps", `spec: {steps: null}`, "spec.steps: Required value"},
		{"an empty list of steps", `spec: {steps: []}`, "spec.steps"},
		{"a task twice", steps(answer + `, {task: Contact, title: a}, {task: Contact, title: b}`), "Duplicate value"},
		{"nobody answers", steps(`{task: Contact, title: a}`), "the first step is Answer"},
		{"somebody answers after something else", steps(`{task: Contact, title: a}, ` + answer), "the first step is Answer"},
		{"an answer by nobody", steps(`{task: Answer, title: a, within: {hours: 1}}`), "names who answers (responders)"},
		{"an answer at any time", steps(`{task: Answer, title: a, responders: [harbour]}`), "and how soon (within)"},
		{
			"a responder twice", steps(`{task: Answer, title: a, responders: [harbour, haven, harbour], within: {hours: 1}}`),
			"name each responder once",
		},
		{"nine responders", steps(`{task: Answer, title: a, within: {hours: 1}, responders: [` + numbered(9, "r%") + `]}`), "at most 8 items"},
		{"a responder that cannot be one", steps(`{task: Answer, title: a, within: {hours: 1}, responders: ["NHS Firth"]}`), "must be the name of an object"},
		{"responders of another step", steps(answer + `, {task: Contact, title: a, responders: [haven]}`), "responders are for the step Answer only"},
		{"hours and working days", steps(`{task: Answer, title: a, responders: [harbour], within: {hours: 1, workingDays: 1}}`), "and not both"},
		{"neither hours nor working days", steps(`{task: Answer, title: a, responders: [harbour], within: {}}`), "give either hours or workingDays"},
		{"no time at all", steps(`{task: Answer, title: a, responders: [harbour], within: {hours: 0}}`), "greater than or equal to 1"},
		{"91 working days", steps(answer + `, {task: Contact, title: a, within: {workingDays: 91}}`), "less than or equal to 90"},
		{"2161 hours", steps(answer + `, {task: Contact, title: a, within: {hours: 2161}}`), "less than or equal to 2160"},
		{
			"the step before the first", steps(`{task: Answer, title: a, responders: [harbour], within: {hours: 1}, countedFrom: StepBefore}`),
			"there is no step before the first one",
		},
		{"counted, and no limit", steps(answer + `, {task: Contact, title: a, countedFrom: StepBefore}`), "give within, or leave countedFrom out"},
		{
			"counted from an incident there is not", steps(answer + `, {task: Contact, title: a, within: {hours: 1}, countedFrom: Incident}`),
			"only where trigger is Incident",
		},
		{
			"counted from a notice there is not",
			`spec: {trigger: Referral, steps: [{task: Answer, title: a, responders: [harbour], within: {hours: 1}, countedFrom: Notice}]}`,
			"only where trigger is Incident or Notice",
		},
		{"the place of no incident", `spec: {routeBy: PlaceOfIncident}`, "set trigger to Incident, or choose another routeBy"},
		{
			"an overdose without the police", `spec: {journey: NearFatalOverdose, trigger: Incident, routeBy: PlaceOfIncident, publicBodies: [AmbulanceService, PrisonService]}`,
			"add AmbulanceService, Police and PrisonService",
		},
		{
			"an overdose without anybody", `spec: {journey: NearFatalOverdose, trigger: Incident, routeBy: PlaceOfIncident, publicBodies: null}`,
			"add AmbulanceService, Police and PrisonService",
		},
		{
			"an overdose by home address", `spec: {journey: NearFatalOverdose, trigger: Incident, routeBy: HomeArea, publicBodies: [AmbulanceService, Police, PrisonService]}`,
			"the place of the call counts, not the home address",
		},
		{"prison without a day of liberation", `spec: {journey: PrisonToRehab}`, "set deadline to LiberationDate"},
		{"prison without any deadline", `spec: {journey: PrisonToRehab, deadline: null}`, "set deadline to LiberationDate"},
		{
			"prison without an assessment", `spec: {journey: PrisonToRehab, deadline: LiberationDate}`, "two to four weeks for the assessment",
		},
		{"an assessment in a week", prison(`workingDays: 5`), "10 to 20 workingDays"},
		{"an assessment in two months", prison(`workingDays: 40`), "10 to 20 workingDays"},
		{"an assessment in three days of hours", prison(`hours: 72`), "336 to 672 hours"},
		{
			"an assessment at any time",
			`spec: {journey: PrisonToRehab, deadline: LiberationDate, steps: [` + answer + `, {task: Assessment, title: a}]}`,
			"two to four weeks for the assessment",
		},
		{"aftercare, and why not", steps(answer + `, {task: Aftercare, title: a}`), "remove withoutAftercare, or the step"},
		{"naloxone, and why not", steps(answer + `, {task: Naloxone, title: a}`), "remove withoutNaloxone, or the step"},
		{"a name with a dot", `metadata: {name: into.rehab}`, "lower-case letters, digits and '-' only"},
	})
}

func TestGoodPathwaysAreAccepted(t *testing.T) {
	namespaces(t)
	for name, patch := range map[string]string{
		"after an overdose": `spec: {
			journey: NearFatalOverdose, trigger: Incident, routeBy: PlaceOfIncident, deadline: null,
			publicBodies: [AmbulanceService, Police, PrisonService], bases: [Consented, DidNotObject, SharedWithoutAsking],
			steps: [{task: Answer, title: a, responders: [harbour], within: {hours: 4}, countedFrom: Incident},
				{task: Contact, title: a, within: {workingDays: 1}, countedFrom: Notice}]}`,
		"from prison":              prison(`workingDays: 10`),
		"from prison, four weeks":  prison(`workingDays: 20`),
		"from prison, by the hour": prison(`hours: 672`),
		"nothing but an answer":    `spec: {steps: [` + answer + `], withoutNaloxone: null, withoutAftercare: null}`,
		"nothing that may be left": `spec: {publicBodies: null, partners: null, deadline: null, withoutAftercare: null, withoutNaloxone: null, sources: null}`,
		"as much as can be": `spec: {
			partners: [` + numberedFrom(10, 16, strings.Repeat("p", 61)+"%") + `], withoutAftercare: null, withoutNaloxone: null,
			publicBodies: [HealthBoard, Council, IntegrationAuthority, Police, AmbulanceService, PrisonService, NationalBody],
			steps: [{task: Answer, title: a, within: {hours: 2160}, responders: [` + numberedFrom(10, 8, strings.Repeat("r", 61)+"%") + `]},
				{task: Contact, title: a, within: {hours: 1}}, {task: Assessment, title: a, within: {workingDays: 90}},
				{task: Preparation, title: a}, {task: Naloxone, title: a}, {task: Aftercare, title: a}, {task: PeerSupport, title: a},
				{task: FollowUp, title: a, within: {hours: 1}, countedFrom: StepBefore}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tryCreate(t, changed(t, valid(t, "Pathway"), noTabs(patch))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAStepIsCountedFromTheReferralUnlessItSaysOtherwise(t *testing.T) {
	namespaces(t)
	created, err := tryCreate(t, changed(t, valid(t, "Pathway"), `spec: {steps: [`+answer+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	sameAfter(t, created, `spec: {steps: [{task: Answer, title: Answer, responders: [harbour], within: {hours: 4}, countedFrom: Referral}]}`)
}

// Who answers first, how soon, and may anything be shared along it?
func TestKubectlShowsPathways(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "jura")
	pathway := inNamespace(t, "Pathway", namespace)
	k.must(t, asYAML(t, pathway), "apply", "--server-side", "-f", "-")
	setStatus(t, pathway, `status: {observedGeneration: 1, conditions: [`+ready+`]}`)
	lines := strings.Split(k.must(t, nil, "get", "pw", "-A"), "\n")
	const columns = "NAMESPACE NAME JOURNEY ANSWERS FIRST HOURS WORKING DAYS FROM COVERED READY"
	if got := strings.Join(strings.Fields(lines[0]), " "); got != columns {
		t.Errorf("kubectl get pw -A: columns are %q", got)
	}
	want := strings.Fields(`adp-jura into-the-community HospitalDischarge harbour 1 Notice True`)
	if !slices.ContainsFunc(lines, func(line string) bool { return slices.Equal(strings.Fields(line), want) }) {
		t.Errorf("kubectl get pw -A: no line %v in\n%s", want, strings.Join(lines, "\n"))
	}
}
