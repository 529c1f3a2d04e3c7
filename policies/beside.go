package policies

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// What is shown of a referral beside its fields, by its names in sharing/beside.json.
const (
	BesideCircumstances     = "circumstances"
	BesideConsents          = "consents"
	BesideConsentsOfPartner = "consents_of_partner"
	BesidePathway           = "pathway"
	BesideWords             = "words"
)

// besideNames are those names; schemas/beside.json has the same.
var besideNames = []string{BesideCircumstances, BesideConsents, BesideConsentsOfPartner, BesidePathway, BesideWords}

// besideRow is a row of sharing/beside.json: the roles and purposes within reach, and the ways in which it is released.
type besideRow struct {
	Roles    []string `json:"roles"`
	Purposes []string `json:"purposes"`
	Ways     []struct {
		With  []string        `json:"with"`
		Needs map[string]bool `json:"needs"`
	} `json:"ways"`
}

// beside is such a row, ready to be asked.
type beside struct {
	name            string
	roles, purposes []string
	// with are the categories that its ways turn on.
	with Categories
}

var errBeside = errors.New("what is beside fields is not as it has to be")

// besideRows refuses rows that the rules would take for something else than whoever wrote them. What has no row is shown to
// nobody.
func (m *measures) besideRows(rows map[string]besideRow) ([]beside, error) {
	var all []beside
	for name, row := range rows {
		if !slices.Contains(besideNames, name) {
			return nil, fmt.Errorf("%w: there is no %.40q beside fields", errBeside, name)
		}
		if err := m.checkBeside(row); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errBeside, name, err)
		}
		b := beside{name: name, roles: row.Roles, purposes: row.Purposes}
		for _, way := range row.Ways {
			b.with |= categoriesOf(way.With)
		}
		all = append(all, b)
	}
	slices.SortFunc(all, func(a, b beside) int { return cmp.Compare(a.name, b.name) })
	return all, nil
}

func (m *measures) checkBeside(row besideRow) error {
	if row.Ways == nil {
		return errors.New("it does not say in which ways it is released: write [] for none")
	}
	errs := []error{
		among("role", row.Roles, slices.Collect(maps.Keys(m.role))),
		among("purpose", row.Purposes, slices.Collect(maps.Keys(m.purpose))),
	}
	for _, way := range row.Ways {
		if len(way.With) == 0 || way.Needs == nil {
			return errors.New("a way says with which categories it is released, and what it needs: nothing opens a referral by itself")
		}
		errs = append(errs, among("category", way.With, categoryNames), areFacts(way.Needs))
	}
	return errors.Join(errs...)
}

// besideOf is what a request asks for beside fields, all of it if it names none, that its role and purpose reach to.
func (m *measures) besideOf(r *Request) (set marks) {
	for i := range m.beside {
		b := &m.beside[i]
		if (r.Fields == nil || slices.Contains(r.Fields, b.name)) &&
			slices.Contains(b.roles, r.Actor.Role) && slices.Contains(b.purposes, r.Purpose) {
			set |= 1 << i
		}
	}
	return set
}

// turnsOn are the categories on which what is beside fields turns.
func (m *measures) turnsOn(set marks) (with Categories) {
	for i := range m.beside {
		if set.has(i) {
			with |= m.beside[i].with
		}
	}
	return with
}

// besideMarks is the set of what is named; false if a name is none of them.
func (m *measures) besideMarks(names []string) (set marks, known bool) {
	for _, name := range names {
		i := slices.IndexFunc(m.beside, func(b beside) bool { return b.name == name })
		if i < 0 {
			return 0, false
		}
		set |= 1 << i
	}
	return set, true
}
