package v1alpha1_test

import (
	"strings"
	"testing"
)

// The largest objects that are allowed: if the rules cost too much at run time, the API server refuses them.
func TestTheLargestObjectsAreAccepted(t *testing.T) {
	namespaces(t)
	text := func(n int) string { return strings.Repeat("a", n) }
	address := `"https://example.org/` + text(2028) + `"`
	source := `{title: ` + text(300) + `, uri: ` + address + `, asOf: "2020-05-31", provenance: Published}`
	contact := `{phone: "+44 141 496 0000 000", email: ` + text(240) + `@example.org, website: ` + address + `}`
	week := `[Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, PublicHoliday]`
	for kind, patch := range map[string]string{
		"Partnership": `spec: {displayName: ` + text(120) + `, contact: ` + contact + `,
			councils: [` + numberedFrom(10, 32, `{code: "S120000%", name: `+text(100)+`}`) + `],
			matRatings: [` + numberedFrom(1, 10, `{standard: %, value: Blue, source: `+source+`}`) + `],
			administrators: [` + numbered(32, `{kind: User, name: `+text(250)+`%}`) + `],
			sources: [` + numbered(16, source) + `]}`,
		"Partner": `spec: {displayName: ` + text(160) + `, contact: ` + contact + `,
			clients: [` + numbered(16, `{issuer: `+address+`, clientID: `+text(250)+`%, partnership: `+text(63)+`,
				roles: [Referrer, Commissioner, DataLead, Provider, Auditor, PlatformAdmin],
				careRoles: [Practitioner, Clinician, Clerk, PeerWorker, SafeguardingOfficer, Analyst, OverdoseResponder, DeathReviewer, DataSubject]}`) + `],
			accounts: [` + numbered(32, `{kind: Group, name: `+text(250)+`%}`) + `],
			dataProtection: {contact: ` + contact + `}, sources: [` + numbered(16, source) + `]}`,
		"SupportService": `spec: {displayName: ` + text(160) + `, summary: ` + text(2000) + `, contact: ` + contact + `,
			locations: [` + numbered(16, `{name: l%, address: `+text(300)+`, town: `+text(100)+`, postcode: AB12 3DE,
				councilCode: S12000049, position: {latitudeMicrodegrees: 55634000, longitudeMicrodegrees: -4789000},
				positionSource: `+source+`, openingHours: [`+numbered(16, `{days: `+week+`, opens: "00:00", closes: "24:00"}`)+`]}`) + `],
			sources: [` + numbered(16, source) + `]}`,
		"CapacityPool": `spec: {displayName: ` + text(160) + `, registered: {source: ` + source + `},
			otherFigures: [` + numbered(8, `{places: 128, source: `+source+`}`) + `],
			claimableBy: {partnerships: [` + numberedFrom(10, 64, text(61)+`%`) + `]}}`,
	} {
		t.Run(kind, func(t *testing.T) {
			if _, err := tryCreate(t, changed(t, valid(t, kind), noTabs(patch))); err != nil {
				t.Error(err)
			}
		})
	}
}
