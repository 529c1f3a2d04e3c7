package referral_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/referral"
	"lifeline.scot/crds/v1alpha1"
)

func TestTheWholeJourneyToAPlaceThatAnADPPaysFor(t *testing.T) {
	x := begin(t, referral.Funded)
	for _, tc := range []struct {
		step
		status referral.Status
		stage  referral.Stage
	}{
		{acknowledge, referral.Acknowledged, referral.StageContact},
		{settle(haven, referral.StageContact), referral.Acknowledged, referral.StageAssessment},
		{settle(moray, referral.StageAssessment), referral.Acknowledged, referral.StageFunding},
		{accept, referral.Accepted, referral.StageFunding}, // the provider may be first
		{wait, referral.PlacementWaiting, referral.StageFunding},
		{hold, referral.PlacementHeld, referral.StageFunding},
		{settle(moray, referral.StageFunding), referral.PlacementHeld, referral.StagePreparation},
		{settle(harbour, referral.StagePreparation), referral.PlacementHeld, referral.StageAdmission},
		{admit, referral.Admitted, referral.StageAftercare},
		{complete, referral.Completed, referral.StageAftercare},
		{step{harbour, referral.MakeLink{Link: referral.Link{Kind: referral.Aftercare, Referral: "r-1111111"}}, ""}, referral.Completed, ""},
	} {
		x.do(t, tc.step)
		if x.Status != tc.status || x.Stage() != tc.stage {
			t.Fatalf("after %s: %s, %s", tc.c.Kind(), x.Status, x.Stage())
		}
	}
	if x.Outcome != referral.OutcomeAsPlanned || len(x.Links) != 1 || x.Claim != "" || !x.HeldUntil.IsZero() {
		t.Errorf("%+v", x.State)
	}
}

func TestNoStageOfTheFundedJourneyIsSkipped(t *testing.T) {
	ready := []step{
		acknowledge, settle(haven, referral.StageContact), settle(moray, referral.StageAssessment), settle(moray, referral.StageFunding),
		accept, settle(harbour, referral.StagePreparation), wait, hold,
	}
	for name, tc := range map[string]struct {
		without int // the step that is left out
		next    step
		want    referral.Code
	}{
		"admission without contact":             {1, admit, referral.CodeStageFirst},
		"admission without an assessment":       {2, admit, referral.CodeStageFirst},
		"admission without funding":             {3, admit, referral.CodeStageFirst},
		"admission without preparation":         {5, admit, referral.CodeStageFirst},
		"admission without a place that waits":  {6, admit, referral.CodeWrongStatus},
		"admission without a place that's held": {7, admit, referral.CodeWrongStatus},
		"admission with all of it":              {-1, admit, ""},
	} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, referral.Funded)
			for i, st := range ready {
				if i != tc.without {
					_ = x.try(st) // what needs the one that is left out is refused, too
				}
			}
			if got := codeOf(x.try(tc.next)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestStages(t *testing.T) {
	done := func(steps ...step) []step { return steps }
	contact, assessed, funded := settle(haven, referral.StageContact), settle(moray, referral.StageAssessment), settle(moray, referral.StageFunding)
	declined := step{moray, referral.SettleStage{Stage: referral.StageFunding, Outcome: referral.StageDeclined}, "the plan is not agreed yet"}
	skip := func(by referral.Actor, stage referral.Stage, words string) step {
		return step{by, referral.SettleStage{Stage: stage, Outcome: referral.StageNotNeeded}, words}
	}
	for name, tc := range map[string]struct {
		before []step
		next   step
		want   referral.Code
	}{
		"contact":                               {nil, contact, ""},
		"contact by the provider":               {nil, settle(harbour, referral.StageContact), referral.CodeNotYours},
		"an assessment before contact":          {nil, assessed, referral.CodeStageFirst},
		"an assessment by the referrer":         {done(contact), settle(haven, referral.StageAssessment), referral.CodeNotYours},
		"an assessment by another ADP":          {done(contact), settle(fife, referral.StageAssessment), referral.CodeNotYours},
		"an assessment not needed, and why":     {done(contact), skip(moray, referral.StageAssessment, "assessed in March"), ""},
		"an assessment not needed, not why":     {done(contact), skip(moray, referral.StageAssessment, ""), referral.CodeInvalid},
		"funding before an assessment":          {done(contact), funded, referral.CodeStageFirst},
		"funding":                               {done(contact, assessed), funded, ""},
		"funding by the provider":               {done(contact, assessed), settle(harbour, referral.StageFunding), referral.CodeNotYours},
		"funding approved after all":            {done(contact, assessed, declined), funded, ""},
		"preparation while funding is declined": {done(contact, assessed, declined, acknowledge, accept), settle(harbour, referral.StagePreparation), referral.CodeStageFirst},
		"preparation before acceptance":         {done(contact, assessed, funded), settle(harbour, referral.StagePreparation), referral.CodeStageFirst},
		"contact declined":                      {nil, step{haven, referral.SettleStage{Stage: referral.StageContact, Outcome: referral.StageDeclined}, "w"}, referral.CodeInvalid},
		"a stage that follows by itself":        {nil, settle(harbour, referral.StageAcceptance), referral.CodeInvalid},
		"an unknown stage":                      {nil, settle(moray, "Paperwork"), referral.CodeInvalid},
		"preparation for another provider": {
			done(contact, assessed, funded, acknowledge, accept, settle(harbour, referral.StagePreparation), step{haven, referral.Redirect{Target: "beacon"}, ""}),
			settle(haven, referral.StagePreparation), referral.CodeStageFirst,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codeOf(begin(t, referral.Funded).do(t, tc.before...).try(tc.next)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	if got := codeOf(begin(t, referral.Direct).try(contact)); got != referral.CodeWrongStatus {
		t.Errorf("a stage of a referral that nobody has to fund: %q", got)
	}
}

func TestWhoMayDoWhatAndWhen(t *testing.T) {
	accepted := []step{acknowledge, accept}
	held := []step{acknowledge, accept, wait, hold}
	refused := []step{acknowledge, cannot}
	for name, tc := range map[string]struct {
		before []step
		next   step
		want   referral.Code
	}{
		"acknowledge":                       {nil, acknowledge, ""},
		"acknowledge for another":           {nil, step{beacon, referral.Acknowledge{}, ""}, referral.CodeNotYours},
		"acknowledge one's own":             {nil, step{haven, referral.Acknowledge{}, ""}, referral.CodeNotYours},
		"acknowledge twice":                 {[]step{acknowledge}, acknowledge, referral.CodeWrongStatus},
		"accept unread":                     {nil, accept, referral.CodeWrongStatus},
		"accept":                            {[]step{acknowledge}, accept, ""},
		"accept as the program":             {[]step{acknowledge}, step{program, referral.Accept{}, ""}, referral.CodeNotYours},
		"accept after all":                  {refused, accept, ""},
		"cannot offer, unread":              {nil, cannot, referral.CodeWrongStatus},
		"cannot offer any more":             {accepted, cannot, ""},
		"cannot offer a place that is held": {held, cannot, referral.CodeWrongStatus},
		"cannot offer, and not why":         {[]step{acknowledge}, step{harbour, referral.CannotOffer{Possible: referral.PossibleLater}, ""}, referral.CodeInvalid},
		"cannot offer, nothing possible":    {[]step{acknowledge}, step{harbour, referral.CannotOffer{Reason: referral.CannotOfferNeeds}, ""}, referral.CodeInvalid},
		"redirect":                          {[]step{acknowledge}, step{harbour, referral.Redirect{Target: "beacon"}, ""}, ""},
		"redirect to where it is":           {refused, step{haven, referral.Redirect{Target: "harbour"}, ""}, referral.CodeInvalid},
		"redirect to nobody":                {refused, step{haven, referral.Redirect{}, ""}, referral.CodeInvalid},
		"redirect a place that is held":     {held, step{haven, referral.Redirect{Target: "beacon"}, ""}, referral.CodeWrongStatus},
		"reconsider":                        {refused, step{haven, referral.Reconsider{}, "detox is done"}, ""},
		"reconsider, and not why":           {refused, step{haven, referral.Reconsider{}, ""}, referral.CodeInvalid},
		"reconsider what was accepted":      {accepted, step{haven, referral.Reconsider{}, "w"}, referral.CodeWrongStatus},
		"wait for a place":                  {accepted, wait, ""},
		"wait for no claim":                 {accepted, step{program, referral.WaitForPlace{}, ""}, referral.CodeInvalid},
		"hold a place nobody claimed":       {accepted, hold, referral.CodeWrongStatus},
		"hold for another claim":            {append(accepted, wait), step{program, referral.HoldPlace{Claim: "c-2", Until: noon.Add(48 * time.Hour)}, ""}, referral.CodeInvalid},
		"hold until before":                 {append(accepted, wait), step{program, referral.HoldPlace{Claim: "c-1", Until: noon}, ""}, referral.CodeInvalid},
		"hold as the referrer":              {append(accepted, wait), step{haven, hold.c, ""}, referral.CodeNotYours},
		"the hold ends":                     {held, step{program, referral.EndHold{}, ""}, ""},
		"give up the claim":                 {held, step{haven, referral.ReleasePlace{}, ""}, ""},
		"admit":                             {held, admit, ""},
		"admit without a place":             {accepted, admit, referral.CodeWrongStatus},
		"extend the hold":                   {held, step{program, referral.HoldPlace{Claim: "c-1", Until: noon.Add(72 * time.Hour)}, ""}, ""},
		"admit before a place is held":      {append(accepted, wait), admit, referral.CodeWrongStatus},
		"admit, as the claim says":          {append(accepted, wait), step{program, referral.Admit{}, ""}, ""},
		"complete, as the claim says":       {append(held, admit), step{program, complete.c, ""}, ""},
		"ask for a place, and its kind":     {accepted, step{haven, referral.WaitForPlace{Claim: "c-1", Asks: &v1alpha1.PlacementSpec{Kind: v1alpha1.PoolDetox}}, ""}, ""},
		"ask for a place of no kind":        {accepted, step{haven, referral.WaitForPlace{Claim: "c-1", Asks: &v1alpha1.PlacementSpec{}}, ""}, referral.CodeInvalid},
		"ask for a place that is paid for": {accepted, step{haven, referral.WaitForPlace{Claim: "c-1", Asks: &v1alpha1.PlacementSpec{
			Kind: v1alpha1.PoolDetox, Funding: &v1alpha1.FundingDecision{Decision: v1alpha1.FundingApproved},
		}}, ""}, referral.CodeInvalid},
		"admit as the ADP":                   {held, step{moray, referral.Admit{}, ""}, referral.CodeNotYours},
		"start support":                      {accepted, start, ""},
		"start support unread":               {nil, start, referral.CodeWrongStatus},
		"complete":                           {append(accepted, start), complete, ""},
		"complete what never began":          {accepted, complete, referral.CodeWrongStatus},
		"complete, and not how":              {append(accepted, start), step{harbour, referral.Complete{}, ""}, referral.CodeInvalid},
		"withdraw for oneself":               {nil, withdraw, ""},
		"withdraw somebody else":             {nil, step{other, withdraw.c, ""}, referral.CodeNotYours},
		"withdraw during a stay":             {append(held, admit), withdraw, ""},
		"withdraw, and not why":              {nil, step{haven, referral.Withdraw{}, ""}, referral.CodeInvalid},
		"withdraw as the program":            {nil, step{program, withdraw.c, ""}, referral.CodeNotYours},
		"withdraw what is complete":          {append(accepted, start, complete), withdraw, referral.CodeEnded},
		"withdraw twice":                     {[]step{withdraw}, withdraw, referral.CodeEnded},
		"escalate":                           {nil, step{program, referral.Escalate{Reason: referral.EscalateNoAnswer}, ""}, ""},
		"escalate for oneself":               {nil, step{self, referral.Escalate{Reason: referral.EscalateRisk}, ""}, ""},
		"escalate what is withdrawn":         {[]step{withdraw}, step{haven, referral.Escalate{Reason: referral.EscalateRisk}, ""}, referral.CodeEnded},
		"settle an escalation":               {[]step{{program, referral.Escalate{Reason: referral.EscalateNoAnswer}, ""}}, step{moray, referral.SettleEscalation{}, "phoned"}, ""},
		"settle what is not":                 {nil, step{moray, referral.SettleEscalation{}, "phoned"}, referral.CodeWrongStatus},
		"settle one's own lateness":          {[]step{{program, referral.Escalate{Reason: referral.EscalateNoAnswer}, ""}}, step{harbour, referral.SettleEscalation{}, "w"}, referral.CodeNotYours},
		"a message":                          {nil, step{self, referral.Message{}, "I have a new number"}, ""},
		"a message after the end":            {[]step{withdraw}, step{harbour, referral.Message{}, "the door stays open"}, ""},
		"an empty message":                   {nil, step{haven, referral.Message{}, ""}, referral.CodeInvalid},
		"a message of control characters":    {nil, step{haven, referral.Message{}, "\x07"}, referral.CodeInvalid},
		"a message that is too long":         {nil, step{haven, referral.Message{}, strings.Repeat("a", 4001)}, referral.CodeInvalid},
		"a message by a stranger":            {nil, step{beacon, referral.Message{}, "hello"}, referral.CodeNotYours},
		"ask":                                {nil, step{harbour, referral.Ask{Of: referral.SideOrigin}, "which pharmacy?"}, ""},
		"ask oneself":                        {nil, step{harbour, referral.Ask{Of: referral.SideTarget}, "w"}, referral.CodeInvalid},
		"ask nobody":                         {nil, step{harbour, referral.Ask{Of: "Public"}, "w"}, referral.CodeInvalid},
		"answer nothing":                     {nil, step{haven, referral.Answer{To: 1}, "w"}, referral.CodeNothingAsked},
		"answer":                             {[]step{{harbour, referral.Ask{Of: referral.SideOrigin}, "w"}}, step{haven, referral.Answer{To: 2}, "w"}, ""},
		"answer for another":                 {[]step{{harbour, referral.Ask{Of: referral.SideOrigin}, "w"}}, step{moray, referral.Answer{To: 2}, "w"}, referral.CodeNotYours},
		"more urgent":                        {nil, step{moray, referral.SetUrgency{Urgency: referral.Urgent}, ""}, ""},
		"more urgent by the provider":        {nil, step{harbour, referral.SetUrgency{Urgency: referral.Urgent}, ""}, referral.CodeNotYours},
		"no urgency":                         {nil, step{moray, referral.SetUrgency{}, ""}, referral.CodeInvalid},
		"amend":                              {nil, step{haven, referral.Amend{Fields: []string{"phone"}}, ""}, ""},
		"amend as a target that has not yet": {[]step{acknowledge}, step{harbour, referral.Amend{Fields: []string{"phone"}}, ""}, referral.CodeNotYours},
		"amend as a target that has":         {accepted, step{harbour, referral.Amend{Fields: []string{"phone"}}, ""}, ""},
		"amend what is nobody's":             {nil, step{haven, referral.Amend{Fields: []string{"status"}}, ""}, referral.CodeInvalid},
		"amend nothing":                      {nil, step{haven, referral.Amend{}, ""}, referral.CodeInvalid},
		"amend twice at once":                {nil, step{haven, referral.Amend{Fields: []string{"phone", "phone"}}, ""}, referral.CodeInvalid},
		"refer onward":                       {accepted, step{harbour, referral.MakeLink{Link: referral.Link{Kind: referral.Onward, Referral: "r-2222222"}}, ""}, ""},
		"follow itself":                      {accepted, step{harbour, referral.MakeLink{Link: referral.Link{Kind: referral.Onward, Referral: "r-0000000"}}, ""}, referral.CodeInvalid},
		"aftercare before care":              {accepted, step{harbour, referral.MakeLink{Link: referral.Link{Kind: referral.Aftercare, Referral: "r-2222222"}}, ""}, referral.CodeWrongStatus},
		"submit twice":                       {nil, step{haven, submit(referral.Direct), ""}, referral.CodeWrongStatus},
		"by nobody":                          {nil, step{referral.Actor{Partner: "harbour"}, referral.Acknowledge{}, ""}, referral.CodeInvalid},
		"in an unknown capacity":             {nil, step{referral.Actor{ID: "x", Partner: "harbour", Capacity: "Ghost"}, referral.Acknowledge{}, ""}, referral.CodeNotYours},
	} {
		t.Run(name, func(t *testing.T) {
			x := begin(t, referral.Direct).do(t, slices.Clone(tc.before)...)
			before := x.Version
			if got := codeOf(x.try(tc.next)); got != tc.want {
				t.Fatalf("%q, want %q", got, tc.want)
			}
			if (x.Version == before+1) != (tc.want == "") {
				t.Errorf("version %d after %d", x.Version, before)
			}
		})
	}
}

func TestReferralsThatCannotBegin(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*referral.Submit)
		by     referral.Actor
		id     string
		want   referral.Code
	}{
		"in order":             {func(*referral.Submit) {}, haven, "r-1234567", ""},
		"by the person":        {func(*referral.Submit) {}, self, "r-1234567", referral.CodeNotYours},
		"by nobody's worker":   {func(*referral.Submit) {}, referral.Actor{ID: "u"}, "r-1234567", referral.CodeNotYours},
		"about nobody":         {func(s *referral.Submit) { s.Person = "" }, haven, "r-1234567", referral.CodeInvalid},
		"for no ADP":           {func(s *referral.Submit) { s.Partnership = "" }, haven, "r-1234567", referral.CodeInvalid},
		"to a path":            {func(s *referral.Submit) { s.Target = "../harbour" }, haven, "r-1234567", referral.CodeInvalid},
		"to a long name":       {func(s *referral.Submit) { s.Target = strings.Repeat("h", 64) }, haven, "r-1234567", referral.CodeInvalid},
		"by no route":          {func(s *referral.Submit) { s.Route = "" }, haven, "r-1234567", referral.CodeInvalid},
		"without urgency":      {func(s *referral.Submit) { s.Urgency = "" }, haven, "r-1234567", referral.CodeInvalid},
		"after itself":         {func(s *referral.Submit) { s.From = &referral.Link{Kind: referral.Aftercare, Referral: "r-1234567"} }, haven, "r-1234567", referral.CodeInvalid},
		"after nothing":        {func(s *referral.Submit) { s.From = &referral.Link{Kind: referral.Aftercare} }, haven, "r-1234567", referral.CodeInvalid},
		"after something else": {func(s *referral.Submit) { s.From = &referral.Link{Kind: "Beside", Referral: "r-7654321"} }, haven, "r-1234567", referral.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			c := submit(referral.Direct)
			tc.change(&c)
			if _, _, err := referral.Begin(tc.id, c, tc.by, "", noon); codeOf(err) != tc.want {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestAStaleVersionIsRefusedWithBoth(t *testing.T) {
	x := begin(t, referral.Direct).do(t, acknowledge)
	for _, read := range []int64{0, 1, 3} {
		_, _, err := x.Decide(read, referral.Accept{}, harbour, "", noon)
		var stale *referral.Stale
		if !errors.As(err, &stale) || stale.Read != read || stale.Now != 2 {
			t.Errorf("read %d: %v", read, err)
		}
	}
}

// What a partner was asked, accepted and prepared does not count for the next, and that it once held the record does.
func TestAnotherPartnerBeginsAnew(t *testing.T) {
	x := begin(t, referral.Funded).do(t, acknowledge, accept,
		step{haven, referral.Ask{Of: referral.SideTarget}, "when?"}, step{harbour, referral.Ask{Of: referral.SideOrigin}, "who?"},
		step{harbour, referral.Redirect{Target: "beacon"}, ""})
	if x.Status != referral.Redirected || x.Target != "beacon" || len(x.Questions) != 1 || x.Questions[0].Of != referral.SideOrigin {
		t.Errorf("%+v", x.State)
	}
	if _, ok := x.Stages[referral.StageAcceptance]; ok || !x.HasAccepted("harbour") || x.HasAccepted("beacon") {
		t.Errorf("%+v %+v", x.Stages, x.Asked)
	}
	if got := codeOf(x.try(accept)); got != referral.CodeNotYours {
		t.Errorf("the partner before it: %q", got)
	}
	x.do(t, step{beacon, referral.Acknowledge{}, ""}, step{beacon, referral.Accept{}, ""})
	if !x.HasAccepted("beacon") || len(x.Asked) != 2 {
		t.Errorf("%+v", x.Asked)
	}
}

func TestStandingInTheWordsOfThePolicy(t *testing.T) {
	for name, tc := range map[string]struct {
		steps []step
		want  referral.Standing
	}{
		"sent":                      {nil, referral.StandingSent},
		"read":                      {[]step{acknowledge}, referral.StandingSent},
		"accepted":                  {[]step{acknowledge, accept}, referral.StandingAccepted},
		"a place is held":           {[]step{acknowledge, accept, wait, hold}, referral.StandingAccepted},
		"cannot be offered":         {[]step{acknowledge, cannot}, referral.StandingDeclined},
		"sent on":                   {[]step{acknowledge, accept, {harbour, referral.Redirect{Target: "beacon"}, ""}}, referral.StandingSent},
		"complete":                  {[]step{acknowledge, accept, start, complete}, referral.StandingClosed},
		"withdrawn once accepted":   {[]step{acknowledge, accept, withdraw}, referral.StandingClosed},
		"withdrawn before accepted": {[]step{acknowledge, withdraw}, referral.StandingWithdrawn},
	} {
		if got := begin(t, referral.Direct).do(t, tc.steps...).Standing(); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// A referral about which very much was written can still go its way, and be ended.
func TestALongHistoryCanStillEnd(t *testing.T) {
	x := begin(t, referral.Direct).do(t, acknowledge)
	for x.Version < 2*referral.MostEvents {
		if err := x.try(step{haven, referral.Message{}, "hello"}); err != nil {
			if codeOf(err) != referral.CodeTooMany {
				t.Fatal(err)
			}
			break
		}
	}
	if x.do(t, accept, start, complete); x.Version >= referral.MostEvents {
		t.Errorf("version %d, %s", x.Version, x.Status)
	}
}

// Events are in order however the clocks of those who write them differ.
func TestTimeDoesNotGoBack(t *testing.T) {
	x := begin(t, referral.Direct)
	after, e, err := x.Decide(1, referral.Acknowledge{}, harbour, "", noon.Add(-time.Hour))
	if err != nil || !e.At.Equal(noon) || !after.ChangedAt.Equal(noon) {
		t.Error(e.At, err)
	}
	_, e, err = x.Decide(1, referral.Acknowledge{}, harbour, "", noon.Add(1234567*time.Nanosecond).In(time.FixedZone("BST", 3600)))
	if err != nil || e.At != noon.Add(1234*time.Microsecond) {
		t.Error(e.At, err)
	}
}
