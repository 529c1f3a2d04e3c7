package policies

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Why a permit leaves out a field.
const (
	// ReasonOutsideRole: the role sees no fields of that category, whatever else holds.
	ReasonOutsideRole = "outside_role"
	// ReasonOutsidePurpose: the purpose has no use for fields of that category.
	ReasonOutsidePurpose = "outside_purpose"
	// ReasonOutsideGround: the ground that holds does not release the field: it was not agreed, not consented to, or stays shut.
	ReasonOutsideGround = "outside_ground"
)

// reach is which categories roles and purposes reach to at most.
type reach struct {
	Category map[string]string   `json:"field_category"`
	Role     map[string][]string `json:"role_categories"`
	Purpose  map[string][]string `json:"purpose_categories"`
}

func reachOf(data map[string]any) (reach, error) {
	text, err := json.Marshal(data["reference"])
	if err != nil {
		return reach{}, fmt.Errorf("read the reference: %w", err)
	}
	var r reach
	if err := json.Unmarshal(text, &r); err != nil {
		return reach{}, fmt.Errorf("read the reference: %w", err)
	}
	return r, nil
}

// WhyNot explains why a permit for a role and a purpose leaves out a field, or what is beside fields. It decides nothing.
func (e *Engine) WhyNot(role, purpose, field string) string {
	for _, b := range e.rules.measures.beside {
		switch {
		case b.name != field:
		case !slices.Contains(b.roles, role):
			return ReasonOutsideRole
		case !slices.Contains(b.purposes, purpose):
			return ReasonOutsidePurpose
		default:
			return ReasonOutsideGround
		}
	}
	category := e.rules.reach.Category[field]
	switch {
	case !slices.Contains(e.rules.reach.Role[role], category):
		return ReasonOutsideRole
	case !slices.Contains(e.rules.reach.Purpose[purpose], category):
		return ReasonOutsidePurpose
	default:
		return ReasonOutsideGround
	}
}
