package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/audit"
	"lifeline.scot/api/bell"
	"lifeline.scot/api/disclosure"
	"lifeline.scot/api/record"
)

// lookAgain is how often a worklist is looked at though nobody rang: another replica may have changed it, or an agreement.
const lookAgain = 15 * time.Second

// Following yields a worklist whenever it changes.
type Following struct {
	desk   *Desk
	asking disclosure.Asking
	filter Filter
	fields []record.Field
	first  int
	bell   *bell.Bell[string]
	last   string
	// leftOut is what was written down last of what was left out.
	leftOut string
}

// Follow begins to follow a worklist. It is refused where [Desk.Worklist] is.
func (d *Desk) Follow(ctx context.Context, a disclosure.Asking, f Filter, fields []record.Field, first int) (*Following, error) {
	s, err := d.scan(ctx, a, f, "")
	if err != nil {
		return nil, err
	}
	return &Following{
		desk: d, asking: a, filter: f, fields: fields, first: first,
		bell: d.bells.Listen(listOf(s.kept.Partner, s.kept.Partnership)),
	}, nil
}

// Next returns the first page as it is now: at once the first time, and then when it has changed. It is decided anew each time,
// so that a withdrawal is seen at once; what is shown is recorded only when there is something new to show, and what is left out
// when that is something else than before.
func (f *Following) Next(ctx context.Context) (Page, error) {
	for {
		seen, until, looked, err := f.look(ctx)
		if err != nil {
			return Page{}, err
		}
		leftOut := fmt.Sprint(looked)
		if seen != f.last {
			page, err := f.desk.Worklist(ctx, f.asking, f.filter, f.fields, f.first, "")
			if err == nil {
				f.last, f.leftOut = seen, leftOut
			}
			return page, err
		}
		if leftOut != f.leftOut { // there is nothing new to show, and it was decided that something is not shown
			if err := f.desk.Store.Record(ctx, looked...); err != nil {
				return Page{}, told(err)
			}
			f.leftOut = leftOut
		}
		if err := f.wait(ctx, until); err != nil {
			return Page{}, err
		}
	}
}

// look says how the page looks without showing anything: which referrals, of which version, what was decided about each, and
// whether there are more. The entries that it returns say what was left out.
func (f *Following) look(ctx context.Context) (seen string, until time.Time, looked []audit.Entry, err error) {
	s, err := f.desk.scan(ctx, f.asking, f.filter, "")
	if err != nil {
		return "", until, nil, err
	}
	ids, more, _, err := s.page(ctx, f.first)
	if err != nil {
		return "", until, nil, err
	}
	cuts, err := f.desk.Cutter.May(ctx, f.asking, ids...)
	if err != nil {
		return "", until, nil, unavailable(err)
	}
	seen = fmt.Sprintf("page, and more: %t", more)
	for _, cut := range cuts {
		d := cut.Decision()
		fields := slices.Sorted(slices.Values(d.Fields))
		seen += fmt.Sprintf(" %s %d %s %v %v;", cut.ID(), cut.Version(), d.Ground, fields, d.Beside)
		if !d.HoldsUntil.IsZero() && (until.IsZero() || d.HoldsUntil.Before(until)) {
			until = d.HoldsUntil
		}
	}
	return seen, until, s.looked(), nil
}

func (f *Following) wait(ctx context.Context, until time.Time) error {
	longest := lookAgain
	if !until.IsZero() {
		longest = min(longest, max(until.Sub(f.desk.now()), time.Millisecond))
	}
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-f.bell.Rings():
	case <-timer.C:
	}
	return nil
}

// Close ends it.
func (f *Following) Close() { f.bell.Close() }
