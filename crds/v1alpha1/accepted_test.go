package v1alpha1_test

import (
	"strings"
	"testing"
)

func TestValidObjectsAreAccepted(t *testing.T) {
	namespaces(t)
	for kind := range resources {
		t.Run(kind, func(t *testing.T) {
			if _, err := tryCreate(t, valid(t, kind)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Values at the edge of what is allowed. Each case is a merge patch on the valid object of its kind.
func TestEdgesAreAccepted(t *testing.T) {
	namespaces(t)
	for _, c := range []struct{ name, kind, patch string }{
		{"name of 59 characters", "Partnership", `metadata: {name: ` + strings.Repeat("a", 59) + `}`},
		{"only what is required", "Partnership", `spec: {scotPHOCode: null, contact: null, matRatings: null, administrators: null, sources: null}`},
		{"a name of one letter", "Partnership", `spec: {displayName: F}`},
		{"a name with an accent and a bracket", "Partnership", `spec: {displayName: "Àird & Firth (ADP)"}`},
		{"a year alone as date", "Partnership", `spec: {sources: [{title: T, asOf: "2019", provenance: Background}]}`},
		{"a leap day as date", "Partnership", `spec: {sources: [{title: T, asOf: "2024-02-29", provenance: Published}]}`},
		{"the lowest and the highest MAT standard", "Partnership", `spec: {matRatings: [
			{standard: 1, value: Red, source: {title: T, provenance: Published}},
			{standard: 10, value: Blue, source: {title: T, provenance: Published}}]}`},

		{"name of 54 characters", "Partner", `metadata: {name: ` + strings.Repeat("a", 54) + `}`},
		{"only a name", "Partner", `spec: {sector: null, participation: null, identifiers: null, contact: null, clients: null, accounts: null, delivery: null, inbound: null, dataProtection: null, sources: null}`},
		{"an at sign in the path of an address", "Partner", `spec: {contact: {website: "https://social.example.org/@harbour"}}`},
		{"an old registration number", "Partner", `spec: {dataProtection: {registration: Z1234567}}`},
		{"a short telephone number", "Partner", `spec: {contact: {phone: "111"}}`},
		{"an old way to write an e-mail address", "Partner", `spec: {contact: {email: first.last+beds@mail.example.org}}`},
		{"an address with a port", "Partner", `spec: {contact: {website: "https://harbour.example.org:8443?a=b#c"}}`},
		{"an address in another script", "Partner", `spec: {contact: {website: "https://xn--e1afmkfd.xn--p1ai"}}`},
		{"a key with dots in it", "Partner", `spec: {delivery: {signingSecretRef: {key: .signing..key}}}`},
		{"events of its own and none sent to it", "Partner", `spec: {delivery: null}`},
		{"the same key of another Secret", "Partner", `spec: {inbound: {signingSecretRef: {name: theirs, key: signing-key}}}`},
		{"the same Secret of another namespace", "Partner", `spec: {inbound: {signingSecretRef: {namespace: theirs, key: signing-key}}}`},
		{"a name in other scripts", "Partner", `spec: {displayName: "Bràighe Mhàrtainn — Помощь 帮助"}`},
		{"a company number in digits", "Partner", `spec: {identifiers: [{scheme: CompanyNumber, value: "01234567"}]}`},
		{"an NHS location", "Partner", `spec: {identifiers: [{scheme: NHSLocation, value: A217H}]}`},
		{"a client whose people may do what the public may", "Partner", `spec: {clients: [{issuer: "https://a.example.org", clientID: app, roles: []}]}`},
		{"a client for roles that act for no ADP", "Partner", `spec: {clients: [
			{issuer: "https://a.example.org", clientID: app, roles: [Provider, Auditor, PlatformAdmin]}]}`},
		{"a client for every role", "Partner", `spec: {clients: [{issuer: "https://a.example.org", clientID: app, partnership: clyde,
			roles: [Referrer, Commissioner, DataLead, Provider, Auditor, PlatformAdmin]}]}`},
		{"a client for every part in people's care", "Partner", `spec: {clients: [{issuer: "https://a.example.org", clientID: app, careRoles: [
			Practitioner, Clinician, Clerk, PeerWorker, SafeguardingOfficer, Analyst, OverdoseResponder, DeathReviewer, DataSubject]}]}`},
		{"a client for no part in people's care", "Partner", `spec: {clients: [{issuer: "https://a.example.org", clientID: app, careRoles: []}]}`},
		{"one client at two issuers", "Partner", `spec: {clients: [
			{issuer: "https://a.example.org", clientID: app}, {issuer: "https://b.example.org", clientID: app}]}`},

		{"name of 63 characters", "SupportService", `metadata: {name: ` + strings.Repeat("a", 63) + `}`},
		{"closed, with the year it closed", "SupportService", `spec: {operation: Closed, closedOn: "2023", access: {accepting: "No"}}`},
		{"no place of its own", "SupportService", `spec: {locations: []}`},
		{"open round the clock", "SupportService", `spec: {locations: [{name: main, openingHours: [
			{days: [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, PublicHoliday], opens: "00:00", closes: "24:00"}]}]}`},
		{"a short postcode", "SupportService", `spec: {locations: [{name: main, postcode: G4 0UP}]}`},
		{"as far north and east as Scotland goes", "SupportService", `spec: {locations: [{name: main,
			position: {latitudeMicrodegrees: 61000000, longitudeMicrodegrees: -500000}, positionSource: {title: T, provenance: Derived}}]}`},
		{"as far south and west as Scotland goes", "SupportService", `spec: {locations: [{name: main,
			position: {latitudeMicrodegrees: 54500000, longitudeMicrodegrees: -9000000}, positionSource: {title: T, provenance: Derived}}]}`},
		{"paused, nobody has said whether it takes people on", "SupportService", `spec: {operation: Paused, access: {accepting: Unknown}}`},
		{"a summary of three lines, with a dash and an accent", "SupportService", `spec: {summary: "Call in.\n\nWe’re here — café too."}`},
		{"checked on the first moment that is taken", "SupportService", `spec: {verification: {verifiedTime: "2000-01-01T00:00:00Z"}}`},
		{"no wait", "SupportService", `spec: {access: {typicalWaitDays: 0}}`},
		{"one age only", "SupportService", `spec: {audience: {minimumAgeYears: 16, maximumAgeYears: 16}}`},
		{"a language of three letters", "SupportService", `spec: {languages: [sco]}`},

		{"no registered places known", "CapacityPool", `spec: {registered: null}`},
		{"no places registered", "CapacityPool", `spec: {registered: {places: 0}}`},
		{"as many places as a pool may hold", "CapacityPool", `spec: {registered: {places: 128}}`},
		{"the shortest periods", "CapacityPool", `spec: {holdPeriodSeconds: 900, confirmEverySeconds: 60}`},
		{"the longest periods", "CapacityPool", `spec: {holdPeriodSeconds: 2419200, confirmEverySeconds: 2678400}`},
		{"for women and men", "CapacityPool", `spec: {features: {genders: [Women, Men]}}`},
		{"for families, where nobody has said about children", "CapacityPool", `spec: {kind: FamilyResidential, features: {children: Unknown, maximumChildren: null}}`},
		{"for families, with no features known", "CapacityPool", `spec: {kind: FamilyResidential, features: null}`},
		{"claimed from anywhere", "CapacityPool", `spec: {claimableBy: {scope: Scotland, partnerships: null}}`},

		{"an empty house", "CapacityReport", `spec: {occupied: 0, held: 0}`},
		{"nobody on the staff", "CapacityReport", `spec: {staffed: 0, occupied: 0}`},
		{"more people than places happens", "CapacityReport", `spec: {staffed: 10, occupied: 12}`},
		{"as many as can be counted", "CapacityReport", `spec: {staffed: 128, occupied: 256, held: 128}`},
		{"counted by the Partnership", "CapacityReport", `spec: {reportedBy: null}`},
		{"a moment in another time zone", "CapacityReport", `spec: {observedTime: "2026-06-22T21:00:00+01:00"}`},
		{"a moment to the nanosecond", "CapacityReport", `spec: {observedTime: "2026-11-22T21:00:00.123456789Z"}`},
		{"the last moment that is taken", "CapacityReport", `spec: {observedTime: "2099-12-31T23:59:59Z"}`},
	} {
		t.Run(c.kind+"/"+c.name, func(t *testing.T) {
			if _, err := tryCreate(t, changed(t, valid(t, c.kind), noTabs(c.patch))); err != nil {
				t.Error(err)
			}
		})
	}
}

// noTabs lets the YAML in a table be indented like the Go around it.
func noTabs(text string) string { return strings.ReplaceAll(text, "\t", " ") }
