package rulebook

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/directory"
	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// firth is a directory with one ADP and two organisations that serve it: a health board that refers and a charity that helps.
func firth() []metav1.Object {
	board, charity := given.Partner("nhs-firth", "NHS Firth"), given.Partner("harbour", "Harbour")
	board.Spec.Sector, board.Spec.PublicBody = v1alpha1.SectorStatutory, v1alpha1.BodyHealthBoard
	board.Spec.Areas, charity.Spec.Areas = []v1alpha1.ObjectName{"firth"}, []v1alpha1.ObjectName{"firth"}
	return []metav1.Object{given.Partnership("firth", "Firth ADP"), board, charity}
}

// agreed is an agreement of the two, about direct care, from an hour before noon until an hour after.
func agreed(change ...func(*v1alpha1.DataSharingAgreement)) *v1alpha1.DataSharingAgreement {
	noon := given.Noon()
	a := &v1alpha1.DataSharingAgreement{
		ObjectMeta: metav1.ObjectMeta{Namespace: "adp-firth", Name: "rehab"},
		Spec: v1alpha1.DataSharingAgreementSpec{
			DisplayName: "Rehab", Parties: []v1alpha1.ObjectName{"harbour", "nhs-firth"},
			Purposes:   []v1alpha1.SharingPurpose{v1alpha1.PurposeDirectCare},
			Categories: []v1alpha1.DataCategory{v1alpha1.CategoryAdmin, v1alpha1.CategoryNeed},
			LawfulBasis: v1alpha1.LawfulBasis{
				Article6: []v1alpha1.Article6Basis{v1alpha1.Article6PublicTask},
				Article9: []v1alpha1.Article9Condition{v1alpha1.Article9HealthOrSocialCare},
			},
			Confidentiality: []v1alpha1.ConfidentialityBasis{v1alpha1.ConfidentialityConsented},
			FromTime:        metav1.NewTime(noon.Add(-time.Hour)), ReviewByTime: metav1.NewTime(noon.Add(30 * time.Minute)),
			UntilTime: metav1.NewTime(noon.Add(time.Hour)), Standing: v1alpha1.StandingActive,
		},
	}
	for _, c := range change {
		c(a)
	}
	return a
}

// asked is what somebody at the charity asks of a referral by the health board, to which the person agreed.
func asked(now time.Time) policies.Request {
	return policies.Request{
		Now: now, Action: "read", Purpose: "direct_care",
		Actor: policies.Actor{ID: "worker", Partner: "harbour", Role: "practitioner", Active: true, Assigned: true},
		Referral: policies.Referral{
			ADP: "firth", Origin: "nhs-firth", Target: "harbour", Status: "submitted",
			Subject: policies.Subject{ID: "somebody", Age: new(40), Capacity: "capable"},
		},
		Consents: []policies.Consent{{
			Decision: "grant", By: "self", Time: now.Add(-time.Minute), Purposes: []string{"direct_care"},
			Recipients: []string{"harbour"}, Categories: []string{"admin", "need", "clinical"},
		}},
	}
}

// decided is what the rulebook decides about a request now.
func decided(t testing.TB, b *Rulebook, r policies.Request) policies.Decision {
	t.Helper()
	engine, world := b.Now()
	decisions, err := engine.Decide(t.Context(), world, []policies.Request{r})
	if (err != nil) != (world == nil) {
		t.Fatalf("decide in world %v: %v", world, err)
	}
	return decisions[0]
}

// pretended is a directory that shows what it is told to.
type pretended struct {
	bells bell.Bells[directory.Organisations]

	mu       sync.Mutex
	snapshot *directory.Snapshot
	now      time.Time
	fresh    directory.Freshness
}

// pretend is a directory that has read the objects, or nothing yet if there are none, and follows them at noon.
func pretend(objects ...metav1.Object) *pretended {
	p := &pretended{snapshot: &directory.Snapshot{}, now: given.Noon()}
	p.fresh = directory.Freshness{State: directory.Starting, Since: p.now}
	if len(objects) > 0 {
		p.show(objects...)
	}
	return p
}

// show makes the objects those there are now.
func (p *pretended) show(objects ...metav1.Object) {
	p.mu.Lock()
	p.snapshot = directory.SnapshotOf(directory.NewChanges(objects...))
	p.fresh = directory.Freshness{State: directory.Live, AsOf: p.now, Since: p.now}
	p.mu.Unlock()
	p.bells.Ring(directory.Organisations{})
}

func (p *pretended) View() directory.View {
	p.mu.Lock()
	defer p.mu.Unlock()
	return directory.NewView(p.snapshot, p.now, p.fresh)
}

func (p *pretended) ListenToOrganisations() *bell.Bell[directory.Organisations] {
	return p.bells.Listen(directory.Organisations{})
}

func (p *pretended) Client() rest.Interface { return nil }

// newRulebook is one over a pretended directory, whose watch of agreements is open.
func newRulebook(t testing.TB, from *pretended) *Rulebook {
	t.Helper()
	b, err := New(t.Context(), Options{
		Directory: from, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return from.View().Now() },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read has the rulebook read these agreements, all there are.
func read(t testing.TB, b *Rulebook, agreements ...*v1alpha1.DataSharingAgreement) {
	t.Helper()
	var all []any
	for _, a := range agreements {
		all = append(all, a)
	}
	if err := b.agreements.Replace(all, "1"); err != nil {
		t.Fatal(err)
	}
}
