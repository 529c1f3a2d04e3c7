package geography

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

//go:embed districts.csv
var builtIn string

// Districts is a table of postcode districts. It does not change, and the zero value knows none.
type Districts struct{ byCode map[string]District }

// BuiltInDistricts is the table that comes with the program: approximate, see the package's description. An error means
// that the program was built with a broken table.
func BuiltInDistricts() (Districts, error) { return ReadDistricts(strings.NewReader(builtIn)) }

// Find gives a district by its code, such as "G4". False if the table does not have it.
func (d Districts) Find(code string) (District, bool) {
	district, known := d.byCode[code]
	return district, known
}

// Len is how many districts are known.
func (d Districts) Len() int { return len(d.byCode) }

// ReadDistricts reads a table in the form that the package's description gives. An error names the line and what to
// change: a missing column, a code that is no postcode district or stands there twice, a position that is not on the
// earth. A table without any district is an error too.
func ReadDistricts(in io.Reader) (Districts, error) {
	rows := csv.NewReader(in)
	rows.Comment = '#'
	columns, err := readColumns(rows)
	if err != nil {
		return Districts{}, err
	}
	table := Districts{byCode: map[string]District{}}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return table, table.holdsAny()
		}
		if err != nil {
			return Districts{}, fmt.Errorf("read postcode districts: %w", err)
		}
		if err := table.add(columns, row); err != nil {
			line, _ := rows.FieldPos(0)
			return Districts{}, fmt.Errorf("read postcode districts, line %d: %w", line, err)
		}
	}
}

func (d Districts) holdsAny() error {
	if d.Len() == 0 {
		return errors.New("read postcode districts: there is no district in the table")
	}
	return nil
}

// columns says in which column each part of a District stands; town is -1 where there is none.
type columns struct{ district, town, latitude, longitude int }

func readColumns(rows *csv.Reader) (columns, error) {
	names, err := rows.Read()
	if err != nil {
		return columns{}, fmt.Errorf("read the column names of the postcode districts: %w", err)
	}
	at := func(name string) int { return slices.Index(names, name) }
	c := columns{at("district"), at("town"), at("latitude"), at("longitude")}
	if c.district < 0 || c.latitude < 0 || c.longitude < 0 {
		return c, fmt.Errorf("read postcode districts: the columns are %q; name them district, latitude and longitude", names)
	}
	return c, nil
}

func (d Districts) add(c columns, row []string) error {
	district, err := c.read(row)
	if err != nil {
		return err
	}
	if _, twice := d.byCode[district.Code]; twice {
		return fmt.Errorf("%s is there twice", district.Code)
	}
	d.byCode[district.Code] = district
	return nil
}

func (c columns) read(row []string) (District, error) {
	code, ok := OutwardCode(row[c.district])
	if !ok || code != row[c.district] {
		return District{}, fmt.Errorf("%q is no postcode district; write it like G4", row[c.district])
	}
	latitude, err := degrees(row[c.latitude], 90)
	if err != nil {
		return District{}, fmt.Errorf("latitude of %s: %w", code, err)
	}
	longitude, err := degrees(row[c.longitude], 180)
	if err != nil {
		return District{}, fmt.Errorf("longitude of %s: %w", code, err)
	}
	district := District{Code: code, Centre: Point{latitude, longitude}}
	if c.town >= 0 {
		district.Town = row[c.town]
	}
	return district, nil
}

func degrees(text string, most float64) (float64, error) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || !(value >= -most && value <= most) {
		return 0, fmt.Errorf("%q is not a number of degrees from -%.0f to %.0f", text, most, most)
	}
	return value, nil
}
