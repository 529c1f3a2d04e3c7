package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// groundRow is a row of the grounds, as their schema has it.
type groundRow struct {
	Ground string `json:"ground"`
	// Article6 and Article9 of UK GDPR, and the justification under the duty of confidentiality: what every permit says it rests on.
	Article6        string          `json:"article6"`
	Article9        string          `json:"article9"`
	Confidentiality string          `json:"confidentiality"`
	When            map[string]bool `json:"when"`
	Needs           map[string]bool `json:"needs"`
	Rules           []string        `json:"rules"`
	Releases        string          `json:"releases"`
	Withholds       []string        `json:"withholds"`
	// Obligations always have audit.
	Obligations []string `json:"obligations"`
}

// releaseNames are what a ground can release.
var releaseNames = []string{"all", "agreed", "agreed_and_consented", "emergency", "given"}

// withholdable is what a row can withhold.
var withholdable = slices.Concat(categoryNames, besideNames)

var errGrounds = errors.New("the grounds are not as they have to be")

// heldRules are the rules that rows can name: those that the modules say when hold.
func heldRules(c *ast.Compiler) (names []string) {
	for _, module := range c.Modules {
		for _, rule := range module.Rules {
			ref := rule.Head.Ref()
			if len(ref) != 2 || ref[0].Value.Compare(ast.Var("holds")) != 0 {
				continue
			}
			if name, is := ref[1].Value.(ast.String); is {
				names = append(names, string(name))
			}
		}
	}
	return names
}

// checkGrounds refuses grounds and orders that the rules would take for something else than whoever wrote them. held are the
// rules that rows can name.
func checkGrounds(data map[string]any, held []string) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("read the grounds: %w", err)
	}
	var d struct {
		Grounds  map[string]groundRow           `json:"grounds"`
		Order    map[string]map[string][]string `json:"order"`
		Settings gates                          `json:"settings"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("read the grounds: %w", err)
	}
	for id, row := range d.Grounds {
		if err := row.check(held); err != nil {
			return fmt.Errorf("%w: %.40q: %w", errGrounds, id, err)
		}
	}
	known, ordered := slices.Collect(maps.Keys(d.Grounds)), map[string]bool{}
	if err := d.Settings.check(); err != nil {
		return fmt.Errorf("%w: %w", errGrounds, err)
	}
	for action, purposes := range d.Order {
		for purpose, ids := range purposes {
			if err := among("ground", ids, known); err != nil {
				return fmt.Errorf("%w: order of %.40q for %.40q: %w", errGrounds, action, purpose, err)
			}
			for _, id := range ids {
				ordered[id] = true
			}
		}
	}
	for id := range d.Grounds {
		if !ordered[id] {
			return fmt.Errorf("%w: %.40q is in no order", errGrounds, id)
		}
	}
	return nil
}

func (r groundRow) check(held []string) error {
	if r.Ground == "" {
		return errors.New("it has no ground")
	}
	if r.Article6 == "" || r.Article9 == "" || r.Confidentiality == "" {
		return errors.New("it does not say what it rests on: article6, article9 and confidentiality")
	}
	if r.When == nil || r.Needs == nil {
		return errors.New("it does not say what it is about, and what it needs: write {} for nothing")
	}
	if !slices.Contains(r.Obligations, "audit") {
		return errors.New("its obligations lack audit: every disclosure is recorded")
	}
	return errors.Join(
		areFacts(r.When), areFacts(r.Needs), among("rule", r.Rules, held), among("release", []string{r.Releases}, releaseNames),
		among("category", r.Withholds, withholdable),
	)
}

// gates are the facts without which an action is shut.
type gates struct {
	Gates map[string]map[string]bool `json:"gates"`
}

func (g gates) check() error {
	for action, facts := range g.Gates {
		if err := areFacts(facts); err != nil {
			return fmt.Errorf("gates of %.40q: %w", action, err)
		}
	}
	return nil
}

// areFacts refuses facts that nothing states, and any that are to be false: what is not known is not stated.
func areFacts(facts map[string]bool) error {
	for name, so := range facts {
		if !slices.Contains(isNames, name) || !so {
			return fmt.Errorf("there is no fact %.40q that can be true", name)
		}
	}
	return nil
}
