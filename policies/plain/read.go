package plain

import (
	"encoding/json"
	"fmt"
	"time"

	"lifeline.scot/policies"
)

// ReadReference reads the tables from a file of worked decisions.
func ReadReference(text []byte) (Reference, error) {
	var file struct {
		Reference Reference `json:"reference"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return Reference{}, fmt.Errorf("read the tables of the worked decisions: %w", err)
	}
	return file.Reference, nil
}

// Read reads partners, agreements and tables from a file of worked decisions.
func Read(text []byte) (*Rules, error) {
	var file struct {
		Reference Reference `json:"reference"`
		World     struct {
			Partners map[string]struct {
				Kind      string   `json:"kind"`
				Statutory bool     `json:"statutory"`
				Status    string   `json:"status"`
				ADPs      []string `json:"adps"`
			} `json:"partners"`
			Agreements map[string]struct {
				Parties    []string  `json:"parties"`
				Purposes   []string  `json:"purposes"`
				Categories []string  `json:"categories"`
				ADPs       []string  `json:"adps"`
				Status     string    `json:"status"`
				From       time.Time `json:"valid_from"`
				To         time.Time `json:"valid_to"`
				CrossADP   bool      `json:"cross_adp"`
				Onward     bool      `json:"onward"`
			} `json:"agreements"`
		} `json:"world"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read the world of the worked decisions: %w", err)
	}
	partners, agreements := map[string]policies.Partner{}, map[string]policies.Agreement{}
	for name, p := range file.World.Partners {
		partners[name] = policies.Partner{Kind: p.Kind, Statutory: p.Statutory, Status: p.Status, ADPs: p.ADPs}
	}
	for name, a := range file.World.Agreements {
		agreements[name] = policies.Agreement{
			Parties: a.Parties, Purposes: a.Purposes, Categories: a.Categories, ADPs: a.ADPs, Status: a.Status,
			FromTime: a.From, ToTime: a.To, CrossADP: a.CrossADP, Onward: a.Onward,
		}
	}
	return New(partners, agreements, file.Reference), nil
}
