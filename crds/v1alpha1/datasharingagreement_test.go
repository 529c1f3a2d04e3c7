package v1alpha1_test

import (
	"slices"
	"strings"
	"testing"

	"lifeline.scot/hack/cluster/clustertest"
)

func TestBadDataSharingAgreementsAreRefused(t *testing.T) {
	parties := func(n int) string { return numberedFrom(100, n, "p%") }
	checkRefusals(t, "DataSharingAgreement", []refusal{
		{"one party", `spec: {parties: [harbour]}`, "spec.parties in body should have at least 2 items"},
		{"one party twice", `spec: {parties: [harbour, harbour]}`, `Duplicate value: "harbour"`},
		{"65 parties", `spec: {parties: [` + parties(65) + `]}`, "Too many: 65: must have at most 64 items"},
		{"a party that cannot be one", `spec: {parties: [harbour, "NHS Firth"]}`, "must be the name of an object"},
		{"no purpose", `spec: {purposes: []}`, "spec.purposes"},
		{"a purpose that is prohibited", `spec: {purposes: [Immigration]}`, `supported values: "DirectCare", "ReferralCoordination"`},
		{"a person's own access, which needs no agreement", `spec: {purposes: [SubjectAccess]}`, "supported values"},
		{"a purpose in the rules' own words", `spec: {purposes: [direct_care]}`, "supported values"},
		{"no category", `spec: {categories: []}`, "spec.categories"},
		{"a category there is not", `spec: {categories: [Everything]}`, `supported values: "Admin", "Identity"`},
		{"no lawful basis", `spec: {lawfulBasis: null}`, "spec.lawfulBasis: Required value"},
		{"no condition for data about health", `spec: {lawfulBasis: {article9: null}}`, "spec.lawfulBasis.article9: Required value"},
		{"no word about confidentiality", `spec: {confidentiality: null}`, "spec.confidentiality: Required value"},
		{"no beginning", `spec: {fromTime: null}`, "spec.fromTime: Required value"},
		{"no review", `spec: {reviewByTime: null}`, "spec.reviewByTime: Required value"},
		{"no end", `spec: {untilTime: null}`, "spec.untilTime: Required value"},
		{"it ends before it starts", `spec: {untilTime: "2026-03-31T00:00:00Z"}`, "untilTime must be later than fromTime"},
		{
			"it ends as it starts", `spec: {reviewByTime: "2026-04-01T00:00:00Z", untilTime: "2026-04-01T00:00:00Z"}`,
			"the agreement is in force from fromTime, and no longer at untilTime",
		},
		{"a review before it starts", `spec: {reviewByTime: "2026-03-01T00:00:00Z"}`, "reviewByTime must be later than fromTime"},
		{"a review as it starts", `spec: {reviewByTime: "2026-04-01T00:00:00Z"}`, "reviewByTime must be later than fromTime"},
		{"a review after its end", `spec: {reviewByTime: "2027-04-01T00:00:01Z"}`, "and no later than untilTime"},
		{"a day without a time", `spec: {fromTime: "2026-04-01"}`, "fromTime"},
		{"a part of a second", `spec: {fromTime: "2026-04-01T00:00:00.5Z"}`, "fromTime in body should match"},
		{"a year mistyped", `spec: {untilTime: "2207-04-01T00:00:00Z"}`, "must be a moment from 2000 to 2099"},
		{"onward disclosure as yes or no", `spec: {onwardDisclosure: "true"}`, `supported values: "NotAllowed", "Allowed"`},
		{"a standing there is not", `spec: {standing: Ended}`, `supported values: "Active", "Suspended"`},
		{"further areas", `spec: {areas: [clyde]}`, `unknown field "spec.areas"`},
		{"a name with a dot", `metadata: {name: harbour.referrals}`, "lower-case letters, digits and '-' only"},
	})
}

func TestGoodDataSharingAgreementsAreAccepted(t *testing.T) {
	namespaces(t)
	for name, patch := range map[string]string{
		"64 parties": `spec: {parties: [` + numberedFrom(10, 64, strings.Repeat("a", 61)+"%") + `]}`,
		"every purpose and category": `spec: {
			purposes: [DirectCare, ReferralCoordination, OverdoseResponse, AdultProtection, ChildProtection, ServiceMonitoring, DeathReview],
			categories: [Admin, Identity, Contact, Demographic, Need, Clinical, Risk, Social, Restricted]}`,
		"every basis": `spec: {
			lawfulBasis: {
				article6: [PublicTask, LegalObligation, VitalInterests, LegitimateInterests, RecognisedLegitimateInterests, Consent],
				article9: [HealthOrSocialCare, SubstantialPublicInterest, VitalInterests, PublicHealth, ResearchOrStatistics, ExplicitConsent]},
			confidentiality: [Consented, DidNotObject, SharedWithoutAsking, NotIdentifying]}`,
		"a review as it ends":      `spec: {reviewByTime: "2027-04-01T00:00:00Z"}`,
		"a second long":            `spec: {reviewByTime: "2026-04-01T00:00:01Z", untilTime: "2026-04-01T00:00:01Z"}`,
		"moments in other zones":   `spec: {fromTime: "2026-04-01T00:00:00+01:00", reviewByTime: "2026-03-31T23:00:01Z"}`,
		"nothing that may be left": `spec: {standing: null, crossArea: null, onwardDisclosure: null, document: null, sources: null}`,
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tryCreate(t, changed(t, valid(t, "DataSharingAgreement"), noTabs(patch))); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestWhatAnAgreementDoesNotSayItDoesNotAllow(t *testing.T) {
	namespaces(t)
	created, err := tryCreate(t, changed(t, valid(t, "DataSharingAgreement"),
		`spec: {standing: null, crossArea: null, onwardDisclosure: null}`))
	if err != nil {
		t.Fatal(err)
	}
	sameAfter(t, created, `spec: {standing: Active, crossArea: NotAllowed, onwardDisclosure: NotAllowed}`)
}

func TestPublicBodiesAreStatutory(t *testing.T) {
	checkRefusals(t, "Partner", []refusal{
		{"a charity as a council", `spec: {publicBody: Council}`, "publicBody is for the sector Statutory only"},
		{"a council of no sector", `spec: {sector: null, publicBody: Council}`, "publicBody is for the sector Statutory only"},
		{"a body there is not", `spec: {sector: Statutory, publicBody: Army}`, `supported values: "HealthBoard", "Council"`},
		{"an area twice", `spec: {areas: [clyde, clyde]}`, "Duplicate value"},
		{"an area that cannot be one", `spec: {areas: ["Clyde ADP"]}`, "must be the name of an object"},
	})
	for _, patch := range []string{
		`spec: {sector: Statutory, publicBody: Council}`, `spec: {sector: Statutory, publicBody: null, areas: null}`,
		`spec: {areas: [` + numberedFrom(10, 64, strings.Repeat("a", 61)+"%") + `]}`,
	} {
		if _, err := tryCreate(t, changed(t, valid(t, "Partner"), patch)); err != nil {
			t.Error(err)
		}
	}
}

// Is it in force, between whom, until when?
func TestKubectlShowsAgreements(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "staffa")
	agreement := inNamespace(t, "DataSharingAgreement", namespace)
	k.must(t, asYAML(t, agreement), "apply", "--server-side", "-f", "-")
	setStatus(t, agreement, `status: {observedGeneration: 1, state: DueForReview, conditions: [`+ready+`]}`)
	lines := strings.Split(k.must(t, nil, "get", "dsa", "-A"), "\n")
	if got := strings.Join(strings.Fields(lines[0]), " "); got != "NAMESPACE NAME STATE PARTIES FROM UNTIL READY" {
		t.Errorf("kubectl get dsa -A: columns are %q", got)
	}
	want := strings.Fields(`adp-staffa harbour-referrals DueForReview ["harbour","nhs-firth"] 2026-04-01T00:00:00Z 2027-04-01T00:00:00Z True`)
	if !slices.ContainsFunc(lines, func(line string) bool { return slices.Equal(strings.Fields(line), want) }) {
		t.Errorf("kubectl get dsa -A: no line %v in\n%s", want, strings.Join(lines, "\n"))
	}
}
