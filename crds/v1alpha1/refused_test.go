package v1alpha1_test

import (
	"strconv"
	"strings"
	"testing"
)

// What the rules that many fields share say.
const (
	oneLine = "must be one line with a letter or digit in it, that does not start or end with a space"
	prose   = "must be text with a letter or digit in it, and no control or hidden characters"
	host    = "must be a full https:// address whose host is a name with a dot"
)

// refusal is a bad manifest: a merge patch on the valid object of a kind, and what the API server must say about it.
type refusal struct{ name, patch, says string }

func checkRefusals(t *testing.T, kind string, cases []refusal) {
	t.Helper()
	namespaces(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := tryCreate(t, changed(t, valid(t, kind), noTabs(c.patch)))
			refused(t, err, c.says)
		})
	}
}

func TestBadPartnershipsAreRefused(t *testing.T) {
	checkRefusals(t, "Partnership", []refusal{
		{"name with a dot", `metadata: {name: glasgow.city}`, "the name must be lower-case letters, digits and '-' only"},
		{"name of 60 characters", `metadata: {name: ` + strings.Repeat("a", 60) + `}`, "at most 59 characters, so that its namespace"},
		{"in capitals", `metadata: {name: Firth}`, "lowercase"},
		{"no spec", `spec: null`, "spec: Required value"},
		{"no name to show", `spec: {displayName: null}`, "spec.displayName: Required value"},
		{"empty name to show", `spec: {displayName: ""}`, "spec.displayName"},
		{"name to show with a space at its end", `spec: {displayName: "Firth "}`, oneLine},
		{"name to show of two lines", `spec: {displayName: "Firth\nADP"}`, oneLine},
		{"name to show of spaces that cannot be seen", `spec: {displayName: "\u200B\u00A0"}`, oneLine},
		{"name to show of a letter drawn as nothing", `spec: {displayName: "Firth\u3164"}`, oneLine},
		{"name to show with a next-line character", `spec: {displayName: "Firth\u0085ADP"}`, oneLine},
		{"name to show with a line separator", `spec: {displayName: "Firth\u2028ADP"}`, oneLine},
		{"name to show that turns its reading order", `spec: {displayName: "Firth \u202EPDA"}`, oneLine},
		{"name to show of dashes", `spec: {displayName: "---"}`, oneLine},
		{"council with a blank name", `spec: {councils: [{code: S12000049, name: " "}]}`, oneLine},
		{"council with a name of two lines", `spec: {councils: [{code: S12000049, name: "Glasgow\nCity"}]}`, oneLine},
		{"health board with a blank name", `spec: {healthBoards: [{code: S08000031, name: "\u00A0"}]}`, oneLine},
		{"health board with a name of two lines", `spec: {healthBoards: [{code: S08000031, name: "A\nB"}]}`, oneLine},
		{"source with a blank title", `spec: {sources: [{title: " ", provenance: Published}]}`, oneLine},
		{"source with a title of two lines", `spec: {sources: [{title: "A\nB", provenance: Published}]}`, oneLine},
		{"administrators with a space before their name", `spec: {administrators: [{kind: Group, name: " system:masters"}]}`, oneLine},
		{"administrator with a blank name", `spec: {administrators: [{kind: User, name: " "}]}`, oneLine},
		{"name to show too long", `spec: {displayName: ` + strings.Repeat("a", 121) + `}`, "may not be more than 120"},
		{"no councils", `spec: {councils: []}`, "spec.councils"},
		{"council code of a health board", `spec: {councils: [{code: S08000031, name: X}]}`, "S12 and six digits, such as S12000049"},
		{"council twice", `spec: {councils: [{code: S12000049, name: A}, {code: S12000049, name: B}]}`, "Duplicate value"},
		{"health board code of a council", `spec: {healthBoards: [{code: S12000049, name: X}]}`, "S08 and six digits, such as S08000031"},
		{"area code of another kind", `spec: {scotPHOCode: S12000049}`, "S11 and six digits, such as S11000015"},
		{"MAT standard 0", `spec: {matRatings: [{standard: 0, value: Red, source: {title: T, provenance: Published}}]}`, "greater than or equal to 1"},
		{"MAT standard 11", `spec: {matRatings: [{standard: 11, value: Red, source: {title: T, provenance: Published}}]}`, "less than or equal to 10"},
		{"MAT standard rated twice", `spec: {matRatings: [
			{standard: 1, value: Red, source: {title: T, provenance: Published}},
			{standard: 1, value: Green, source: {title: T, provenance: Published}}]}`, "Duplicate value"},
		{"rating off the scale", `spec: {matRatings: [{standard: 1, value: Purple, source: {title: T, provenance: Published}}]}`, `supported values: "Red"`},
		{"rating without a source", `spec: {matRatings: [{standard: 1, value: Red}]}`, "source: Required value"},
		{"source without a title", `spec: {sources: [{provenance: Published}]}`, "title: Required value"},
		{"source of unknown standing", `spec: {sources: [{title: T, provenance: Hearsay}]}`, `supported values: "Published"`},
		{"source dated in words", `spec: {sources: [{title: T, asOf: "May 2020", provenance: Published}]}`, "YYYY, YYYY-MM or YYYY-MM-DD"},
		{"source dated in a month 13", `spec: {sources: [{title: T, asOf: "2020-13", provenance: Published}]}`, "YYYY, YYYY-MM or YYYY-MM-DD"},
		{"source dated on 30 February", `spec: {sources: [{title: T, asOf: "2020-02-30", provenance: Published}]}`, "must be a day that is in the calendar"},
		{"everybody signed in as administrator", `spec: {administrators: [{kind: Group, name: "system:authenticated"}]}`, "name a user or group of your own identity provider"},
		{"service account as kind of administrator", `spec: {administrators: [{kind: ServiceAccount, name: x}]}`, `supported values: "User", "Group"`},
		{"contact with nothing in it", `spec: {contact: {phone: null, email: null, website: null}}`, "give at least one of phone, email and website"},
		{"a field nobody knows", `spec: {colour: teal}`, `unknown field "spec.colour"`},
	})
}

func TestBadPartnersAreRefused(t *testing.T) {
	checkRefusals(t, "Partner", []refusal{
		{"name with a dot", `metadata: {name: harbour.recovery}`, "because Roles are named after it"},
		{"name of 55 characters", `metadata: {name: ` + strings.Repeat("a", 55) + `}`, "at most 54 characters"},
		{"sector that does not exist", `spec: {sector: Private}`, `supported values: "Statutory", "ThirdSector", "RecoveryCommunity", "Independent"`},
		{"participation as yes or no", `spec: {participation: "true"}`, `supported values: "Active", "Suspended"`},
		{"charity number of another country", `spec: {identifiers: [{scheme: CharityNumber, value: "1234567"}]}`, "SC and six digits, such as SC003558"},
		{"regulator's number of a service", `spec: {identifiers: [{scheme: CareInspectorateProvider, value: CS2016348196}]}`, "SP and ten digits, such as SP2014012363"},
		{"company number too short", `spec: {identifiers: [{scheme: CompanyNumber, value: SC123}]}`, "eight characters, such as SC123456"},
		{"NHS location too short", `spec: {identifiers: [{scheme: NHSLocation, value: A21}]}`, "such as A217H"},
		{"two charity numbers", `spec: {identifiers: [{scheme: CharityNumber, value: SC003558}, {scheme: CharityNumber, value: SC003559}]}`, "Duplicate value"},
		{"telephone number in words", `spec: {contact: {phone: call us}}`, "at least three digits, not all zeros, with single spaces between them"},
		{"telephone number with two spaces", `spec: {contact: {phone: "0141  496 0000"}}`, "at least three digits, not all zeros, with single spaces between them"},
		{"e-mail address without a domain", `spec: {contact: {email: referrals@localhost}}`, "must be an e-mail address such as referrals@example.org"},
		{"address that is not encrypted", `spec: {contact: {website: "http://harbour.example.org"}}`, "must be a full https:// address"},
		{"address with a password", `spec: {contact: {website: "https://me:secret@harbour.example.org"}}`, "must not hold a user name or password"},
		{"address of no host", `spec: {contact: {website: "https:///events"}}`, "must be a full https:// address"},
		{"telephone number of two digits", `spec: {contact: {phone: "1 2"}}`, "at least three digits"},
		{"telephone number of zeros", `spec: {contact: {phone: "000 000"}}`, "not all zeros"},
		{"telephone number of a plus", `spec: {contact: {phone: "+  "}}`, "at least three digits"},
		{"e-mail address with two dots", `spec: {contact: {email: a..b@example.org}}`, "must be an e-mail address"},
		{"e-mail address that starts with a dot", `spec: {contact: {email: .a@example.org}}`, "must be an e-mail address"},
		{"e-mail address with two dots in its domain", `spec: {contact: {email: a@example..org}}`, "must be an e-mail address"},
		{"address of this machine", `spec: {contact: {website: "https://localhost/help"}}`, host},
		{"address in numbers", `spec: {contact: {website: "https://10.0.0.1/help"}}`, host},
		{"address in numbers, version 6", `spec: {contact: {website: "https://[fd00::1]/help"}}`, host},
		{"address in numbers after a user name", `spec: {contact: {website: "https://a.example.org@10.0.0.1/"}}`, host},
		{"events to an address in numbers", `spec: {delivery: {url: "https://169.254.169.254/"}}`, host},
		{"client with a blank name", `spec: {clients: [{issuer: "https://a.example.org", clientID: " "}]}`, oneLine},
		{"account with a space before its name", `spec: {accounts: [{kind: Group, name: " system:masters"}]}`, oneLine},
		{"account with a line break in its name", `spec: {accounts: [{kind: User, name: "jo\nbloggs"}]}`, oneLine},
		{"key that names a folder", `spec: {delivery: {signingSecretRef: {key: "."}}}`, "must be a key of a Secret"},
		{"key that names the folder above", `spec: {delivery: {signingSecretRef: {key: ".."}}}`, "must be a key of a Secret"},
		{"name to show of nothing that can be seen", `spec: {displayName: "\u200B"}`, oneLine},
		{"client with a role that there is not", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, roles: [Administrator]}]}`, `Unsupported value: "Administrator"`},
		{"client with a role twice", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, roles: [Provider, Provider]}]}`, "Duplicate value"},
		{"client with a care role that there is not", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, careRoles: [clinician]}]}`, `Unsupported value: "clinician"`},
		{"client with a care role twice", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, careRoles: [Clerk, Clerk]}]}`, "Duplicate value"},
		{"client whose referrers act for nobody", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, roles: [Provider, Referrer]}]}`, "name the partnership"},
		{"client whose commissioners act for nobody", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, roles: [Commissioner]}]}`, "name the partnership"},
		{"client whose data leads act for nobody", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, roles: [DataLead]}]}`, "name the partnership"},
		{"client of an ADP that cannot be", `spec: {clients: [{issuer: "https://a.example.org", clientID: a, partnership: "Clyde ADP"}]}`, "partnership"},
		{"client on this machine", `spec: {clients: [{issuer: "http://127.0.0.1:8084", clientID: a}]}`, host},
		{"client without an issuer", `spec: {clients: [{clientID: app}]}`, "issuer: Required value"},
		{"one client twice", `spec: {clients: [{issuer: "https://a.example.org", clientID: a}, {issuer: "https://a.example.org", clientID: a}]}`, "Duplicate value"},
		{"delivery without a secret", `spec: {delivery: {signingSecretRef: null}}`, "signingSecretRef: Required value"},
		{"secret by value", `spec: {delivery: {signingSecretRef: whsec_123}}`, "signingSecretRef: Invalid value"},
		{"key that no Secret can have", `spec: {delivery: {signingSecretRef: {key: signing key}}}`, "must be a key of a Secret"},
		{"inbound without a secret", `spec: {inbound: {signingSecretRef: null}}`, "signingSecretRef: Required value"},
		{"one secret for both ways", `spec: {inbound: {signingSecretRef: {key: signing-key}}}`, "inbound needs a secret of its own"},
		{"registration of another shape", `spec: {dataProtection: {registration: "12345678"}}`, "such as Z1234567 or ZA123456"},
		{"data protection without a contact", `spec: {dataProtection: {contact: null}}`, "contact: Required value"},
		{"too many accounts", `spec: {accounts: [` + numbered(33, `{kind: User, name: u%}`) + `]}`, "must have at most 32 items"},
	})
}

func TestBadSupportServicesAreRefused(t *testing.T) {
	checkRefusals(t, "SupportService", []refusal{
		{"name with a dot", `metadata: {name: harbour.house}`, "so that pools can refer to it"},
		{"name of 64 characters", `metadata: {name: ` + strings.Repeat("a", 64) + `}`, "at most 63 characters"},
		{"no types", `spec: {types: null}`, "spec.types: Required value"},
		{"empty types", `spec: {types: []}`, "spec.types"},
		{"type that nobody offers", `spec: {types: [Rehab]}`, `Unsupported value: "Rehab"`},
		{"type twice", `spec: {types: [Detox, Detox]}`, "Duplicate value"},
		{"provider by name alone", `spec: {providerRef: harbour}`, "spec.providerRef: Invalid value"},
		{"provider without a name", `spec: {providerRef: {name: null}}`, "spec.providerRef.name: Required value"},
		{"provider by its name to show", `spec: {providerRef: {name: Harbour Recovery}}`, "must be the name of an object"},
		{"provider with a namespace", `spec: {providerRef: {namespace: adp-firth}}`, `unknown field "spec.providerRef.namespace"`},
		{"closed without a date", `spec: {operation: Closed, access: null}`, "a closed service needs closedOn"},
		{"open with a date of closing", `spec: {closedOn: "2023"}`, "set operation to Closed or remove closedOn"},
		{"closed and taking people on", `spec: {operation: Closed, closedOn: "2023"}`, "set access.accepting to No or remove it"},
		{"planned and taking people on", `spec: {operation: Planned}`, "a service that is planned, paused or closed takes nobody on"},
		{"paused and taking people on", `spec: {operation: Paused}`, "a service that is planned, paused or closed takes nobody on"},
		{"name to show with a tab", `spec: {displayName: "Harbour\tHouse"}`, oneLine},
		{"blank summary", `spec: {summary: " \n "}`, prose},
		{"summary with a bell", `spec: {summary: "Call in\a"}`, prose},
		{"blank words on whom it is for", `spec: {audience: {summary: " "}}`, prose},
		{"words on how to get in that turn their reading order", `spec: {access: {summary: "Call \u202E in"}}`, prose},
		{"blank address", `spec: {locations: [{name: main, address: " "}]}`, oneLine},
		{"address of two lines", `spec: {locations: [{name: main, address: "1 Quay Street\nSaltcoats"}]}`, oneLine},
		{"blank town", `spec: {locations: [{name: main, town: " "}]}`, oneLine},
		{"position in London", `spec: {locations: [{name: main, position: {latitudeMicrodegrees: 51500000, longitudeMicrodegrees: -128000}, positionSource: {title: T, provenance: Derived}}]}`, "greater than or equal to 54500000"},
		{"position east of Scotland", `spec: {locations: [{name: main, position: {latitudeMicrodegrees: 55634000, longitudeMicrodegrees: 4789000}, positionSource: {title: T, provenance: Derived}}]}`, "less than or equal to 0"},
		{"position in the North Sea", `spec: {locations: [{name: main, position: {latitudeMicrodegrees: 55634000, longitudeMicrodegrees: -499999}, positionSource: {title: T, provenance: Derived}}]}`, "must be west of Greenwich by at least half a degree"},
		{"checked before there were such services", `spec: {verification: {verifiedTime: "0001-01-01T00:00:00Z"}}`, "must be a moment from 2000 to 2099"},
		{"checked at a moment in small letters", `spec: {verification: {verifiedTime: "2026-11-22t21:00:00z"}}`, "verifiedTime"},
		{"ages the wrong way round", `spec: {audience: {minimumAgeYears: 66}}`, "minimumAgeYears must not be more than maximumAgeYears"},
		{"age below zero", `spec: {audience: {minimumAgeYears: -1}}`, "greater than or equal to 0"},
		{"age as text", `spec: {audience: {minimumAgeYears: adult}}`, "minimumAgeYears: Invalid value"},
		{"any gender and women", `spec: {audience: {genders: [AnyGender, Women]}}`, "AnyGender stands alone; leave out the others"},
		{"MAT standard 11", `spec: {matStandards: [11]}`, "less than or equal to 10"},
		{"postcode without its space", `spec: {locations: [{name: main, postcode: KA215AA}]}`, "in capitals with one space before the last three characters"},
		{"postcode in small letters", `spec: {locations: [{name: main, postcode: ka21 5aa}]}`, "in capitals"},
		{"half a postcode", `spec: {locations: [{name: main, postcode: KA21}]}`, "postcode"},
		{"two locations of one name", `spec: {locations: [{name: main}, {name: main}]}`, "Duplicate value"},
		{"position without its source", `spec: {locations: [{name: main, position: {latitudeMicrodegrees: 55634000, longitudeMicrodegrees: -4789000}}]}`, "give position and positionSource together"},
		{"position in whole degrees", `spec: {locations: [{name: main, position: {latitudeMicrodegrees: 55, longitudeMicrodegrees: -4}, positionSource: {title: T, provenance: Derived}}]}`, "latitudeMicrodegrees"},
		{"position with a fraction", `spec: {locations: [{name: main, position: {latitudeMicrodegrees: 55.6, longitudeMicrodegrees: -4}, positionSource: {title: T, provenance: Derived}}]}`, "latitudeMicrodegrees"},
		{"hours past midnight", `spec: {locations: [{name: main, openingHours: [{days: [Friday], opens: "22:00", closes: "02:00"}]}]}`, "split hours that run past midnight"},
		{"hours that do not exist", `spec: {locations: [{name: main, openingHours: [{days: [Friday], opens: "25:00", closes: "26:00"}]}]}`, "must be a time of day as HH:MM"},
		{"hours in twelves", `spec: {locations: [{name: main, openingHours: [{days: [Friday], opens: "9am", closes: "5pm"}]}]}`, "opens"},
		{"hours on no day", `spec: {locations: [{name: main, openingHours: [{days: [], opens: "09:00", closes: "17:00"}]}]}`, "days"},
		{"language in words", `spec: {languages: [Gaelic]}`, "languages"},
		{"language in capitals", `spec: {languages: [EN]}`, "in lower case, such as en, gd or pl"},
		{"regulator's number of a provider", `spec: {careInspectorateNumber: SP2014012363}`, "CS and ten digits, such as CS2016348196"},
		{"checked by nobody", `spec: {verification: {verifiedBy: null}}`, "verifiedBy: Required value"},
		{"checked on no clock", `spec: {verification: {verifiedTime: yesterday}}`, "verifiedTime"},
		{"checked never again", `spec: {verifyEveryDays: 0}`, "greater than or equal to 1"},
		{"wait of four years", `spec: {access: {typicalWaitDays: 1461}}`, "less than or equal to 1095"},
		{"summary too long", `spec: {summary: ` + strings.Repeat("a", 2001) + `}`, "may not be more than 2000"},
		{"too many locations", `spec: {locations: [` + numbered(17, `{name: l%}`) + `]}`, "must have at most 16 items"},
		{"too many sources", `spec: {sources: [` + numbered(17, `{title: T%, provenance: Published}`) + `]}`, "must have at most 16 items"},
	})
}

func TestBadCapacityPoolsAreRefused(t *testing.T) {
	checkRefusals(t, "CapacityPool", []refusal{
		{"name with a dot", `metadata: {name: harbour.beds}`, "so that reports can refer to it"},
		{"no service", `spec: {serviceRef: null}`, "spec.serviceRef: Required value"},
		{"service in another namespace", `spec: {serviceRef: {namespace: adp-tay, name: x}}`, `unknown field "spec.serviceRef.namespace"`},
		{"service by a path", `spec: {serviceRef: {name: adp-tay/x}}`, "must be the name of an object"},
		{"kind that nobody has", `spec: {kind: Bed}`, `supported values: "ResidentialRehab"`},
		{"places below zero", `spec: {registered: {places: -1}}`, "greater than or equal to 0"},
		{"more places than a pool may hold", `spec: {registered: {places: 129}}`, "less than or equal to 128"},
		{"places without a source", `spec: {registered: {source: null}}`, "source: Required value"},
		{"half a place", `spec: {registered: {places: 1.5}}`, "places"},
		{"too many figures", `spec: {otherFigures: [` + numbered(9, `{places: 1%, source: {title: T, provenance: Published}}`) + `]}`, "must have at most 8 items"},
		{"ages the wrong way round", `spec: {features: {minimumAgeYears: 50, maximumAgeYears: 40}}`, "minimumAgeYears must not be more than maximumAgeYears"},
		{"room for children where none can come", `spec: {features: {children: "No"}}`, "set children to Yes or remove maximumChildren"},
		{"room for children where nobody has said", `spec: {features: {children: null}}`, "set children to Yes or remove maximumChildren"},
		{"for families, without children", `spec: {kind: FamilyResidential, features: {children: "No", maximumChildren: null}}`, "a FamilyResidential place is for a parent with their children"},
		{"name to show of two lines", `spec: {displayName: "Beds\nand more"}`, oneLine},
		{"children as true", `spec: {features: {children: true}}`, "children"},
		{"any gender and men", `spec: {features: {genders: [Men, AnyGender]}}`, "AnyGender stands alone"},
		{"claimed by selected, none listed", `spec: {claimableBy: {partnerships: null}}`, "list partnerships when scope is Selected, and only then"},
		{"claimed by all, some listed", `spec: {claimableBy: {scope: Scotland}}`, "list partnerships when scope is Selected, and only then"},
		{"held for a minute", `spec: {holdPeriodSeconds: 60}`, "greater than or equal to 900"},
		{"held for 29 days", `spec: {holdPeriodSeconds: 2505600}`, "less than or equal to 2419200"},
		{"held for a time in words", `spec: {holdPeriodSeconds: 2 days}`, "holdPeriodSeconds"},
		{"confirmed every second", `spec: {confirmEverySeconds: 1}`, "greater than or equal to 60"},
		{"confirmed every quarter", `spec: {confirmEverySeconds: 7776000}`, "less than or equal to 2678400"},
	})
}

func TestBadCapacityReportsAreRefused(t *testing.T) {
	checkRefusals(t, "CapacityReport", []refusal{
		{"no pool", `spec: {poolRef: null}`, "spec.poolRef: Required value"},
		{"pool in another namespace", `spec: {poolRef: {namespace: adp-tay}}`, `unknown field "spec.poolRef.namespace"`},
		{"no moment", `spec: {observedTime: null}`, "spec.observedTime: Required value"},
		{"a day, not a moment", `spec: {observedTime: "2026-11-22"}`, "observedTime"},
		{"a moment in small letters", `spec: {observedTime: "2026-11-22t21:00:00z"}`, "observedTime in body should match"},
		{"a moment with a letter in its seconds", `spec: {observedTime: "2026-11-22T21:00:00x5Z"}`, "observedTime in body should match"},
		{"a moment in a zone that is nowhere", `spec: {observedTime: "2026-11-22T21:00:00+99:99"}`, "observedTime in body should match"},
		{"a moment in a leap second", `spec: {observedTime: "2016-12-31T23:59:60Z"}`, "observedTime in body should match"},
		{"a moment at 24 hours", `spec: {observedTime: "2026-11-22T24:00:00Z"}`, "observedTime in body should match"},
		{"a moment without a zone", `spec: {observedTime: "2026-11-22T21:00:00"}`, "observedTime"},
		{"a moment on 30 February", `spec: {observedTime: "2026-02-30T21:00:00Z"}`, "observedTime"},
		{"a moment in the last century", `spec: {observedTime: "1999-12-31T23:59:59Z"}`, "must be a moment from 2000 to 2099"},
		{"a moment in the next century", `spec: {observedTime: "2100-01-01T00:00:00Z"}`, "must be a moment from 2000 to 2099"},
		{"no staffed places", `spec: {staffed: null}`, "spec.staffed: Required value"},
		{"no occupied places", `spec: {occupied: null}`, "spec.occupied: Required value"},
		{"fewer than no people", `spec: {occupied: -1}`, "greater than or equal to 0"},
		{"more staffed than a pool may hold", `spec: {staffed: 129}`, "less than or equal to 128"},
		{"more people than can be counted", `spec: {occupied: 257}`, "less than or equal to 256"},
		{"free places as a count", `spec: {free: 3}`, `unknown field "spec.free"`},
		{"counted by a person", `spec: {reportedBy: {name: Jo Bloggs}}`, "must be the name of an object"},
		{"provenance of a source", `spec: {provenance: Published}`, `supported values: "Counted", "Illustrative"`},
	})
}

// numbered repeats a list entry n times, with % replaced by 0, 1, 2 and so on.
func numbered(n int, entry string) string { return numberedFrom(0, n, entry) }

// numberedFrom repeats a list entry n times, with % replaced by first, first+1 and so on.
func numberedFrom(first, n int, entry string) string {
	entries := make([]string, n)
	for i := range entries {
		entries[i] = strings.ReplaceAll(entry, "%", strconv.Itoa(first+i))
	}
	return strings.Join(entries, ", ")
}
