package inbound

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

func TestWhoeverDoesNotSignRightlyIsTurnedAway(t *testing.T) {
	o := open(t)
	id := o.submitted()
	right := func() sent { return o.event("harbour", "referral.acknowledged", id, version(1)) }
	for what, change := range map[string]func(*sent){
		"nobody signed":            func(s *sent) { s.change = func(r *http.Request) { r.Header.Del("webhook-signature") } },
		"by another's secret":      func(s *sent) { s.secret = beaconText },
		"in another's name":        func(s *sent) { s.from, s.secret = "beacon", harbourText },
		"in nobody's name":         func(s *sent) { s.from, s.secret = "nobody", harbourText },
		"in a name of ill intent":  func(s *sent) { s.from, s.secret = "..%2Fharbour", harbourText },
		"who sends no events":      func(s *sent) { s.from, s.secret = "haven", harbourText },
		"six minutes ago":          func(s *sent) { s.at = o.Clock.Now().Add(-6 * time.Minute) },
		"six minutes ahead":        func(s *sent) { s.at = o.Clock.Now().Add(6 * time.Minute) },
		"under another id":         func(s *sent) { s.change = func(r *http.Request) { r.Header.Set("webhook-id", "evt_other") } },
		"with two ids":             func(s *sent) { s.change = func(r *http.Request) { r.Header.Add("webhook-id", "evt_other") } },
		"with an id of full stops": func(s *sent) { s.id = "evt.1" },
		"over another body": func(s *sent) {
			s.change = func(r *http.Request) { r.Body = http.NoBody }
		},
	} {
		s := right()
		change(&s)
		a := o.send(s)
		if a.status != http.StatusUnauthorized || a.code() != OutcomeUnauthenticated || len(a.Problems) != 1 || a.Problems[0].Message == "" {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
	}
	if s := o.state(id); s.Version != 1 {
		t.Errorf("it has version %d", s.Version)
	}
	if a := o.send(right()); a.status != http.StatusOK {
		t.Errorf("signed rightly: %s", a.text)
	}
}

// Whether somebody sends events, or is a partner at all, is not to be found out by how they are turned away.
func TestWhoSendsNoEventsIsTurnedAwayAsWhoeverDoes(t *testing.T) {
	o := open(t)
	for what, change := range map[string]func(*sent){
		"by a wrong secret": func(s *sent) { s.secret = awayText },
		"too late":          func(s *sent) { s.at = o.Clock.Now().Add(-time.Hour) },
		"without an id":     func(s *sent) { s.change = func(r *http.Request) { r.Header.Del("webhook-id") } },
	} {
		answers := map[string]bool{}
		for _, from := range []string{"harbour", "haven", "nobody"} {
			s := sent{from: from, secret: harbourText, id: "evt_1", body: "{}"}
			change(&s)
			a := o.send(s)
			answers[fmt.Sprint(a.status, a.header, a.text)] = true
		}
		if len(answers) != 1 {
			t.Errorf("%s: %v", what, answers)
		}
	}
}

func TestWhoIsSuspendedGetsNothing(t *testing.T) {
	o := open(t)
	id := o.submitted()
	for _, data := range []string{version(1), `{"nonsense":1}`} {
		if a := o.says("away", "referral.acknowledged", id, data); a.status != http.StatusForbidden || a.code() != OutcomeSuspended {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
}

// Referrals that do not exist, that are another's and that nobody could have are one answer, byte by byte, given at its moment. Of what
// could be the number of one, as much is asked of the database and of the rules.
func TestWhatIsNotTheirsIsAsIfItDidNotExist(t *testing.T) {
	o := open(t)
	theirs, another := o.held("harbour"), o.submitted()
	for _, typ := range []string{
		"referral.acknowledged", "referral.accepted", "referral.admitted", "referral.support_started", "place.accepted",
	} {
		answers, asked := map[string]int{}, map[string]int{}
		for _, id := range []string{theirs, another, "r-22222222222222222222", "Isla Sample", "1904851231", "r-"} {
			for _, v := range []int64{1, 5, 99} {
				waited := o.waited.Load()
				var a told
				of := o.Asked.Of(func() { a = o.says("beacon", typ, id, version(v)) })
				answers[fmt.Sprint(a.status, a.header, a.text)]++
				if referral.IsID(id) {
					asked[of]++
				}
				if o.waited.Load() != waited+1 {
					t.Errorf("%s of %s is answered as soon as it is ready", typ, id)
				}
				o.Clock.SetTime(o.Clock.Now().Add(time.Second)) // so that it is not too many
			}
		}
		if len(answers) != 1 || len(asked) != 1 {
			t.Errorf("%s: %v %v", typ, answers, asked)
		}
		for a := range answers {
			if !strings.HasPrefix(a, "404 ") || !strings.Contains(a, "NOT_FOUND") {
				t.Errorf("%s: %s", typ, a)
			}
		}
	}
}

// The rules are those of the API: who made a referral does not answer it, and what comes before comes first.
func TestTheRulesAreThoseOfTheAPI(t *testing.T) {
	o := open(t)
	id := o.submitted()
	for what, tc := range map[string]struct {
		typ, data string
		status    int
		code      Outcome
	}{
		"it was not acknowledged": {"referral.accepted", version(1), http.StatusUnprocessableEntity, "WRONG_STATUS"},
		"no place is claimed":     {"referral.admitted", version(1), http.StatusUnprocessableEntity, "WRONG_STATUS"},
		"none is held":            {"place.accepted", version(1), http.StatusUnprocessableEntity, "WRONG_STATUS"},
		"nobody is supported": {
			"referral.completed", `{"version":1,"outcome":"OTHER"}`, http.StatusUnprocessableEntity, "WRONG_STATUS",
		},
	} {
		if a := o.says("harbour", tc.typ, id, tc.data); a.status != tc.status || a.code() != tc.code {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
	}
	held := o.held("harbour")
	read := o.state(held).Version
	if a := o.says("harbour", "referral.admitted", held, version(read)); a.status != http.StatusUnprocessableEntity || a.code() != "NOT_ACCEPTED" {
		t.Errorf("not accepted: %d %s", a.status, a.text)
	}
	o.holds(held, "beacon", 2) // the place of another, by now
	if a := o.says("harbour", "place.accepted", held, version(read)); a.status != http.StatusNotFound {
		t.Errorf("the place of another: %d %s", a.status, a.text)
	}
	if a := o.says("beacon", "place.accepted", held, version(read)); a.status != http.StatusNotFound {
		t.Errorf("the referral of another: %d %s", a.status, a.text)
	}
}

func TestWhatWasReadBeforeItChangedIsToldBoth(t *testing.T) {
	o := open(t)
	id := o.held("harbour")
	now := o.state(id).Version
	for _, typ := range []string{"referral.accepted", "place.accepted", "referral.admitted", "referral.support_started"} {
		if typ == "referral.admitted" {
			o.says("harbour", "place.accepted", id, version(now))
		}
		a := o.says("harbour", typ, id, version(2))
		if a.status != http.StatusConflict || a.code() != "STALE_VERSION" || len(a.Problems) != 1 || a.Problems[0].ReadVersion != 2 ||
			a.Problems[0].LatestVersion != now {
			t.Errorf("%s: %d %s", typ, a.status, a.text)
		}
	}
	if s := o.state(id); s.Version != now {
		t.Errorf("it has version %d", s.Version)
	}
}

func TestAnIDStandsForOneEvent(t *testing.T) {
	o := open(t)
	id := o.submitted()
	first := o.event("harbour", "referral.acknowledged", id, version(1))
	if a := o.send(first); a.status != http.StatusOK {
		t.Fatal(a.text)
	}
	for what, body := range map[string]string{
		"another version":   strings.Replace(first.body, `"version":1`, `"version":2`, 1),
		"another kind":      strings.Replace(first.body, "acknowledged", "accepted", 1),
		"another referral":  strings.Replace(first.body, id, "r-22222222222222222222", 1),
		"a count":           strings.NewReplacer("referral.acknowledged", "capacity.counted", id, "moray/beds", `{"version":1}`, `{"staffed":1,"occupied":1}`).Replace(first.body),
		"other white space": first.body + " ",
	} {
		again := first
		again.body = body
		if a := o.send(again); a.status != http.StatusConflict || a.code() != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
	}
	later := first
	o.Clock.SetTime(o.Clock.Now().Add(time.Minute))
	later.at = o.Clock.Now()
	if a := o.send(later); a.code() != OutcomeReplayed || a.Version != 2 || a.Referral != id {
		t.Errorf("signed anew a minute later: %d %s", a.status, a.text)
	}
	theirs := o.event("beacon", "referral.acknowledged", "r-22222222222222222222", version(1))
	theirs.body, theirs.id = strings.Replace(theirs.body, theirs.id, first.id, 1), first.id
	if a := o.send(theirs); a.status != http.StatusNotFound {
		t.Errorf("the same id of another partner: %d %s", a.status, a.text)
	}
}

// What was turned down is judged anew: it may be time for it by then.
func TestWhatWasTurnedDownIsJudgedAnew(t *testing.T) {
	o := open(t)
	id := o.submitted()
	early := o.event("harbour", "referral.accepted", id, version(2))
	if a := o.send(early); a.status != http.StatusConflict {
		t.Fatal(a.text)
	}
	o.says("harbour", "referral.acknowledged", id, version(1))
	if a := o.send(early); a.status != http.StatusOK || a.code() != OutcomeDone {
		t.Errorf("%d %s", a.status, a.text)
	}
}

// What partners are told cannot be sent back as their word, even if somebody has given them one secret for both.
func TestWhatWeSendIsNotTakenBack(t *testing.T) {
	o := open(t)
	id := o.submitted()
	body, err := event.Event{
		ID: "evt_ours", Type: event.Acknowledged, Source: "https://lifeline.example.org", Referral: id, Version: 1,
		Time: o.Clock.Now(), Partner: "harbour",
	}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if a := o.send(sent{from: "harbour", id: "evt_ours", body: string(body)}); a.status != http.StatusBadRequest {
		t.Errorf("%d %s", a.status, a.text)
	}
	if s := o.state(id); s.Version != 1 {
		t.Errorf("it has version %d", s.Version)
	}
}

// Whatever is not exactly an event is turned away whole, and never repeated: it could be about a person.
func TestWhatIsNoEvent(t *testing.T) {
	o := open(t)
	id := o.submitted()
	good := fmt.Sprintf(`{"specversion":"1.0","id":"evt_x","source":"https://harbour.example.org","type":"scot.lifeline.referral.acknowledged","subject":%q,"data":{"version":1}}`, id)
	with := func(old, is string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %s", old)
		}
		return strings.Replace(good, old, is, 1)
	}
	data := func(is string) string { return with(`{"version":1}`, is) }
	for what, body := range map[string]string{
		"nothing":                      "",
		"white space":                  " \n",
		"words":                        "Isla Sample asked for a bed",
		"null":                         "null",
		"a list":                       "[" + good + "]",
		"a text":                       `"Isla"`,
		"two events":                   good + good,
		"an event and words":           good + "Isla",
		"half an event":                good[:len(good)/2],
		"a mark of byte order":         "\ufeff" + good,
		"no UTF-8":                     with("harbour.example", "harbour\xff.example"),
		"an unknown field":             with(`"data"`, `"name":"Isla Sample","data"`),
		"an unknown field of a name":   with(`"data"`, `"Isla Sample":1,"data"`),
		"a name in another case":       with(`"data"`, `"Data":{},"data"`),
		"an id in another case":        with(`"id"`, `"ID"`),
		"a field twice":                with(`"data"`, `"subject":"r-1","data"`),
		"data twice":                   with(`"data"`, `"data":{},"data"`),
		"no specversion":               with(`"specversion":"1.0",`, ""),
		"another specversion":          with(`"1.0"`, `"0.3"`),
		"another id":                   with("evt_x", "evt_y"),
		"no source":                    with(`"source":"https://harbour.example.org",`, ""),
		"a long source":                with("harbour.example.org", strings.Repeat("a", 3000)),
		"an unknown type":              with("acknowledged", "Isla"),
		"the type of what is told":     with("acknowledged", "submitted"),
		"no subject":                   with(`"subject":"`+id+`",`, ""),
		"a subject that is a number":   with(`"`+id+`"`, "1904851231"),
		"a long subject":               with(id, strings.Repeat("r", 64)),
		"a time of no kind":            with(`"data"`, `"time":"noon","data"`),
		"a time that is a number":      with(`"data"`, `"time":1764417600,"data"`),
		"a time that is null":          with(`"data"`, `"time":null,"data"`),
		"other data":                   with(`"data"`, `"datacontenttype":"text/xml","data"`),
		"base64":                       with(`"data":{"version":1}`, `"data_base64":"e30="`),
		"no data":                      with(`,"data":{"version":1}`, ""),
		"data of null":                 data("null"),
		"data as a text":               data(`"{\"version\":1}"`),
		"data as a list":               data(`[1]`),
		"no version":                   data(`{}`),
		"version 0":                    data(`{"version":0}`),
		"a version below":              data(`{"version":-1}`),
		"half a version":               data(`{"version":1.5}`),
		"a version as 1e0":             data(`{"version":1e0}`),
		"a version as a text":          data(`{"version":"1"}`),
		"a version beyond all":         data(`{"version":99999999999}`),
		"a version beyond numbers":     data(`{"version":9999999999999999999999}`),
		"a version twice":              data(`{"version":1,"version":1}`),
		"words beside it":              data(`{"version":1,"words":"Isla Sample called"}`),
		"a reason where there is none": data(`{"version":1,"reason":"OTHER"}`),
		"nested":                       data(`{"version":{"version":1}}`),
		"deep":                         data(strings.Repeat(`{"version":`, 5000) + "1" + strings.Repeat("}", 5000)),
		"deep lists":                   strings.Repeat("[", 60000),
		"many fields":                  data("{" + strings.Repeat(`"version":1,`, 4000) + `"version":1}`),
	} {
		a := o.send(sent{from: "harbour", id: "evt_x", body: body})
		if a.status != http.StatusBadRequest || a.code() != "INVALID" || a.Problems[0].Message == "" {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
		if strings.Contains(a.text, "Isla") || strings.Contains(a.text, "1904851231") {
			t.Errorf("%s: it is repeated: %s", what, a.text)
		}
		o.Clock.SetTime(o.Clock.Now().Add(time.Second))
	}
	if s := o.state(id); s.Version != 1 {
		t.Errorf("it has version %d", s.Version)
	}
	for what, body := range map[string]string{"as it is": good, "with white space": " " + strings.ReplaceAll(good, ",", " ,\n") + "\n"} {
		name := "evt_good_" + strconv.Itoa(len(body))
		a := o.send(sent{from: "harbour", id: name, body: strings.Replace(body, "evt_x", name, 1)})
		if a.status != http.StatusOK && a.code() != "STALE_VERSION" {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
	}
	if strings.Contains(o.log.String(), "Isla") || strings.Contains(o.log.String(), id) {
		t.Errorf("it is logged: %s", o.log)
	}
}

func TestCodesAndNumbersThatThereAreNot(t *testing.T) {
	o := open(t)
	id := o.submitted()
	for _, tc := range []struct{ typ, subject, data, says string }{
		{"referral.cannot_offer", id, `{"version":1}`, "possible is one of AFTER_ASSESSMENT"},
		{"referral.cannot_offer", id, `{"version":1,"reason":"NoPlaceNow","possible":"OTHER"}`, "NO_PLACE_NOW"},
		{"referral.cannot_offer", id, `{"version":1,"reason":"Isla is unwell","possible":"OTHER"}`, "NO_PLACE_NOW"},
		{"referral.cannot_offer", id, `{"version":1,"reason":null,"possible":"OTHER"}`, "NO_PLACE_NOW"},
		{"referral.completed", id, `{"version":1,"outcome":""}`, "AS_PLANNED"},
		{"place.cannot_offer", id, `{"version":1,"reason":"NO_PLACE_NOW"}`, "NO_PLACE_AFTER_ALL"},
		{"capacity.counted", "moray/beds", `{"staffed":1}`, "occupied"},
		{"capacity.counted", "moray/beds", `{"staffed":-1,"occupied":0}`, "0 to 256"},
		{"capacity.counted", "moray/beds", `{"staffed":1,"occupied":257}`, "0 to 256"},
		{"capacity.counted", "moray/beds", `{"staffed":1,"occupied":1,"held":1.5}`, "0 to 256"},
		{"capacity.counted", "moray/beds", `{"staffed":1,"occupied":1,"version":1}`, "held, occupied and staffed"},
		{"capacity.counted", "beds", `{"staffed":1,"occupied":1}`, "slash"},
		{"capacity.counted", "moray/beds/rooms", `{"staffed":1,"occupied":1}`, "slash"},
		{"capacity.counted", "../beds", `{"staffed":1,"occupied":1}`, ""},
	} {
		a := o.says("harbour", tc.typ, tc.subject, tc.data)
		if a.status == http.StatusOK || !strings.Contains(a.text, tc.says) || strings.Contains(a.text, "Isla") {
			t.Errorf("%s %s: %d %s", tc.typ, tc.data, a.status, a.text)
		}
		o.Clock.SetTime(o.Clock.Now().Add(time.Second))
	}
	if len(o.claims.Reports()) != 0 {
		t.Error("something was counted")
	}
}

func TestWhatIsNotSentAsAnEvent(t *testing.T) {
	o := open(t)
	s := o.event("harbour", "referral.acknowledged", o.submitted(), version(1))
	for what, tc := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"no type":              {func(r *http.Request) { r.Header.Del("Content-Type") }, http.StatusUnsupportedMediaType},
		"plain JSON":           {func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, http.StatusUnsupportedMediaType},
		"a batch":              {func(r *http.Request) { r.Header.Set("Content-Type", "application/cloudevents-batch+json") }, http.StatusUnsupportedMediaType},
		"another alphabet":     {func(r *http.Request) { r.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-16") }, http.StatusUnsupportedMediaType},
		"two types":            {func(r *http.Request) { r.Header.Add("Content-Type", "text/plain") }, http.StatusUnsupportedMediaType},
		"compressed":           {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, http.StatusUnsupportedMediaType},
		"GET":                  {func(r *http.Request) { r.Method = http.MethodGet }, http.StatusMethodNotAllowed},
		"PUT":                  {func(r *http.Request) { r.Method = http.MethodPut }, http.StatusMethodNotAllowed},
		"to nobody":            {func(r *http.Request) { r.URL.Path = "/events/" }, http.StatusNotFound},
		"to somewhere below":   {func(r *http.Request) { r.URL.Path += "/below" }, http.StatusNotFound},
		"with its alphabet":    {func(r *http.Request) { r.Header.Set("Content-Type", `application/cloudevents+json; charset="UTF-8"`) }, http.StatusOK},
		"a body that is cut":   {func(r *http.Request) { r.Body = http.MaxBytesReader(nil, r.Body, 5) }, http.StatusRequestEntityTooLarge},
		"a body that breaks":   {func(r *http.Request) { r.Body = brokenBody{} }, http.StatusBadRequest},
		"a byte more than may": {func(r *http.Request) { r.Body = bodyOf(MostBytes + 1) }, http.StatusRequestEntityTooLarge},
		"as much as may":       {func(r *http.Request) { r.Body = bodyOf(MostBytes) }, http.StatusUnauthorized},
	} {
		s.change = tc.change
		if a := o.send(s); a.status != tc.status {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
	}
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("it broke") }
func (brokenBody) Close() error             { return nil }

type fixedBody struct{ *bytes.Reader }

func (fixedBody) Close() error { return nil }

func bodyOf(n int) fixedBody { return fixedBody{bytes.NewReader(make([]byte, n))} }

// Who sends too much is asked to wait, and nobody else: not who has signed nothing, either.
func TestAPartnerHasAnAllowance(t *testing.T) {
	o := open(t)
	forged := sent{from: "harbour", secret: beaconText, id: "evt_1", body: "{}"}
	for range 2 * atOnce {
		o.send(forged)
	}
	wrong := sent{from: "harbour", id: "evt_1", body: "{}"}
	for i := range atOnce {
		if a := o.send(wrong); a.status != http.StatusBadRequest {
			t.Fatalf("time %d: %d %s", i+1, a.status, a.text)
		}
	}
	a := o.send(wrong)
	if a.status != http.StatusTooManyRequests || a.code() != OutcomeTooMany || a.header.Get("Retry-After") != "1" {
		t.Errorf("%d %v %s", a.status, a.header, a.text)
	}
	if a := o.send(sent{from: "beacon", id: "evt_1", body: "{}"}); a.status != http.StatusBadRequest {
		t.Errorf("another partner: %d", a.status)
	}
	o.Clock.SetTime(o.Clock.Now().Add(time.Second))
	for i := range perSecond + 1 {
		want := http.StatusBadRequest
		if i == perSecond {
			want = http.StatusTooManyRequests
		}
		if a := o.send(wrong); a.status != want {
			t.Errorf("a second later, time %d: %d", i+1, a.status)
		}
	}
	o.Clock.SetTime(o.Clock.Now().Add(-time.Hour)) // a clock that is put back gives nothing and takes nothing
	if a := o.send(wrong); a.status != http.StatusTooManyRequests {
		t.Errorf("an hour before: %d", a.status)
	}
}

func TestOnlySoManyAllowancesAreKept(t *testing.T) {
	a := newAllowances()
	for i := range 3 * mostPartners {
		if !a.take(strconv.Itoa(i), time.Unix(0, 0)) {
			t.Fatal("the first is not taken")
		}
	}
	if len(a.byPartner) > mostPartners {
		t.Errorf("%d are kept", len(a.byPartner))
	}
}

// What cannot be carried out now is to be sent again, and is then carried out once.
func TestWhateverFailsIsSentAgain(t *testing.T) {
	for what, fault := range map[string]struct {
		doing string
		err   error
		want  int
		again Outcome
	}{
		"referrals are away":          {"referrals", casework.ErrUnavailable, http.StatusServiceUnavailable, OutcomeDone},
		"the store goes away":         {"receive", store.ErrUnavailable, http.StatusServiceUnavailable, OutcomeDone},
		"it goes away after the deed": {"carried out", store.ErrUnavailable, http.StatusServiceUnavailable, OutcomeReplayed},
		"something is broken":         {"carried out", errAway, http.StatusInternalServerError, OutcomeReplayed},
		"nothing":                     {"", nil, http.StatusOK, OutcomeReplayed},
	} {
		o := open(t)
		id := o.held("harbour")
		counts := o.event("harbour", "capacity.counted", "moray/beds", `{"staffed":11,"occupied":8}`)
		accepts := o.event("harbour", "place.accepted", id, version(o.state(id).Version))
		other := o.submitted()
		acknowledges := o.event("harbour", "referral.acknowledged", other, version(1))
		for _, s := range []sent{counts, accepts, acknowledges} {
			o.faulty = func(doing string) error {
				if doing == fault.doing {
					return fault.err
				}
				return nil
			}
			a := o.send(s)
			if a.status != fault.want || (a.status >= 500) != (a.header.Get("Retry-After") == "5") {
				t.Errorf("%s: %d %v %s", what, a.status, a.header, a.text)
			}
			o.faulty = nil
			for try, want := range []Outcome{fault.again, OutcomeReplayed} {
				if a := o.send(s); a.status != http.StatusOK || a.code() != want {
					t.Errorf("%s, sent again %d: %d %s", what, try+1, a.status, a.text)
				}
			}
		}
		if n := len(o.claims.Reports()); n != 1 {
			t.Errorf("%s: %d counts", what, n)
		}
		if s := o.state(other); s.Version != 2 {
			t.Errorf("%s: version %d", what, s.Version)
		}
	}
}

// After the deed and before it is noted everything may have gone on: it is still told that it was done.
func TestWhatWasCutOffAfterTheDeedIsKnownWhenItComesAgain(t *testing.T) {
	o := open(t)
	id := o.held("harbour")
	read := o.state(id).Version
	o.says("harbour", "place.accepted", id, version(read))
	e := o.event("harbour", "referral.admitted", id, version(read))
	o.faulty = func(doing string) error {
		if doing == "carried out" {
			return store.ErrUnavailable
		}
		return nil
	}
	if a := o.send(e); a.status != http.StatusServiceUnavailable {
		t.Fatal(a.text)
	}
	o.faulty = nil
	o.round() // the referral has another version now
	if o.state(id).Version == read {
		t.Fatal("the referral has not followed")
	}
	if a := o.send(e); a.status != http.StatusOK || a.code() != OutcomeReplayed {
		t.Errorf("%d %s", a.status, a.text)
	}
}

func TestTheSameSentAtOnceIsCarriedOutOnce(t *testing.T) {
	o := open(t)
	e := o.event("harbour", "referral.acknowledged", o.submitted(), version(1))
	done := make(chan Outcome, 8)
	var all sync.WaitGroup
	for range cap(done) {
		all.Go(func() { done <- o.send(e).code() })
	}
	all.Wait()
	close(done)
	n := map[Outcome]int{}
	for outcome := range done {
		n[outcome]++
	}
	if n[OutcomeDone] != 1 || n[OutcomeReplayed] != cap(done)-1 {
		t.Errorf("%v", n)
	}
}

func TestWhenNobodyKnowsWhetherAPartnerTakesPart(t *testing.T) {
	o := open(t)
	e := o.event("harbour", "referral.acknowledged", o.submitted(), version(1))
	for what, change := range map[string]func(){
		"the directory is being read": func() { o.freshness.State = directory.Starting },
		"Kubernetes was away for long": func() {
			o.freshness = directory.Freshness{State: directory.LastKnown, AsOf: o.Clock.Now().Add(-time.Hour)}
		},
		"the secret cannot be read": func() { o.freshness.State, o.secrets.err = directory.Live, errAway },
	} {
		change()
		if a := o.send(e); a.status != http.StatusServiceUnavailable || a.code() != OutcomeUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", what, a.status, a.text)
		}
		o.secrets.err = nil
	}
}

func TestBothSecretsCountDuringARotation(t *testing.T) {
	o := open(t)
	id := o.submitted()
	o.secrets.texts["harbour"] = beaconText + "\n" + harbourText
	for i, secret := range []string{harbourText, beaconText} {
		e := o.event("harbour", []string{"referral.acknowledged", "referral.accepted"}[i], id, version(int64(i+1)))
		e.secret = secret
		if a := o.send(e); a.status != http.StatusOK {
			t.Errorf("secret %d: %s", i+1, a.text)
		}
	}
}

// What is counted is codes alone.
func TestWhatCameOfEachIsCounted(t *testing.T) {
	o := open(t)
	id := o.submitted()
	e := o.event("harbour", "referral.acknowledged", id, version(1))
	o.send(e)
	o.send(e)
	o.says("harbour", "referral.accepted", id, version(1))
	o.says("beacon", "referral.accepted", id, version(1))
	o.send(sent{from: "harbour", secret: beaconText, id: "evt_1", body: "{}"})
	for outcome, want := range map[Outcome]int{
		OutcomeDone: 1, OutcomeReplayed: 1, "STALE_VERSION": 1, "NOT_FOUND": 1, OutcomeUnauthenticated: 1,
	} {
		if got := o.outcomes[outcome]; got != want {
			t.Errorf("%s: %d, want %d", outcome, got, want)
		}
	}
	if len(o.outcomes) != 5 {
		t.Errorf("%v", o.outcomes)
	}
}

// Whatever comes, reading ends without a crash, and what is taken says nothing but codes, numbers and opaque names.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"specversion":"1.0","id":"evt_1","source":"a","type":"scot.lifeline.referral.cannot_offer","subject":"r-1","time":"2026-11-29T12:00:00Z","data":{"version":1,"reason":"OTHER","possible":"OTHER"}}`))
	f.Add([]byte(`{"specversion":"1.0","id":"evt_1","source":"a","type":"scot.lifeline.capacity.counted","subject":"a/b","data":{"staffed":1,"occupied":2,"held":3}}`))
	f.Add([]byte(`{"id":"evt_1","id":"evt_1"}`))
	f.Add([]byte(`{"a":"\"{[","b":{"c":[{}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := read(body, "evt_1")
		if err != nil {
			return
		}
		if m.id != "evt_1" || m.kind.do == nil || (m.kind.aboutPool == (m.version > 0)) {
			t.Errorf("it is read as %+v", m)
		}
		for name, code := range m.codes {
			if !m.kind.codes[name].has(code) {
				t.Errorf("%s is %q", name, code)
			}
		}
		for name, n := range m.numbers {
			if n < 0 || n > mostPeople {
				t.Errorf("%s is %d", name, n)
			}
		}
	})
}
