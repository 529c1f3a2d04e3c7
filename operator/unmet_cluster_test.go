package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	testclock "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	rules "lifeline.scot/crds/unmet"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/clustertest"
	"lifeline.scot/operator/status"
	"lifeline.scot/operator/unmet"
)

// often is how often the ledger counts in tests that wait for it.
const often = 200 * time.Millisecond

// The whole way from claims to the ledger: of claims with several needs each counts once, a second claim for a referral does
// not, small counts are withheld, and a Partnership in which nothing was unmet has its ledger too.
func TestFromClaimsToTheLedger(t *testing.T) {
	operate(t, clustertest.Shared().Admin(), settings{ledgerEvery: often})
	create(t, admin(t), partnershipNamed("met"))
	withoutChildren(t, "unmet")
	held := askedFor(t, v1alpha1.ReasonHeld, nil, "held") // the only place
	family := &v1alpha1.PlacementNeeds{Children: 2, Language: "pl"}
	askedFor(t, v1alpha1.ReasonNothingFits, family, "family-1", "family-2", "family-3", "family-4", "family-5", "family-6")
	askedFor(t, v1alpha1.ReasonNothingFits, &v1alpha1.PlacementNeeds{Language: "pl"}, "polish-1", "polish-2")
	queued := askedFor(t, v1alpha1.ReasonWaiting, nil, "queued-1", "queued-2", "queued-3", "queued-4")
	again(t, held)
	again(t, queued)

	families := unmetRow(v1alpha1.NeedChildren, v1alpha1.WaitingChildrenNotTaken, 6)
	language := unmetRow(v1alpha1.NeedLanguage, v1alpha1.WaitingLanguageNotKnown, 0)
	ledgerSays(t, "unmet", time.Now, families, language)
	ledgerSays(t, "met", time.Now)
	week := rules.Week(time.Now())
	columns(t, "unmet", fmt.Sprint(rules.NameOf(week), " ", week, " 2 6 ResidentialRehab Children ChildrenNotTaken"))
	columns(t, "met", fmt.Sprint(rules.NameOf(week), " ", week, " 0 <nil> <nil> <nil> <nil>"))

	// Three weeks later the queue counts too: those four, and not the two who asked twice.
	then := time.Now().Add(rules.TooLong + 24*time.Hour)
	later := &unmet.Ledger{Writer: status.Writer{Client: admin(t), Live: admin(t), Clock: testclock.NewFakePassiveClock(then)}}
	if err := later.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return then }
	ledgerSays(t, "unmet", clock, families, language, unmetRow(v1alpha1.NeedNone, v1alpha1.WaitingFull, 0))
	ledgerSays(t, "met", clock)
}

// withoutChildren makes an area with one free place, where children cannot come too.
func withoutChildren(t *testing.T, name string) {
	t.Helper()
	partner := partnerNamed(name + "-charity")
	pool := poolIn(name, "beds", "house")
	pool.Spec.Features = &v1alpha1.Features{Children: v1alpha1.KnownNo}
	create(t, admin(t), partnershipNamed(name), partner, serviceIn(name, "house", partner.Name), pool,
		reportOn(pool, "count", time.Now().Add(-time.Minute), 5, 4))
	shows(t, pool, "staffed 5 occupied 4 held 0 free 1 allocations 0")
}

// askedFor makes claims with the needs and waits until they stand as expected. It returns the first.
func askedFor(t *testing.T, reason string, needs *v1alpha1.PlacementNeeds, names ...string) *v1alpha1.Placement {
	t.Helper()
	var claims []*v1alpha1.Placement
	for _, name := range names {
		claim := claimIn("unmet", name)
		claim.Spec.Needs = needs
		create(t, admin(t), claim)
		claims = append(claims, claim)
	}
	for _, claim := range claims {
		placed(t, claim, reason)
	}
	return claims[0]
}

// again makes a second claim for the referral, and waits until one of the two is known to be that: of two made in the same
// second it may be either.
func again(t *testing.T, claim *v1alpha1.Placement) {
	t.Helper()
	second := claimIn("unmet", claim.Name+"-again")
	second.Spec.ReferralID = claim.Spec.ReferralID
	create(t, admin(t), second)
	reads(t, admin(t), second, func(c *v1alpha1.Placement) string {
		if err := admin(t).Get(t.Context(), client.ObjectKeyFromObject(claim), claim); err != nil {
			return err.Error()
		}
		if readyIs(claim.Status.Conditions, v1alpha1.ReasonDuplicateReferral) == "" {
			return ""
		}
		return readyIs(c.Status.Conditions, v1alpha1.ReasonDuplicateReferral)
	})
}

// unmetRow is a count of a ledger; withheld if claims is 0.
func unmetRow(need v1alpha1.NeedName, reason v1alpha1.WaitingReason, claims int32) v1alpha1.UnmetCount {
	count := v1alpha1.UnmetCount{
		Kind: v1alpha1.PoolResidentialRehab, Need: need, Reason: reason, State: v1alpha1.UnmetKnown, Claims: claims,
	}
	if claims == 0 {
		count.State = v1alpha1.UnmetWithheld
	}
	return count
}

// ledgerSays waits until the area's ledger of the week shows the counts, and is Ready, and points at no claim.
func ledgerSays(t *testing.T, area string, clock func() time.Time, want ...v1alpha1.UnmetCount) {
	t.Helper()
	ledger := &v1alpha1.UnmetNeed{}
	eventually(t, func() error {
		key := client.ObjectKey{Namespace: "adp-" + area, Name: rules.NameOf(rules.Week(clock()))}
		if err := admin(t).Get(t.Context(), key, ledger); err != nil {
			return err
		}
		if diff := cmp.Diff(want, ledger.Status.Counts, cmpopts.EquateEmpty()); diff != "" {
			return fmt.Errorf("counts (-want +got):\n%s", diff)
		}
		if rows := ledger.Status.Rows; rows == nil || int(*rows) != len(want) {
			return fmt.Errorf("rows: %+v", ledger.Status)
		}
		if complaint := notReady(ledger.Status.Conditions); complaint != "" {
			return fmt.Errorf("the ledger is %s", complaint)
		}
		return nil
	})
	text, err := yaml.Marshal(ledger)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"family", "polish", "queued", "referral"} {
		if strings.Contains(string(text), name) {
			t.Errorf("it points at a claim:\n%s", text)
		}
	}
}

// columns checks what kubectl get shows of the area's ledgers: the columns, and the line wanted.
func columns(t *testing.T, area, want string) {
	t.Helper()
	const heads = "Name Week Counts Most Kind Need Reason"
	table := tableOf(t, "adp-"+area, "unmetneeds")
	var got []string
	for _, column := range table.ColumnDefinitions {
		got = append(got, column.Name)
	}
	if got := strings.Join(got, " "); got != heads {
		t.Errorf("columns are %q, want %q", got, heads)
	}
	for _, row := range table.Rows {
		if line := strings.TrimSuffix(fmt.Sprintln(row.Cells...), "\n"); line != want {
			t.Errorf("the line is %q, want %q", line, want)
		}
	}
	if len(table.Rows) != 1 {
		t.Errorf("%d ledgers, want 1", len(table.Rows))
	}
}

// tableOf asks the API server for objects as kubectl get does.
func tableOf(t *testing.T, namespace, resource string) *metav1.Table {
	t.Helper()
	cfg := rest.CopyConfig(clustertest.Shared().Admin())
	cfg.GroupVersion, cfg.APIPath, cfg.NegotiatedSerializer = &v1alpha1.GroupVersion, "/apis", scheme.Codecs.WithoutConversion()
	c, err := rest.RESTClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	content, err := c.Get().Namespace(namespace).Resource(resource).
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").Do(t.Context()).Raw()
	if err != nil {
		t.Fatal(err)
	}
	table := &metav1.Table{}
	if err := yaml.Unmarshal(content, table); err != nil {
		t.Fatal(err)
	}
	return table
}
