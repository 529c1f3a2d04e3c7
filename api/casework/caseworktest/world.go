// Package caseworktest is a small world for tests of referrals: a real store in a file, the real rules of sharing, and a few
// invented partners, agreements and people.
package caseworktest

import (
	"crypto/rand"
	"database/sql"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/api/store"
	"lifeline.scot/api/store/storetest"
	"lifeline.scot/api/vault"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// World is a desk and what it stands on.
type World struct {
	Desk  *casework.Desk
	Store *store.Store
	Rules *Rules
	Clock *clocktesting.FakePassiveClock
	// Asked counts what is asked of the database, and of the rules.
	Asked Asked
	// AuditKey is that by which the audit log can be verified.
	AuditKey note.Verifier

	// Pathways are those of Moray, by name.
	Pathways Pathways

	// driver and address are of the database beneath the store.
	driver, address string

	organisations []metav1.Object
	snapshot      atomic.Pointer[directory.Snapshot]
}

// Pathways are pathways made by hand, by name, of whatever ADP.
type Pathways map[string]*v1alpha1.Pathway

// Ready implements casework.Pathways.
func (Pathways) Ready() bool { return true }

// Pathway implements casework.Pathways.
func (p Pathways) Pathway(partnership, name string) (*v1alpha1.Pathway, bool) {
	found, known := p[name]
	return found, known && found.Namespace == v1alpha1.NamespaceFor(partnership)
}

// Of implements casework.Pathways.
func (p Pathways) Of(partnership string) []*v1alpha1.Pathway {
	var all []*v1alpha1.Pathway
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if p[name].Namespace == v1alpha1.NamespaceFor(partnership) {
			all = append(all, p[name])
		}
	}
	return all
}

// Overdose is a pathway of Moray after a near-fatal overdose: harbour answers within four hours of the notice, or else beacon;
// the person is spoken with within a working day of the answer.
func Overdose() *v1alpha1.Pathway {
	hours, days := int32(4), int32(1)
	p := &v1alpha1.Pathway{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-moray", Name: "overdose"}}
	p.Spec = v1alpha1.PathwaySpec{
		DisplayName: "Moray, after a near-fatal overdose", Journey: v1alpha1.JourneyNearFatalOverdose,
		Trigger: v1alpha1.TriggerIncident, RouteBy: v1alpha1.RoutePlaceOfIncident,
		Bases: []v1alpha1.PathwayBasis{v1alpha1.BasisConsented, v1alpha1.BasisDidNotObject},
		Steps: []v1alpha1.PathwayStep{
			{
				Task: v1alpha1.TaskAnswer, Title: "Say that you have it", Responders: []v1alpha1.ObjectName{"harbour", "beacon"},
				Within: &v1alpha1.ResponseTime{Hours: &hours}, CountedFrom: v1alpha1.FromNotice,
			},
			{Task: v1alpha1.TaskContact, Within: &v1alpha1.ResponseTime{WorkingDays: &days}, CountedFrom: v1alpha1.FromStepBefore},
		},
	}
	p.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue}}
	return p
}

// FromPrison is a pathway of Moray from prison to rehab: harbour answers within two working days of the referral and assesses
// within twenty.
func FromPrison() *v1alpha1.Pathway {
	p, days, weeks := Overdose(), int32(2), int32(20)
	p.Name = "prison"
	p.Spec.Journey, p.Spec.Trigger = v1alpha1.JourneyPrisonToRehab, v1alpha1.TriggerReferral
	p.Spec.RouteBy = v1alpha1.RouteAreaOfReturn
	p.Spec.Deadline = v1alpha1.DeadlineLiberationDate
	p.Spec.Steps = []v1alpha1.PathwayStep{
		{Task: v1alpha1.TaskAnswer, Responders: []v1alpha1.ObjectName{"harbour"}, Within: &v1alpha1.ResponseTime{WorkingDays: &days}},
		{Task: v1alpha1.TaskAssessment, Within: &v1alpha1.ResponseTime{WorkingDays: &weeks}},
	}
	return p
}

// Rules are the rules of sharing with partners and agreements made by hand.
type Rules struct {
	engine     *policies.Engine
	mu         sync.Mutex
	partners   map[string]policies.Partner
	agreements map[string]policies.Agreement
	// NotReady and InDoubt are what Ready and Doubtful say, the first reversed.
	NotReady, InDoubt atomic.Bool
}

// Now implements disclosure.Rules.
func (r *Rules) Now() (*policies.Engine, *policies.World) {
	r.mu.Lock()
	defer r.mu.Unlock()
	world, err := policies.NewWorld(r.partners, r.agreements)
	if err != nil {
		panic(err) // the tests made it
	}
	return r.engine, world
}

// Ready implements disclosure.Rules.
func (r *Rules) Ready() bool { return !r.NotReady.Load() }

// Doubtful implements disclosure.Rules.
func (r *Rules) Doubtful() bool { return r.InDoubt.Load() }

// Agree puts an agreement in the place of the one of that name; none takes it away.
func (r *Rules) Agree(name string, a *policies.Agreement) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.agreements, name)
	if a != nil {
		r.agreements[name] = *a
	}
}

// Join has a charity of the area take part, and agree with haven on sharing.
func (r *Rules) Join(name string) {
	r.Agree("haven-"+name, Agreement("haven", name))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.partners[name] = policies.Partner{Kind: "third_sector", Status: "active", ADPs: []string{"moray"}}
}

// Engine decides by the rules.
func (r *Rules) Engine() *policies.Engine { return r.engine }

// Suspend makes a partner inactive.
func (r *Rules) Suspend(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.partners[name]
	p.Status = "suspended"
	r.partners[name] = p
}

// Who takes part. Haven refers to harbour, in the area of moray; beacon is another partner, away is suspended.
var (
	Referrer = identity.Caller{
		Partner: "haven", Partnership: "moray", Roles: identity.RolesOf(identity.Referrer),
		Care: identity.CareRolesOf(identity.Practitioner, identity.Clerk), Subject: "u-referrer",
	}
	// Colleague works with the referrer, and has had nothing to do with the person yet.
	Colleague = identity.Caller{
		Partner: "haven", Partnership: "moray", Roles: identity.RolesOf(identity.Referrer),
		Care: identity.CareRolesOf(identity.Practitioner), Subject: "u-colleague",
	}
	Provider = identity.Caller{
		Partner: "harbour", Roles: identity.RolesOf(identity.Provider), SecondFactor: true, HealthProfessional: true,
		Care: identity.CareRolesOf(identity.Practitioner, identity.Clinician), Subject: "u-provider",
	}
	Competitor = identity.Caller{
		Partner: "beacon", Roles: identity.RolesOf(identity.Provider), SecondFactor: true,
		Care: identity.CareRolesOf(identity.Practitioner, identity.Clinician), Subject: "u-competitor",
	}
	Commissioner = identity.Caller{
		Partner: "council", Partnership: "moray", Roles: identity.RolesOf(identity.Commissioner), Subject: "u-commissioner",
	}
	DataLead = identity.Caller{
		Partner: "council", Partnership: "moray", Roles: identity.RolesOf(identity.DataLead), Subject: "u-datalead",
	}
	Elsewhere = identity.Caller{
		Partner: "far-council", Partnership: "fife", Roles: identity.RolesOf(identity.Commissioner, identity.DataLead),
		Subject: "u-elsewhere",
	}
	Auditor = identity.Caller{Partner: "council", Roles: identity.RolesOf(identity.Auditor), Subject: "u-auditor"}
	Admin   = identity.Caller{Partner: "council", Roles: identity.RolesOf(identity.PlatformAdmin), Subject: "u-admin"}
)

// Noon is when everything begins.
func Noon() time.Time { return directorytest.Noon() }

// New makes a world in a folder of the test.
func New(t testing.TB) *World {
	t.Helper()
	return NewIn(t, "")
}

// NewIn makes a world in a database of PostgreSQL; "" for a folder of the test.
func NewIn(t testing.TB, databaseURL string) *World {
	t.Helper()
	w := &World{Clock: clocktesting.NewFakePassiveClock(Noon()), organisations: organisations()}
	w.snapshot.Store(directory.SnapshotOf(directory.NewChanges(w.organisations...)))
	w.Rules = NewRules()
	w.newStore(t, databaseURL)
	rules := countedRights{w.Rules.engine, &w.Asked}
	cutter := &disclosure.Cutter{Kept: w.Store, Rules: countedRules{w.Rules, &w.Asked}, Rights: rules, Clock: w.Clock.Now}
	w.Pathways = Pathways{"overdose": Overdose(), "prison": FromPrison()}
	w.Desk = &casework.Desk{Store: w.Store, Cutter: cutter, Rights: rules, View: w.View, Pathways: w.Pathways}
	return w
}

// View is the directory.
func (w *World) View() directory.View {
	now := w.Clock.Now()
	return directory.NewView(w.snapshot.Load(), now, directory.Freshness{State: directory.Live, AsOf: now, Since: now})
}

// SuspendInDirectory makes the directory say that a partner is suspended.
func (w *World) SuspendInDirectory(name string) {
	w.Partner(name, func(p *v1alpha1.Partner) { p.Spec.Participation = v1alpha1.ParticipationSuspended })
}

// Partner changes what the directory says of a partner; nil takes it away.
func (w *World) Partner(name string, change func(*v1alpha1.Partner)) {
	var after []metav1.Object
	there := slices.ContainsFunc(w.organisations, func(o metav1.Object) bool { return o.GetName() == name })
	if change != nil && !there {
		w.organisations = append(w.organisations, directorytest.Partner(name, name))
	}
	for _, o := range w.organisations {
		partner, is := o.(*v1alpha1.Partner)
		switch {
		case !is || partner.Name != name:
			after = append(after, o)
		case change != nil:
			partner = partner.DeepCopy()
			change(partner)
			after = append(after, partner)
		}
	}
	w.organisations = after
	w.snapshot.Store(directory.SnapshotOf(directory.NewChanges(after...)))
}

func organisations() []metav1.Object {
	away := directorytest.Partner("away", "Away Support")
	away.Spec.Participation = v1alpha1.ParticipationSuspended
	return []metav1.Object{
		covering(directorytest.Partnership("moray", "Moray ADP"), MorayCouncil, "S08000020"),
		covering(directorytest.Partnership("fife", "Fife ADP"), FifeCouncil, "S08000029"),
		directorytest.Partner("haven", "Haven Outreach"), directorytest.Partner("harbour", "Harbour House"),
		directorytest.Partner("beacon", "Beacon Recovery"), directorytest.Partner("council", "Moray Council"), away,
	}
}

// NewRules are the rules of sharing for haven, harbour, beacon and the council.
func NewRules() *Rules {
	charity := func() policies.Partner {
		return policies.Partner{Kind: "third_sector", Status: "active", ADPs: []string{"moray"}}
	}
	council := policies.Partner{Kind: "local_authority", Statutory: true, Status: "active", ADPs: []string{"moray"}}
	return &Rules{
		engine: rightstest.Rules(),
		partners: map[string]policies.Partner{
			"haven": charity(), "harbour": charity(), "beacon": charity(), "council": council,
		},
		agreements: map[string]policies.Agreement{
			"haven-harbour": *Agreement("haven", "harbour"), "haven-beacon": *Agreement("haven", "beacon"),
		},
	}
}

// Agreement covers everything but what is restricted, for a year around noon.
func Agreement(one, other string) *policies.Agreement {
	return &policies.Agreement{
		Parties: []string{one, other}, Purposes: []string{"direct_care", "referral_coordination"},
		Categories: []string{"admin", "identity", "contact", "demographic", "need", "clinical", "risk", "social"},
		ADPs:       []string{"moray"}, Status: "active",
		FromTime: Noon().AddDate(-1, 0, 0), ToTime: Noon().AddDate(1, 0, 0),
	}
}

// databaseFile is the file of a database that is in a folder of the test.
const databaseFile = "referrals.db"

// Beneath changes rows of the database, as somebody who gets hold of it or a broken disk would.
func (w *World) Beneath(t testing.TB, statement string, args ...any) {
	t.Helper()
	if n, err := w.exec(t, statement, args...).RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%d rows: %v", n, err)
	}
}

// UnguardHistory switches off what keeps histories as they are.
func (w *World) UnguardHistory(t testing.TB) {
	t.Helper()
	if w.driver == "sqlite" {
		w.exec(t, "DROP TRIGGER history_stays")
	} else {
		w.exec(t, "ALTER TABLE history DISABLE TRIGGER USER")
	}
}

func (w *World) exec(t testing.TB, statement string, args ...any) sql.Result {
	t.Helper()
	db, err := sql.Open(w.driver, w.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	result, err := db.ExecContext(t.Context(), statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (w *World) newStore(t testing.TB, databaseURL string) {
	t.Helper()
	folder := t.TempDir()
	w.driver, w.address = "sqlite", "file:"+filepath.Join(folder, databaseFile)
	if databaseURL != "" {
		w.driver, w.address = "pgx", databaseURL
	}
	key, index, err := vault.OpenFolder(folder, vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	secret, public, err := note.GenerateKey(rand.Reader, "tests")
	if err != nil {
		t.Fatal(err)
	}
	if w.AuditKey, err = note.NewVerifier(public); err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, databaseFile)
	if databaseURL == "" {
		storetest.File(t, file)
	}
	w.Store, err = store.Open(t.Context(), store.Options{
		DatabaseURL: databaseURL, File: file, Vault: vault.New(key), Index: index,
		Signer: signer, Clock: w.Clock, Sending: func() { w.Asked.count(&w.Asked.statements) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Store.Close() })
}

// Grant is the consent of a person that a partner is told everything but what is restricted, for both purposes of care.
func Grant(recipient string) consent.Event {
	return consent.Event{
		Decision: consent.Grant, By: consent.Self, At: Noon().Add(-time.Hour),
		Purposes: []string{"direct_care", "referral_coordination"}, Recipients: []string{recipient},
		Categories: []record.Category{
			record.Admin, record.Identity, record.Contact, record.Demographic, record.Need, record.Clinical, record.Risk, record.Social,
		},
	}
}

// Submission is the referral of an invented person to harbour, with their consent.
func Submission() casework.Submission {
	return casework.Submission{
		Target: "harbour", Urgency: referral.Routine, Route: referral.Direct, Words: "Sorcha asked for this herself.",
		Told: referral.Told{
			Person: person.Person{
				Name: &person.Name{Chosen: "Sorcha Quillfeather"}, DateOfBirth: person.Date{Year: 1990, Month: time.May, Day: 4},
				Phone: "0141 496 0123",
			},
			Details: referral.Details{
				Reason: "Sorcha wants to stop using benzodiazepines safely.", Naloxone: referral.NaloxoneHeld,
				BBV: &referral.BBV{Tested: referral.Yes},
			},
		},
		Consents: []consent.Event{Grant("harbour")},
	}
}

// Asks is somebody who asks in a part and for a purpose.
func Asks(c identity.Caller, as identity.CareRole, purpose disclosure.Purpose) disclosure.Asking {
	return disclosure.Asking{Caller: c, As: as, Purpose: purpose}
}

// The council areas of the ADPs.
const (
	MorayCouncil = "S12000020"
	FifeCouncil  = "S12000047"
)

// covering is an ADP that covers one council area, and lies in one health board.
func covering(p *v1alpha1.Partnership, council v1alpha1.CouncilCode, board v1alpha1.HealthBoardCode) *v1alpha1.Partnership {
	p.Spec.Councils = []v1alpha1.CouncilArea{{Code: council, Name: p.Spec.DisplayName}}
	p.Spec.HealthBoards = []v1alpha1.HealthBoardArea{{Code: board, Name: p.Spec.DisplayName}}
	return p
}
