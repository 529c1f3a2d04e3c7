package casework

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/policies"
)

// standing is a referral of haven in moray that was with beacon, which accepted it, and quay, and is with harbour now.
func standing(accepted bool) referral.State {
	harbour := referral.Turn{Partner: "harbour", SinceVersion: 5}
	if accepted {
		harbour.AcceptedAt, harbour.AcceptedVersion = time.Unix(7, 0), 7
	}
	return referral.State{
		ID: "r-00000001", Version: 8, Person: "p-1", Partnership: "moray", Origin: "haven", Target: "harbour", Status: referral.Accepted,
		Asked: []referral.Turn{
			{Partner: "beacon", SinceVersion: 1, AcceptedAt: time.Unix(3, 0), AcceptedVersion: 3}, {Partner: "quay", SinceVersion: 4}, harbour,
		},
	}
}

// since are the changes that there were not then.
var since = []referral.Kind{referral.KindSettleStep, referral.KindPassOn}

// Before the rules were in Rego they were in Go, and what they said then of every caller is in testdata. What they say now is nowhere
// more; it is less for data leads, who read and decide nothing, and for those who act for an ADP through no organisation's app,
// whom there are none of.
func TestTheRulesAllowNothingThatTheyDidNotAllowBefore(t *testing.T) {
	before := rightstest.ReadBefore(t, "testdata/may_before.txt")
	d := &Desk{Rights: rightstest.Rules()}
	callers := rightstest.Callers([]string{"", "haven", "harbour", "beacon", "quay", "council"}, []string{"", "moray", "fife"})
	for c := range callers {
		now, then, would := mayNow(t, d, c), before.Of(c), before.Of(lessDataLead(c))
		for _, kind := range since {
			delete(now, string(kind))
		}
		if len(now) != len(then) {
			t.Fatalf("%d questions now, %d before", len(now), len(then))
		}
		for _, what := range slices.Sorted(maps.Keys(then)) {
			switch {
			case now[what] && !then[what]:
				t.Errorf("%s: %s is wider than before", rightstest.Describe(c), what)
			case now[what] == then[what] || !c.Known():
			case what == string(referral.KindSetCircumstances) && c.Partner == "harbour" && c.Roles.HasAny(identity.Provider):
				// who is asked, and could open it for themselves by what they say of the person
			case what == "SeeWorkers" && c.Partnership != "moray" && c.Roles.HasAny(identity.DataLead):
			case decides(what) && c.Roles.HasAny(identity.DataLead) && (!would[what] || would["Had"]):
			default:
				t.Errorf("%s: %s was allowed before", rightstest.Describe(c), what)
			}
		}
	}
}

// decides reports whether something is a change of a referral, or a grant of consent.
func decides(what string) bool {
	return what == "GrantAccepted" || what == "GrantNotAccepted" || slices.Contains(referral.Kinds(), referral.Kind(what))
}

func lessDataLead(c identity.Caller) identity.Caller {
	c.Roles = c.Roles.Both(identity.RolesOf(slices.DeleteFunc(identity.AllRoles(), func(r identity.Role) bool { return r == identity.DataLead })...))
	return c
}

func mayNow(t *testing.T, d *Desk, c identity.Caller) map[string]bool {
	t.Helper()
	state := standing(true)
	p, err := d.partIn(t.Context(), c, state)
	there := err == nil && c.Known()
	q, err := d.partIn(t.Context(), c, standing(false))
	thereToo := err == nil && c.Known()
	may := map[string]bool{
		"Part": there && !p.had, "Had": there && p.had, "RecordRefusal": there && !p.had && d.maySay(t.Context(), p, consent.Withdraw) == nil,
		"SideOrigin": slices.Contains(p.sides, referral.SideOrigin), "SideTarget": slices.Contains(p.sides, referral.SideTarget),
		"SidePartnership":  slices.Contains(p.sides, referral.SidePartnership),
		"GrantAccepted":    there && !p.had && d.maySay(t.Context(), p, consent.Grant) == nil,
		"GrantNotAccepted": thereToo && !q.had && d.maySay(t.Context(), q, consent.Grant) == nil,
		"SubmitMoray":      d.mayReferAnew(t.Context(), c, Submission{Partnership: "moray", Target: "harbour"}) == nil,
		"ReviewEmergency":  there && d.mayReview(t.Context(), p, nil, 1) == nil,
		"SeeTrail":         sees(t, d, c, sightTrail, disclosure.StandsOf(c, state)),
		"SeeWorkers":       sees(t, d, c, sightWorkers, disclosure.StandsOf(c, state)),
		"KnowOfNone":       sees(t, d, c, sightTrailWithoutReferral, 0),
		"ListEmergencies":  sees(t, d, c, sightEmergencies, rights.ForADP(c, c.Partnership)),
	}
	for _, kind := range referral.Kinds() {
		if kind != referral.KindSubmit {
			may[string(kind)] = there && d.may(t.Context(), p, kind) == nil
		}
	}
	_, err = d.scan(t.Context(), disclosure.Asking{Caller: c}, Filter{OfPartnership: true}, "")
	may["PartnershipWorklist"] = err == nil
	_, err = d.scan(t.Context(), disclosure.Asking{Caller: c}, Filter{}, "")
	may["PartnerWorklist"] = err == nil
	return may
}

func sees(t *testing.T, d *Desk, c identity.Caller, sight string, stands policies.Stands) bool {
	t.Helper()
	sees, err := d.sees(t.Context(), c, sight, stands)
	if err != nil {
		t.Fatal(err)
	}
	return sees
}

// Each change is open to the workers of exactly the sides that the referral itself lets make it: what the table gave to others would be
// refused, and what it gave to fewer would be a surprise to whoever reads only one of the two. Circumstances are for fewer: histories in
// which others said them replay for ever.
func TestEachChangeIsOpenToTheSidesThatTheReferralKnows(t *testing.T) {
	rules := rightstest.Rules()
	for _, kind := range referral.Kinds() {
		if kind == referral.KindSubmit {
			continue
		}
		ruling, err := rules.MayAct(t.Context(), policies.Question{
			What: actionOf(kind), SignedIn: true, Roles: policies.RoleSetOf("Referrer", "Provider", "Commissioner"),
			Stands: policies.AtOrigin | policies.AtTarget | policies.ForADP,
		})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, side := range kind.By() {
			fewer := kind == referral.KindSetCircumstances && side == referral.SideTarget
			if side != referral.SidePerson && side != referral.SideProgram && !fewer {
				want = append(want, string(side))
			}
		}
		slices.Sort(want)
		if !slices.Equal(ruling.Sides, want) {
			t.Errorf("%s is open to %v, and the referral lets %v make it", kind, ruling.Sides, want)
		}
	}
}

// failing are rules that cannot be asked.
type failing struct{}

func (failing) MayAct(context.Context, policies.Question) (policies.Ruling, error) {
	return policies.Ruling{Allowed: true}, context.DeadlineExceeded
}

func (failing) MaySee(context.Context, policies.Question) (policies.Ruling, error) {
	return policies.Ruling{Allowed: true, Sides: []string{"Origin"}}, context.DeadlineExceeded
}

// What the rules cannot be asked about is neither done nor shown, and whoever asked may try again.
func TestWhatCannotBeRuledOnIsNotDone(t *testing.T) {
	d, c := &Desk{Rights: failing{}}, identity.Caller{Partner: "haven", Partnership: "moray", Roles: identity.RolesOf(identity.Referrer)}
	p := part{caller: c, state: standing(true), sides: []referral.Side{referral.SideOrigin}}
	_, partErr := d.partIn(t.Context(), c, standing(true))
	_, scanErr := d.scan(t.Context(), disclosure.Asking{Caller: c}, Filter{}, "")
	_, listErr := d.OpenEmergencies(t.Context(), c, 1)
	for what, err := range map[string]error{
		"part": partErr, "worklist": scanErr, "emergencies": listErr,
		"change": d.may(t.Context(), p, referral.KindWithdraw), "grant": d.maySay(t.Context(), p, consent.Grant),
		"submit": d.mayReferAnew(t.Context(), c, Submission{}), "review": d.mayReview(t.Context(), p, nil, 1),
		"declare": d.mayDeclare(t.Context(), disclosure.Asking{Caller: c}),
	} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
