package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"lifeline.scot/api/audit"
)

// Look is somebody's look at the audit log, which is an entry of it too.
type Look struct {
	By audit.Actor
	// Because are the decisions that allowed it, which are recorded with it.
	Because []audit.Entry
	Purpose string
	// Person, Referral and Partner say which entries are wanted: about whom, about what, and by whom. Entries match all that are
	// given; if none is given, every entry does.
	Person, Referral, Partner string
	// Among leaves out what is about other referrals than these, or about none; nil leaves out nothing. At most [MostAmong].
	Among []string
	// LeftOut are referrals of which it is wanted, too, that they were left out of what somebody looked through: each such entry is
	// about one of them, and says nothing of others that were left out with it. At most [MostAmong].
	LeftOut []string
	// Leaves are those that may not be looked at, of all there are of the person: that is recorded with the look.
	Leaves []audit.LeftOut
}

// MostAmong bounds how many referrals somebody looks at together.
const MostAmong = 200

// Trail returns entries of the audit log, newest first, that come before a place in it: 0 for the newest, then the Seq of the
// last entry of the page before. At most limit, of 1 to [LongestPage]. That somebody looked is recorded in the same transaction,
// before anything is returned; the page does not have that entry itself.
func (s *Store) Trail(ctx context.Context, look Look, before int64, limit int) (page []audit.Entry, err error) {
	if err := checkLimit(limit); err != nil {
		return nil, err
	}
	if look.By.Subject == "" {
		return nil, errors.New("nobody is named who looks at the audit log")
	}
	if len(look.Among) > MostAmong || len(look.LeftOut) > MostAmong {
		return nil, invalid("There are more than %d referrals: look at one of them.", MostAmong)
	}
	if err := checkBecause(look.Because); err != nil {
		return nil, err
	}
	err = s.change(ctx, "look at the audit log", func(t tx) (err error) {
		page, err = look.entries(ctx, t, before, limit)
		t.note(look.Because...)
		t.note(look.entry())
		return err
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}

// entry says that somebody looked, and for what.
func (l Look) entry() audit.Entry {
	e := audit.Entry{
		What: audit.Viewed, By: l.By, Person: l.Person, Referral: l.Referral, Purpose: l.Purpose, LeftOut: l.Leaves,
	}
	if l.Partner != "" {
		e.Detail = "by:" + l.Partner
	}
	return e
}

// entries are those of at most limit records, which a record with several referrals that were left out makes more.
func (l Look) entries(ctx context.Context, q querier, before int64, limit int) ([]audit.Entry, error) {
	query, args := l.query(before, limit)
	var page []audit.Entry
	err := each(ctx, q, "read the audit log", func(rows *sql.Rows) error {
		var seq int64
		var text string
		var wanted bool
		if err := rows.Scan(&seq, &text, &wanted); err != nil {
			return err
		}
		e, err := audit.Parse([]byte(text))
		if err != nil || e.Seq != seq {
			return fmt.Errorf("%w (record %d cannot be read)", audit.ErrBroken, seq)
		}
		left := e.LeavingOut(l.LeftOut)
		if e.LeftOut = nil; wanted {
			page = append(page, e)
		}
		page = append(page, left...)
		return nil
	}, query, args...)
	return page, err
}

// query is one scan of an index for what is wanted, and one for what leaves out, and the newest of both.
func (l Look) query(before int64, limit int) (string, []any) {
	var c conditions
	for _, wanted := range []struct{ column, value string }{
		{"person_id", l.Person}, {"referral_id", l.Referral}, {"partner", l.Partner},
	} {
		if wanted.value != "" { // what is not empty is in an index of its own
			c.where(wanted.column+" = ? AND "+wanted.column+" <> ''", wanted.value)
		}
	}
	if l.Among != nil {
		c.where("referral_id IN (''"+strings.Repeat(", ?", len(l.Among))+") AND referral_id <> ''", names(l.Among)...)
	}
	if before > 0 {
		c.where("seq < ?", before)
	}
	most := c.value(int64(limit))
	wanted := "SELECT seq FROM (SELECT seq FROM audit_records" + c.text() + " ORDER BY seq DESC LIMIT " + most + ") AS wanted"
	if len(l.LeftOut) == 0 {
		return "SELECT seq, record, 1 FROM audit_records WHERE seq IN (" + wanted + ") ORDER BY seq DESC", c.args
	}
	c.all = nil
	c.among("referral_id", names(l.LeftOut))
	if before > 0 {
		c.where("seq < ?", before)
	}
	left := "SELECT seq FROM (SELECT DISTINCT seq FROM audit_left_out" + c.text() + " ORDER BY seq DESC LIMIT " + most +
		") AS left_out"
	return "SELECT seq, record, CASE WHEN seq IN (" + wanted + ") THEN 1 ELSE 0 END FROM audit_records WHERE seq IN (" + wanted +
		" UNION " + left + ") ORDER BY seq DESC LIMIT " + most, c.args
}

// conditions are what rows have to meet, and the values in them.
type conditions struct {
	all  []string
	args []any
}

// where adds a condition; each ? in it stands for one of the values.
func (c *conditions) where(condition string, values ...any) {
	for _, value := range values {
		condition = strings.Replace(condition, "?", c.value(value), 1)
	}
	c.all = append(c.all, condition)
}

// among has a column be one of the values; of none, anything.
func (c *conditions) among(column string, values []any) {
	if len(values) > 0 {
		c.where(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
	}
}

// value is how a statement names a value.
func (c *conditions) value(value any) string {
	c.args = append(c.args, value)
	return fmt.Sprintf("$%d", len(c.args))
}

// text is the WHERE of a statement; empty if there are no conditions.
func (c *conditions) text() string {
	if len(c.all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.all, " AND ")
}
