package casework

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Seen is an entry of the audit log in words.
type Seen struct {
	audit.Entry
	// Sentence says it for people.
	Sentence string
	// Worker is the opaque name of who did it; "" for those who may not learn that.
	Worker string
}

// TrailPage is a part of a trail.
type TrailPage struct {
	Entries []Seen
	// End is the cursor that what comes after it is asked for with, which is older; "" at the end.
	End string
}

// WhoSawWhat returns who was shown what of a referral, and did what, newest first; with wholePerson, of all referrals of the
// person whose trail the caller may look at. It is for data leads of the ADP, auditors, and workers of the partner that made the
// referral who may see the person's circumstances. That somebody looked is an entry itself.
func (d *Desk) WhoSawWhat(
	ctx context.Context, a disclosure.Asking, id string, wholePerson bool, after string, limit int,
) (TrailPage, error) {
	before, err := d.trailPlace(ctx, a, after)
	if err != nil {
		return TrailPage{}, err
	}
	may, err := d.mayTrail(ctx, a, id)
	if err != nil {
		return TrailPage{}, err
	}
	if !may.allowed {
		if err := d.Store.Record(ctx, may.decided); err != nil {
			return TrailPage{}, told(err)
		}
		return TrailPage{}, notFound()
	}
	state, look := may.state, may.look(a)
	if wholePerson {
		if look, err = d.wholeTrail(ctx, a, state.Person); err != nil {
			return TrailPage{}, err
		}
	}
	entries, err := d.Store.Trail(ctx, look, before, limit)
	if err != nil {
		return TrailPage{}, told(err)
	}
	showsWorkers, err := d.sees(ctx, a.Caller, sightWorkers, disclosure.StandsOf(a.Caller, state))
	if err != nil {
		return TrailPage{}, err
	}
	page := TrailPage{}
	if len(entries) >= limit {
		if page.End, err = d.trailCursor(ctx, a, entries[len(entries)-1].Seq); err != nil {
			return TrailPage{}, err
		}
	}
	names := d.View()
	for _, e := range entries {
		if tells(e) {
			seen := Seen{Entry: e, Sentence: sentence(e, func(partner string) string {
				if p, known := names.Partner(partner); known {
					return p.Spec.DisplayName
				}
				return partner
			})}
			if showsWorkers {
				seen.Worker = e.By.Subject
			}
			page.Entries = append(page.Entries, seen)
		}
	}
	return page, nil
}

// aboutTrail is what cursors of trails are hidden for.
const aboutTrail = "trail"

// trailCursor is a place in the audit log that nobody reads: from two of them, how much was asked between them would be known, of
// whomever.
func (d *Desk) trailCursor(ctx context.Context, a disclosure.Asking, seq int64) (string, error) {
	hidden, err := d.Store.Hide(ctx, fmt.Sprintf("%020d", seq), aboutTrail, a.Caller.Scope())
	return hidden, told(err)
}

// trailPlace is the place that a cursor stands for; 0 for none.
func (d *Desk) trailPlace(ctx context.Context, a disclosure.Asking, after string) (int64, error) {
	if after == "" {
		return 0, nil
	}
	text, was, err := d.Store.Reveal(ctx, after, aboutTrail, a.Caller.Scope())
	if err != nil {
		return 0, told(err)
	}
	seq, wrong := strconv.ParseInt(text, 10, 64)
	if !was || wrong != nil {
		return 0, noCursor()
	}
	return seq, nil
}

// trailRight says whether the trail of a referral is for somebody to see.
type trailRight struct {
	state   referral.State
	allowed bool
	// oversees says that they look after the data of the referral: they see, too, where it was asked for in vain among others.
	oversees bool
	// decided is the decision about sharing that it rests on for those who do not.
	decided audit.Entry
}

// look is at the trail of that referral alone.
func (t trailRight) look(a disclosure.Asking) store.Look {
	look := store.Look{By: a.AuditActor(), Purpose: string(a.Purpose), Referral: t.state.ID}
	t.add(&look)
	return look
}

// add has a look find what the right is to.
func (t trailRight) add(look *store.Look) {
	if t.oversees {
		look.LeftOut = append(look.LeftOut, t.state.ID)
	} else {
		look.Because = append(look.Because, t.decided)
	}
}

// detailTrail is the detail of the entry that the trail of a referral was asked for and not shown.
const detailTrail = "trail"

// mayTrail says whether the trail of a referral is for somebody to see. All is asked of the rules in any case, also of a referral
// that does not exist: how long it takes is no answer.
func (d *Desk) mayTrail(ctx context.Context, a disclosure.Asking, id string) (trailRight, error) {
	if !referral.IsID(id) || !a.Caller.Known() {
		return trailRight{}, notFound()
	}
	state, missing := d.Store.State(ctx, id)
	if missing != nil && !errors.Is(missing, store.ErrNotFound) {
		return trailRight{}, told(missing)
	}
	oversees, err := d.oversees(ctx, a.Caller, state)
	if err != nil {
		return trailRight{}, err
	}
	if oversees && missing == nil { // who looks after data needs no decision about sharing
		return trailRight{state: state, allowed: true, oversees: true}, nil
	}
	cuts, err := d.Cutter.May(ctx, a, id)
	if err != nil {
		return trailRight{}, unavailable(err)
	}
	own, err := d.ownTrail(ctx, a.Caller, state, cuts[0])
	if err != nil {
		return trailRight{}, err
	}
	right := trailRight{state: state, allowed: own && missing == nil, decided: cuts[0].Decided(d.now())}
	if !right.allowed {
		right.decided = cuts[0].Refused(d.now(), detailTrail)
	}
	return right, nil
}

// ownTrail reports whether the trail of a referral is for a worker of the partner that made it. It tells on what grounds others
// were shown something, and why not, and so of the person's circumstances.
func (d *Desk) ownTrail(ctx context.Context, c identity.Caller, s referral.State, cut disclosure.Cut) (bool, error) {
	made, err := d.sees(ctx, c, sightTrailOfOwn, disclosure.StandsOf(c, s))
	return made && cut.SeesCircumstances(), err
}

// wholeTrail is a look at the trails of all referrals of a person that somebody may look at, each by itself, with the decisions
// that allow it. What is about others does not even show in where a page ends.
func (d *Desk) wholeTrail(ctx context.Context, a disclosure.Asking, person string) (store.Look, error) {
	look := store.Look{By: a.AuditActor(), Purpose: string(a.Purpose), Person: person}
	all, err := d.sees(ctx, a.Caller, sightTrailWithoutReferral, 0)
	if err != nil {
		return look, err
	}
	if !all {
		look.Among = []string{}
	}
	for from := store.Cursor(""); ; {
		page, err := d.Store.List(ctx, store.Filter{Person: person}, from, store.LongestPage)
		if err != nil {
			return look, told(err)
		}
		for _, r := range page.Referrals {
			may, err := d.mayTrail(ctx, a, r.ID)
			switch {
			case err != nil:
				return look, err
			case !may.allowed && len(look.Leaves) < audit.MostLeftOut:
				why := may.decided.Decision
				look.Leaves = append(look.Leaves, audit.LeftOut{Reasons: why.Reasons, Revision: why.Revision, Referrals: []string{r.ID}})
			}
			if !may.allowed || len(look.Among) >= store.MostAmong || len(look.LeftOut) >= store.MostAmong {
				continue
			}
			if !all {
				look.Among = append(look.Among, r.ID)
			}
			may.add(&look)
		}
		if from = page.Next; from == "" {
			return look, nil
		}
	}
}

// oversees reports whether somebody looks after the data of the referral.
func (d *Desk) oversees(ctx context.Context, c identity.Caller, s referral.State) (bool, error) {
	return d.sees(ctx, c, sightTrail, disclosure.StandsOf(c, s))
}

// tells leaves out permits, which say no more than what was shown by them; those to pass something on are all there is of it.
func tells(e audit.Entry) bool {
	return e.What != audit.Decided || e.Decision == nil || e.Decision.Effect != policies.Allow || e.Detail == disclosure.PassingOn
}

// sentence says an entry in plain words.
func sentence(e audit.Entry, name func(string) string) string {
	who, purpose := whoDid(e, name), ""
	if e.Purpose != "" {
		purpose = " for " + disclosure.PurposeInWords(disclosure.Purpose(e.Purpose))
	}
	if e.Detail == disclosure.Sending {
		return sendingSentence(e, name, purpose)
	}
	switch e.What {
	case audit.Read:
		return who + " was shown " + fieldsInWords(e.Decision) + purpose + ", because " +
			disclosure.GroundInWords(groundOf(e.Decision)) + "."
	case audit.Decided:
		return decidedSentence(e, who, name(e.To), purpose)
	case audit.Changed:
		return who + " " + disclosure.ChangeInWords(e.Detail) + "."
	case audit.Sent, audit.NotTaken:
		return sentSentence(e, name(e.To))
	case audit.Viewed:
		return viewedSentence(e, who, purpose, name)
	case audit.Exported:
		return who + " copied out the audit log."
	case audit.Erased:
		return who + " erased the person: nothing that was told can be read any more."
	case audit.KeysRotated:
		return "Keys were replaced."
	}
	return who + " did " + string(e.What) + "."
}

// whoDid is who it was, in words.
func whoDid(e audit.Entry, name func(string) string) string {
	who := "Lifeline"
	if e.By.Partner != "" {
		who = "Somebody at " + name(e.By.Partner)
	}
	if e.By.Role != "" && e.By.Role != string(referral.AsProgram) {
		who += ", as " + disclosure.RoleInWords(identity.CareRole(e.By.Role)) + ","
	}
	return who
}

// viewedSentence is about what somebody looked at, or looked through and was not shown.
func viewedSentence(e audit.Entry, who, purpose string, name func(string) string) string {
	if leavesOut(e) {
		return who + " " + lookedThrough(e) + purpose + " and was not shown this, because " + reasonsInWords(e.Decision) + "."
	}
	return who + " " + lookedAt(e, name) + purpose + "."
}

// sentSentence is about an event that leaves for a partner. That it was taken is in the list of deliveries.
func sentSentence(e audit.Entry, to string) string {
	switch {
	case e.What == audit.NotTaken:
		return "It is not known that " + to + " took the event that was sent" + again(e) + "."
	case e.Decision == nil: // what was in it is another entry
		return "An event was sent to " + to + again(e) + "."
	default:
		return "An event was sent to " + to + again(e) + "; it names the referral alone."
	}
}

// again says which attempt it was, of those after the first.
func again(e audit.Entry) string {
	if e.Attempt < 2 {
		return ""
	}
	return fmt.Sprintf(" (attempt %d)", e.Attempt)
}

// sendingSentence is about what was sent to a partner, or not: nobody there had asked.
func sendingSentence(e audit.Entry, name func(string) string, purpose string) string {
	if e.What == audit.Read {
		return "What is sent to " + name(e.To) + purpose + " was to show " + fieldsInWords(e.Decision) + ", because " +
			disclosure.GroundInWords(groundOf(e.Decision)) + "."
	}
	if e.Decision != nil && e.Decision.Effect == policies.Allow {
		return "An event was for " + name(e.To) + " to have" + purpose + ", because " +
			disclosure.GroundInWords(groundOf(e.Decision)) + "."
	}
	return "An event was not sent to " + name(e.To) + ", because " + reasonsInWords(e.Decision) + "."
}

// decidedSentence is about what somebody was not shown, or wanted to tell another partner.
func decidedSentence(e audit.Entry, who, to, purpose string) string {
	to += purpose
	if e.Detail == detailTrail {
		return who + " asked who saw it" + purpose + " and was shown nothing, because " + reasonsInWords(e.Decision) + "."
	}
	if e.Detail == detailAmend {
		return who + " asked to change what it tells" + purpose + " and could not, because " + reasonsInWords(e.Decision) + "."
	}
	if e.Detail != disclosure.PassingOn {
		return who + " asked to see it" + purpose + " and was shown nothing, because " + reasonsInWords(e.Decision) + "."
	}
	if e.Decision != nil && e.Decision.Effect == policies.Allow {
		return who + " could refer the person on to " + to + ", because " + disclosure.GroundInWords(groundOf(e.Decision)) + "."
	}
	return who + " asked to refer the person on to " + to + " and could not, because " + reasonsInWords(e.Decision) + "."
}

// detailEmergency begins what the audit log says of an emergency; the reason follows.
const detailEmergency = "emergency."

// lookedAt is what somebody looked at, or for, who was shown nothing of what was told.
func lookedAt(e audit.Entry, name func(string) string) string {
	switch {
	case e.Detail == lookedFor+person.ByCHI:
		return "looked for the person by their CHI number"
	case e.Detail == lookedFor+person.ByName:
		return "looked for the person by their name and date of birth"
	case e.Detail == disclosure.DetailWouldSee:
		return "looked up what somebody at " + name(e.To) + " would see"
	case strings.HasPrefix(e.Detail, claimSeen):
		return "was shown the claim on a place, which says what kind of place is needed"
	case strings.HasPrefix(e.Detail, detailEmergency):
		return "looked at an emergency that was declared"
	default:
		return "looked at who saw what"
	}
}

// leavesOut says that an entry tells of a referral that was left out of what somebody looked through.
func leavesOut(e audit.Entry) bool {
	return e.Decision != nil && e.Decision.Effect != policies.Allow && !strings.HasPrefix(e.Detail, claimSeen)
}

// lookedThrough is what somebody looked through who was not shown the referral.
func lookedThrough(e audit.Entry) string {
	switch e.Detail {
	case lookedFor + person.ByCHI, lookedFor + person.ByName:
		return lookedAt(e, nil)
	case detailWorklist:
		return "looked through the referrals of their organisation"
	case detailWorklistOfADP:
		return "looked through the referrals of the ADP"
	case detailWithheld:
		return "looked at what is withheld from them"
	default:
		return "looked at who saw what of the person"
	}
}

func groundOf(d *audit.Decision) string {
	if d == nil {
		return ""
	}
	return d.Ground
}

func fieldsInWords(d *audit.Decision) string {
	if d == nil || len(d.Fields) == 0 {
		return "nothing"
	}
	names := make([]string, len(d.Fields))
	for i, f := range d.Fields {
		names[i] = disclosure.FieldInWords(record.Field(f))
	}
	return listed(names)
}

func reasonsInWords(d *audit.Decision) string {
	if d == nil || len(d.Reasons) == 0 {
		return "nothing allows it"
	}
	words := make([]string, len(d.Reasons))
	for i, r := range d.Reasons {
		words[i] = disclosure.ReasonInWords(r)
	}
	return strings.Join(words, "; ")
}

func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
