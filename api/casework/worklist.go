package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
	"lifeline.scot/api/rights"
	"lifeline.scot/api/store"
	"lifeline.scot/policies"
)

// Filter says which referrals of a worklist are wanted, by codes alone.
type Filter struct {
	// Statuses; none is all that have not ended.
	Statuses []referral.Status
	// Urgencies; none is all.
	Urgencies []referral.Urgency
	// Mine leaves out what waits for somebody else.
	Mine bool
	// OfPartnership asks for those of the ADP that the caller acts for, instead of those of their organisation.
	OfPartnership bool
}

// Page is a part of a worklist.
type Page struct {
	Cuts []disclosure.Cut
	// Cursors of each.
	Cursors []string
	// More says that there may be more after End: a page comes short when much had to be looked through that may not be seen.
	More bool
	// End is the cursor that what comes after it is asked for with; "" if there is nothing.
	End string
	// Until is when time alone may change it; zero: never.
	Until time.Time
}

// mostScanned is what a worklist looks through at most to fill a page, unless the desk says otherwise. After that the page comes
// short, and its end says where to go on.
const mostScanned = 1000

func (d *Desk) mostScanned() int { return cmp.Or(d.MostScanned, mostScanned) }

// listFields are those that a list is ordered and filtered by. A referral is in it only where all of them may be seen: its place
// would tell them otherwise.
var listFields = []record.Field{record.ReferralID, record.Status, record.CreatedAt, record.Urgency}

// Worklist returns the referrals of the caller's organisation or ADP that they may see: most urgent first, then oldest. A filter
// sees no more than the caller does. Which ones were looked at and left out because they may not be seen is written down with
// what is shown.
func (d *Desk) Worklist(
	ctx context.Context, a disclosure.Asking, f Filter, fields []record.Field, first int, after string,
) (Page, error) {
	s, err := d.scan(ctx, a, f, after)
	if err != nil {
		return Page{}, err
	}
	ids, more, rest, err := s.page(ctx, first)
	if err != nil {
		return Page{}, err
	}
	page := Page{More: more}
	if rest != nil {
		if page.End, err = s.hide(ctx, *rest); err != nil {
			return Page{}, err
		}
	}
	cuts, err := d.Cutter.CutBeside(ctx, s.looked(), a, withoutTwice(append(slices.Clone(listFields), fields...)), ids...)
	if err != nil {
		return Page{}, unavailable(err)
	}
	for _, cut := range cuts {
		state, ok := cut.Standing()
		if !ok || !cut.PermitsAll(listFields) { // it has changed since it was found
			continue
		}
		page.Cuts = append(page.Cuts, cut)
		page.Cursors = append(page.Cursors, cursorOf(s.scope, state))
		page.holds(cut.HoldsUntil())
		page.holds(nextLate(state, d.now()))
	}
	if page.End == "" && len(page.Cursors) > 0 {
		page.End = page.Cursors[len(page.Cursors)-1]
	}
	return page, nil
}

// What the audit log says of a look through a list.
const (
	detailWorklist      = "worklist"
	detailWorklistOfADP = "worklist.adp"
	detailWithheld      = "worklist.withheld"
)

// looked are the entries that somebody looked through the list, with what was left out of it so far.
func (s *scan) looked() []audit.Entry {
	return disclosure.LeavingOut(audit.Entry{
		What: audit.Viewed, By: s.asking.AuditActor(), Purpose: string(s.asking.Purpose), Detail: s.detail,
	}, listFields, s.leftOut...)
}

// holds notes that time alone may change the page at a moment; zero: never.
func (p *Page) holds(until time.Time) {
	if !until.IsZero() && (p.Until.IsZero() || until.Before(p.Until)) {
		p.Until = until
	}
}

// nextLate is when the next step of a referral becomes late that is not; zero: never.
func nextLate(s referral.State, now time.Time) time.Time {
	for _, due := range s.DueSteps() {
		if !due.Overdue(now) {
			return due.By
		}
	}
	return time.Time{}
}

func withoutTwice(fields []record.Field) []record.Field {
	slices.Sort(fields)
	return slices.Compact(fields)
}

// scan goes through a list in its order.
type scan struct {
	d      *Desk
	asking disclosure.Asking
	filter Filter
	scope  string
	detail string
	kept   store.Filter
	after  *directory.Key
	// leftOut are those that were looked at and may not be seen, or are not what was looked for.
	leftOut []disclosure.Cut
}

func (d *Desk) scan(ctx context.Context, a disclosure.Asking, f Filter, after string) (*scan, error) {
	s := &scan{d: d, asking: a, filter: f, scope: "worklist", detail: detailWorklist}
	c := a.Caller
	sight, stands := sightWorklist, rights.At(c, c.Partner, policies.AtPartner)
	s.kept.Also.Partnership = c.Partnership
	if s.kept.Partner = c.Partner; f.OfPartnership {
		sight, stands = sightWorklistOfADP, rights.ForADP(c, c.Partnership)
		s.kept.Partner, s.kept.Partnership, s.scope, s.detail = "", c.Partnership, "worklist of the ADP", detailWorklistOfADP
		s.kept.Also = store.Holder{Partner: c.Partner}
	}
	if sees, err := d.sees(ctx, c, sight, stands); err != nil {
		return nil, err
	} else if !sees {
		return nil, refusal.Of(refusal.Forbidden, "You have no worklist: it is for those who refer, support or commission.")
	}
	s.kept.Statuses = f.Statuses
	if len(f.Statuses) == 0 {
		s.kept.Statuses = slices.DeleteFunc(referral.Statuses(), referral.Status.Ended)
	}
	s.kept.Waits = f.Mine
	if after == "" {
		return s, nil
	}
	return s, s.begin(ctx, after)
}

// begin has the scan begin after a cursor.
func (s *scan) begin(ctx context.Context, after string) error {
	if hidden, is := strings.CutPrefix(after, hiddenCursor); is {
		text, was, err := s.d.Store.Reveal(ctx, hidden, s.scope, s.asking.Caller.Scope())
		if err != nil {
			return told(err)
		}
		if after = strings.TrimRight(text, " "); !was {
			after = ""
		}
	}
	key, err := directory.ParseCursor(s.scope, after)
	if err != nil || !slices.Contains(referral.Urgencies(), referral.Urgency(key.Text)) {
		return noCursor()
	}
	s.after = &key
	return nil
}

func noCursor() error {
	return refusal.Of(refusal.Invalid, "This is no cursor of this list: begin without it, or use one that came with it.", "after")
}

// hiddenCursor begins a cursor that is at a referral which may not be seen: nobody reads from it where that one stands.
const (
	hiddenCursor = "h."
	hiddenLength = 128
)

// hide returns a cursor at a referral that may not be seen.
func (s *scan) hide(ctx context.Context, at store.Summary) (string, error) {
	plain := directory.Cursor(s.scope, directory.Key{Number: at.SubmittedAt.UnixMicro(), Text: string(at.Urgency), ID: at.ID})
	for len(plain)%hiddenLength != 0 { // how long it is would tell of the urgency
		plain += " "
	}
	hidden, err := s.d.Store.Hide(ctx, plain, s.scope, s.asking.Caller.Scope())
	return hiddenCursor + hidden, told(err)
}

// cursorOf is where a referral stands in a list.
func cursorOf(scope string, s referral.State) string {
	return directory.Cursor(scope, directory.Key{Number: s.SubmittedAt.UnixMicro(), Text: string(s.Urgency), ID: s.ID})
}

// spare is how many more than wanted are looked at in one go, since some may not be seen: with so many, that there are any shows
// in nothing that is done.
const spare = 10

// page returns the ids of the first so many that may be seen, and whether there may be more; rest is as find says.
func (s *scan) page(ctx context.Context, first int) (ids []string, more bool, rest *store.Summary, err error) {
	found, rest, err := s.find(ctx, first+1)
	return found[:min(first, len(found))], len(found) > first || rest != nil, rest, err
}

// find returns the ids of the first so many that may be seen. If it has looked through so many that it stops before it has them,
// rest is the last that it looked at.
func (s *scan) find(ctx context.Context, wanted int) (found []string, rest *store.Summary, err error) {
	s.kept.ByUrgency, s.kept.Urgencies = true, s.urgencies()
	var from store.Cursor
	if s.after != nil && len(s.kept.Urgencies) > 0 && s.kept.Urgencies[0] == referral.Urgency(s.after.Text) {
		from = store.CursorAfter(time.UnixMicro(s.after.Number), s.after.ID)
	}
	if len(s.kept.Urgencies) == 0 { // all that are wanted come before the cursor
		return nil, nil, nil
	}
	for scanned, atOnce := 0, min(wanted+spare, store.LongestPage); ; atOnce = store.LongestPage { // many may not be seen
		page, err := s.d.Store.List(ctx, s.kept, from, atOnce)
		if err != nil {
			return nil, nil, told(err)
		}
		ids, err := s.visible(ctx, page, atOnce)
		if err != nil {
			return nil, nil, err
		}
		if found = append(found, ids...); len(found) >= wanted {
			return found[:wanted], nil, nil
		}
		if len(page.Referrals) == 0 {
			return found, nil, nil
		}
		last := &page.Referrals[len(page.Referrals)-1]
		if scanned += len(page.Referrals); scanned >= s.d.mostScanned() {
			return found, last, nil
		}
		if from = page.Next; from == "" {
			return found, nil, nil
		}
		s.kept.Urgencies = s.kept.Urgencies[slices.Index(s.kept.Urgencies, last.Urgency):]
	}
}

// urgencies are those that are wanted and do not come before the cursor, the most urgent first.
func (s *scan) urgencies() []referral.Urgency {
	all := referral.Urgencies()
	if s.after != nil {
		all = all[slices.Index(all, referral.Urgency(s.after.Text)):]
	}
	return slices.DeleteFunc(slices.Clone(all), func(u referral.Urgency) bool {
		return len(s.filter.Urgencies) > 0 && !slices.Contains(s.filter.Urgencies, u)
	})
}

// visible are those of a page that may be seen and that the filter lets through.
func (s *scan) visible(ctx context.Context, page store.Page, atOnce int) ([]string, error) {
	cuts, err := s.decided(ctx, page, atOnce)
	if err != nil {
		return nil, err
	}
	var visible []string
	for _, cut := range cuts {
		state, ok := cut.Standing()
		switch {
		case !ok || len(cut.Sides()) == 0 || !cut.PermitsAll(listFields), s.filter.Mine && !Waits(state, cut.Sides()):
			s.leftOut = append(s.leftOut, cut)
		default:
			visible = append(visible, cut.ID())
		}
	}
	return visible, nil
}

// decided is what is decided about those of a page, which could have had so many.
func (s *scan) decided(ctx context.Context, page store.Page, atOnce int) ([]disclosure.Cut, error) {
	ids := make([]string, len(page.Referrals))
	for i, r := range page.Referrals {
		ids[i] = r.ID
	}
	cuts, err := s.d.Cutter.MayOfUpTo(ctx, atOnce, s.asking, ids...)
	return cuts, unavailable(err)
}

// Waits reports whether a referral waits for one of the sides.
func Waits(s referral.State, sides []referral.Side) bool {
	return slices.ContainsFunc(sides, s.WaitsFor)
}

// Withheld returns those of the caller's organisation or ADP, not ended, that they may not see, in the order of their ids: with
// nothing but why. They know that there is something to ask for, and nothing of it.
func (d *Desk) Withheld(ctx context.Context, a disclosure.Asking, f Filter) ([]disclosure.Cut, error) {
	s, err := d.scan(ctx, a, f, "")
	if err != nil {
		return nil, err
	}
	s.detail = detailWithheld
	s.kept.Statuses = slices.DeleteFunc(referral.Statuses(), referral.Status.Ended)
	for from, scanned := store.Cursor(""), 0; scanned < d.mostScanned(); {
		page, err := d.Store.List(ctx, s.kept, from, store.LongestPage)
		if err != nil {
			return nil, told(err)
		}
		if err := s.hidden(ctx, page); err != nil {
			return nil, err
		}
		if from = page.Next; from == "" {
			break
		}
		scanned += len(page.Referrals)
	}
	slices.SortFunc(s.leftOut, func(a, b disclosure.Cut) int { return strings.Compare(a.ID(), b.ID()) })
	shown := min(len(s.leftOut), disclosure.MostAtOnce)
	ids := make([]string, shown)
	for i := range ids {
		ids[i] = s.leftOut[i].ID()
	}
	s.leftOut = s.leftOut[shown:] // of the others it is recorded, each by itself, why they are withheld
	cuts, err := d.Cutter.CutBeside(ctx, s.looked(), a, nil, ids...)
	return cuts, unavailable(err)
}

// hidden takes note of those of a page whose place in a list may not be seen.
func (s *scan) hidden(ctx context.Context, page store.Page) error {
	cuts, err := s.decided(ctx, page, store.LongestPage)
	for _, cut := range cuts {
		if len(cut.Sides()) > 0 && !cut.PermitsAll(listFields) {
			s.leftOut = append(s.leftOut, cut)
		}
	}
	return err
}
