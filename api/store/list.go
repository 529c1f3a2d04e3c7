package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"lifeline.scot/api/referral"
)

// LongestPage is how many of anything come at once.
const LongestPage = 100

func checkLimit(limit int) error {
	if limit < 1 || limit > LongestPage {
		return invalid("Ask for 1 to %d at once.", LongestPage)
	}
	return nil
}

// Filter says which referrals are wanted: those of one of Partnership, Partner and Person, since nobody reads all referrals.
type Filter struct {
	Partnership string
	// Partner is the origin or the present target.
	Partner string
	Person  string
	// Statuses and Urgencies; empty means all.
	Statuses  []referral.Status
	Urgencies []referral.Urgency
	// Waits leaves out what waits neither for whose list it is nor for Also. What waits for nobody any more may be let through: how
	// a referral stands is what counts.
	Waits bool
	Also  Holder
	// ByUrgency has those of the first of Urgencies come first, then those of the second, and so on, each oldest first. What they
	// are listed after is one of the first.
	ByUrgency bool
}

// Holder is who has a part in a referral: a partner, as its origin or present target, or the partnership whose it is.
type Holder struct{ Partner, Partnership string }

func (h Holder) String() string {
	switch {
	case h.Partner != "":
		return holdsAsPartner + h.Partner
	case h.Partnership != "":
		return holdsAsPartnership + h.Partnership
	default:
		return ""
	}
}

// Summary is a referral in a list: codes and opaque names alone.
type Summary struct {
	ID, Person                  string
	Version                     int64
	Status                      referral.Status
	Stage                       referral.Stage
	Urgency                     referral.Urgency
	Partnership, Origin, Target string
	Escalated                   bool
	SubmittedAt, ChangedAt      time.Time
}

// Page is a part of a list.
type Page struct {
	Referrals []Summary
	// Next goes on after it; empty when this is the last.
	Next Cursor
}

// List returns referrals, oldest first unless the filter says otherwise, at most limit of 1 to [LongestPage]. Referrals that come
// meanwhile do not shift what follows.
func (s *Store) List(ctx context.Context, f Filter, after Cursor, limit int) (Page, error) {
	if err := checkLimit(limit); err != nil {
		return Page{}, err
	}
	query, args, err := f.query(after, limit)
	if err != nil {
		return Page{}, err
	}
	return s.page(ctx, limit, query, args)
}

// WithPlaces returns referrals that wait for a place, have one held, or are in one, whoever they are of: for what keeps them and
// their claims in agreement, and for nobody who asks. Oldest first, at most limit of 1 to [LongestPage].
func (s *Store) WithPlaces(ctx context.Context, after Cursor, limit int) (Page, error) {
	if err := checkLimit(limit); err != nil {
		return Page{}, err
	}
	at, id := int64(0), ""
	if after != "" {
		var err error
		if at, id, err = after.parse(); err != nil {
			return Page{}, err
		}
	}
	return s.page(ctx, limit, summaries+` WHERE status IN ('PlacementWaiting', 'PlacementHeld', 'Admitted')
		AND (submitted_at, id) > ($1, $2) ORDER BY submitted_at, id LIMIT $3`, []any{at, id, int64(limit) + 1})
}

// Late returns the referrals of a partnership that somebody with more say has to look at because a step is late, oldest first:
// those that come after one of them, "" for all. Some that are not late may be among those of an earlier release: how a referral
// stands is what counts. At most limit, of 1 to [LongestPage].
func (s *Store) Late(ctx context.Context, partnership, after string, limit int) ([]Summary, error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	var c conditions
	c.where("partnership = ? AND late = 1", partnership)
	if after != "" {
		c.where("(submitted_at, id) > (SELECT a.submitted_at, a.id FROM referrals a WHERE a.id = ? AND a.partnership = ?)",
			after, partnership)
	}
	query := summaries + c.text() + ` ORDER BY submitted_at, id LIMIT ` + c.value(int64(limit))
	page, err := s.page(ctx, limit, query, c.args)
	return page.Referrals, err
}

// summaries are the columns of a [Summary].
const summaries = `SELECT id, person_id, version, status, stage, urgency, partnership, origin, target, escalated, submitted_at,
	changed_at
	FROM referrals`

// columns are the same of referrals r, beside another table.
const columns = `r.id, r.person_id, r.version, r.status, r.stage, r.urgency, r.partnership, r.origin, r.target, r.escalated,
	r.submitted_at, r.changed_at`

// page reads one more than it returns, to know whether there are more.
func (s *Store) page(ctx context.Context, limit int, query string, args []any) (Page, error) {
	var page Page
	err := each(ctx, s.read, "list referrals", func(rows *sql.Rows) error {
		var r Summary
		var escalated, submitted, changed int64
		err := rows.Scan(&r.ID, &r.Person, &r.Version, &r.Status, &r.Stage, &r.Urgency, &r.Partnership, &r.Origin, &r.Target,
			&escalated, &submitted, &changed)
		r.Escalated, r.SubmittedAt, r.ChangedAt = escalated != 0, moment(submitted), moment(changed)
		page.Referrals = append(page.Referrals, r)
		return err
	}, query, args...)
	if err != nil {
		return Page{}, err
	}
	if len(page.Referrals) > limit {
		page.Referrals = page.Referrals[:limit]
		last := page.Referrals[limit-1]
		page.Next = cursorAt(last.SubmittedAt, last.ID)
	}
	return page, nil
}

// query is one scan of an index for each list in an order of its own that the filter asks for, and what they give merged.
func (f Filter) query(after Cursor, limit int) (string, []any, error) {
	if err := f.check(); err != nil {
		return "", nil, err
	}
	at, id := int64(math.MinInt64), ""
	if after != "" {
		var err error
		if at, id, err = after.parse(); err != nil {
			return "", nil, err
		}
	}
	var c conditions
	place, most := "("+c.value(at)+", "+c.value(id)+")", c.value(int64(limit)+1)
	if f.Person != "" {
		c.where("person_id = ?", f.Person)
		c.among("status", names(f.Statuses))
		c.among("urgency", names(f.Urgencies))
		c.where("(submitted_at, id) > " + place)
		return summaries + c.text() + ` ORDER BY submitted_at, id LIMIT ` + most, c.args, nil
	}
	whose := "holder = " + c.value(Holder{f.Partner, f.Partnership}.String()) + f.waiting(&c)
	var scans []string
	for _, list := range f.lists(&c) {
		if list.turn == 0 {
			list.of += " AND (submitted_at, referral_id) > " + place
		}
		scans = append(scans, fmt.Sprintf("SELECT * FROM (SELECT %d AS turn, submitted_at, referral_id FROM parts WHERE %s AND %s"+
			" ORDER BY submitted_at, referral_id LIMIT %s) AS one", list.turn, whose, list.of, most))
	}
	found := "SELECT turn, submitted_at, referral_id FROM (" + strings.Join(scans, " UNION ALL ") +
		") AS lists ORDER BY turn, submitted_at, referral_id LIMIT " + most
	return `SELECT ` + columns + ` FROM (` + found + `) AS found JOIN referrals r ON r.id = found.referral_id
		ORDER BY found.turn, found.submitted_at, found.referral_id`, c.args, nil
}

func (f Filter) check() error {
	given := 0
	for _, name := range []string{f.Partnership, f.Partner, f.Person} {
		if name != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return invalid("Say whose referrals: of which partnership, partner or person.")
	case len(f.Statuses) > len(referral.Statuses()):
		return invalid("Name each status once.")
	case len(f.Urgencies) > len(referral.Urgencies()):
		return invalid("Name each urgency once.")
	case f.ByUrgency && (len(f.Urgencies) == 0 || f.Person != ""):
		return invalid("Say in which order, of the referrals of a partnership or partner.")
	default:
		return nil
	}
}

// waiting is the condition that a referral waits for somebody.
func (f Filter) waiting(c *conditions) string {
	also := f.Also.String()
	switch {
	case !f.Waits:
		return ""
	case also == "":
		return " AND waits = 1"
	default:
		// Looked up row by row: PostgreSQL would read all that waits for the other first, if it were asked whether there is any.
		return ` AND (waits = 1 OR coalesce((SELECT other.waits FROM parts other WHERE other.holder = ` + c.value(also) + `
			AND other.referral_id = parts.referral_id), 0) = 1)`
	}
}

// list is the condition of a list that is in an order of its own, and whose turn it is: what has a lower one comes before it.
type list struct {
	turn int
	of   string
}

// lists are all that are open of each urgency, if all of these are wanted, and those of each other status and urgency.
func (f Filter) lists(c *conditions) []list {
	urgencies := f.Urgencies
	if len(urgencies) == 0 {
		urgencies = referral.Urgencies()
	}
	wanted := slices.Clone(f.Statuses)
	if len(wanted) == 0 {
		wanted = referral.Statuses()
	}
	open := slices.DeleteFunc(referral.Statuses(), referral.Status.Ended)
	allOpen := !slices.ContainsFunc(open, func(s referral.Status) bool { return !slices.Contains(wanted, s) })
	var of []string
	if allOpen {
		of = append(of, "open = 1")
		wanted = slices.DeleteFunc(wanted, func(s referral.Status) bool { return slices.Contains(open, s) })
	}
	for _, status := range wanted {
		of = append(of, "status = "+c.value(string(status)))
	}
	var lists []list
	for turn, urgency := range urgencies {
		if !f.ByUrgency {
			turn = 0
		}
		named := c.value(string(urgency))
		for _, one := range of {
			lists = append(lists, list{turn, one + " AND urgency = " + named})
		}
	}
	return lists
}

func names[T ~string](codes []T) []any {
	all := make([]any, len(codes))
	for i, code := range codes {
		all[i] = string(code)
	}
	return all
}

// CursorAfter is the position after a referral that was submitted at a moment.
func CursorAfter(at time.Time, id string) Cursor { return cursorAt(at, id) }

// Cursor is a position in a list. It is opaque to whoever has it.
type Cursor string

const longestCursor = 128

func cursorAt(at time.Time, id string) Cursor {
	place := binary.BigEndian.AppendUint64(nil, uint64(micros(at)))
	return Cursor(base64.RawURLEncoding.EncodeToString(append(place, id...)))
}

func (c Cursor) parse() (int64, string, error) {
	if len(c) <= longestCursor {
		if place, err := base64.RawURLEncoding.DecodeString(string(c)); err == nil && len(place) > 8 {
			if id := string(place[8:]); referral.Opaque(id) {
				return int64(binary.BigEndian.Uint64(place)), id, nil
			}
		}
	}
	return 0, "", invalid("This is no position in a list: begin at the start, or use the one that came with the page before.")
}
