package inbound

import (
	"sync"
	"time"
)

// What a partner may send.
const (
	// perSecond is how many messages it may send over time, and atOnce how many on top when it has sent none for a while.
	perSecond = 10
	atOnce    = 50
	// mostPartners bounds those whose allowance is kept.
	mostPartners = 2000
)

// allowances are what each partner may still send. Only those who have signed are counted, so that nobody uses up another's.
type allowances struct {
	mu        sync.Mutex
	byPartner map[string]allowance
}

type allowance struct {
	left float64
	at   time.Time
}

func newAllowances() allowances { return allowances{byPartner: map[string]allowance{}} }

// take reports whether a partner may send one more message, and counts it.
func (a *allowances) take(partner string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	is, known := a.byPartner[partner]
	if !known {
		if len(a.byPartner) >= mostPartners {
			a.byPartner = map[string]allowance{}
		}
		is = allowance{atOnce, now}
	}
	since := max(now.Sub(is.at), 0).Seconds()
	is = allowance{min(is.left+since*perSecond, atOnce), now}
	may := is.left >= 1
	if may {
		is.left--
	}
	a.byPartner[partner] = is
	return may
}
