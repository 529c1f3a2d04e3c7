package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/consent"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// Submission makes a referral.
type Submission struct {
	Once Once
	By   referral.Actor
	// Submit says where it goes. Its Person is found or made: whoever has the CHI number that is told, or the person of the referral
	// that this one follows.
	Submit referral.Submit
	Told   referral.Told
	// Circumstances of the person, as far as they are known.
	Circumstances referral.Circumstances
	// Along is the pathway that it is made along, with Submit.Plan; nil for none.
	Along *referral.Along
	// Asked is what whoever refers asked for, where a pathway chooses the rest: what it chooses follows from how things stand, and
	// is no part of what makes two requests the same.
	Asked Asked
	// Consents are what the person said when they were referred.
	Consents []consent.Event
	Words    string
	// FromVersion is the version that was read of the referral that this one follows, which gets a link to it.
	FromVersion int64
	// Deliver names the partners to be told.
	Deliver []string
	// Because are the decisions that allowed it: see [Step].
	Because []audit.Entry
}

// Asked is a referral along a pathway as it was asked for.
type Asked struct {
	// Target is the partner that was named; "" for none.
	Target string
	// Pathway is its name, with the moments and the council area that were given; zero for none.
	Pathway, IncidentArea      string
	Incident, Notice, Deadline time.Time
}

// mostAtOnce bounds lists that come with one request.
const mostAtOnce = 20

// Submit makes a referral, once.
func (s *Store) Submit(ctx context.Context, r Submission) (Result, error) {
	values, err := r.Told.Values(s.clock.Now())
	if err != nil {
		return Result{}, err
	}
	a, err := r.askedWith(values)
	if err != nil {
		return Result{}, err
	}
	if err := errors.Join(checkAtOnce(len(r.Consents), len(r.Deliver)), checkBecause(r.Because)); err != nil {
		return Result{}, err
	}
	if err := r.Circumstances.Check(); err != nil {
		return Result{}, err
	}
	r.Submit.Person = ""
	return s.perform(ctx, "submit a referral", a, func(t tx) (Result, error) { return t.submit(ctx, r, values) })
}

// asked implements [Request].
func (r Submission) asked(s *Store) (asked, error) {
	values, err := r.Told.Values(s.clock.Now())
	if err != nil {
		return asked{}, err
	}
	return r.askedWith(values)
}

func (r Submission) askedWith(values record.Values) (asked, error) {
	r.Submit.Person = ""
	return r.Once.asked("submit", r.input(values))
}

// input is what was asked for. The plan and the partner that is asked first follow from the pathway as it is and from the clock.
func (r Submission) input(values record.Values) []any {
	all := []any{r.By, r.Submit, asAny(values), r.Circumstances, r.Consents, r.Words, r.FromVersion}
	if a := r.Asked; a.Pathway != "" {
		r.Submit.Plan, r.Submit.Target = nil, a.Target
		all[1] = r.Submit
		all = append(all, a.Pathway, micros(a.Incident), micros(a.Notice), micros(a.Deadline))
		if a.IncidentArea != "" { // nothing else stands there, and without one it is as earlier releases wrote it
			all = append(all, a.IncidentArea)
		}
	}
	return all
}

// asAny lets values be written as the JSON they are; record.Values itself never prints.
func asAny(values record.Values) map[record.Field]any {
	all := make(map[record.Field]any, len(values))
	for f, value := range values {
		all[f] = value
	}
	return all
}

func checkAtOnce(lists ...int) error {
	for _, n := range lists {
		if n > mostAtOnce {
			return invalid("There are more than %d at once: send fewer.", mostAtOnce)
		}
	}
	return nil
}

func (t tx) submit(ctx context.Context, r Submission, values record.Values) (Result, error) {
	before, err := t.followed(ctx, r)
	if err != nil {
		return Result{}, err
	}
	key, err := t.whose(ctx, &r.Submit, before, r.Told.Person.CHI)
	if err != nil {
		return Result{}, err
	}
	now := t.s.clock.Now()
	state, event, err := referral.Begin(referral.NewID(), r.Submit, r.By, r.Words, now)
	if err != nil {
		return Result{}, err
	}
	t.noteBecause(r.Because, state.Person, state.ID)
	if err := t.insert(ctx, state); err != nil {
		return Result{}, err
	}
	if err := t.write(ctx, event, state.Person, key); err != nil {
		return Result{}, err
	}
	if err := t.tell(ctx, state, values, key); err != nil {
		return Result{}, err
	}
	if err := t.set(ctx, state, r.Circumstances, key); err != nil {
		return Result{}, err
	}
	if err := t.along(ctx, state, r.Along, key); err != nil {
		return Result{}, err
	}
	if err := t.time(ctx, referral.State{}, state); err != nil {
		return Result{}, err
	}
	if err := t.after(ctx, event, state, r.Deliver); err != nil {
		return Result{}, err
	}
	in := speaking{referral: state.ID, person: state.Person, key: key, by: r.By}
	if before != nil {
		if err := t.follow(ctx, *before, r, in, now); err != nil {
			return Result{}, err
		}
	}
	for _, said := range r.Consents {
		if _, err := t.addConsent(ctx, in, said, now); err != nil {
			return Result{}, err
		}
	}
	return Result{Referral: state.ID, Version: state.Version}, nil
}

// follow links a new referral to the one before it, and takes over what the person refused or took back there.
func (t tx) follow(ctx context.Context, before referral.State, r Submission, after speaking, now time.Time) error {
	link := referral.MakeLink{Link: referral.Link{Kind: r.Submit.From.Kind, Referral: after.referral}}
	if _, err := t.advance(ctx, before, r.FromVersion, link, r.By, "", nil); err != nil {
		return err
	}
	return t.carryObjections(ctx, before, after, now)
}

// followed returns how the referral stands that the new one follows; nil if it follows none.
func (t tx) followed(ctx context.Context, r Submission) (*referral.State, error) {
	if r.Submit.From == nil {
		return nil, nil
	}
	state, err := replay(ctx, t, r.Submit.From.Referral)
	return &state, err
}

// whose fills in whom a new referral is about, and returns their key.
func (t tx) whose(ctx context.Context, c *referral.Submit, before *referral.State, chi person.CHI) (key *vault.Key, err error) {
	if before != nil {
		c.Person = before.Person
		return t.keyOf(ctx, c.Person)
	}
	c.Person, key, err = t.personFor(ctx, chi)
	return key, err
}

// Step changes a referral.
type Step struct {
	Once     Once
	By       referral.Actor
	Referral string
	// Read is the version that whoever decides has read.
	Read   int64
	Change referral.Change
	Words  string
	// Told is what is told from now on, with an Amend alone; the fields that it names are worked out from it.
	Told *referral.Told
	// Patch is the same for some fields alone, as record.Split writes them and nil for one that is told no longer: all others stay
	// as they are. Either is given.
	Patch record.Values
	// Circumstances are those from now on, with a SetCircumstances alone.
	Circumstances *referral.Circumstances
	// Given is what the target is given, with an Accept alone. It follows from how things stand, and is not what is asked for.
	Given []referral.Given
	// Decided is what the decisions rested on that allowed it; nothing is changed, and it fails with [ErrMoved], if they do not
	// rest on the same any more. Nil: it rests on none.
	Decided *Basis
	Deliver []string
	// Shown are grounds: whoever was shown something on one of them is told, too.
	Shown []string
	// Because are the decisions that allowed it, which are recorded in the same transaction, before what the store records itself:
	// that the referral was changed. Those that name no person or referral get those of this one. When nothing is changed, because
	// that fails or was done before, nothing is recorded.
	Because []audit.Entry
}

// Change changes a referral, once. It fails with a [*referral.Stale] if the version that was read is not the latest, and with a
// [*referral.Refused] if the rules do not allow it.
func (s *Store) Change(ctx context.Context, r Step) (Result, error) {
	a, err := r.asked(s)
	if err != nil {
		return Result{}, err
	}
	if err := errors.Join(checkTold(len(r.Deliver)), checkBecause(r.Because)); err != nil {
		return Result{}, err
	}
	return s.perform(ctx, "change a referral", a, func(t tx) (Result, error) {
		result, err := t.step(ctx, r)
		if err != nil || r.Decided == nil {
			return result, err
		}
		// Now that it is changed, nobody else says anything about it until this ends.
		on := *r.Decided
		on.Version = result.Version
		return result, stillRests(ctx, t, r.Referral, on)
	})
}

// asked implements [Request].
func (r Step) asked(s *Store) (asked, error) {
	if err := r.check(); err != nil {
		return asked{}, err
	}
	input, err := inputOf(r, s)
	if err != nil {
		return asked{}, err
	}
	return r.Once.asked("change", input)
}

// check refuses a step that is not whole.
func (r Step) check() error {
	_, amends := r.Change.(referral.Amend)
	_, sets := r.Change.(referral.SetCircumstances)
	switch {
	case r.Change == nil || r.Change.Kind() == referral.KindSubmit:
		return invalid("Say what changes.")
	case amends != (r.Told != nil || r.Patch != nil), r.Told != nil && r.Patch != nil:
		return invalid("What is told comes with an Amend, and with nothing else.")
	case r.Given != nil && r.Change.Kind() != referral.KindAccept:
		return invalid("What is given comes with an Accept, and with nothing else.")
	case sets != (r.Circumstances != nil):
		return invalid("Circumstances come with a SetCircumstances, and with nothing else.")
	case sets:
		return r.Circumstances.Check()
	default:
		return nil
	}
}

// inputOf is what was asked for, to tell a request that is sent again from another. Who is told of it follows from how things
// stand, and is not asked for.
func inputOf(r Step, s *Store) ([]any, error) {
	change, err := referral.EncodeChange(r.Change)
	if err != nil {
		return nil, err
	}
	values := r.Patch
	switch {
	case r.Circumstances != nil:
		return []any{r.By, r.Referral, r.Read, r.Change.Kind(), *r.Circumstances, r.Words}, nil
	case r.Told != nil:
		if values, err = r.Told.Values(s.clock.Now()); err != nil {
			return nil, err
		}
	case values == nil:
		input := []any{r.By, r.Referral, r.Read, r.Change.Kind(), string(change), r.Words}
		if waits, is := r.Change.(referral.WaitForPlace); is && waits.Asks != nil {
			input = append(input, waits.Asks)
		}
		return input, nil
	}
	return []any{r.By, r.Referral, r.Read, r.Change.Kind(), asAny(values), r.Words}, nil
}

func (t tx) step(ctx context.Context, r Step) (Result, error) {
	state, err := replay(ctx, t, r.Referral)
	if err != nil {
		return Result{}, err
	}
	t.noteBecause(r.Because, state.Person, state.ID)
	if _, amends := r.Change.(referral.Amend); amends {
		return t.amend(ctx, state, r)
	}
	if r.Circumstances != nil {
		return t.setCircumstances(ctx, state, r)
	}
	if waits, asks := r.Change.(referral.WaitForPlace); asks && waits.Asks != nil {
		return t.waitForPlace(ctx, state, r, waits.Asks)
	}
	if r.Given != nil {
		r.Change = referral.Accept{Given: r.Given}
	}
	if r.Deliver, err = t.withReaders(ctx, state.ID, r.By.Partner, r.Deliver, r.Shown); err != nil {
		return Result{}, err
	}
	after, err := t.advance(ctx, state, r.Read, r.Change, r.By, r.Words, r.Deliver)
	return Result{Referral: r.Referral, Version: after.Version}, err
}

// amend changes what a referral tells.
func (t tx) amend(ctx context.Context, state referral.State, r Step) (Result, error) {
	if r.Read != state.Version { // before anything is decrypted for whoever has not read it
		return Result{}, &referral.Stale{Read: r.Read, Now: state.Version}
	}
	key, err := t.keyOf(ctx, state.Person)
	if err != nil {
		return Result{}, err
	}
	before, err := valuesIn(ctx, t, state.ID, key, record.Fields())
	if err != nil {
		return Result{}, err
	}
	after, err := r.toldAfter(before)
	if err != nil {
		return Result{}, err
	}
	differ, amendment, err := referral.Amended(before, after, t.s.clock.Now())
	if err != nil {
		return Result{}, err
	}
	amended, err := t.advance(ctx, state, r.Read, amendment, r.By, r.Words, r.Deliver)
	if err != nil {
		return Result{}, err
	}
	if err := t.tell(ctx, amended, differ, key); err != nil {
		return Result{}, err
	}
	return Result{Referral: state.ID, Version: amended.Version}, nil
}

// toldAfter is what is told from now on.
func (r Step) toldAfter(before record.Values) (referral.Told, error) {
	if r.Told != nil {
		return *r.Told, nil
	}
	all := record.Values{}
	for f, value := range before {
		all[f] = value
	}
	for f, value := range r.Patch {
		if all[f] = value; value == nil {
			delete(all, f)
		}
	}
	return referral.ToldOf(all)
}

// advance makes one event follow the others. The version that was read is compared in the database too, in the write itself: of
// two who read the same, one writes.
func (t tx) advance(
	ctx context.Context, state referral.State, read int64, c referral.Change, by referral.Actor, words string, deliver []string,
) (referral.State, error) {
	after, event, err := state.Decide(read, c, by, words, t.s.clock.Now())
	if err != nil {
		return state, err
	}
	n, err := t.exec(ctx, "bring the referral up to date",
		`UPDATE referrals SET version = $1, status = $2, stage = $3, urgency = $4, target = $5, escalated = $6, late = $7,
		changed_at = $8 WHERE id = $9 AND version = $10`,
		after.Version, string(after.Status), string(after.Stage()), string(after.Urgency), after.Target, flag(after.Escalation != nil),
		flag(after.ForTheADP()), micros(after.ChangedAt), after.ID, state.Version)
	if err != nil {
		return state, err
	}
	if n == 0 {
		return state, t.stale(ctx, state.ID, read)
	}
	if err := t.listIn(ctx, state, after); err != nil {
		return state, err
	}
	if err := t.write(ctx, event, state.Person, nil); err != nil {
		return state, err
	}
	if err := t.time(ctx, state, after); err != nil {
		return state, err
	}
	return after, t.after(ctx, event, after, deliver)
}

// stale says which version is the latest: somebody else wrote between reading and writing.
func (t tx) stale(ctx context.Context, id string, read int64) error {
	now := &referral.Stale{Read: read}
	if err := t.QueryRowContext(ctx, `SELECT version FROM referrals WHERE id = $1`, id).Scan(&now.Now); err != nil {
		return told("read the latest version", err)
	}
	return now
}

func (t tx) insert(ctx context.Context, state referral.State) error {
	if err := t.run(ctx, "keep a referral",
		`INSERT INTO referrals (id, person_id, version, status, stage, urgency, partnership, origin, target, escalated, submitted_at,
		changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		state.ID, state.Person, state.Version, string(state.Status), string(state.Stage()), string(state.Urgency), state.Partnership,
		state.Origin, state.Target, flag(state.Escalation != nil), micros(state.SubmittedAt), micros(state.ChangedAt)); err != nil {
		return err
	}
	return t.listIn(ctx, referral.State{}, state)
}

// after is what each event causes: what is to be delivered, and the entry in the audit log.
func (t tx) after(ctx context.Context, e referral.Event, state referral.State, deliver []string) error {
	for _, partner := range deliver {
		if err := t.enqueue(ctx, e, partner); err != nil {
			return err
		}
	}
	t.note(changed(e, state.Person))
	return nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// keyUnlessErased returns the key of a person, or that they were erased.
func (s *Store) keyUnlessErased(ctx context.Context, q querier, id string) (key *vault.Key, erased bool, err error) {
	key, err = s.keyIn(ctx, q, id, "")
	if isErased(err) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("open what was written: %w", err)
	}
	return key, false, nil
}
