package directory

import "time"

// State says how the directory stands to Kubernetes.
type State string

const (
	// Starting: not everything has been read yet; the directory is not ready.
	Starting State = "STARTING"
	// Live: every change is followed as it happens.
	Live State = "LIVE"
	// LastKnown: Kubernetes cannot be reached or followed; answers are what was known last.
	LastKnown State = "LAST_KNOWN"
)

// LongestDoubt is for how long what was known last may still be relied on where somebody's rights follow from it.
const LongestDoubt = 5 * time.Minute

// Freshness says how far a view can be relied on to be what Kubernetes holds now.
type Freshness struct {
	State State
	// AsOf is the last moment at which the directory was known to hold all that Kubernetes held.
	AsOf time.Time
	// Since is when State began.
	Since time.Time
}

// Doubtful reports whether what was known last is too old, at a moment, for anybody's rights to follow from it: for longer than
// LongestDoubt Kubernetes could not be followed.
func (f Freshness) Doubtful(now time.Time) bool {
	return f.State == LastKnown && now.Sub(f.AsOf) > LongestDoubt
}
