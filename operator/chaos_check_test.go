package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
)

// holder is who has a place: one attempt of one claim.
type holder struct {
	claim   v1alpha1.ObjectUID
	attempt int32
}

// holderOf returns the claim as the holder of a place, if it says that it has one.
func holderOf(c *v1alpha1.Placement) (holder, bool) {
	b := c.Status.Binding
	if b == nil || (b.State != v1alpha1.BindingHeld && b.State != v1alpha1.BindingAdmitted) {
		return holder{}, false
	}
	return holder{v1alpha1.ObjectUID(c.UID), b.Attempt}, true
}

// house is the model of a pool: how many places can be given, and who has which.
type house struct {
	revision       uint64
	staffed, taken int32
	given          map[int32]holder
	admitted       map[v1alpha1.ObjectUID]bool
}

func houseOf(p *v1alpha1.CapacityPool, revision uint64) *house {
	s := p.Status
	h := &house{
		revision: revision, staffed: ptr.Deref(s.Staffed, 0), taken: ptr.Deref(s.Occupied, 0) + ptr.Deref(s.Held, 0),
		given: map[int32]holder{}, admitted: map[v1alpha1.ObjectUID]bool{},
	}
	for _, a := range s.Allocations {
		h.given[a.Place] = holder{a.ClaimUID, a.Attempt}
		h.admitted[a.ClaimUID] = a.State == v1alpha1.AllocationAdmitted
	}
	return h
}

func (h *house) has(claim v1alpha1.ObjectUID) bool {
	_, has := h.admitted[claim]
	return has
}

// unlawful says what is wrong with a pool that is like this after it was like h; empty if nothing is.
func (h *house) unlawful(after *house) string {
	seen := map[v1alpha1.ObjectUID]bool{}
	for place, now := range after.given {
		if !h.has(now.claim) && len(after.given) > int(after.staffed) {
			return fmt.Sprintf("place %d is given where there are %d, the %dth", place, after.staffed, len(after.given))
		}
		if seen[now.claim] {
			return fmt.Sprintf("one claim has two places of it, one of them %d", place)
		}
		seen[now.claim] = true
		if was, taken := h.given[place]; taken && was.claim != now.claim {
			return fmt.Sprintf("place %d is given to another claim while one has it", place)
		}
		if !h.has(now.claim) && after.taken > after.staffed {
			return fmt.Sprintf("place %d is given where %d of %d are taken", place, after.taken, after.staffed)
		}
		if h.admitted[now.claim] && !after.admitted[now.claim] {
			return fmt.Sprintf("somebody is in place %d, and it is only held again", place)
		}
	}
	return ""
}

// replay goes through everything that was stored, in the order in which it was, and says where the rules that hold at every
// moment did not: those of a single pool, and that whoever is told of a place has it.
type replay struct {
	houses map[types.NamespacedName]*house
	uids   map[types.NamespacedName]types.UID
	claims map[types.UID]*v1alpha1.Placement
	funds  map[types.NamespacedName]int
	found  []string
	// twice counts the moments at which a claim had places in two pools, one of them left over from an earlier attempt.
	twice int
}

func newReplay() *replay {
	return &replay{
		houses: map[types.NamespacedName]*house{}, uids: map[types.NamespacedName]types.UID{},
		claims: map[types.UID]*v1alpha1.Placement{}, funds: map[types.NamespacedName]int{},
	}
}

func (r *replay) all(versions []version) {
	slices.SortStableFunc(versions, func(a, b version) int { return cmp.Compare(a.revision, b.revision) })
	for _, v := range versions {
		switch is := v.object.(type) {
		case *v1alpha1.CapacityPool:
			r.pool(is, v)
		case *v1alpha1.Placement:
			r.claim(is, v)
		case *v1alpha1.PlacementFund:
			r.fund(is, v)
		}
	}
}

func (r *replay) note(v version, format string, args ...any) {
	r.found = append(r.found, fmt.Sprintf("revision %d: %s: %s", v.revision, v.object.GetName(), fmt.Sprintf(format, args...)))
}

func (r *replay) pool(p *v1alpha1.CapacityPool, v version) {
	key, after := client.ObjectKeyFromObject(p), houseOf(p, v.revision)
	r.uids[key] = p.UID
	if before := r.houses[key]; before != nil {
		if wrong := before.unlawful(after); wrong != "" {
			r.note(v, "%s", wrong)
		}
		for place, h := range before.given {
			if after.given[place] != h {
				r.left(v, key, place, h)
			}
		}
	}
	r.houses[key] = after
	for _, h := range after.given {
		for other, house := range r.houses {
			if other != key && house.has(h.claim) {
				r.twice++
			}
		}
	}
}

// left: a place that was taken out of a pool must not be one that its claim says it has.
func (r *replay) left(v version, pool types.NamespacedName, place int32, h holder) {
	c := r.claims[types.UID(h.claim)]
	if c == nil {
		return
	}
	if says, in := holderOf(c); in && says == h && poolOf(c) == pool && c.Status.Binding.Place == place {
		r.note(v, "place %d is taken away from claim %s, which is told that it has it", place, c.Name)
	}
}

func poolOf(c *v1alpha1.Placement) types.NamespacedName {
	pool := c.Status.Binding.Pool
	return types.NamespacedName{Namespace: v1alpha1.NamespaceFor(string(pool.Partnership)), Name: string(pool.Name)}
}

func (r *replay) claim(c *v1alpha1.Placement, v version) {
	was := r.claims[c.UID]
	if v.deleted {
		delete(r.claims, c.UID)
		return
	}
	r.claims[c.UID] = c
	if was != nil && was.Status.EndedTime != nil && c.Status.EndedTime == nil {
		r.note(v, "the claim had ended and goes on")
	}
	if was != nil && was.Status.Attempts > c.Status.Attempts {
		r.note(v, "attempt %d comes after %d", c.Status.Attempts, was.Status.Attempts)
	}
	h, in := holderOf(c)
	if !in {
		return
	}
	if house := r.houses[poolOf(c)]; house == nil || house.given[c.Status.Binding.Place] != h {
		r.note(v, "the claim is told that it has place %d of %s, which it has not", c.Status.Binding.Place, poolOf(c))
	}
}

func (r *replay) fund(f *v1alpha1.PlacementFund, v version) {
	key, n := client.ObjectKeyFromObject(f), len(f.Status.Commitments)
	if n > r.funds[key] && n > int(ptr.Deref(f.Spec.Places, 0)) {
		r.note(v, "%d placements are promised of %d", n, ptr.Deref(f.Spec.Places, 0))
	}
	r.funds[key] = n
}

// asked is what happened to, or was seen of, one pool: written anew, read, or seen from a claim that has a place in it.
type asked struct {
	write    *house // what it was like afterwards
	after    uint64 // the version before that one
	revision uint64 // as which version it was read
	place    int32
	holder   holder
}

// ofOneHouse says what can be seen of a pool when all that is done to it happens in some order, one after another.
func ofOneHouse(first *house) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, in, _ any) (bool, any) {
			is, a := state.(*house), in.(asked)
			switch {
			case a.write != nil:
				return a.after == is.revision && is.unlawful(a.write) == "", a.write
			case a.revision > 0:
				return is.revision == a.revision, is
			default:
				return is.given[a.place] == a.holder, is
			}
		},
		Equal: func(a, b any) bool { return a.(*house) == b.(*house) },
	}
}

// historyOf puts together what was stored of one pool and what clients saw of it, and says whether that is possible at all. A
// version was written before anybody was told of it or of a newer one, and after everybody asked who was told of an older one:
// with these bounds there is little left for porcupine to try.
func historyOf(first *house, versions []version, sightings []sighting) (ops []porcupine.Operation, possible bool) {
	houses := []*house{first}
	call, until := []time.Duration{0}, []time.Duration{0}
	for _, v := range versions {
		houses = append(houses, houseOf(v.object.(*v1alpha1.CapacityPool), v.revision))
		call, until = append(call, 0), append(until, v.seen)
	}
	for _, s := range sightings {
		from, to := s.spans(houses)
		if from < 0 {
			return nil, false
		}
		until[from] = min(until[from], s.until)
		if to+1 < len(call) {
			call[to+1] = max(call[to+1], s.call)
		}
		ops = append(ops, porcupine.Operation{
			ClientId: s.client + 1, Call: int64(s.call), Return: int64(s.until),
			Input: asked{revision: s.revision, place: s.place, holder: s.holder},
		})
	}
	for i := 1; i < len(call); i++ {
		call[i] = max(call[i], call[i-1])
	}
	for i := len(until) - 2; i > 0; i-- {
		until[i] = min(until[i], until[i+1])
	}
	for i := 1; i < len(houses); i++ {
		if call[i] > until[i] {
			return nil, false
		}
		ops = append(ops, porcupine.Operation{Input: asked{write: houses[i], after: houses[i-1].revision}, Call: int64(call[i]), Return: int64(until[i])})
	}
	return ops, true
}

// spans returns the first and the last version that the sighting can be of; -1 when there is none.
func (s sighting) spans(houses []*house) (from, to int) {
	from = -1
	for i, h := range houses {
		if s.revision == h.revision || (s.revision == 0 && h.given[s.place] == s.holder) {
			if from < 0 {
				from = i
			}
			to = i
		}
	}
	return from, to
}

// linearizable checks the history of every pool for itself.
func linearizable(start map[types.NamespacedName]*house, versions []version, sightings []sighting, limit time.Duration) []string {
	stored, seen := map[types.NamespacedName][]version{}, map[types.NamespacedName][]sighting{}
	for _, v := range versions {
		if _, isPool := v.object.(*v1alpha1.CapacityPool); isPool {
			key := client.ObjectKeyFromObject(v.object)
			stored[key] = append(stored[key], v)
		}
	}
	for _, s := range sightings {
		seen[s.pool] = append(seen[s.pool], s)
	}
	var found []string
	for pool, first := range start {
		history, possible := historyOf(first, stored[pool], seen[pool])
		if !possible {
			found = append(found, fmt.Sprintf("clients saw what was never stored in %s, or an older version after a newer one", pool))
			continue
		}
		if result := porcupine.CheckOperationsTimeout(ofOneHouse(first), history, limit); result != porcupine.Ok {
			found = append(found, fmt.Sprintf("the history of %s is %s: what clients saw cannot have happened one after another", pool, result))
		}
	}
	return found
}

// broken compares what clients were promised with how their claims stand once all is quiet.
func broken(claims []v1alpha1.Placement, promises map[string]*promised) []string {
	stored := map[string]*v1alpha1.Placement{}
	for i := range claims {
		stored[claims[i].Name] = &claims[i]
	}
	var found []string
	for name, p := range promises {
		if wrong := breach(stored[name], p); wrong != "" {
			found = append(found, fmt.Sprintf("claim %s: %s", name, wrong))
		}
	}
	return found
}

// breach says which promise about a claim was not kept; empty if all were.
func breach(c *v1alpha1.Placement, p *promised) string {
	if c == nil {
		if p.made && !p.deleted {
			return "it was made and nobody deleted it, and it is not there"
		}
		return ""
	}
	state := ""
	if b := c.Status.Binding; b != nil {
		state = string(b.State)
	}
	ended := c.Status.EndedTime != nil
	switch {
	case p.withdrawn && !ended:
		return "it was withdrawn and goes on"
	case p.admitted && c.Spec.Admission == nil, p.discharged && c.Spec.Discharge == nil, p.withdrawn && c.Spec.Withdrawal == nil:
		return "what was acknowledged is not there any more"
	case c.Spec.Discharge != nil && !ended:
		return "the person was discharged and the claim goes on"
	case c.Spec.Admission != nil && c.Spec.Discharge == nil && state != string(v1alpha1.BindingAdmitted):
		return fmt.Sprintf("the person was admitted and the binding is %q", state)
	case state == string(v1alpha1.BindingTaking), state == string(v1alpha1.BindingReleasing):
		return "it is left in state " + state
	case c.Status.Explanation == "":
		return "nothing says where it stands"
	case !c.DeletionTimestamp.IsZero() && state != string(v1alpha1.BindingAdmitted):
		return "it was deleted and is still there"
	case !ended && state == "" && !rules.Waits(c):
		return "it neither waits nor has a place nor has ended"
	}
	return ""
}

// The checker of the chaos itself: it passes what can have happened and catches what cannot.
func TestTheModelOfAPoolTellsGoodHistoriesFromBad(t *testing.T) {
	a, b := holder{"a", 1}, holder{"b", 1}
	pool := func(revision uint64, given map[int32]holder) *house {
		h := &house{revision: revision, staffed: 2, taken: int32(len(given)), given: given, admitted: map[v1alpha1.ObjectUID]bool{}}
		for _, who := range given {
			h.admitted[who.claim] = false
		}
		return h
	}
	write := func(call, end int64, h *house) porcupine.Operation {
		return porcupine.Operation{Input: asked{write: h, after: h.revision - 1}, Call: call, Return: end}
	}
	sees := func(call, end int64, place int32, who holder) porcupine.Operation {
		return porcupine.Operation{ClientId: 1, Input: asked{place: place, holder: who}, Call: call, Return: end}
	}
	uncounted := func(h *house) *house { h.taken = 0; return h }
	one, both := map[int32]holder{1: a}, map[int32]holder{1: a, 2: b}
	for name, tc := range map[string]struct {
		history []porcupine.Operation
		good    bool
	}{
		"given, seen, given back":        {[]porcupine.Operation{write(0, 2, pool(2, one)), sees(1, 4, 1, a), write(3, 6, pool(3, nil))}, true},
		"seen before it was given":       {[]porcupine.Operation{sees(0, 1, 1, a), write(2, 3, pool(2, one))}, false},
		"seen after it was given back":   {[]porcupine.Operation{write(0, 1, pool(2, one)), write(2, 3, pool(3, nil)), sees(4, 5, 1, a)}, false},
		"given to another while one has": {[]porcupine.Operation{write(0, 1, pool(2, one)), write(2, 3, pool(3, map[int32]holder{1: b}))}, false},
		"given back and to another":      {[]porcupine.Operation{write(0, 1, pool(2, both)), write(2, 3, pool(3, map[int32]holder{2: b})), sees(4, 5, 2, b)}, true},
		"more than there are":            {[]porcupine.Operation{write(0, 1, pool(2, both)), write(2, 3, pool(3, map[int32]holder{1: a, 2: b, 3: {"c", 1}}))}, false},
		"more than there are, and not counted": {[]porcupine.Operation{
			write(0, 1, pool(2, both)), write(2, 3, uncounted(pool(3, map[int32]holder{1: a, 2: b, 3: {"c", 1}}))),
		}, false},
		"one claim twice": {[]porcupine.Operation{write(0, 1, pool(2, map[int32]holder{1: a, 2: a}))}, false},
		"an older version read later": {[]porcupine.Operation{
			write(0, 1, pool(2, one)), write(2, 3, pool(3, both)),
			{ClientId: 1, Input: asked{revision: 2}, Call: 4, Return: 5},
		}, false},
	} {
		if got := porcupine.CheckOperations(ofOneHouse(pool(1, nil)), tc.history); got != tc.good {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// The replay says in words what was wrong, and when.
func TestTheReplayFindsWhatNeverMayBe(t *testing.T) {
	pool := func(allocations ...v1alpha1.Allocation) client.Object {
		p := poolIn("replayed", "beds", "house")
		p.Status.Staffed, p.Status.Occupied = ptr.To[int32](2), ptr.To[int32](0)
		p.Status.Held, p.Status.Allocations = ptr.To(int32(len(allocations))), allocations
		return p
	}
	at := func(place int32, claim v1alpha1.ObjectUID) v1alpha1.Allocation {
		return v1alpha1.Allocation{Place: place, ClaimUID: claim, Attempt: 1, State: v1alpha1.AllocationHeld}
	}
	claim := func(change func(*v1alpha1.PlacementStatus)) client.Object {
		c := claimIn("replayed", "a")
		c.UID = "a"
		change(&c.Status)
		return c
	}
	held := claim(func(s *v1alpha1.PlacementStatus) {
		s.Binding = &v1alpha1.PlacementBinding{
			Pool: v1alpha1.PlacementPool{Partnership: "replayed", Name: "beds"}, State: v1alpha1.BindingHeld, Place: 1, Attempt: 1,
		}
	})
	waits := claim(func(*v1alpha1.PlacementStatus) {})
	over := claim(func(s *v1alpha1.PlacementStatus) { s.EndedTime = ptr.To(now()) })
	for name, tc := range map[string]struct {
		stored []client.Object
		want   string
	}{
		"as it should be":           {[]client.Object{pool(), waits, pool(at(1, "a")), held, waits, pool()}, ""},
		"told before it was given":  {[]client.Object{pool(), held, pool(at(1, "a"))}, "which it has not"},
		"taken away from the claim": {[]client.Object{pool(), pool(at(1, "a")), held, pool()}, "is taken away"},
		"given to the next at once": {[]client.Object{pool(), pool(at(1, "b")), pool(at(1, "a"))}, "to another claim"},
		"goes on after its end":     {[]client.Object{over, waits}, "had ended"},
	} {
		var versions []version
		for i, o := range tc.stored {
			versions = append(versions, version{revision: uint64(i + 1), object: o})
		}
		r := newReplay()
		r.all(versions)
		found := fmt.Sprint(r.found)
		if (tc.want == "") != (len(r.found) == 0) || !strings.Contains(found, tc.want) {
			t.Errorf("%s: found %s, want %q", name, found, tc.want)
		}
	}
}

func TestAPromiseThatWasNotKeptIsFound(t *testing.T) {
	waits := claimIn("replayed", "a")
	waits.Status.Explanation = "Waiting for a place."
	with := func(change func(*v1alpha1.Placement)) *v1alpha1.Placement {
		c := waits.DeepCopy()
		change(c)
		return c
	}
	for name, tc := range map[string]struct {
		claim  *v1alpha1.Placement
		was    promised
		broken bool
	}{
		"made, and waits":         {waits, promised{made: true}, false},
		"made, and lost":          {nil, promised{made: true}, true},
		"perhaps made":            {nil, promised{}, false},
		"made and deleted":        {nil, promised{made: true, deleted: true}, false},
		"withdrawn, and goes on":  {waits, promised{made: true, withdrawn: true}, true},
		"admitted, and forgotten": {waits, promised{made: true, admitted: true}, true},
		"nobody says where it is": {with(func(c *v1alpha1.Placement) { c.Status.Explanation = "" }), promised{made: true}, true},
		"left between two states": {with(func(c *v1alpha1.Placement) {
			c.Status.Binding = &v1alpha1.PlacementBinding{State: v1alpha1.BindingTaking}
		}), promised{}, true},
		"deleted, and still there": {with(func(c *v1alpha1.Placement) { c.DeletionTimestamp = ptr.To(now()) }), promised{deleted: true}, true},
		"admitted, and put out":    {with(func(c *v1alpha1.Placement) { c.Spec.Admission = &v1alpha1.Admission{Time: now()} }), promised{admitted: true}, true},
	} {
		if wrong := breach(tc.claim, &tc.was); (wrong != "") != tc.broken {
			t.Errorf("%s: %q", name, wrong)
		}
	}
}
