package placement

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/status"
)

// in is a claim in that state, with attempt 2, and its pool with the claim's entry in it; "" is a claim that waits.
func in(state v1alpha1.BindingState) facts {
	c := &v1alpha1.Placement{ObjectMeta: metav1.ObjectMeta{
		Namespace: "adp-moray", Name: "x", UID: "u", Generation: 1, Finalizers: []string{v1alpha1.PlaceFinalizer},
		CreationTimestamp: metav1.NewTime(noon.Add(-time.Hour)),
	}}
	c.Spec.Kind, c.Spec.FundRoute = v1alpha1.PoolDetox, v1alpha1.RouteADP
	if state == "" {
		return facts{claim: c}
	}
	held, until := metav1.NewTime(noon), metav1.NewTime(noon.Add(48*time.Hour))
	c.Status.Attempts = 2
	c.Status.Binding = &v1alpha1.PlacementBinding{
		Attempt: 2, State: state, PoolUID: "pool", Place: 1, HeldTime: &held, HoldUntilTime: &until, Provider: "harbour",
		Pool: v1alpha1.PlacementPool{Partnership: "fife", Name: "p"},
	}
	p := &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Namespace: "adp-fife", Name: "p", UID: "pool"}}
	p.Status.Allocations = []v1alpha1.Allocation{{Place: 1, ClaimUID: "u", Attempt: 2, HeldTime: held, HoldUntilTime: until}}
	return facts{claim: c, pool: p}
}

type happening = func(*facts)

func said(change func(*v1alpha1.PlacementSpec)) happening {
	return func(f *facts) { change(&f.claim.Spec) }
}

var (
	withdrawn = said(func(s *v1alpha1.PlacementSpec) { s.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalOther} })
	declined  = said(func(s *v1alpha1.PlacementSpec) {
		s.Funding = &v1alpha1.FundingDecision{
			Decision: v1alpha1.FundingDeclined, Reason: v1alpha1.FundingReasonOther, DecidedTime: metav1.NewTime(noon),
		}
	})
	approved = said(func(s *v1alpha1.PlacementSpec) {
		s.Funding = &v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved, DecidedTime: metav1.NewTime(noon)}
	})
	admitted   = said(func(s *v1alpha1.PlacementSpec) { s.Admission = &v1alpha1.Admission{Time: metav1.NewTime(noon)} })
	discharged = said(func(s *v1alpha1.PlacementSpec) {
		s.Discharge = &v1alpha1.Discharge{Time: metav1.NewTime(noon), Reason: v1alpha1.DischargeCompleted}
	})
	deleted  = func(f *facts) { f.claim.DeletionTimestamp = &metav1.Time{Time: noon} }
	poolGone = func(f *facts) { f.pool = nil }
	newPool  = func(f *facts) { f.pool.UID = "another" }
	poolGoes = func(f *facts) { f.pool.DeletionTimestamp = &metav1.Time{Time: noon} }
	noEntry  = func(f *facts) { f.pool.Status.Allocations = nil }
	oldEntry = func(f *facts) { f.pool.Status.Allocations[0].Attempt = 1 }
	turn     = func(f *facts) { f.assigned = &rules.Assignment{} }
	nobodys  = func(f *facts) { f.homeless = true }
	unguard  = func(f *facts) { f.claim.Finalizers = nil }
	hasEnded = func(f *facts) { f.claim.Status.EndedTime = &metav1.Time{Time: noon} }
)

func answered(decision v1alpha1.AcceptanceDecisionKind, attempt int32) happening {
	return said(func(s *v1alpha1.PlacementSpec) {
		s.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: decision, Attempt: attempt, DecidedTime: metav1.NewTime(noon), Reason: v1alpha1.CannotOfferNeeds,
		}
	})
}

func until(after time.Duration) happening {
	return untilOf(2, after)
}

// untilOf asks for the hold of an attempt to go on.
func untilOf(attempt int32, after time.Duration) happening {
	return said(func(s *v1alpha1.PlacementSpec) {
		s.HoldUntilTime, s.HoldUntilAttempt = &metav1.Time{Time: noon.Add(after)}, attempt
	})
}

func TestDecide(t *testing.T) {
	const day = 24 * time.Hour
	longest := rules.LongestHold
	give := func(reason v1alpha1.ReleaseReason) decision { return decision{step: stepRelease, reason: reason} }
	do := func(s step) decision { return decision{step: s} }
	type all = []happening
	for name, tc := range map[string]struct {
		state v1alpha1.BindingState
		what  all
		after time.Duration // from the time it was held
		want  decision
	}{
		"waits":                                {"", nil, 0, do(stepNothing)},
		"waits and is withdrawn":               {"", all{withdrawn}, 0, do(stepEnd)},
		"waits and is deleted":                 {"", all{deleted}, 0, do(stepLetGo)},
		"waits and is deleted, let go before":  {"", all{deleted, unguard}, 0, do(stepNothing)},
		"its turn":                             {"", all{turn}, 0, do(stepChoose)},
		"its turn for the first time":          {"", all{turn, unguard}, 0, do(stepGuard)},
		"its turn, and withdrawn":              {"", all{turn, withdrawn}, 0, do(stepEnd)},
		"its turn, and deleted":                {"", all{turn, deleted}, 0, do(stepLetGo)},
		"its turn, and ended":                  {"", all{turn, hasEnded}, 0, do(stepNothing)},
		"ended and withdrawn":                  {"", all{hasEnded, withdrawn}, 0, do(stepNothing)},
		"ended and deleted":                    {"", all{hasEnded, deleted}, 0, do(stepLetGo)},
		"taking":                               {v1alpha1.BindingTaking, nil, 0, do(stepTake)},
		"taking, and withdrawn":                {v1alpha1.BindingTaking, all{withdrawn}, 0, give(v1alpha1.ReleaseWithdrawn)},
		"taking, and deleted":                  {v1alpha1.BindingTaking, all{deleted}, 0, give(v1alpha1.ReleaseDeleted)},
		"taking, and not paid for":             {v1alpha1.BindingTaking, all{declined}, 0, give(v1alpha1.ReleaseFundingDeclined)},
		"taking, the pool gone":                {v1alpha1.BindingTaking, all{poolGone}, 0, do(stepTake)},
		"held":                                 {v1alpha1.BindingHeld, nil, 0, do(stepNothing)},
		"held, and withdrawn":                  {v1alpha1.BindingHeld, all{withdrawn}, 0, give(v1alpha1.ReleaseWithdrawn)},
		"held, and deleted":                    {v1alpha1.BindingHeld, all{deleted}, 0, give(v1alpha1.ReleaseDeleted)},
		"held, and not paid for":               {v1alpha1.BindingHeld, all{declined}, 0, give(v1alpha1.ReleaseFundingDeclined)},
		"held, paid for and accepted":          {v1alpha1.BindingHeld, all{approved, answered(v1alpha1.AcceptanceAccepted, 2)}, 0, do(stepNothing)},
		"held, and cannot be offered":          {v1alpha1.BindingHeld, all{answered(v1alpha1.AcceptanceCannotOffer, 2)}, 0, give(v1alpha1.ReleaseCannotOffer)},
		"held, an earlier one not offered":     {v1alpha1.BindingHeld, all{answered(v1alpha1.AcceptanceCannotOffer, 1)}, 0, do(stepNothing)},
		"held, and admitted":                   {v1alpha1.BindingHeld, all{admitted}, 0, do(stepAdmit)},
		"admission beats expiry":               {v1alpha1.BindingHeld, all{admitted}, 3 * day, do(stepAdmit)},
		"admission beats deletion":             {v1alpha1.BindingHeld, all{admitted, deleted}, 0, do(stepAdmit)},
		"admission beats a lost pool":          {v1alpha1.BindingHeld, all{admitted, poolGone}, 0, do(stepAdmit)},
		"held, the pool gone":                  {v1alpha1.BindingHeld, all{poolGone}, 0, do(stepCheck)},
		"held, the pool another":               {v1alpha1.BindingHeld, all{newPool}, 0, do(stepCheck)},
		"held, the entry gone":                 {v1alpha1.BindingHeld, all{noEntry}, 0, do(stepCheck)},
		"held, an entry of an earlier attempt": {v1alpha1.BindingHeld, all{oldEntry}, 0, do(stepCheck)},
		"held, the pool being deleted":         {v1alpha1.BindingHeld, all{poolGoes}, 0, give(v1alpha1.ReleasePoolDeleted)},
		"held until a moment from now":         {v1alpha1.BindingHeld, nil, 2*day - time.Second, do(stepNothing)},
		"held until now":                       {v1alpha1.BindingHeld, all{approved, answered(v1alpha1.AcceptanceAccepted, 2)}, 2 * day, give(v1alpha1.ReleaseHoldExpired)},
		"held until before":                    {v1alpha1.BindingHeld, all{approved, answered(v1alpha1.AcceptanceAccepted, 2)}, 3 * day, give(v1alpha1.ReleaseHoldExpired)},
		"held until now, nobody answered":      {v1alpha1.BindingHeld, nil, 2 * day, give(v1alpha1.ReleaseUnanswered)},
		"held until now, the ADP silent":       {v1alpha1.BindingHeld, all{answered(v1alpha1.AcceptanceAccepted, 2)}, 2 * day, give(v1alpha1.ReleaseUnanswered)},
		"held until now, the provider silent":  {v1alpha1.BindingHeld, all{approved}, 2 * day, give(v1alpha1.ReleaseUnanswered)},
		"held until now, accepted once before": {v1alpha1.BindingHeld, all{approved, answered(v1alpha1.AcceptanceAccepted, 1)}, 2 * day, give(v1alpha1.ReleaseUnanswered)},
		"held until now, nobody has to pay": {v1alpha1.BindingHeld, all{
			said(func(s *v1alpha1.PlacementSpec) { s.FundRoute = "" }), answered(v1alpha1.AcceptanceAccepted, 2),
		}, 2 * day, give(v1alpha1.ReleaseHoldExpired)},
		"its turn, in a namespace of nobody":      {"", all{turn, nobodys}, 0, do(stepNothing)},
		"an earlier place was to be held longer":  {v1alpha1.BindingHeld, all{untilOf(1, 3*day)}, 0, do(stepNothing)},
		"nobody said which was to be held longer": {v1alpha1.BindingHeld, all{untilOf(0, 3*day)}, 0, do(stepNothing)},
		"to be held longer":                       {v1alpha1.BindingHeld, all{until(3 * day)}, 0, decision{step: stepExtend, until: noon.Add(3 * day)}},
		"to be held longer, said after its end":   {v1alpha1.BindingHeld, all{until(3 * day)}, 2*day + time.Hour, decision{step: stepExtend, until: noon.Add(3 * day)}},
		"to be held less long":                    {v1alpha1.BindingHeld, all{until(day)}, 0, do(stepNothing)},
		"to be held for ever":                     {v1alpha1.BindingHeld, all{until(1000 * day)}, 0, decision{step: stepExtend, until: noon.Add(longest)}},
		"to be held a part of a second longer":    {v1alpha1.BindingHeld, all{until(2*day + time.Millisecond)}, 0, do(stepNothing)},
		"admitted before":                         {v1alpha1.BindingAdmitted, all{admitted}, 0, do(stepNothing)},
		"admitted before, long after":             {v1alpha1.BindingAdmitted, all{admitted}, 300 * day, do(stepNothing)},
		"admitted before, deleted":                {v1alpha1.BindingAdmitted, all{admitted, deleted}, 0, do(stepNothing)},
		"admitted before, the pool being deleted": {v1alpha1.BindingAdmitted, all{admitted, poolGoes}, 0, do(stepNothing)},
		"admitted before, the pool gone":          {v1alpha1.BindingAdmitted, all{admitted, poolGone}, 0, do(stepNothing)},
		"left":                                    {v1alpha1.BindingAdmitted, all{admitted, discharged}, 0, give(v1alpha1.ReleaseDischarged)},
		"left, and deleted":                       {v1alpha1.BindingAdmitted, all{admitted, discharged, deleted}, 0, give(v1alpha1.ReleaseDischarged)},
		"releasing":                               {v1alpha1.BindingReleasing, nil, 0, do(stepGiveBack)},
		"releasing, and withdrawn":                {v1alpha1.BindingReleasing, all{withdrawn}, 0, do(stepGiveBack)},
		"releasing, the pool gone":                {v1alpha1.BindingReleasing, all{poolGone}, 0, do(stepGiveBack)},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(tc.state)
			for _, happens := range tc.what {
				happens(&f)
			}
			if got := decide(f, noon.Add(tc.after)); got != tc.want {
				t.Errorf("decided %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestDescribeSaysWhoAndWhen(t *testing.T) {
	const at = "23 November 2026 12:00 UTC"
	for name, tc := range map[string]struct {
		state v1alpha1.BindingState
		what  []happening
		after time.Duration
		kind  string
		is    metav1.ConditionStatus
		why   string
		says  string
	}{
		"waits":          {"", nil, 0, v1alpha1.ConditionPlaced, metav1.ConditionFalse, v1alpha1.ReasonWaiting, "Waiting for a place."},
		"nobody asked":   {"", nil, 0, v1alpha1.ConditionAccepted, metav1.ConditionUnknown, v1alpha1.ReasonNoPlaceHeld, "No place is held."},
		"funding open":   {"", nil, 0, v1alpha1.ConditionFundingApproved, metav1.ConditionUnknown, v1alpha1.ReasonAwaited, "moray has not decided yet."},
		"funding agreed": {"", []happening{approved}, 0, v1alpha1.ConditionFundingApproved, metav1.ConditionTrue, v1alpha1.ReasonApproved, "moray approved the funding on " + at + "."},
		"not paid for":   {"", []happening{declined}, 0, v1alpha1.ConditionFundingApproved, metav1.ConditionFalse, v1alpha1.ReasonDeclined, "moray decided on " + at + " not to fund the place: Other."},
		"free":           {"", []happening{said(func(s *v1alpha1.PlacementSpec) { s.FundRoute = "" })}, 0, v1alpha1.ConditionFundingApproved, metav1.ConditionTrue, v1alpha1.ReasonNotNeeded, "Nobody has to approve the funding."},
		"taking":         {v1alpha1.BindingTaking, nil, 0, v1alpha1.ConditionPlaced, metav1.ConditionFalse, v1alpha1.ReasonTaking, "A place in p (fife) is being taken."},
		"held":           {v1alpha1.BindingHeld, nil, 0, v1alpha1.ConditionPlaced, metav1.ConditionTrue, v1alpha1.ReasonHeld, "Place 1 in p (fife) is held until 25 November 2026 12:00 UTC."},
		"asked":          {v1alpha1.BindingHeld, nil, 0, v1alpha1.ConditionAccepted, metav1.ConditionUnknown, v1alpha1.ReasonAwaited, "harbour has not answered yet."},
		"accepted":       {v1alpha1.BindingHeld, []happening{answered(v1alpha1.AcceptanceAccepted, 2)}, 0, v1alpha1.ConditionAccepted, metav1.ConditionTrue, v1alpha1.ReasonAccepted, "harbour accepted on " + at + "."},
		"an old answer":  {v1alpha1.BindingHeld, []happening{answered(v1alpha1.AcceptanceAccepted, 1)}, 0, v1alpha1.ConditionAccepted, metav1.ConditionUnknown, v1alpha1.ReasonAwaited, "harbour has not answered yet."},
		"no answer yet":  {v1alpha1.BindingHeld, nil, 36*time.Hour - time.Second, v1alpha1.ConditionHoldEnding, metav1.ConditionFalse, v1alpha1.ReasonHoldNotEnding, "No hold is about to end."},
		"ending":         {v1alpha1.BindingHeld, nil, 36 * time.Hour, v1alpha1.ConditionHoldEnding, metav1.ConditionTrue, v1alpha1.ReasonHoldEndsSoon, "The hold ends on 25 November 2026 12:00 UTC."},
		"cannot offer":   {v1alpha1.BindingReleasing, []happening{answered(v1alpha1.AcceptanceCannotOffer, 2)}, 0, v1alpha1.ConditionAccepted, metav1.ConditionFalse, v1alpha1.ReasonCannotOffer, "harbour said on " + at + " that it cannot offer the place: CannotMeetNeeds."},
		"releasing":      {v1alpha1.BindingReleasing, nil, 0, v1alpha1.ConditionPlaced, metav1.ConditionFalse, v1alpha1.ReasonReleasing, "is being given back."},
		"in the place":   {v1alpha1.BindingAdmitted, []happening{admitted}, 0, v1alpha1.ConditionPlaced, metav1.ConditionTrue, v1alpha1.ReasonAdmitted, "The person is in place 1 of p (fife)."},
		"deleted there":  {v1alpha1.BindingAdmitted, []happening{admitted, deleted}, 0, v1alpha1.ConditionPlaced, metav1.ConditionTrue, v1alpha1.ReasonAdmitted, "stays until spec.discharge is recorded."},
		"goes on":        {"", nil, 0, v1alpha1.ConditionEnded, metav1.ConditionFalse, v1alpha1.ReasonOngoing, "The claim goes on."},
		"gave up":        {"", []happening{withdrawn, hasEnded}, 0, v1alpha1.ConditionEnded, metav1.ConditionTrue, v1alpha1.ReasonWithdrawn, "The claim was given up: Other."},
		"left":           {"", []happening{admitted, discharged, hasEnded}, 0, v1alpha1.ConditionEnded, metav1.ConditionTrue, v1alpha1.ReasonDischarged, "The person has left: Completed."},
		"lapsed":         {"", []happening{hasEnded}, 0, v1alpha1.ConditionEnded, metav1.ConditionTrue, v1alpha1.ReasonHoldsExpired, "Make a new Placement"},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(tc.state)
			for _, happens := range tc.what {
				happens(&f)
			}
			describe(f.claim, rules.Outlook{}, metav1.Condition{}, noon.Add(tc.after))
			for _, c := range f.claim.Status.Conditions {
				if c.Type == tc.kind && (c.Status != tc.is || c.Reason != tc.why || !strings.Contains(c.Message, tc.says)) {
					t.Errorf("%s is %s, %s: %q; want %s, %s: %q", c.Type, c.Status, c.Reason, c.Message, tc.is, tc.why, tc.says)
				}
			}
			if status.Reason(f.claim.Status.Conditions, tc.kind) == "" {
				t.Errorf("no condition %s", tc.kind)
			}
		})
	}
}

// What becomes of a claim once its place is given back: whose doing it was decides whether it keeps its turn.
func TestSettle(t *testing.T) {
	later := noon.Add(90 * time.Hour)
	for reason, tc := range map[v1alpha1.ReleaseReason]struct {
		lapses int32
		ends   bool
		turn   bool // keeps it
		avoids bool // is not offered the pool again
	}{
		v1alpha1.ReleaseHoldExpired:     {lapses: 1},
		v1alpha1.ReleaseUnanswered:      {turn: true},
		v1alpha1.ReleaseCannotOffer:     {turn: true, avoids: true},
		v1alpha1.ReleaseFundingDeclined: {turn: true},
		v1alpha1.ReleaseWithdrawn:       {turn: true, ends: true},
		v1alpha1.ReleaseDeleted:         {turn: true},
		v1alpha1.ReleaseDischarged:      {turn: true, ends: true},
		v1alpha1.ReleasePoolDeleted:     {turn: true},
		v1alpha1.ReleaseNotTaken:        {turn: true},
	} {
		t.Run(string(reason), func(t *testing.T) {
			c := in(v1alpha1.BindingReleasing).claim
			before := rules.StandingOf(c)
			c.Status.Binding.ReleaseReason = reason
			settle(c, later)
			is := c.Status
			if is.Binding != nil || is.LastRelease != reason || is.Lapses != tc.lapses || (is.EndedTime != nil) != tc.ends ||
				(len(is.CannotOffer) == 1) != tc.avoids || (rules.StandingOf(c) == before) != tc.turn {
				t.Errorf("%+v, stands %+v", is, rules.StandingOf(c))
			}
		})
	}
}

// Which pools a claim is not offered again, and for how long: for good where the provider cannot take this person, until the
// next count where it did not answer, and not at all where there was no place.
func TestWhichPoolsAreLeftAlone(t *testing.T) {
	cannot := func(reason v1alpha1.CannotOfferReason) happening {
		return said(func(s *v1alpha1.PlacementSpec) {
			s.Acceptance = &v1alpha1.AcceptanceDecision{Decision: v1alpha1.AcceptanceCannotOffer, Reason: reason, Attempt: 2}
		})
	}
	for name, tc := range map[string]struct {
		release                v1alpha1.ReleaseReason
		what                   happening
		forGood, untilAnyCount int
	}{
		"no place after all":   {v1alpha1.ReleaseCannotOffer, cannot(v1alpha1.CannotOfferNoPlace), 0, 0},
		"cannot meet needs":    {v1alpha1.ReleaseCannotOffer, cannot(v1alpha1.CannotOfferNeeds), 1, 0},
		"needs an assessment":  {v1alpha1.ReleaseCannotOffer, cannot(v1alpha1.CannotOfferAssessment), 1, 0},
		"another reason":       {v1alpha1.ReleaseCannotOffer, cannot(v1alpha1.CannotOfferOther), 1, 0},
		"the provider silent":  {v1alpha1.ReleaseUnanswered, approved, 0, 1},
		"the ADP silent":       {v1alpha1.ReleaseUnanswered, answered(v1alpha1.AcceptanceAccepted, 2), 0, 0},
		"silent after a reply": {v1alpha1.ReleaseUnanswered, answered(v1alpha1.AcceptanceAccepted, 1), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			f := in(v1alpha1.BindingReleasing)
			tc.what(&f)
			for range 2 { // the same again replaces what was remembered
				f.claim.Status.Binding = in(v1alpha1.BindingReleasing).claim.Status.Binding
				f.claim.Status.Binding.ReleaseReason = tc.release
				f.claim.Status.CannotOffer = nil
				settle(f.claim, noon.Add(48*time.Hour))
			}
			is := f.claim.Status
			if len(is.CannotOffer) != tc.forGood || len(is.Unanswered) != tc.untilAnyCount {
				t.Errorf("for good %v, until the next count %v", is.CannotOffer, is.Unanswered)
			}
		})
	}
}

// Somebody in a place whose Placement is gone keeps it until the provider has counted at or after the admission.
func TestStillThere(t *testing.T) {
	at := func(after time.Duration) *metav1.Time { return &metav1.Time{Time: noon.Add(after)} }
	for name, tc := range map[string]struct {
		state             v1alpha1.AllocationState
		counted, admitted *metav1.Time
		want              bool
	}{
		"only held":                  {v1alpha1.AllocationHeld, at(0), nil, false},
		"never counted":              {v1alpha1.AllocationAdmitted, nil, at(0), true},
		"counted before":             {v1alpha1.AllocationAdmitted, at(-time.Second), at(0), true},
		"counted at the same moment": {v1alpha1.AllocationAdmitted, at(0), at(0), false},
		"counted since":              {v1alpha1.AllocationAdmitted, at(time.Second), at(0), false},
		"dated before it was given":  {v1alpha1.AllocationAdmitted, at(-time.Minute), at(-time.Hour), true},
	} {
		p := &v1alpha1.CapacityPool{Status: v1alpha1.CapacityPoolStatus{ConfirmedTime: tc.counted}}
		given := v1alpha1.Allocation{State: tc.state, HeldTime: metav1.NewTime(noon.Add(-time.Second)), AdmittedTime: tc.admitted}
		if got := stillThere(p, given); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Each change of a pool is made once, however often it is applied, and only to the entry of the present attempt.
func TestChangesOfAPoolCanBeRepeated(t *testing.T) {
	type sight struct{ entries, occupied, held, departures int }
	look := func(p *v1alpha1.CapacityPool) sight {
		return sight{len(p.Status.Allocations), int(*p.Status.Occupied), int(*p.Status.Held), len(p.Status.Departures)}
	}
	f := in(v1alpha1.BindingHeld)
	staffed, none := int32(2), int32(0)
	f.pool.Status.Counted = &v1alpha1.PlaceCount{Staffed: &staffed, Occupied: &none, Held: &none}
	f.pool.Status.ConfirmedTime = &metav1.Time{Time: noon.Add(-time.Hour)}
	now := noon.Add(time.Hour)
	for _, step := range []struct {
		change poolChange
		want   sight
	}{
		{extend(f.claim, noon.Add(50*time.Hour)), sight{1, 0, 0, 0}},
		{admitChange(f, now), sight{1, 1, 0, 0}},
		{giveBackChange(f, now.Add(time.Hour)), sight{0, 0, 0, 0}},
	} {
		for range 2 {
			if err := step.change(f.pool); err != nil {
				t.Fatal(err)
			}
			if f.pool.Status.Occupied == nil {
				f.pool.Status.Occupied, f.pool.Status.Held = &none, &none
				continue
			}
			if got := look(f.pool); got != step.want {
				t.Errorf("after it: %+v, want %+v", got, step.want)
			}
		}
	}
}

func admitChange(f facts, now time.Time) poolChange {
	f.claim.Spec.Admission = &v1alpha1.Admission{Time: metav1.NewTime(now.Add(time.Hour))}
	return admit(f.claim, now)
}

func giveBackChange(f facts, now time.Time) poolChange {
	f.claim.Spec.Discharge = &v1alpha1.Discharge{Time: metav1.NewTime(now), Reason: v1alpha1.DischargeCompleted}
	return giveBack(f.claim, now)
}
