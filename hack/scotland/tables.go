package scotland

import (
	"embed"
	"encoding/csv"
	"fmt"

	"sigs.k8s.io/yaml"
)

//go:embed data/*.csv data/*.yaml
var files embed.FS

// tableRow is one row of a table, by the name of its column.
type tableRow map[string]string

// readTable reads an embedded CSV table whose first line names the columns.
func readTable(name string) ([]tableRow, error) {
	f, err := files.Open("data/" + name)
	if err != nil {
		return nil, fmt.Errorf("opening table: %w", err)
	}
	defer f.Close() //nolint:errcheck // an embedded file cannot fail to close
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading table %s: %w", name, err)
	}
	rows := make([]tableRow, 0, len(records)-1)
	for _, record := range records[1:] {
		rows = append(rows, nameColumns(records[0], record))
	}
	return rows, nil
}

func nameColumns(columns, record []string) tableRow {
	row := make(tableRow, len(columns))
	for i, column := range columns {
		row[column] = record[i]
	}
	return row
}

// readYAML reads an embedded YAML file into a value, and refuses fields the value does not have.
func readYAML(name string, into any) error {
	data, err := files.ReadFile("data/" + name)
	if err != nil {
		return fmt.Errorf("reading file: %w", err)
	}
	if err := yaml.UnmarshalStrict(data, into); err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}
