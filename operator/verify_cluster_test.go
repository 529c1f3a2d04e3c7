package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/capacity"
	rules "lifeline.scot/crds/placement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/verify"
)

// verifies runs `operator verify` with the flags, and returns what it exits with and what it says.
func verifies(t *testing.T, flags string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), asOperator+"=verify "+flags)
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// bed is a claim that holds a place of a pool, and the fund that pays, all as the operator would have written them.
type bed struct {
	pool  *v1alpha1.CapacityPool
	claim *v1alpha1.Placement
	fund  *v1alpha1.PlacementFund
}

// lay stores a bed without any operator, under names of its own.
func lay(t *testing.T, name string) bed {
	t.Helper()
	now := metav1.NewTime(time.Now().Truncate(time.Second))
	b := bed{poolIn("planted", name, "house"), claimIn("planted", name), fundIn("planted", name, 5)}
	b.claim.Spec.Kind, b.pool.Spec.Kind = v1alpha1.PoolDetox, v1alpha1.PoolDetox
	b.claim.Spec.FundRoute, b.claim.Spec.Pools = v1alpha1.RouteADP, []v1alpha1.PlacementPool{rules.PoolOf(b.pool)}
	create(t, admin(t), b.pool, b.claim, b.fund)
	until := metav1.NewTime(now.Add(time.Hour))
	b.pool.Status.Counted = &v1alpha1.PlaceCount{Staffed: ptr.To[int32](3), Occupied: ptr.To[int32](1), Held: ptr.To[int32](0)}
	b.pool.Status.ConfirmedTime = &now
	b.pool.Status.Allocations = []v1alpha1.Allocation{{
		Place: 1, ClaimUID: v1alpha1.ObjectUID(b.claim.UID), Partnership: "planted", ClaimName: v1alpha1.ObjectName(name), Attempt: 1,
		State: v1alpha1.AllocationHeld, HeldTime: now, HoldUntilTime: until,
	}}
	b.claim.Status.Attempts, b.claim.Status.Binding = 1, &v1alpha1.PlacementBinding{
		Attempt: 1, Pool: rules.PoolOf(b.pool), PoolUID: v1alpha1.ObjectUID(b.pool.UID), Fund: v1alpha1.ObjectName(name),
		State: v1alpha1.BindingHeld, Place: 1, TakenTime: now, HeldTime: &now, HoldUntilTime: &until,
	}
	b.fund.Status.Commitments = []v1alpha1.FundCommitment{{
		ClaimUID: v1alpha1.ObjectUID(b.claim.UID), ClaimName: v1alpha1.ObjectName(name), Attempt: 1, State: v1alpha1.CommitmentPromised,
	}}
	return b
}

func (b bed) count() {
	capacity.Recount(&b.pool.Status)
	capacity.Judge(b.pool, time.Now())
	rules.Tally(b.fund)
}

func (b bed) store(t *testing.T) {
	t.Helper()
	for _, o := range []client.Object{b.pool, b.claim, b.fund} {
		if err := admin(t).Status().Update(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

// planted are all ways in which places, claims and money can disagree; each says which rules it breaks.
func planted() map[string]struct {
	spoil func(bed)
	want  []rules.ViolationKind
} {
	long := metav1.NewTime(time.Now().Add(-time.Hour).Truncate(time.Second))
	type plant = struct {
		spoil func(bed)
		want  []rules.ViolationKind
	}
	return map[string]plant{
		"in-order": {bed.count, nil},
		"orphaned-place": {func(b bed) {
			b.pool.Status.Allocations[0].ClaimUID = "gone"
			b.claim.Status.Binding, b.claim.Status.EndedTime, b.fund.Status.Commitments = nil, &long, nil
			b.count()
		}, []rules.ViolationKind{rules.OrphanedPlace}},
		"lost-place": {func(b bed) { b.pool.Status.Allocations = nil; b.count() }, []rules.ViolationKind{rules.LostPlace}},
		"wrong-numbers": {func(b bed) {
			b.count()
			b.pool.Status.Occupied = ptr.To[int32](0)
			b.fund.Status.Used = ptr.To[int32](4)
		}, []rules.ViolationKind{rules.WrongNumbers, rules.WrongNumbers}},
		"orphaned-money": {func(b bed) { b.claim.Status.Binding.Fund = ""; b.count() }, []rules.ViolationKind{rules.OrphanedMoney}},
		"lost-money":     {func(b bed) { b.fund.Status.Commitments = nil; b.count() }, []rules.ViolationKind{rules.LostMoney}},
		"overdue-hold": {func(b bed) {
			b.claim.Status.Binding.HoldUntilTime, b.pool.Status.Allocations[0].HoldUntilTime = &long, long
			b.count()
		}, []rules.ViolationKind{rules.OverdueHold}},
		"disagreement": {func(b bed) { b.claim.Status.Binding.HoldUntilTime.Time = long.Add(3 * time.Hour); b.count() }, []rules.ViolationKind{rules.Disagreement}},
		"stuck": {func(b bed) {
			b.claim.Status.Binding.State, b.claim.Status.Binding.TakenTime = v1alpha1.BindingTaking, long
			b.count()
		}, []rules.ViolationKind{rules.Stuck}},
		"left-waiting": {func(b bed) {
			b.pool.Status.Allocations, b.claim.Status.Binding, b.fund.Status.Commitments = nil, nil, nil
			b.count()
		}, []rules.ViolationKind{rules.LeftWaiting}},
	}
}

// Each rule is broken once by what somebody writes, and found, and nothing else is.
func TestVerifyFindsWhatIsWrongInALiveCluster(t *testing.T) {
	clustertest.Namespace(t, "planted")
	want := map[string][]string{}
	for name, tc := range planted() {
		b := lay(t, name)
		tc.spoil(b)
		b.store(t)
		for _, kind := range tc.want {
			want[name] = append(want[name], string(kind))
		}
	}
	// One claim has two places where two pools show it.
	twice, again := lay(t, "two-places"), lay(t, "two-places-again")
	twice.count()
	again.pool.Status.Allocations[0].ClaimUID = v1alpha1.ObjectUID(twice.claim.UID)
	again.claim.Status.Binding, again.fund.Status.Commitments = nil, nil
	again.claim.Status.EndedTime = ptr.To(now())
	again.count()
	twice.store(t)
	again.store(t)
	code, said := verifies(t, "--settle=100ms --kubeconfig="+kubeconfig(t))
	if code != exitBroken {
		t.Errorf("exits with %d:\n%s", code, said)
	}
	got := map[string][]string{}
	for line := range strings.Lines(said) {
		kind, rest, _ := strings.Cut(line, " ")
		object, _, _ := strings.Cut(rest, ":")
		if _, name, ours := strings.Cut(object, " adp-planted/"); ours && !strings.HasPrefix(name, "two-places") {
			got[name] = append(got[name], kind)
		}
	}
	if !strings.Contains(said, string(rules.TwoPlaces)+" CapacityPool adp-planted/two-places") {
		t.Errorf("two places are not found:\n%s", said)
	}
	// A claim that was only just made is not left waiting yet, and nobody can make one that is older.
	delete(want, "left-waiting")
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v:\n%s", got, want, said)
	}
	s, err := verify.Read(t.Context(), admin(t))
	if err != nil {
		t.Fatal(err)
	}
	leftWaiting := func(v rules.Violation) bool {
		return v.Kind == rules.LeftWaiting && v.Object == "Placement adp-planted/left-waiting"
	}
	if !slices.ContainsFunc(rules.Verify(s, time.Now().Add(2*rules.Grace)), leftWaiting) {
		t.Errorf("nobody is left waiting")
	}
	covered := []string{string(rules.TwoPlaces), string(rules.LeftWaiting)}
	for _, kinds := range want {
		covered = append(covered, kinds...)
	}
	for _, kind := range rules.ViolationKinds {
		if !slices.Contains(covered, string(kind)) {
			t.Errorf("nothing was planted for %s", kind)
		}
	}
}

// What cannot be looked at is neither in order nor broken.
func TestVerifySaysWhenItCannotLook(t *testing.T) {
	for name, tc := range map[string]struct{ flags, says string }{
		"no such kubeconfig": {"--kubeconfig=/does/not/exist", "/does/not/exist"},
		"an unknown flag":    {"--quickly", "-quickly"},
		"an argument":        {"adp-moray", "takes flags only"},
	} {
		if code, said := verifies(t, tc.flags); code != exitUnknown || !strings.Contains(said, tc.says) {
			t.Errorf("%s: exits with %d: %s", name, code, said)
		}
	}
}
