package placement

import (
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// ownWrites remembers the claims as this binder left them, until the cache shows them: what the cache says of them before that
// is out of date, and steps that follow from it would be taken for nothing, and refused.
//
// It saves work and keeps nothing safe: writes made by others are not in it.
type ownWrites struct {
	mu   sync.Mutex
	left map[client.ObjectKey]ownWrite
}

type ownWrite struct {
	uid     types.UID
	version uint64
	at      time.Time
}

// believed is how long a cache that does not show what was written is waited for. After that it is believed: the store may have
// been put back to what it was before.
const believed = 10 * time.Second

// note remembers the claim as it was just written.
func (o *ownWrites) note(claim *v1alpha1.Placement, now time.Time) {
	version, err := strconv.ParseUint(claim.ResourceVersion, 10, 64)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.left == nil {
		o.left = map[client.ObjectKey]ownWrite{}
	}
	o.left[client.ObjectKeyFromObject(claim)] = ownWrite{claim.UID, version, now}
}

// ahead reports whether this binder has left the claim in a later version than this one.
func (o *ownWrites) ahead(claim *v1alpha1.Placement, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := client.ObjectKeyFromObject(claim)
	left, ours := o.left[key]
	if !ours {
		return false
	}
	version, err := strconv.ParseUint(claim.ResourceVersion, 10, 64)
	if err == nil && claim.UID == left.uid && version < left.version && now.Sub(left.at) < believed {
		return true
	}
	delete(o.left, key)
	return false
}

// forget drops a claim that has gone.
func (o *ownWrites) forget(key client.ObjectKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.left, key)
}
