package disclosure

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Cut is a referral as far as whoever asked may see it. It prints as the name of the referral alone.
type Cut struct {
	id     string
	asking Asking
	asked  []record.Field
	// version as whoever asked may know it.
	version int64
	there   bool
	sides   []referral.Side
	// read says that the partner has no part in it, and was shown something once.
	read bool
	// toldOfSharing says that whoever asked learns what was said about sharing with their partner, though all else is denied.
	toldOfSharing bool
	decision      policies.Decision
	engine        *policies.Engine
	dossier       store.Dossier
	values        record.Values
	// unreadable says that something of what may be seen does not open.
	unreadable bool
	snapshot   int64
	// asOf is the snapshot as whoever asked may know it.
	asOf int64
	// until is when time alone may change the decision, as far as whoever asked may know.
	until time.Time
	// logged is when time alone may change it, as far as the audit log may know.
	logged time.Time
}

// What is asked for of a referral beside the fields of a record. That it was shown is recorded by these names. The rules decide
// about it as about fields: policies/sharing/beside.json says to whom it is released.
const (
	// Circumstances are those of the person.
	Circumstances record.Field = policies.BesideCircumstances
	// Consents are what was said about sharing it: all of it, or what concerns the partner of whoever asked.
	Consents record.Field = policies.BesideConsents
	// Along is the pathway that it was made along.
	Along record.Field = policies.BesidePathway
	// Words are what people wrote with changes of it.
	Words record.Field = policies.BesideWords

	// consentsOfPartner are of [Consents] what concerns the partner of whoever asked.
	consentsOfPartner record.Field = policies.BesideConsentsOfPartner
)

// State says what is known of a field.
type State string

// The states.
const (
	// Known is a field with a value.
	Known State = "Known"
	// NotKnown is a field that may be seen, and that nobody has told.
	NotKnown State = "NotKnown"
	// Withheld is a field that may not be seen. Whether it was told is withheld too.
	Withheld State = "Withheld"
)

// Reasons besides those of the rules.
const (
	// ReasonRole: the care role sees no such fields, whatever else holds.
	ReasonRole = policies.ReasonOutsideRole
	// ReasonPurpose: they are not for this purpose.
	ReasonPurpose = policies.ReasonOutsidePurpose
	// ReasonGround: the ground that holds does not release them.
	ReasonGround = policies.ReasonOutsideGround
	// ReasonNoGround: nothing allows it; why not is not for whoever asked.
	ReasonNoGround = "no_ground"
	// ReasonErased: the person was erased.
	ReasonErased = "person_erased"
	// ReasonUnreadable: it is kept, and does not open.
	ReasonUnreadable = "record_unreadable"
	// ReasonOthersClaim: what a claim tells that is made for no referral here is for those who made it, pay for it or have the
	// place.
	ReasonOthersClaim = "claim_of_others"
	// ReasonNotLookedFor: it may be seen, and does not tell what somebody looks by. It is in the audit log alone.
	ReasonNotLookedFor = "not_looked_for"
	// ReasonNotDecided: nobody knows now what the rules are.
	ReasonNotDecided = "not_decided"
)

// Value is a field of a cut.
type Value struct {
	State State
	// Reasons why it is withheld, as codes; none otherwise.
	Reasons []string
	// JSON is the value as it is kept, if it is known.
	JSON json.RawMessage
}

// String implements fmt.Stringer with nobody's data.
func (v Value) String() string { return string(v.State) }

// GoString implements fmt.GoStringer with nobody's data.
func (v Value) GoString() string { return v.String() }

// String implements fmt.Stringer with nobody's data.
func (c Cut) String() string { return "cut of referral " + c.id }

// GoString implements fmt.GoStringer with nobody's data.
func (c Cut) GoString() string { return c.String() }

// There reports whether whoever asked may know that the referral exists. If not, nothing else may be told of it.
func (c Cut) There() bool { return c.there }

// ID of the referral.
func (c Cut) ID() string { return c.id }

// Version of the referral that was cut. To those who may not see how it stands it is a number of their own, which changes with
// each change of the referral and does not say how many there were.
func (c Cut) Version() int64 { return c.version }

// RestsOn is what the decision rests on: whatever is done because of it is not to be done when that has changed.
func (c Cut) RestsOn() *store.Basis { return &c.dossier.Basis }

// Sides are the parts that whoever asked has in it.
func (c Cut) Sides() []referral.Side { return c.sides }

// Decision is what the rules said.
func (c Cut) Decision() policies.Decision { return c.decision }

// HoldsUntil is when time alone may change the decision, as far as whoever asked may know; zero: never. To those who may not see
// when an overdose was it says nothing of the times that begin with it, and of birthdays nothing to those who may not see when
// the person was born.
func (c Cut) HoldsUntil() time.Time { return c.until }

// KeepsCopy reports whether no more may be seen than what was given.
func (c Cut) KeepsCopy() bool { return slices.Contains(c.decision.Obligations, snapshotOnly) }

// Asking is who asked, and what for.
func (c Cut) Asking() Asking { return c.asking }

// AsOf is the version as of which the fields are, as whoever asked may know it: see [Cut.Version]; 0 for now.
func (c Cut) AsOf() int64 { return c.asOf }

// Permits reports whether a field, or what is beside fields, may be seen.
func (c Cut) Permits(f record.Field) bool {
	return c.there && c.decision.Effect == policies.Allow &&
		(slices.Contains(c.decision.Fields, string(f)) || slices.Contains(c.decision.Beside, string(f)))
}

// PermitsAll reports whether all of some fields may be seen.
func (c Cut) PermitsAll(fields []record.Field) bool {
	return !slices.ContainsFunc(fields, func(f record.Field) bool { return !c.Permits(f) })
}

// Field returns a field. It fails if the field was not asked for: then nobody has recorded that it was shown.
func (c Cut) Field(f record.Field) (Value, error) {
	if err := c.wasAsked(f); err != nil {
		return Value{}, err
	}
	if why := c.Withholds(f); len(why) > 0 {
		return Value{State: Withheld, Reasons: why}, nil
	}
	if category, _ := record.CategoryOf(f); category == record.Admin {
		return c.admin(f)
	}
	if value, told := c.values[f]; told {
		return Value{State: Known, JSON: value}, nil
	}
	return Value{State: NotKnown}, nil
}

// Withholds says why a field, or what tells the same and is kept elsewhere, is withheld; none if it is not.
func (c Cut) Withholds(f record.Field) []string {
	if !c.Permits(f) {
		return c.WhyNot(f)
	}
	switch category, _ := record.CategoryOf(f); {
	case category == record.Admin:
		return nil
	case c.dossier.Erased:
		return []string{ReasonErased}
	case c.unreadable:
		return []string{ReasonUnreadable}
	default:
		return nil
	}
}

// WhyNot says why a field may not be seen, as codes.
func (c Cut) WhyNot(f record.Field) []string {
	if c.decision.Effect != policies.Allow {
		return c.Reasons()
	}
	return []string{c.engine.WhyNot(string(c.asking.As), string(c.asking.Purpose), string(f))}
}

// Reasons are what the decision rests on, or why it is a denial, as far as whoever asked may know. That somebody is at risk or
// had an overdose shows in what is in the way, too: a denial tells it to those alone whose record it is.
func (c Cut) Reasons() []string {
	if c.decision.Effect == policies.Allow || c.keepsRecord() {
		return c.decision.Reasons
	}
	ofThePerson := c.engine.Settings().OfThePerson
	told := slices.DeleteFunc(slices.Clone(c.decision.Reasons), func(code string) bool { return slices.Contains(ofThePerson, code) })
	if len(told) == 0 {
		return []string{ReasonNoGround}
	}
	return told
}

// admin is a field that follows from the history.
func (c Cut) admin(f record.Field) (Value, error) {
	s := c.dossier.State
	value := map[record.Field]any{
		record.ReferralID: s.ID, record.Status: s.Status, record.CreatedAt: s.SubmittedAt, record.OriginPartner: s.Origin,
		record.TargetPartner: s.Target, record.Urgency: s.Urgency,
	}[f]
	text, err := json.Marshal(value)
	if err != nil {
		return Value{}, fmt.Errorf("write down %s: %w", f, err)
	}
	return Value{State: Known, JSON: text}, nil
}

// Standing is how the referral stands, in codes; false if that may not be seen. To those who may not see along which pathway it
// was made it has no steps that would tell: see [referral.State.WithoutPlan].
func (c Cut) Standing() (referral.State, bool) {
	if !c.Permits(record.Status) {
		return referral.State{}, false
	}
	if !c.seesAlong() {
		return c.dossier.State.WithoutPlan(), true
	}
	return c.dossier.State, true
}

// Circumstances of the person; false if they may not be seen: see [Cut.SeesCircumstances]. It fails if they were not asked for.
func (c Cut) Circumstances() (is referral.Circumstances, may bool, err error) {
	if err := c.wasAsked(Circumstances); err != nil {
		return referral.Circumstances{}, false, err
	}
	if !c.SeesCircumstances() {
		return referral.Circumstances{}, false, nil
	}
	return c.dossier.Circumstances, true, nil
}

// SeesCircumstances reports whether what decisions rest on of the person may be seen.
func (c Cut) SeesCircumstances() bool { return c.Permits(Circumstances) }

// Along is the pathway that the referral was made along; none if it was made along none, and not if that may not be seen. It
// fails if it was not asked for.
func (c Cut) Along() (along referral.Along, may bool, err error) {
	if err := c.wasAsked(Along); err != nil {
		return referral.Along{}, false, err
	}
	if !c.seesAlong() {
		return referral.Along{}, false, nil
	}
	return c.dossier.Along, true, nil
}

// seesAlong reports whether it may be seen along which pathway the referral was made. What may not be seen of some is not shown
// of any, so that its absence tells nothing.
func (c Cut) seesAlong() bool { return c.Permits(Along) }

// wasAsked fails for what was not asked for: then nobody has recorded that it was shown.
func (c Cut) wasAsked(f record.Field) error {
	if !c.there || !slices.Contains(c.asked, f) {
		return fmt.Errorf("%s of referral %s was not asked for, and is not shown", f, c.id)
	}
	return nil
}

// AskedBefore reports whether the partner of whoever asked was asked earlier, and is not now: it knows of the referral, and has
// no part in it any more. Of what is sent to software that is also so of a partner that never had one, and was shown something
// on one of the grounds that the settings of the rules name: by an emergency or by law.
func (c Cut) AskedBefore() bool {
	s, partner := c.dossier.State, c.asking.Caller.Partner
	return c.read || partner != "" && s.Target != partner && s.Origin != partner &&
		slices.ContainsFunc(s.Asked, func(t referral.Turn) bool { return t.Partner == partner })
}

// Consents are what was said about sharing: all of it, or what concerns the partner of whoever asked, as the rules have it. Those
// who may see nothing of the referral, and may learn of that, see what was said, when, and until when alone. It fails if that was
// not asked for.
func (c Cut) Consents() ([]consent.Event, error) {
	if err := c.wasAsked(Consents); err != nil {
		return nil, err
	}
	switch {
	case c.Permits(Consents):
		return c.dossier.Consents, nil
	case !c.shows(Consents):
		return nil, nil
	}
	var about []consent.Event
	for _, e := range c.dossier.Consents {
		if slices.Contains(e.Recipients, c.asking.Caller.Partner) || slices.Contains(e.Recipients, consent.All) {
			e.Recipients = []string{c.asking.Caller.Partner}
			if c.decision.Effect != policies.Allow {
				e = consent.Event{Decision: e.Decision, At: e.At, ExpiresAt: e.ExpiresAt, Recipients: e.Recipients}
			}
			about = append(about, e)
		}
	}
	return about, nil
}

// keepsRecord reports whether it is the record of whoever asked: of the partner that made the referral, or the ADP.
func (c Cut) keepsRecord() bool { return KeepsRecord(c.sides) }

// toRead are the fields that are read from the store.
func (c Cut) toRead() []record.Field {
	if c.dossier.Erased {
		return nil
	}
	var fields []record.Field
	for _, f := range c.asked {
		if category, ok := record.CategoryOf(f); ok && category != record.Admin && c.Permits(f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// shows reports whether something that was asked for is shown.
func (c Cut) shows(f record.Field) bool {
	if f == Consents && (c.Permits(consentsOfPartner) || c.there && c.decision.Effect != policies.Allow && c.toldOfSharing) {
		return true
	}
	return c.Permits(f)
}

// shown are the names of what is shown, fields that follow from the history among them.
func (c Cut) shown() []string {
	var names []string
	for _, f := range c.asked {
		if category, ofRecord := record.CategoryOf(f); c.unreadable && ofRecord && category != record.Admin {
			continue
		}
		if c.shows(f) && !slices.Contains(names, string(f)) {
			names = append(names, string(f))
		}
	}
	slices.Sort(names)
	return names
}
