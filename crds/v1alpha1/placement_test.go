package v1alpha1_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
)

func TestBadPlacementsAreRefused(t *testing.T) {
	many := strings.TrimSuffix(strings.Repeat("{partnership: a, name: b}, ", 10000), ", ")
	var seventeen []string
	for i := range 17 {
		seventeen = append(seventeen, fmt.Sprintf("{partnership: a, name: p%d}", i))
	}
	checkRefusals(t, "Placement", []refusal{
		{"no referral", `spec: {referralID: null}`, "spec.referralID: Required value"},
		{"a CHI number for a referral", `spec: {referralID: "0101701234"}`, "never a CHI number"},
		{"a referral of two words", `spec: {referralID: "Jane Doe 1970"}`, "must be 8 to 63 letters, digits and '-'"},
		{"no such kind", `spec: {kind: Hotel}`, "Unsupported value"},
		{"ten thousand pools", `spec: {pools: [` + many + `]}`, "must have at most 16 items"},
		{"seventeen pools", `spec: {pools: [` + strings.Join(seventeen, ", ") + `]}`, "must have at most 16 items"},
		{"one pool twice", `spec: {pools: [{partnership: a, name: b}, {partnership: a, name: b}]}`, "name each pool once"},
		{"no pools", `spec: {pools: []}`, "should have at least 1 items"},
		{"a pool in capitals", `spec: {pools: [{partnership: A, name: b}]}`, "must be the name of an object"},
		{"fewer than no children", `spec: {needs: {children: -1}}`, "greater than or equal to 1"},
		{"thirteen children", `spec: {needs: {children: 13}}`, "less than or equal to 12"},
		{"an age of 200", `spec: {needs: {ageYears: 200}}`, "less than or equal to 120"},
		{"one gender alone, and none said", `spec: {needs: {gender: null}}`, "singleGender needs gender"},
		{"a language in words", `spec: {needs: {language: Polish}}`, "Too long"},
		{"a phone for a family", `spec: {kind: Device}`, "a Device is a phone"},
		{"a date that is none", `spec: {notBeforeTime: soon}`, "notBeforeTime"},
		{"the year 9999", `spec: {notBeforeTime: "9999-12-31T00:00:00Z"}`, "must be a moment from 2000 to 2099"},
		{"the year 1", `spec: {notBeforeTime: "0001-01-01T00:00:00Z"}`, "notBeforeTime"},
		{"ten years ahead", `spec: {notBeforeTime: "2036-12-01T09:00:00Z"}`, "at most two years after"},
		{"a stay of no days", `spec: {expectedLengthDays: -3}`, "greater than or equal to 1"},
		{"a stay of ten years", `spec: {expectedLengthDays: 3650}`, "less than or equal to 730"},
		{"no such route", `spec: {fundRoute: Lottery}`, "Unsupported value"},
		{"a referral of 100,000 letters", `spec: {referralID: "` + strings.Repeat("r", 100000) + `"}`, "Too long"},
		{"a pool of 100,000 letters", `spec: {pools: [{partnership: a, name: "` + strings.Repeat("p", 100000) + `"}]}`, "Too long"},
		{"a pool without a name", `spec: {pools: [{partnership: a}]}`, "name: Required value"},
		{"a pool of nobody's", `spec: {pools: [{name: b}]}`, "partnership: Required value"},
		{"a pool in another namespace by path", `spec: {pools: [{partnership: "../kube-system", name: b}]}`, "must be the name of an object"},
		{"an age of -1", `spec: {needs: {ageYears: -1}}`, "greater than or equal to 0"},
		{"half a child", `spec: {needs: {children: 0.5}}`, "must be of type integer"},
		{"a gender nobody knows", `spec: {needs: {gender: Hotel}}`, "Unsupported value"},
		{"a priority nobody knows", `spec: {priority: First}`, "Unsupported value"},
		{"the 31st of June", `spec: {notBeforeTime: "2026-06-31T09:00:00Z"}`, "notBeforeTime"},
		{"a leap second", `spec: {notBeforeTime: "2026-12-31T23:59:60Z"}`, "notBeforeTime"},
		{"held longer from the start", `spec: {holdUntilTime: "2026-12-31T00:00:00Z"}`, "no place is held for this Placement yet"},
		{"withdrawn for no reason", `spec: {withdrawal: {reason: null}}`, "reason: Required value"},
		{
			"an answer for attempt 0", `spec: {acceptance: {decision: Accepted, attempt: 0, decidedTime: "2026-11-22T21:00:00Z"}}`,
			"attempt",
		},
		{"a field nobody knows", `spec: {name: Jane}`, `unknown field "spec.name"`},
		{
			"accepted before anything is held", `spec: {acceptance: {decision: Accepted, attempt: 1, decidedTime: "2026-11-22T21:00:00Z"}}`,
			"no place is held for this Placement yet",
		},
		{"admitted before anything is held", `spec: {admission: {time: "2026-11-22T21:00:00Z"}}`, "record the provider's acceptance"},
		{"discharged before admitted", `spec: {discharge: {time: "2026-11-22T21:00:00Z", reason: Completed}}`, "record the admission before"},
		{"declined without a reason", `spec: {funding: {decision: Declined, decidedTime: "2026-11-22T21:00:00Z"}}`, "give a reason when"},
		{
			"paid for without a route", `spec: {fundRoute: null, funding: {decision: Approved, decidedTime: "2026-11-22T21:00:00Z"}}`,
			"funding answers for a fundRoute",
		},
	})
}

func TestBadFundsAreRefused(t *testing.T) {
	checkRefusals(t, "PlacementFund", []refusal{
		{"a year alone", `spec: {financialYear: "2026"}`, "financialYear"},
		{"two years that do not follow", `spec: {financialYear: 2026-28}`, "must be a financial year, such as 2026-27"},
		{"fewer than none", `spec: {places: -1}`, "greater than or equal to 0"},
		{"too many", `spec: {places: 1001}`, "less than or equal to 1000"},
		{"a route that needs no fund", `spec: {route: SelfFunded}`, "need no fund"},
	})
}

// held is the status of a Placement for which a place is held.
const held = `status: {attempts: 1, binding: {attempt: 1, pool: {partnership: tweed, name: harbour-rehab}, poolUID: u,
  state: Held, place: 1, takenTime: "2026-11-22T21:00:00Z", heldTime: "2026-11-22T21:00:00Z", holdUntilTime: "2026-11-24T21:00:00Z"}}`

// approved is decided when the test runs: it must not lie long before the Placement is made.
var approved = `funding: {decision: Approved, decidedTime: "` + time.Now().UTC().Format(time.RFC3339) + `"}`

const (
	agreed  = `acceptance: {decision: Accepted, attempt: 1, decidedTime: "2026-11-22T21:00:00Z"}`
	arrived = `admission: {time: "2026-11-22T22:00:00Z"}`
	left    = `discharge: {time: "2026-11-23T22:00:00Z", reason: Completed}`
)

// What may become of a claim once it is made, step by step, and what would cheat the queue or skip a step.
func TestAPlacementChangesOnlyAsItMay(t *testing.T) {
	namespaces(t)
	for i, c := range []struct {
		name, status string
		before       []string
		patch, says  string
	}{
		{"another referral", "", nil, `spec: {referralID: r-other-1}`, "referralID cannot be changed"},
		{"another kind", "", nil, `spec: {kind: Detox}`, "kind cannot be changed"},
		{"fewer needs", "", nil, `spec: {needs: {children: null}}`, "needs cannot be changed"},
		{"no needs", "", nil, `spec: {needs: null}`, "needs cannot be changed"},
		{"another route", "", nil, `spec: {fundRoute: null}`, "fundRoute cannot be changed"},
		{"an earlier date", "", nil, `spec: {notBeforeTime: "2026-11-30T09:00:00Z"}`, "notBeforeTime can only be put later"},
		{"no date", "", nil, `spec: {notBeforeTime: null}`, "notBeforeTime can only be put later"},
		{"a later date", "", nil, `spec: {notBeforeTime: "2026-12-02T09:00:00Z"}`, ""},
		{"other pools", "", nil, `spec: {pools: null}`, ""},
		{"withdrawn", "", nil, `spec: {withdrawal: {reason: OtherChoice}}`, ""},
		{
			"back again", "",
			[]string{`spec: {withdrawal: {reason: OtherChoice}}`},
			`spec: {withdrawal: null}`,
			"a Placement that was withdrawn cannot be changed",
		},
		{"accepted", held, nil, `spec: {` + agreed + `}`, ""},
		{
			"accepted for another attempt", held, nil,
			`spec: {acceptance: {decision: Accepted, attempt: 2, decidedTime: "2026-11-22T21:00:00Z"}}`,
			"acceptance answers for the place that is held now",
		},
		{"admitted unpaid", held, []string{`spec: {` + agreed + `}`}, `spec: {` + arrived + `}`, "record the ADP's approval"},
		{"admitted", held, []string{`spec: {` + agreed + `, ` + approved + `}`}, `spec: {` + arrived + `}`, ""},
		{
			"never admitted", held,
			[]string{`spec: {` + agreed + `, ` + approved + `}`, `spec: {` + arrived + `}`},
			`spec: {admission: null}`, "cannot be changed",
		},
		{
			"withdrawn though admitted", held,
			[]string{`spec: {` + agreed + `, ` + approved + `}`, `spec: {` + arrived + `}`},
			`spec: {withdrawal: {reason: Other}}`, "is discharged, not withdrawn",
		},
		{
			"left before arriving", held,
			[]string{`spec: {` + agreed + `, ` + approved + `}`, `spec: {` + arrived + `}`},
			`spec: {discharge: {time: "2026-11-22T21:00:00Z", reason: Completed}}`, "must not be before admission.time",
		},
		{
			"discharged twice", held,
			[]string{`spec: {` + agreed + `, ` + approved + `}`, `spec: {` + arrived + `}`, `spec: {` + left + `}`},
			`spec: {discharge: {reason: Other}}`, "a discharge cannot be changed",
		},
		{"held longer with nothing held", "", nil, `spec: {holdUntilTime: "2026-11-30T00:00:00Z"}`, "no place is held"},
		{"held longer", held, nil, `spec: {holdUntilTime: "2026-11-30T00:00:00Z", holdUntilAttempt: 1}`, ""},
		{
			"held longer, not said which place", held, nil, `spec: {holdUntilTime: "2026-11-30T00:00:00Z"}`,
			"set holdUntilAttempt to status.binding.attempt",
		},
		{
			"another place held longer", held, nil, `spec: {holdUntilTime: "2026-11-30T00:00:00Z", holdUntilAttempt: 2}`,
			"set holdUntilAttempt to status.binding.attempt",
		},
		{
			"held longer, passed on to the next place", held,
			[]string{`spec: {holdUntilTime: "2026-11-30T00:00:00Z", holdUntilAttempt: 1}`},
			`spec: {holdUntilAttempt: 2}`, "set holdUntilAttempt to status.binding.attempt",
		},
		{
			"admitted a week and a second before it was held", held,
			[]string{`spec: {` + agreed + `, ` + approved + `}`},
			`spec: {admission: {time: "2026-11-15T20:59:59Z"}}`, "at most a week before the place was held",
		},
		{
			"admitted a week before it was held", held,
			[]string{`spec: {` + agreed + `, ` + approved + `}`},
			`spec: {admission: {time: "2026-11-15T21:00:00Z"}}`, "",
		},
		{
			"admitted in 2099", held,
			[]string{`spec: {` + agreed + `, ` + approved + `}`},
			`spec: {admission: {time: "2099-11-15T21:00:00Z"}}`, "not more than four weeks after the hold ends",
		},
		{
			"accepted in 2099", held, nil, `spec: {acceptance: {decision: Accepted, attempt: 1, decidedTime: "2099-11-22T21:00:00Z"}}`,
			"not more than four weeks after the hold ends",
		},
		{
			"accepted in 2001", held, nil, `spec: {acceptance: {decision: Accepted, attempt: 1, decidedTime: "2001-11-22T21:00:00Z"}}`,
			"at most a week before the place was held",
		},
		{
			"paid for in 2099", "", nil, `spec: {funding: {decision: Approved, decidedTime: "2099-11-22T21:00:00Z"}}`,
			"at most three years after",
		},
		{
			"paid for in 2001", "", nil, `spec: {funding: {decision: Approved, decidedTime: "2001-11-22T21:00:00Z"}}`,
			"at most a year before the Placement was made",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := valid(t, "Placement")
			object.SetName(fmt.Sprintf("change-%d", i))
			client := resource(t, admin(), object)
			if _, err := client.Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			if c.status != "" {
				setStatus(t, object, c.status)
			}
			var err error
			for _, patch := range append(c.before, c.patch) {
				if err != nil {
					t.Fatal(err)
				}
				var now *unstructured.Unstructured
				if now, err = client.Get(t.Context(), object.GetName(), metav1.GetOptions{}); err == nil {
					_, err = client.Update(t.Context(), changed(t, now, patch), metav1.UpdateOptions{})
				}
			}
			if c.says != "" {
				refused(t, err, c.says)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func allocation(place int, claim, state string) string {
	return fmt.Sprintf(`{place: %d, claimUID: %q, partnership: tweed, claimName: c, attempt: 1, state: %s,
  heldTime: "2026-11-22T21:00:00Z", holdUntilTime: "2026-11-24T21:00:00Z"}`, place, claim, state)
}

func given(staffed, held int, allocations ...string) string {
	return fmt.Sprintf(`status: {staffed: %d, occupied: 0, held: %d, allocations: [%s]}`, staffed, held, strings.Join(allocations, ", "))
}

// The commit point: what the API server itself refuses, whoever writes.
func TestAPlaceIsNeverGivenTwice(t *testing.T) {
	namespaces(t)
	var full, over []string
	for i := range 129 {
		over = append(over, allocation(min(i+1, 128), fmt.Sprint("c", i), "Held"))
	}
	full = over[:128]
	for i, c := range []struct{ name, before, after, says string }{
		{"the first place", given(2, 0), given(2, 1, allocation(1, "a", "Held")), ""},
		{"a second place", given(2, 1, allocation(1, "a", "Held")), given(2, 2, allocation(1, "a", "Held"), allocation(2, "b", "Held")), ""},
		{"somebody else's place", given(2, 1, allocation(1, "a", "Held")), given(2, 1, allocation(1, "b", "Held")), "the place is given to another claim"},
		{"two places", given(2, 1, allocation(1, "a", "Held")), given(2, 2, allocation(1, "a", "Held"), allocation(2, "a", "Held")), "a claim can have one place only"},
		{"one place twice", given(2, 0), given(2, 2, allocation(1, "a", "Held"), allocation(1, "b", "Held")), "Duplicate value"},
		{"more than there are", given(1, 1, allocation(1, "a", "Held")), given(1, 2, allocation(1, "a", "Held"), allocation(2, "b", "Held")), "no place is free"},
		{"a place without a count", `status: {observedGeneration: 1}`, `status: {allocations: [` + allocation(1, "a", "Held") + `]}`, "no place is free"},
		{
			"another in a pool that shrank", given(1, 2, allocation(1, "a", "Held"), allocation(2, "b", "Held")),
			given(1, 2, allocation(1, "a", "Held"), allocation(3, "c", "Held")), "no place is free",
		},
		{"fewer places, the same people", given(2, 2, allocation(1, "a", "Held"), allocation(2, "b", "Held")), given(1, 2), ""},
		{"somebody put out of a place", `status: {staffed: 2, occupied: 1, held: 0, allocations: [` + allocation(1, "a", "Admitted") + `]}`, given(2, 1, allocation(1, "a", "Held")), "somebody is in the place"},
		{"a place that held does not count", given(1, 0), given(1, 0, allocation(1, "a", "Held")), "held must count every allocation"},
		{"a second one that it does not", given(2, 1, allocation(1, "a", "Held")), given(2, 1, allocation(1, "a", "Held"), allocation(2, "b", "Held")), "held must count every allocation"},
		{"a place that occupied does not count", given(2, 1), given(2, 1, allocation(1, "a", "Admitted")), "occupied every one that is Admitted"},
		{"a place beside one the provider promised", given(2, 1), given(2, 2, allocation(1, "a", "Held")), ""},
		{"128 places that are not counted", given(1, 0), given(1, 1, full...), "held must count every allocation"},
		{"an end put off where numbers are short", given(2, 1, allocation(1, "a", "Held")), given(2, 0, allocation(1, "a", "Held")), ""},
		{"128 places", given(128, 0), given(128, 128, full...), ""},
		{"129 places", given(128, 0), given(128, 129, over...), "must have at most 128 items"},
	} {
		t.Run(c.name, func(t *testing.T) {
			pool := valid(t, "CapacityPool")
			pool.SetName(fmt.Sprintf("given-%d", i))
			client := resource(t, admin(), pool)
			current, err := client.Create(t.Context(), pool, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(c.before, "staffed: 1,") && strings.Contains(c.before, "held: 2") {
				roomy := strings.Replace(c.before, "staffed: 1,", "staffed: 2,", 1)
				if current, err = client.UpdateStatus(t.Context(), changed(t, current, roomy), metav1.UpdateOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			if current, err = client.UpdateStatus(t.Context(), changed(t, current, c.before), metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
			_, err = client.UpdateStatus(t.Context(), changed(t, current, c.after), metav1.UpdateOptions{})
			if c.says != "" {
				refused(t, err, c.says)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAFundPromisesNoMoreThanItHas(t *testing.T) {
	namespaces(t)
	commitment := func(claim string) string {
		return `{claimUID: ` + claim + `, claimName: c, attempt: 1, state: Promised}`
	}
	fund := changed(t, valid(t, "PlacementFund"), `{metadata: {name: small}, spec: {places: 1}}`)
	client := resource(t, admin(), fund)
	current, err := client.Create(t.Context(), fund, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	one := changed(t, current, `status: {commitments: [`+commitment("a")+`]}`)
	if current, err = client.UpdateStatus(t.Context(), one, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	two := changed(t, current, `status: {commitments: [`+commitment("a")+`, `+commitment("b")+`]}`)
	_, err = client.UpdateStatus(t.Context(), two, metav1.UpdateOptions{})
	refused(t, err, "no more can be promised")
	if _, err = client.Update(t.Context(), changed(t, current, `spec: {places: 0}`), metav1.UpdateOptions{}); err != nil {
		t.Errorf("a fund cannot be cut: %v", err)
	}
}

// someone has rights over placements in the namespace, and the verb admit on the pool.
func someone(t *testing.T, user, namespace string, pool string, verbs ...string) *rest.Config {
	t.Helper()
	rules := []rbacv1.PolicyRule{rule([]string{"placements"}, append(verbs, "get", "create", "update", "patch")...)}
	if pool != "" {
		admit := rule([]string{"capacitypools"}, v1alpha1.VerbAdmit)
		admit.ResourceNames = []string{pool}
		rules = append(rules, admit)
	}
	return grant(t, user, namespace, rules)
}

// Each part of a Placement goes with a verb, and the verbs of the others do not help.
func TestWhoMaySayWhatAboutAClaim(t *testing.T) {
	namespace := clustertest.Namespace(t, "tweed")
	users := map[string]*rest.Config{
		"worker":    someone(t, "plc-worker", namespace, "", v1alpha1.VerbClaim),
		"lead":      someone(t, "plc-lead", namespace, "", v1alpha1.VerbClaim, v1alpha1.VerbPrioritise),
		"purse":     someone(t, "plc-purse", namespace, "", v1alpha1.VerbApproveFunding),
		"house":     someone(t, "plc-house", namespace, "harbour-rehab"),
		"api":       someone(t, "plc-api", namespace, "", v1alpha1.VerbAnswer),
		"elsewhere": someone(t, "plc-elsewhere", namespace, "lantern-rehab"),
	}
	for i, c := range []struct {
		name, status, patch string
		may                 []string
	}{
		{"raises the priority", "", `spec: {priority: Emergency}`, []string{"lead"}},
		{"lowers the priority", "", `spec: {priority: Routine}`, []string{"worker", "lead"}},
		{"withdraws", "", `spec: {withdrawal: {reason: Other}}`, []string{"worker", "lead"}},
		{"approves the funding", "", `spec: {` + approved + `}`, []string{"purse"}},
		{"accepts", held, `spec: {` + agreed + `}`, []string{"house"}},
		{"holds longer", held, `spec: {holdUntilTime: "2026-11-30T00:00:00Z", holdUntilAttempt: 1}`, []string{"house"}},
		{"says which hold is meant", held, `spec: {holdUntilAttempt: 1}`, []string{"house"}},
		{"takes over the finalizers", "", `metadata: {finalizers: [example.org/mine]}`, nil},
		{"says what was answered", "", `metadata: {annotations: {lifeline.scot/answered-requests: "[]"}}`, []string{"api"}},
	} {
		for who, config := range users {
			t.Run(who+" "+c.name, func(t *testing.T) {
				object := changed(t, valid(t, "Placement"), fmt.Sprintf(`metadata: {name: rights-%d-%s, namespace: %s}`, i, who, namespace))
				created, err := resource(t, admin(), object).Create(t.Context(), object, metav1.CreateOptions{})
				if err != nil {
					t.Fatal(err)
				}
				if c.status != "" {
					setStatus(t, object, c.status)
					if created, err = resource(t, admin(), object).Get(t.Context(), object.GetName(), metav1.GetOptions{}); err != nil {
						t.Fatal(err)
					}
				}
				_, err = resource(t, config, object).Update(t.Context(), changed(t, created, c.patch), metav1.UpdateOptions{})
				if slices.Contains(c.may, who) {
					if err != nil {
						t.Error(err)
					}
					return
				}
				forbidden(t, err, "placements.lifeline.scot")
			})
		}
	}
	t.Run("nobody writes the status", func(t *testing.T) {
		object := changed(t, valid(t, "Placement"), `metadata: {name: rights-status, namespace: `+namespace+`}`)
		created, err := resource(t, admin(), object).Create(t.Context(), object, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for who, config := range users {
			_, err := resource(t, config, object).UpdateStatus(t.Context(), changed(t, created, held), metav1.UpdateOptions{})
			if err == nil {
				t.Errorf("%s wrote the status", who)
			}
		}
	})
}

// Whoever makes a claim may have it kept from vanishing with its place, and nothing else.
func TestWhatAClaimMayBeMadeWith(t *testing.T) {
	namespace := clustertest.Namespace(t, "spey")
	worker := someone(t, "plc-maker", namespace, "", v1alpha1.VerbClaim)
	api := someone(t, "plc-maker-api", namespace, "", v1alpha1.VerbClaim, v1alpha1.VerbAnswer)
	for i, c := range []struct {
		name, patch string
		who         *rest.Config
		allowed     bool
	}{
		{"the finalizer of its place", `metadata: {finalizers: [lifeline.scot/place]}`, worker, true},
		{"a finalizer of its own", `metadata: {finalizers: [lifeline.scot/place, example.org/mine]}`, worker, false},
		{"an owner", `metadata: {ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: a, uid: b}]}`, worker, false},
		{"a note of what was answered", `metadata: {annotations: {lifeline.scot/answered-requests: "[]"}}`, worker, false},
		{"a note of what was answered, by the API", `metadata: {annotations: {lifeline.scot/answered-requests: "[]"}}`, api, true},
		{"another note", `metadata: {annotations: {example.org/note: "mine"}}`, worker, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := changed(t, valid(t, "Placement"), fmt.Sprintf(`metadata: {name: made-%d, namespace: %s}`, i, namespace))
			_, err := resource(t, c.who, object).Create(t.Context(), changed(t, object, c.patch), metav1.CreateOptions{})
			if c.allowed {
				if err != nil {
					t.Error(err)
				}
				return
			}
			forbidden(t, err, "placements.lifeline.scot")
		})
	}
}

// The name of a namespace is not enough: without the label of a Partnership no claim is made there, and what is there already
// can still be changed and ended.
func TestAClaimIsMadeOnlyWhereAPartnershipIs(t *testing.T) {
	client, err := kubernetes.NewForConfig(admin())
	if err != nil {
		t.Fatal(err)
	}
	house := func(name string, labels map[string]string) *corev1.Namespace {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
		made, err := client.CoreV1().Namespaces().Create(t.Context(), namespace, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	claim := func(namespace string) error {
		object := changed(t, valid(t, "Placement"), `metadata: {namespace: `+namespace+`}`)
		_, err := resource(t, admin(), object).Create(t.Context(), object, metav1.CreateOptions{})
		return err
	}
	house("adp-nobodys", nil)
	refused(t, claim("adp-nobodys"), "this namespace belongs to no Partnership")
	house("adp-anothers", map[string]string{v1alpha1.PartnershipLabel: "firth"})
	refused(t, claim("adp-anothers"), "this namespace belongs to no Partnership")
	lost := house("adp-lost", map[string]string{v1alpha1.PartnershipLabel: "lost"})
	if err := claim("adp-lost"); err != nil {
		t.Fatal(err)
	}
	lost.Labels = nil
	if _, err := client.CoreV1().Namespaces().Update(t.Context(), lost, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	object := changed(t, valid(t, "Placement"), `metadata: {namespace: adp-lost}`)
	found, err := resource(t, admin(), object).Get(t.Context(), object.GetName(), metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	withdrawn := changed(t, found, `spec: {withdrawal: {reason: Other}}`)
	if _, err := resource(t, admin(), object).Update(t.Context(), withdrawn, metav1.UpdateOptions{}); err != nil {
		t.Errorf("a claim there cannot be given up: %v", err)
	}
}

func TestKubectlShowsPlacementsAndFunds(t *testing.T) {
	k, namespace := newKubectl(t), clustertest.Namespace(t, "mull")
	claim, fund := inNamespace(t, "Placement", namespace), inNamespace(t, "PlacementFund", namespace)
	k.must(t, asYAML(t, claim), "apply", "--server-side", "-f", "-")
	k.must(t, asYAML(t, fund), "apply", "--server-side", "-f", "-")
	placed := `conditions: [{type: Placed, status: "True", reason: Held, message: "", lastTransitionTime: "` +
		time.Now().UTC().Format(time.RFC3339) + `"}]`
	setStatus(t, claim, strings.Replace(held, "status: {", "status: {"+placed+", ", 1))
	setStatus(t, fund, `status: {committed: 2, used: 3, remaining: 7}`)
	shows := func(name string, columns, line string) {
		t.Helper()
		lines := strings.Split(k.must(t, nil, "get", name, "-A"), "\n")
		if got := strings.Join(strings.Fields(lines[0]), " "); got != columns {
			t.Errorf("kubectl get %s -A: columns are %s, want %s", name, got, columns)
		}
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(strings.Join(strings.Fields(l), " "), line) }) {
			t.Errorf("kubectl get %s -A: no line %q in\n%s", name, line, strings.Join(lines, "\n"))
		}
	}
	shows("placements", "NAMESPACE NAME KIND PRIORITY STATE POSITION POOL UNTIL AGE",
		"adp-mull r-7f3kq29d ResidentialRehab Urgent Held harbour-rehab 2026-11-24T21:00:00Z")
	shows("funds", "NAMESPACE NAME ROUTE YEAR PLACES COMMITTED USED REMAINING", "adp-mull adp-2026 ADP 2026-27 12 2 3 7")
}
