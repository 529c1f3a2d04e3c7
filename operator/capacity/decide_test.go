package capacity

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/status"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func pool() *v1alpha1.CapacityPool {
	p := &v1alpha1.CapacityPool{ObjectMeta: metav1.ObjectMeta{Name: "beds", UID: "this"}}
	p.Spec.Operation, p.Spec.ConfirmEverySeconds = v1alpha1.OperationOpen, 3600
	return p
}

func count(name string, observed time.Time, staffed, occupied, held int32) *v1alpha1.CapacityReport {
	r := &v1alpha1.CapacityReport{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(noon)}}
	r.Spec.ObservedTime = metav1.NewTime(observed)
	r.Spec.Staffed, r.Spec.Occupied, r.Spec.Held = &staffed, &occupied, &held
	r.Spec.Provenance = v1alpha1.CountCounted
	return r
}

func about(p *v1alpha1.CapacityPool, reports ...*v1alpha1.CapacityReport) facts {
	f := facts{pool: p, owner: reference.Owner{Name: "glasgow"}, reports: reports}
	f.service, f.partner = &v1alpha1.SupportService{}, &v1alpha1.Partner{}
	f.service.Spec.Operation, f.partner.Spec.Participation = v1alpha1.OperationOpen, v1alpha1.ParticipationActive
	return f
}

// Nobody writes; the clock moves on; trust and free follow it, and the operator knows when to come back.
func TestTrustAndFreeFollowTheClock(t *testing.T) {
	report := count("count", noon, 12, 7, 1)
	for _, tc := range []struct {
		after time.Duration
		trust v1alpha1.Trust
		free  bool
		next  time.Duration // from noon; 0 for never
	}{
		{0, v1alpha1.TrustConfirmed, true, time.Hour},
		{time.Hour - time.Second, v1alpha1.TrustConfirmed, true, time.Hour},
		{time.Hour, v1alpha1.TrustAgeing, true, 2 * time.Hour},
		{2 * time.Hour, v1alpha1.TrustUnconfirmed, false, 0},
	} {
		got := decide(about(pool(), report), noon.Add(tc.after))
		if got.status.Trust != tc.trust || (got.status.Free != nil) != tc.free {
			t.Errorf("after %s: %s, free %v", tc.after, got.status.Trust, got.status.Free)
		}
		if *got.status.Staffed != 12 || *got.status.Occupied != 7 || *got.status.Held != 1 {
			t.Errorf("after %s the count itself is no longer shown as last known", tc.after)
		}
		if tc.next == 0 {
			if !got.next.IsZero() || got.status.TrustChangeTime != nil {
				t.Errorf("after %s: changes again at %s", tc.after, got.next)
			}
		} else if !got.next.Equal(noon.Add(tc.next)) || !got.status.TrustChangeTime.Time.Equal(got.next) {
			t.Errorf("after %s: changes at %s, want %s", tc.after, got.next, noon.Add(tc.next))
		}
	}
}

func TestOnlyAnOpenPoolHasFreePlaces(t *testing.T) {
	closed := pool()
	closed.Spec.Operation = v1alpha1.OperationClosed
	if got := decide(about(closed, count("count", noon, 12, 7, 0)), noon).status; got.Free != nil || *got.Staffed != 12 {
		t.Errorf("free %v, staffed %v", got.Free, got.Staffed)
	}
}

func TestWhatIsWrongWithACountIsSaid(t *testing.T) {
	registered := int32(10)
	small := pool()
	small.Spec.Registered = &v1alpha1.PlacesFigure{Places: &registered}
	for name, tc := range map[string]struct {
		facts                             facts
		overcommitted, mismatch, accepted string
	}{
		"no report": {about(pool()), v1alpha1.ReasonNoReports, v1alpha1.ReasonNoReports, v1alpha1.ReasonNoReports},
		"a good one": {
			about(pool(), count("a", noon, 12, 7, 5)),
			v1alpha1.ReasonWithinStaffed, v1alpha1.ReasonConsistent, v1alpha1.ReasonAllAccepted,
		},
		"more people than places": {
			about(pool(), count("a", noon, 12, 12, 1)),
			v1alpha1.ReasonMorePeopleThanPlaces, v1alpha1.ReasonConsistent, v1alpha1.ReasonAllAccepted,
		},
		"more staffed than registered": {
			about(small, count("a", noon, 12, 1, 0)),
			v1alpha1.ReasonWithinStaffed, v1alpha1.ReasonMoreStaffedThanRegistered, v1alpha1.ReasonAllAccepted,
		},
		"two counts for one moment": {
			about(pool(), count("a", noon, 12, 1, 0), count("b", noon, 12, 2, 0)),
			v1alpha1.ReasonWithinStaffed, v1alpha1.ReasonDifferentCountsSameTime, v1alpha1.ReasonAllAccepted,
		},
		"one dated in the future": {
			about(pool(), count("a", noon, 12, 1, 0), count("b", noon.Add(time.Hour), 12, 2, 0)),
			v1alpha1.ReasonWithinStaffed, v1alpha1.ReasonConsistent, v1alpha1.ReasonFutureDated,
		},
		"nothing but the future": {
			about(pool(), count("b", noon.Add(time.Hour), 12, 2, 0)),
			v1alpha1.ReasonNoReports, v1alpha1.ReasonNoReports, v1alpha1.ReasonFutureDated,
		},
	} {
		t.Run(name, func(t *testing.T) {
			is := decide(tc.facts, noon).status.Conditions
			for kind, want := range map[string]string{
				v1alpha1.ConditionOvercommitted:   tc.overcommitted,
				v1alpha1.ConditionCountMismatch:   tc.mismatch,
				v1alpha1.ConditionReportsAccepted: tc.accepted,
				v1alpha1.ConditionReady:           v1alpha1.ReasonReady,
			} {
				if got := status.Reason(is, kind); got != want {
					t.Errorf("%s says %s, want %s", kind, got, want)
				}
			}
		})
	}
}

// A place is offered only while everything it depends on is there and open; the count stays on show.
func TestWhatAPoolNamesMustBeThere(t *testing.T) {
	deleted := &metav1.Time{Time: noon}
	operates := func(how v1alpha1.Operation) func(*facts) {
		return func(f *facts) { f.service.Spec.Operation = how }
	}
	for name, tc := range map[string]struct {
		change func(*facts)
		want   string
	}{
		"all is there":          {func(*facts) {}, v1alpha1.ReasonResolved},
		"no partnership":        {func(f *facts) { f.owner = reference.Owner{} }, v1alpha1.ReasonPartnershipNotFound},
		"partnership leaves":    {func(f *facts) { f.owner.Leaving = true }, v1alpha1.ReasonBeingDeleted},
		"no service":            {func(f *facts) { f.service, f.partner = nil, nil }, v1alpha1.ReasonServiceNotFound},
		"service being deleted": {func(f *facts) { f.service.DeletionTimestamp = deleted }, v1alpha1.ReasonBeingDeleted},
		"service paused":        {operates(v1alpha1.OperationPaused), v1alpha1.ReasonServiceNotOpen},
		"service closed":        {operates(v1alpha1.OperationClosed), v1alpha1.ReasonServiceNotOpen},
		"service planned":       {operates(v1alpha1.OperationPlanned), v1alpha1.ReasonServiceNotOpen},
		"no partner":            {func(f *facts) { f.partner = nil }, v1alpha1.ReasonPartnerNotFound},
		"partner being deleted": {func(f *facts) { f.partner.DeletionTimestamp = deleted }, v1alpha1.ReasonBeingDeleted},
		"partner suspended": {
			func(f *facts) { f.partner.Spec.Participation = v1alpha1.ParticipationSuspended }, v1alpha1.ReasonPartnerSuspended,
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := about(pool(), count("count", noon, 12, 7, 0))
			tc.change(&f)
			is := decide(f, noon).status
			if got := status.Reason(is.Conditions, v1alpha1.ConditionReferencesResolved); got != tc.want {
				t.Errorf("says %s, want %s", got, tc.want)
			}
			if offered := is.Free != nil; offered != (tc.want == v1alpha1.ReasonResolved) || *is.Staffed != 12 {
				t.Errorf("free %v, staffed %d", is.Free, *is.Staffed)
			}
		})
	}
}

// A pool that is closed itself says nothing about its service: the two go together.
func TestAClosedPoolNeedsNoOpenService(t *testing.T) {
	f := about(pool())
	f.pool.Spec.Operation, f.service.Spec.Operation = v1alpha1.OperationClosed, v1alpha1.OperationClosed
	if got := status.Reason(decide(f, noon).status.Conditions, v1alpha1.ConditionReady); got != v1alpha1.ReasonReady {
		t.Errorf("Ready says %s", got)
	}
}

// Places stop being free, and are free again, in the very status that says so.
func TestFreeFollowsTheConditionAtOnce(t *testing.T) {
	f := about(pool(), count("count", noon, 12, 7, 0))
	f.partner.Spec.Participation = v1alpha1.ParticipationSuspended
	f.pool.Status = decide(f, noon).status
	f.partner.Spec.Participation = v1alpha1.ParticipationActive
	if is := decide(f, noon).status; is.Free == nil || *is.Free != 5 {
		t.Errorf("free %v, want 5", is.Free)
	}
}

// A name too many among those who may claim keeps nobody else out, and is said.
func TestClaimantsThatDoNotExistAreNamed(t *testing.T) {
	f := about(pool(), count("count", noon, 12, 7, 0))
	f.strangers = []string{"atlantis"}
	is := decide(f, noon).status
	if got := status.Reason(is.Conditions, v1alpha1.ConditionReady); got != v1alpha1.ReasonPartnershipNotFound {
		t.Errorf("Ready says %s", got)
	}
	if got := status.Message(is.Conditions, v1alpha1.ConditionReady); !strings.Contains(got, "atlantis") {
		t.Errorf("%q does not say who", got)
	}
	if got := status.Reason(is.Conditions, v1alpha1.ConditionReferencesResolved); got != v1alpha1.ReasonResolved || is.Free == nil {
		t.Errorf("ReferencesResolved says %s, free %v", got, is.Free)
	}
}

// A provider cannot delete a report, so a good count after a refused one settles it; a refused one after it does not.
func TestAGoodCountSettlesWhatWasRefusedBefore(t *testing.T) {
	refused, good := count("refused", noon.Add(2*time.Hour), 12, 1, 0), count("good", noon, 12, 7, 0)
	for want, written := range map[string]time.Time{
		v1alpha1.ReasonAllAccepted: noon.Add(-time.Minute),
		v1alpha1.ReasonFutureDated: noon.Add(time.Minute),
	} {
		refused.CreationTimestamp = metav1.NewTime(written)
		is := decide(about(pool(), refused, good), noon).status
		if got := status.Reason(is.Conditions, v1alpha1.ConditionReportsAccepted); got != want {
			t.Errorf("refused at %s: %s, want %s", written, got, want)
		}
	}
}

// A clock that runs a little fast makes no count newer than the moment it was written.
func TestNothingIsConfirmedAheadOfTime(t *testing.T) {
	is := decide(about(pool(), count("fast", noon.Add(time.Minute), 12, 7, 0)), noon).status
	if !is.ConfirmedTime.Time.Equal(noon) || !is.TrustChangeTime.Time.Equal(noon.Add(time.Hour)) {
		t.Errorf("confirmed %s, changes %s", is.ConfirmedTime, is.TrustChangeTime)
	}
}

// Who counted: the partner that says so, else the Partnership.
func TestWhoConfirmed(t *testing.T) {
	byPartner := count("a", noon, 1, 0, 0)
	byPartner.Spec.ReportedBy = &v1alpha1.PartnerReference{Name: "phoenix"}
	for want, report := range map[v1alpha1.ObjectName]*v1alpha1.CapacityReport{
		"phoenix": byPartner, "glasgow": count("a", noon, 1, 0, 0),
	} {
		f := about(pool(), report)
		f.service.Spec.ProviderRef.Name = "phoenix"
		if got := decide(f, noon).status.ConfirmedBy; got != want {
			t.Errorf("confirmed by %s, want %s", got, want)
		}
	}
}

// Events come with what changed, say nothing when nothing did, and never say how many people are in places.
func TestEventsAreAboutWhatChanged(t *testing.T) {
	shown := func(now time.Time, reports ...*v1alpha1.CapacityReport) *v1alpha1.CapacityPool {
		p := pool()
		p.Status = decide(about(p, reports...), now).status
		return p
	}
	one, full := count("one", noon, 12, 7, 0), count("full", noon.Add(time.Minute), 12, 14, 0)
	full.CreationTimestamp = full.Spec.ObservedTime
	for name, tc := range map[string]struct {
		was, is *v1alpha1.CapacityPool
		want    string
	}{
		"first count":      {shown(noon), shown(noon, one), "CountChanged TrustChanged"},
		"nothing":          {shown(noon, one), shown(noon.Add(time.Minute), one), ""},
		"it ages":          {shown(noon, one), shown(noon.Add(time.Hour), one), "TrustChanged"},
		"overcommitted":    {shown(noon, one), shown(noon, one, full), "CountChanged MorePeopleThanPlaces"},
		"dated ahead":      {shown(noon, one), shown(noon, one, count("x", noon.Add(time.Hour), 1, 1, 0)), "FutureDated"},
		"two for one time": {shown(noon, one), shown(noon, one, count("aaa", noon, 12, 6, 0)), "DifferentCountsSameTime"},
	} {
		t.Run(name, func(t *testing.T) {
			var reasons []string
			for _, c := range changes(tc.was, tc.is) {
				reasons = append(reasons, c.Reason)
				if strings.Contains(c.Note, "14") || strings.Contains(c.Note, "occupied") {
					t.Errorf("the note tells how many people: %s", c.Note)
				}
			}
			if got := strings.Join(reasons, " "); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// Reports of an earlier pool of the same name go with that pool and count for nothing in the new one.
func TestReportsOfAnEarlierPoolCountForNothing(t *testing.T) {
	mine, theirs, nobodys := count("mine", noon, 1, 1, 0), count("theirs", noon, 1, 1, 0), count("nobodys", noon, 1, 1, 0)
	theirs.OwnerReferences = []metav1.OwnerReference{{Kind: "CapacityPool", Name: "beds", UID: "earlier"}}
	mine.OwnerReferences = []metav1.OwnerReference{{Kind: "CapacityPool", Name: "beds", UID: "this"}}
	if ownedByAnother(mine, "this") || ownedByAnother(nobodys, "this") || !ownedByAnother(theirs, "this") {
		t.Error("cannot tell whose a report is")
	}
}
