package placement_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/placement"
	"lifeline.scot/api/refusal"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

const key = "a-key-of-a-test"

// act is a decision that can be handed in.
type act func(context.Context, *placement.Desk, identity.Caller, string, placement.Target) (placement.Claimed, error)

func approve(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
	return d.ApproveFunding(ctx, c, key, t)
}

func decline(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
	return d.DeclineFunding(ctx, c, key, t, v1alpha1.FundingReasonOther)
}

func accept(attempt int32) act {
	return func(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
		return d.Accept(ctx, c, key, t, attempt)
	}
}

func cannotOffer(attempt int32) act {
	return func(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
		return d.CannotOffer(ctx, c, key, t, attempt, v1alpha1.CannotOfferNeeds)
	}
}

func extend(until time.Time) act {
	return func(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
		return d.ExtendHold(ctx, c, key, t, until)
	}
}

func admit(at time.Time) act {
	return func(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
		return d.Admit(ctx, c, key, t, at)
	}
}

func discharge(at time.Time) act {
	return func(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
		return d.Discharge(ctx, c, key, t, at, v1alpha1.DischargeCompleted)
	}
}

func release(ctx context.Context, d *placement.Desk, c identity.Caller, key string, t placement.Target) (placement.Claimed, error) {
	return d.Release(ctx, c, key, t, v1alpha1.WithdrawalOther)
}

func approved(c *v1alpha1.Placement) {
	c.Spec.Funding = &v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved, DecidedTime: metav1.NewTime(noon)}
}

func accepted(attempt int32) func(*v1alpha1.Placement) {
	return func(c *v1alpha1.Placement) {
		c.Spec.Acceptance = &v1alpha1.AcceptanceDecision{
			Decision: v1alpha1.AcceptanceAccepted, Attempt: attempt, DecidedTime: metav1.NewTime(noon),
		}
	}
}

func admitted(c *v1alpha1.Placement) {
	c.Spec.Admission = &v1alpha1.Admission{Time: metav1.NewTime(noon)}
	c.Status.Binding.State = v1alpha1.BindingAdmitted
}

func dischargedBefore(c *v1alpha1.Placement) {
	c.Spec.Discharge = &v1alpha1.Discharge{Time: metav1.NewTime(noon), Reason: v1alpha1.DischargeOther}
}

func withdrawn(c *v1alpha1.Placement) {
	c.Spec.Withdrawal = &v1alpha1.Withdrawal{Reason: v1alpha1.WithdrawalOther}
}
func endedBefore(c *v1alpha1.Placement) { c.Status.EndedTime = &metav1.Time{Time: noon} }
func unpaid(c *v1alpha1.Placement)      { c.Spec.FundRoute = "" }
func taking(c *v1alpha1.Placement)      { c.Status.Binding.State = v1alpha1.BindingTaking }

type changes = []func(*v1alpha1.Placement)

func TestDecisions(t *testing.T) {
	for name, tc := range map[string]struct {
		who  identity.Caller
		is   changes
		does act
		want refusal.Code
	}{
		"approve":                         {commissioner, nil, approve, ""},
		"approve what was declined":       {commissioner, changes{approved}, decline, ""},
		"approve as a referrer":           {referrer, nil, approve, refusal.Forbidden},
		"approve as a data lead":          {dataLead, nil, approve, refusal.Forbidden},
		"approve as the provider":         {harbour, nil, approve, refusal.Forbidden},
		"approve as another provider":     {quay, nil, approve, refusal.NotFound},
		"approve as the public":           {identity.Caller{}, nil, approve, refusal.NotFound},
		"approve what nobody pays for":    {commissioner, changes{unpaid}, approve, refusal.Invalid},
		"approve after the admission":     {commissioner, changes{admitted}, approve, placement.CodeAlreadyAdmitted},
		"approve what was given up":       {commissioner, changes{withdrawn}, approve, refusal.Ended},
		"decline what has ended":          {commissioner, changes{endedBefore}, decline, refusal.Ended},
		"accept":                          {harbour, nil, accept(2), ""},
		"accept an earlier attempt":       {harbour, nil, accept(1), placement.CodeStaleAttempt},
		"accept a later attempt":          {harbour, nil, accept(3), placement.CodeStaleAttempt},
		"accept as the ADP":               {commissioner, nil, accept(2), refusal.Forbidden},
		"accept while taking":             {harbour, changes{taking}, accept(2), refusal.NotFound},
		"accept after the admission":      {harbour, changes{admitted}, accept(2), placement.CodeAlreadyAdmitted},
		"accept what was given up":        {harbour, changes{withdrawn}, accept(2), refusal.Ended},
		"cannot offer":                    {harbour, nil, cannotOffer(2), ""},
		"cannot offer after accepting":    {harbour, changes{accepted(2)}, cannotOffer(2), ""},
		"cannot offer an earlier attempt": {harbour, nil, cannotOffer(1), placement.CodeStaleAttempt},
		"extend":                          {harbour, nil, extend(noon.Add(49 * time.Hour)), ""},
		"extend to the last moment":       {harbour, nil, extend(noon.Add(rules.LongestHold)), ""},
		"extend past the last moment":     {harbour, nil, extend(noon.Add(rules.LongestHold + time.Second)), refusal.Invalid},
		"extend to when it ends":          {harbour, nil, extend(noon.Add(48 * time.Hour)), refusal.Invalid},
		"extend to an absurd moment":      {harbour, nil, extend(time.Time{}), refusal.Invalid},
		"extend as the ADP":               {commissioner, nil, extend(noon.Add(49 * time.Hour)), refusal.Forbidden},
		"admit":                           {harbour, changes{accepted(2), approved}, admit(time.Time{}), ""},
		"admit where nobody pays":         {harbour, changes{accepted(2), unpaid}, admit(time.Time{}), ""},
		"admit before accepting":          {harbour, changes{approved}, admit(time.Time{}), placement.CodeNotAccepted},
		"admit accepted in an earlier":    {harbour, changes{accepted(1), approved}, admit(time.Time{}), placement.CodeNotAccepted},
		"admit before it is paid for":     {harbour, changes{accepted(2)}, admit(time.Time{}), placement.CodeFundingNotApproved},
		"admit tomorrow":                  {harbour, changes{accepted(2), approved}, admit(noon.Add(24 * time.Hour)), refusal.Invalid},
		"admit by a clock ahead":          {harbour, changes{accepted(2), approved}, admit(noon.Add(time.Minute)), ""},
		"admit twice":                     {harbour, changes{accepted(2), approved, admitted}, admit(time.Time{}), placement.CodeAlreadyAdmitted},
		"admit as the ADP":                {commissioner, changes{accepted(2), approved}, admit(time.Time{}), refusal.Forbidden},
		"discharge":                       {harbour, changes{admitted}, discharge(time.Time{}), ""},
		"discharge before the admission":  {harbour, nil, discharge(time.Time{}), placement.CodeNotAdmitted},
		"discharge to before they came":   {harbour, changes{admitted}, discharge(noon.Add(-time.Second)), refusal.Invalid},
		"discharge tomorrow":              {harbour, changes{admitted}, discharge(noon.Add(24 * time.Hour)), refusal.Invalid},
		"discharge twice":                 {harbour, changes{admitted, dischargedBefore}, discharge(time.Time{}), refusal.Ended},
		"discharge as the ADP":            {commissioner, changes{admitted}, discharge(time.Time{}), refusal.Forbidden},
		"release":                         {referrer, nil, release, ""},
		"release as the provider":         {harbour, nil, release, refusal.Forbidden},
		"release as a data lead":          {dataLead, nil, release, refusal.Forbidden},
		"release twice":                   {referrer, changes{withdrawn}, release, refusal.Ended},
		"release after the admission":     {referrer, changes{admitted}, release, placement.CodeAlreadyAdmitted},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			about := o.held(t, tc.is...)
			before := o.store.Writes()
			done, err := tc.does(t.Context(), o.Desk, tc.who, key, about)
			if got := codeOf(err); got != tc.want {
				t.Fatalf("%q (%v), want %q", got, err, tc.want)
			}
			written := o.store.Writes() - before
			if (tc.want == "") != (written == 1) || written > 1 {
				t.Errorf("%d writes", written)
			}
			if tc.want != "" {
				return
			}
			if done.Replayed || done.Claim == nil {
				t.Errorf("%+v", done)
			}
			again, err := tc.does(t.Context(), o.Desk, tc.who, key, about)
			if err != nil || !again.Replayed || o.store.Writes() != before+1 {
				t.Errorf("sent again: replayed %t, %v, %d writes", again.Replayed, err, o.store.Writes()-before)
			}
		})
	}
}

// What a provider agrees to counts for the hold it was asked about, and is written down so.
func TestAnExtensionNamesItsHold(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	until := noon.Add(49 * time.Hour)
	done, err := o.ExtendHold(t.Context(), harbour, key, about, until)
	if err != nil {
		t.Fatal(err)
	}
	if spec := done.Claim.Spec; spec.HoldUntilAttempt != 2 || !spec.HoldUntilTime.Time.Equal(until) {
		t.Errorf("until %s for attempt %d", spec.HoldUntilTime, spec.HoldUntilAttempt)
	}
}

func TestTheSameKeyWithOtherInputDoesNothing(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	if _, err := o.Accept(t.Context(), harbour, key, about, 2); err != nil {
		t.Fatal(err)
	}
	before := o.store.Writes()
	if _, err := o.Accept(t.Context(), harbour, key, about, 3); codeOf(err) != refusal.KeyReused {
		t.Errorf("another attempt: %v", err)
	}
	about.Version = "1"
	if _, err := o.Accept(t.Context(), harbour, key, about, 2); codeOf(err) != refusal.KeyReused {
		t.Errorf("another version: %v", err)
	}
	other, err := o.Claim(t.Context(), referrer, "another-claim", "moray", specOf("referral-2"))
	if err != nil {
		t.Fatal(err)
	}
	o.store.Change(placement.Name{Namespace: "adp-moray", Name: other.Claim.Name}, func(c *v1alpha1.Placement) { hold(c, "harbour", 2) })
	elsewhere := placement.Target{Partnership: "moray", Name: other.Claim.Name}
	if _, err := o.Accept(t.Context(), harbour, key, elsewhere, 2); codeOf(err) != refusal.KeyReused {
		t.Errorf("another claim: %v", err)
	}
	if n := o.store.Writes() - before; n != 1 {
		t.Errorf("%d writes besides the claim", n-1)
	}
}

// A key counts for one kind of thing and one caller: others who happen to use it are not told that it was used.
func TestKeysOfOthersMakeNoDifference(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	for _, x := range []struct {
		c    identity.Caller
		does act
	}{{commissioner, approve}, {commissioner, decline}, {harbour, accept(2)}, {referrer, release}} {
		if done, err := x.does(t.Context(), o.Desk, x.c, key, about); err != nil || done.Replayed {
			t.Errorf("%+v: %+v %v", x.c, done, err)
		}
	}
}

func TestBoundsOfKeys(t *testing.T) {
	for n, want := range map[int]refusal.Code{0: refusal.Invalid, 7: refusal.Invalid, 8: "", 200: "", 201: refusal.Invalid} {
		o := newOffice()
		about := o.held(t)
		_, err := o.ApproveFunding(t.Context(), commissioner, strings.Repeat("k", n), about)
		if codeOf(err) != want {
			t.Errorf("%d characters: %v", n, err)
		}
		_, err = o.Report(t.Context(), harbour, strings.Repeat("k", n), placement.Target{Partnership: "fife", Name: "beds"}, placement.Count{})
		if codeOf(err) != want {
			t.Errorf("a count, %d characters: %v", n, err)
		}
	}
}

func TestADecisionAboutAnEarlierVersion(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	about.Version = "1"
	if _, err := o.ApproveFunding(t.Context(), commissioner, key, about); codeOf(err) != refusal.StaleVersion {
		t.Error(err)
	}
	about.Version = "2"
	done, err := o.ApproveFunding(t.Context(), commissioner, key, about)
	if err != nil || done.Claim.ResourceVersion != "3" {
		t.Fatal(done, err)
	}
	if again, err := o.ApproveFunding(t.Context(), commissioner, key, about); err != nil || !again.Replayed {
		t.Errorf("a replay is not stale: %+v %v", again, err)
	}
}

func TestConflictsAreTriedAgain(t *testing.T) {
	for conflicts, want := range map[int]refusal.Code{1: "", 7: "", 8: placement.CodeConflict} {
		o := newOffice()
		about := o.held(t)
		left := conflicts
		o.store.Before = func() error {
			if left--; left >= 0 {
				return conflict()
			}
			return nil
		}
		before := o.store.Writes()
		_, err := o.ApproveFunding(t.Context(), commissioner, key, about)
		if codeOf(err) != want || o.store.Writes()-before > 1 {
			t.Errorf("%d conflicts: %v, %d writes", conflicts, err, o.store.Writes()-before)
		}
	}
}

// Whoever writes in between is seen: the decision is judged by the claim as it is then.
func TestADecisionIsJudgedAnewAfterAConflict(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	first := true
	o.Store = interrupted{o.store, func() {
		if first {
			first = false
			o.store.Change(placement.Name{Namespace: "adp-moray", Name: about.Name}, withdrawn)
		}
	}}
	if _, err := o.Accept(t.Context(), harbour, key, about, 2); codeOf(err) != refusal.Ended {
		t.Error(err)
	}
}

// interrupted lets somebody else write between reading and writing.
type interrupted struct {
	placement.Store
	meanwhile func()
}

func (s interrupted) UpdatePlacement(ctx context.Context, claim *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	s.meanwhile()
	return s.Store.UpdatePlacement(ctx, claim)
}

func TestAfterALostAnswerTheSameIsAnsweredAgain(t *testing.T) {
	for name, lost := range map[string]error{
		"timeout":        apierrors.NewServerTimeout(placements, "update", 1),
		"internal error": apierrors.NewInternalError(errors.New("etcd is away")),
		"too busy":       apierrors.NewTooManyRequests("later", 1),
		"no connection":  &url.Error{Op: "Put", URL: "https://127.0.0.1", Err: errors.New("connection reset by peer")},
		"gave up":        context.DeadlineExceeded,
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			about := o.held(t)
			before := o.store.Writes()
			o.store.Lost = func() error { return lost }
			_, failed := o.ApproveFunding(t.Context(), commissioner, key, about)
			_, alsoFailed := o.Claim(t.Context(), referrer, key, "moray", specOf("referral-3"))
			_, countFailed := o.Report(t.Context(), harbour, key, beds, placement.Count{Staffed: 3})
			for _, err := range []error{failed, alsoFailed, countFailed} {
				if !errors.Is(err, placement.ErrUnavailable) {
					t.Errorf("%v", err)
				}
			}
			o.store.Lost = nil
			again, err := o.ApproveFunding(t.Context(), commissioner, key, about)
			if err != nil || !again.Replayed || again.Claim.Spec.Funding == nil {
				t.Errorf("the decision: %+v %v", again, err)
			}
			claim, err := o.Claim(t.Context(), referrer, key, "moray", specOf("referral-3"))
			if err != nil || !claim.Replayed {
				t.Errorf("the claim: %+v %v", claim, err)
			}
			count, err := o.Report(t.Context(), harbour, key, beds, placement.Count{Staffed: 3})
			if err != nil || !count.Replayed {
				t.Errorf("the count: %+v %v", count, err)
			}
			if n := o.store.Writes() - before; n != 3 {
				t.Errorf("%d writes, want 3", n)
			}
		})
	}
}

func TestNothingIsDoneWhileTheStoreIsAway(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	o.store.Before = func() error { return apierrors.NewServiceUnavailable("away") }
	if _, err := o.ApproveFunding(t.Context(), commissioner, key, about); !errors.Is(err, placement.ErrUnavailable) {
		t.Error(err)
	}
	o.store.Before = nil
	if done, err := o.ApproveFunding(t.Context(), commissioner, key, about); err != nil || done.Replayed {
		t.Errorf("%+v %v", done, err)
	}
}

func TestTheSameKeyAtOnceIsOneWrite(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	before := o.store.Writes()
	var wg sync.WaitGroup
	var mu sync.Mutex
	replayed, names := 0, map[string]bool{}
	for range 6 { // fewer than a decision has tries
		wg.Go(func() {
			done, err := o.Accept(t.Context(), harbour, key, about, 2)
			claim, failed := o.Claim(t.Context(), referrer, key, "moray", specOf("referral-4"))
			_, uncounted := o.Report(t.Context(), harbour, key, beds, placement.Count{Staffed: 4})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || failed != nil || uncounted != nil {
				t.Error(err, failed, uncounted)
				return
			}
			if done.Replayed {
				replayed++
			}
			names[claim.Claim.Name] = true
		})
	}
	wg.Wait()
	if n := o.store.Writes() - before; n != 3 || replayed != 5 || len(names) != 1 {
		t.Errorf("%d writes, %d replays, claims %v", n, replayed, names)
	}
}

// A provider that cannot offer the place loses sight of the claim. Sent again, its answer is answered without it.
func TestAnswersSentAgainAfterTheClaimHasGoneOutOfSight(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	if _, err := o.CannotOffer(t.Context(), harbour, key, about, 2, v1alpha1.CannotOfferNeeds); err != nil {
		t.Fatal(err)
	}
	o.store.Change(placement.Name{Namespace: "adp-moray", Name: about.Name}, func(c *v1alpha1.Placement) { hold(c, "quay", 3) })
	again, err := o.CannotOffer(t.Context(), harbour, key, about, 2, v1alpha1.CannotOfferNeeds)
	if err != nil || !again.Replayed || again.Claim != nil {
		t.Errorf("%+v %v", again, err)
	}
	// With other input it may not even learn that the claim still exists.
	if _, err := o.CannotOffer(t.Context(), harbour, key, about, 3, v1alpha1.CannotOfferNeeds); codeOf(err) != refusal.NotFound {
		t.Error(err)
	}
	if _, err := o.Accept(t.Context(), harbour, "another-key", about, 3); codeOf(err) != refusal.NotFound {
		t.Error(err)
	}
}

func TestClaims(t *testing.T) {
	emergency := specOf("referral-5")
	emergency.Priority = v1alpha1.PriorityEmergency
	for name, tc := range map[string]struct {
		who         identity.Caller
		partnership string
		spec        v1alpha1.PlacementSpec
		want        refusal.Code
	}{
		"a referrer's":                   {referrer, "moray", specOf("referral-5"), ""},
		"a commissioner's":               {commissioner, "moray", specOf("referral-5"), ""},
		"a commissioner's emergency":     {commissioner, "moray", emergency, ""},
		"a referrer's emergency":         {referrer, "moray", emergency, refusal.Forbidden},
		"a data lead's":                  {dataLead, "moray", specOf("referral-5"), refusal.Forbidden},
		"a provider's":                   {harbour, "moray", specOf("referral-5"), refusal.Forbidden},
		"the public's":                   {identity.Caller{}, "moray", specOf("referral-5"), refusal.Forbidden},
		"for another ADP":                {referrer, "fife", specOf("referral-5"), refusal.Forbidden},
		"for no ADP":                     {referrer, "", specOf("referral-5"), refusal.Forbidden},
		"with a path for an ADP":         {referrer, "../moray", specOf("referral-5"), refusal.Forbidden},
		"with a subresource for an ADP":  {referrer, "moray/placements", specOf("referral-5"), refusal.Forbidden},
		"with a long name for an ADP":    {referrer, strings.Repeat("m", 65), specOf("referral-5"), refusal.Forbidden},
		"with another case for the same": {referrer, "Moray", specOf("referral-5"), refusal.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			done, err := o.Claim(t.Context(), tc.who, key, tc.partnership, tc.spec)
			if codeOf(err) != tc.want || (tc.want == "") != (o.store.Writes() == 1) {
				t.Fatalf("%v, %d writes", err, o.store.Writes())
			}
			if tc.want != "" {
				return
			}
			other, err := newOffice().Claim(t.Context(), tc.who, key, tc.partnership, tc.spec)
			if err != nil || other.Claim.Name != done.Claim.Name || !strings.HasPrefix(done.Claim.Name, "c-") {
				t.Errorf("the name does not follow from the key: %s and %s, %v", done.Claim.Name, other.Claim.Name, err)
			}
			if notes := done.Claim.Annotations[placement.AnsweredAnnotation]; strings.Contains(notes, key) || strings.Contains(notes, "referral") {
				t.Errorf("more than hashes: %s", notes)
			}
			if _, err := o.Claim(t.Context(), tc.who, key, tc.partnership, specOf("referral-6")); codeOf(err) != refusal.KeyReused {
				t.Errorf("with another referral: %v", err)
			}
			o.store.Change(placement.Name{Namespace: done.Claim.Namespace, Name: done.Claim.Name}, func(c *v1alpha1.Placement) {
				hold(c, "harbour", 1)
			})
			again, err := o.Claim(t.Context(), tc.who, key, tc.partnership, tc.spec)
			if err != nil || !again.Replayed || again.Claim.Status.Binding == nil {
				t.Errorf("sent again it answers with the claim as it is now: %+v %v", again, err)
			}
		})
	}
}

func TestNamesThatNothingCanHave(t *testing.T) {
	o := newOffice()
	o.Store = unread{t}
	for _, about := range []placement.Target{
		{Partnership: "moray", Name: "../x"},
		{Partnership: "../x", Name: "c-x"},
		{Partnership: "moray/placements", Name: "c-x"},
		{Partnership: "moray", Name: ""},
		{Partnership: "", Name: "c-x"},
		{Partnership: "moray", Name: strings.Repeat("x", 65)},
		{Partnership: strings.Repeat("x", 65), Name: "c-x"},
		{Partnership: "moray", Name: "c-x?dryRun=All"},
		{Partnership: "Moray", Name: "c-x"},
		{Partnership: "moray", Name: "c-x\x00"},
	} {
		if _, err := o.ApproveFunding(t.Context(), commissioner, key, about); codeOf(err) != refusal.NotFound {
			t.Errorf("%q: %v", about, err)
		}
		if _, err := o.Report(t.Context(), harbour, key, about, placement.Count{}); codeOf(err) != refusal.NotFound {
			t.Errorf("a count of %q: %v", about, err)
		}
	}
}

// What somebody typed in the place of a name or a code gets into no address and no request: Kubernetes logs those.
func TestWordsInPlaceOfCodesDoNotReachKubernetes(t *testing.T) {
	o := newOffice()
	o.Store = unread{t}
	for _, typed := range []string{"3112310007", "sorcha-quillfeather", "c-sorcha", "r-sorcha-1", "c-" + strings.Repeat("a", 25)} {
		about := placement.Target{Partnership: "moray", Name: typed}
		if _, err := o.ApproveFunding(t.Context(), commissioner, key, about); codeOf(err) != refusal.NotFound {
			t.Errorf("a claim %q: %v", typed, err)
		}
		made := placement.Target{Partnership: typed, Name: "c-" + strings.Repeat("a", 26)}
		if _, err := o.ApproveFunding(t.Context(), commissioner, key, made); codeOf(err) != refusal.NotFound {
			t.Errorf("a claim in %q: %v", typed, err)
		}
		for _, pool := range []placement.Target{{Partnership: "fife", Name: typed}, {Partnership: typed, Name: "beds"}} {
			if _, err := o.Report(t.Context(), harbour, key, pool, placement.Count{}); codeOf(err) != refusal.NotFound {
				t.Errorf("a count of %q: %v", pool, err)
			}
			spec := specOf("referral-1")
			spec.Pools = []v1alpha1.PlacementPool{{Partnership: "fife", Name: "beds"}, {
				Partnership: v1alpha1.ObjectName(pool.Partnership), Name: v1alpha1.ObjectName(pool.Name),
			}}
			if _, err := o.Claim(t.Context(), referrer, key, "moray", spec); codeOf(err) != refusal.Invalid {
				t.Errorf("a claim on %q: %v", pool, err)
			}
		}
		spec := specOf("referral-1")
		spec.Needs = &v1alpha1.PlacementNeeds{Language: typed}
		if _, err := o.Claim(t.Context(), referrer, key, "moray", spec); codeOf(err) != refusal.Invalid {
			t.Errorf("the language %q: %v", typed, err)
		}
	}
	for _, number := range []string{"3112310007", "Sorcha Quillfeather", "sorcha@example.org", "short", "", strings.Repeat("x", 64), "-sorcha-1"} {
		if _, err := o.Claim(t.Context(), referrer, key, "moray", specOf(number)); codeOf(err) != refusal.Invalid {
			t.Errorf("for the referral %q: %v", number, err)
		}
	}
}

// A claim that another replica made a moment ago is found, although it has not been seen.
func TestAClaimThatWasNotSeenYetIsAskedFor(t *testing.T) {
	o := newOffice()
	made, err := o.Claim(t.Context(), referrer, key, "moray", specOf("referral-1"))
	if err != nil {
		t.Fatal(err)
	}
	name := placement.Name{Namespace: made.Claim.Namespace, Name: made.Claim.Name}
	o.Book.SetPlacement(claimOf("moray", "another"))
	o.Book.RemovePlacement(name)
	about := placement.Target{Partnership: "moray", Name: name.Name}
	if _, err := o.Release(t.Context(), referrer, "another-key", about, v1alpha1.WithdrawalOtherChoice); err != nil {
		t.Error(err)
	}
}

// unread is a store that must not be asked.
type unread struct{ t *testing.T }

func (u unread) asked() { u.t.Helper(); u.t.Error("the store was asked") }

func (u unread) Placement(context.Context, placement.Name) (*v1alpha1.Placement, error) {
	u.asked()
	return nil, errors.ErrUnsupported
}

func (u unread) CreatePlacement(context.Context, *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	u.asked()
	return nil, errors.ErrUnsupported
}

func (u unread) UpdatePlacement(context.Context, *v1alpha1.Placement) (*v1alpha1.Placement, error) {
	u.asked()
	return nil, errors.ErrUnsupported
}

func (u unread) Pool(context.Context, placement.Name) (*v1alpha1.CapacityPool, error) {
	u.asked()
	return nil, errors.ErrUnsupported
}

func (u unread) Report(context.Context, placement.Name) (*v1alpha1.CapacityReport, error) {
	u.asked()
	return nil, errors.ErrUnsupported
}

func (u unread) CreateReport(context.Context, *v1alpha1.CapacityReport) (*v1alpha1.CapacityReport, error) {
	u.asked()
	return nil, errors.ErrUnsupported
}

// Who has not read the claim answers for the place that is held, once.
func TestTheProviderAnswersForWhateverIsHeld(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	for try := range 2 {
		done, err := o.AcceptHeld(t.Context(), harbour, "accept-key", about)
		if err != nil || done.Replayed != (try == 1) {
			t.Fatalf("time %d: %+v, %v", try+1, done, err)
		}
		if said := done.Claim.Spec.Acceptance; said == nil || said.Decision != v1alpha1.AcceptanceAccepted || said.Attempt != 2 {
			t.Errorf("it says %+v", said)
		}
		o.store.Change(placement.Name{Namespace: "adp-moray", Name: about.Name}, func(c *v1alpha1.Placement) { hold(c, "harbour", 3) }) // it may be sent again later
	}
	done, err := o.CannotOfferHeld(t.Context(), harbour, "cannot-key", about, v1alpha1.CannotOfferNeeds)
	if err != nil {
		t.Fatal(err)
	}
	if said := done.Claim.Spec.Acceptance; said.Decision != v1alpha1.AcceptanceCannotOffer || said.Attempt != 3 ||
		said.Reason != v1alpha1.CannotOfferNeeds {
		t.Errorf("it says %+v", said)
	}
	if _, err := o.AcceptHeld(t.Context(), quay, "another-key", about); codeOf(err) != refusal.NotFound {
		t.Errorf("another provider: %v", err)
	}
	o.store.Change(placement.Name{Namespace: "adp-moray", Name: about.Name}, func(c *v1alpha1.Placement) { c.Status.Binding = nil })
	if _, err := o.AcceptHeld(t.Context(), harbour, "a-third-key", about); codeOf(err) != refusal.NotFound {
		t.Errorf("nothing is held: %v", err)
	}
}

func TestADecisionIsMadeProvidedThatItMayBe(t *testing.T) {
	o := newOffice()
	about := o.held(t)
	asked := 0
	no := refusal.Of(refusal.StaleVersion, "It has changed.")
	strict := o.Provided(func(context.Context) error { asked++; return no })
	if _, err := strict.AcceptHeld(t.Context(), harbour, "accept-key", about); codeOf(err) != refusal.StaleVersion || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	if _, err := o.AcceptHeld(t.Context(), harbour, "accept-key", about); err != nil {
		t.Fatal(err)
	}
	if done, err := strict.AcceptHeld(t.Context(), harbour, "accept-key", about); err != nil || !done.Replayed || asked != 1 {
		t.Errorf("what was decided before: %+v, %v", done, err)
	}
	if _, err := strict.AcceptHeld(t.Context(), quay, "other-key", about); codeOf(err) != refusal.NotFound || asked != 1 {
		t.Errorf("whose it is not: %v", err)
	}
}
