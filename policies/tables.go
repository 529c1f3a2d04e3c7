package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// tables are the rules of who may do and see what, read and compiled.
type tables struct {
	compiler *ast.Compiler
	data     map[string]any
}

// loadTables reads and compiles the rules and data in folders party, action and directory. Data that could mean something else
// than whoever wrote it thinks is refused.
func loadTables(files fs.FS) (*tables, error) {
	sources := map[string][]byte{}
	for _, folder := range []string{"party", "action", "directory"} {
		found, err := readAll(files, folder)
		if err != nil {
			return nil, err
		}
		maps.Copy(sources, found)
	}
	compiler, data, err := compile(files, sources)
	if err != nil {
		return nil, err
	}
	if err := checkTables(data); err != nil {
		return nil, err
	}
	return &tables{compiler, data}, nil
}

// partyRow and tableRow are rows of the tables, as their schemas have them.
type (
	partyRow struct {
		Stands string   `json:"stands"`
		Roles  []string `json:"roles"`
		Side   string   `json:"side"`
	}
	tableRow struct {
		Says    string   `json:"says"`
		Parties []string `json:"parties"`
		Needs   []string `json:"needs"`
		Never   []string `json:"never"`
	}
	tableData struct {
		Parties map[string]partyRow `json:"parties"`
		Actions map[string]tableRow `json:"actions"`
		Visible map[string]tableRow `json:"visible"`
		Small   struct {
			Below int `json:"below"`
		} `json:"small_numbers"`
	}
)

// needNames are what a row can need.
var needNames = []string{"sign_in", "second_factor", "care_role"}

var errTable = errors.New("the tables of who may do and see what are not as they have to be")

// checkTables refuses what the rules would take for something else: a name that is misspelt, a list that is missing.
func checkTables(data map[string]any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("read the tables: %w", err)
	}
	var d tableData
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return fmt.Errorf("read the tables: %w", err)
	}
	for name, p := range d.Parties {
		if err := p.check(); err != nil {
			return fmt.Errorf("%w: party %.40q: %w", errTable, name, err)
		}
	}
	for _, rows := range []map[string]tableRow{d.Actions, d.Visible} {
		for name, row := range rows {
			if err := row.check(d.Parties); err != nil {
				return fmt.Errorf("%w: %.40q: %w", errTable, name, err)
			}
		}
	}
	return nil
}

func (p partyRow) check() error {
	if p.Stands != "anywhere" && !slices.Contains(standNames, p.Stands) {
		return fmt.Errorf("there is no place %.40q to stand", p.Stands)
	}
	if p.Side != "" && p.Side != "Origin" && p.Side != "Target" && p.Side != "Partnership" {
		return fmt.Errorf("there is no side %.40q", p.Side)
	}
	return among("role", p.Roles, append([]string{"*"}, roleNames...))
}

func (r tableRow) check(parties map[string]partyRow) error {
	known := slices.Collect(maps.Keys(parties))
	return errors.Join(among("party", r.Parties, known), among("need", r.Needs, needNames), among("party", r.Never, known))
}

// among refuses a list that is missing, and names in it that are not known.
func among(what string, names, known []string) error {
	if names == nil {
		return fmt.Errorf("a list of each %s is missing: write [] for none", what)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fmt.Errorf("there is no %s %.40q", what, name)
		}
	}
	return nil
}
