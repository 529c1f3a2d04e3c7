package policies

import (
	"context"
	"slices"
)

// batch is how many scenarios are decided at a time.
const batch = 100

// Answer is what was decided of one scenario, in the words of testdata/scenarios.json.
type Answer struct {
	ID          string   `json:"id"`
	Effect      string   `json:"effect"`
	Ground      string   `json:"ground"`
	Fields      []string `json:"fields"`
	Obligations []string `json:"obligations"`
	Reasons     []string `json:"reasons"`
}

// Replay decides scenarios, in their order. A scenario that cannot be read is denied for that reason. It fails when the rules
// cannot be asked, with a denial for everything that was not decided.
func (e *Engine) Replay(ctx context.Context, s *Scenarios) ([]Answer, error) {
	answers := make([]Answer, 0, len(s.All))
	var failed error
	for some := range slices.Chunk(s.All, batch) {
		requests := make([]Request, 0, len(some))
		for i := range some {
			if some[i].Err == nil {
				requests = append(requests, some[i].Request)
			}
		}
		decisions, err := e.Decide(ctx, s.World, requests)
		if err != nil {
			failed = err
		}
		for i := range some {
			decided := denied(ReasonUnreadable)
			if some[i].Err == nil {
				decided, decisions = decisions[0], decisions[1:]
			}
			answers = append(answers, decided.answer(some[i].ID, s.beside))
		}
	}
	return answers, failed
}

// answer is a decision in the words of a file that knows some of what is beside fields as fields.
func (d *Decision) answer(id string, beside []string) Answer {
	fields := d.Fields
	for _, name := range d.Beside {
		if slices.Contains(beside, name) {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return Answer{id, d.Effect, d.Ground, fields, d.Obligations, d.Reasons}
}
