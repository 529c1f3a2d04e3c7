package decision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"lifeline.scot/policies"
	"lifeline.scot/policies/plain"
)

// world is what is asked, and those who decide about it.
type world struct {
	world *policies.World
	// worked are the requests of the worked decisions, typical one of them: a permit by consent under an agreement.
	worked  []policies.Request
	typical policies.Request
	plain   *plain.Rules
	// hot remembers kinds of decisions, cold does not.
	hot, cold *policies.Engine
}

const (
	listed    = 100
	typicalID = "S001"
)

func load(ctx context.Context, root string) (*world, error) {
	text, err := os.ReadFile(filepath.Join(root, "policies", "testdata", "scenarios.json"))
	if err != nil {
		return nil, fmt.Errorf("read the worked decisions: %w", err)
	}
	scenarios, err := policies.ReadScenarios(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	w := &world{world: scenarios.World}
	for i := range scenarios.All {
		s := &scenarios.All[i]
		if s.ID == typicalID {
			w.typical = s.Request
		}
		w.worked = append(w.worked, s.Request)
	}
	if w.plain, err = plain.Read(text); err != nil {
		return nil, err
	}
	if w.hot, err = policies.New(ctx); err != nil {
		return nil, err
	}
	w.cold, err = policies.New(ctx, policies.Remember(0))
	return w, err
}

// different are requests of which no two are of one kind, as many as there are up to a list.
func (w *world) different() ([]policies.Request, error) {
	var different []policies.Request
	seen := map[string]bool{}
	for i := range w.worked {
		facts, err := w.cold.FactsOf(w.world, &w.worked[i])
		if err != nil {
			return nil, err
		}
		if !seen[string(facts)] && len(different) < listed {
			different = append(different, w.worked[i])
		}
		seen[string(facts)] = true
	}
	return different, nil
}

// kinds is how many kinds of decisions are in a list.
func (w *world) kinds(list []policies.Request) (int, error) {
	seen := map[string]bool{}
	for i := range list {
		facts, err := w.cold.FactsOf(w.world, &list[i])
		if err != nil {
			return 0, err
		}
		seen[string(facts)] = true
	}
	return len(seen), nil
}

// worklist is a hundred referrals as a worker of a board may find them: from four partners, most of them by consent, each said at
// a time of its own, some withdrawn, some accepted, some about people of whom less is known.
func (w *world) worklist() []policies.Request {
	origins := []string{"haven", "beacon", "ambulance", "health-board-b"}
	list := make([]policies.Request, listed)
	for i := range list {
		r := w.typical
		r.Purpose = "referral_coordination"
		r.Referral.Origin = origins[i%len(origins)]
		r.Referral.Subject.ID = fmt.Sprintf("person-%d", i)
		r.Referral.Subject.Age = new(17 + i%60)
		said := r.Consents[0]
		said.Purposes = []string{"direct_care", "referral_coordination"}
		said.Time = said.Time.Add(time.Duration(i) * time.Hour)
		r.Consents = []policies.Consent{said}
		switch {
		case i%20 == 7: // withdrew
			gone := said
			gone.Decision, gone.Time = "withdraw", said.Time.Add(time.Hour)
			r.Consents = append(r.Consents, gone)
		case i%10 == 3: // agreed to less
			r.Consents[0].Categories = []string{"admin", "contact"}
		case i%25 == 11: // said nothing
			r.Consents = nil
		}
		if i%3 == 0 {
			r.Referral.Status, r.Referral.DisclosedTime = "accepted", r.Now.Add(-time.Duration(i+1)*time.Hour)
		}
		list[i] = r
	}
	return list
}

// same is an error unless plain Go, the engine inside and OPA outside decide the same about each request.
func (w *world) same(ctx context.Context, opa *server, requests []policies.Request) error {
	decisions, err := w.cold.Decide(ctx, w.world, requests)
	if err != nil {
		return err
	}
	for i := range requests {
		ours, byPlain := decisions[i], w.plain.Decide(&requests[i])
		if ours.Ground != byPlain.Ground || !sameTexts(ours.Fields, byPlain.Fields) ||
			!sameTexts(ours.Obligations, byPlain.Obligations) {
			return fmt.Errorf("request %d: the rules decide %+v, plain Go %+v", i, ours, byPlain)
		}
		body, err := w.input(&requests[i])
		if err != nil {
			return err
		}
		outside, err := opa.decide(ctx, body)
		if err != nil {
			return err
		}
		slices.Sort(outside.Obligations)
		if ours.Effect != outside.Effect || ours.Ground != outside.Ground || !sameTexts(ours.Obligations, outside.Obligations) ||
			ours.Effect == policies.Deny && !sameTexts(ours.Reasons, outside.Reasons) {
			return fmt.Errorf("request %d: the rules inside decide %+v, in OPA %+v", i, ours, outside)
		}
	}
	return nil
}

func sameTexts(a, b []string) bool { return len(a)+len(b) == 0 || reflect.DeepEqual(a, b) }

// input is the facts of a request as OPA is asked about them.
func (w *world) input(r *policies.Request) ([]byte, error) {
	facts, err := w.cold.FactsOf(w.world, r)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]json.RawMessage{"input": facts})
}

// inputOfList is the facts of a list of requests.
func (w *world) inputOfList(list []policies.Request) ([]byte, error) {
	all := make([]json.RawMessage, len(list))
	for i := range list {
		facts, err := w.cold.FactsOf(w.world, &list[i])
		if err != nil {
			return nil, err
		}
		all[i] = facts
	}
	return json.Marshal(map[string]any{"input": map[string]any{"requests": all}})
}
