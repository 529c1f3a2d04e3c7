package scotland

import (
	"fmt"
	"math"
	"strconv"

	"lifeline.scot/crds/v1alpha1"
)

// placed is where a service is on the map, by the row it comes from: the middle of its town or part of the city, from
// general knowledge. A service whose town is not certain is not among them.
type placed map[string]approximation

type approximation struct {
	position v1alpha1.Position
	source   v1alpha1.Source
}

func readPositions(known sources) (placed, error) {
	rows, err := readTable("positions.csv")
	if err != nil {
		return nil, err
	}
	from, err := known.of("approximate-position")
	if err != nil {
		return nil, err
	}
	positions := make(placed, len(rows))
	for _, row := range rows {
		position, err := positionOf(row)
		if err != nil {
			return nil, fmt.Errorf("position of row %s: %w", row["row"], err)
		}
		its := approximation{position, from}
		if row["note"] != "" {
			its.source = about(from, row["note"])
		}
		positions[row["row"]] = its
	}
	return positions, nil
}

func positionOf(row tableRow) (v1alpha1.Position, error) {
	latitude, err := microdegrees(row["latitude"])
	if err != nil {
		return v1alpha1.Position{}, err
	}
	longitude, err := microdegrees(row["longitude"])
	return v1alpha1.Position{LatitudeMicrodegrees: latitude, LongitudeMicrodegrees: &longitude}, err
}

func microdegrees(text string) (int32, error) {
	degrees, err := strconv.ParseFloat(text, 64)
	if err != nil || !(math.Abs(degrees) <= 180) {
		return 0, fmt.Errorf("%q is not a number of degrees", text)
	}
	return int32(math.Round(degrees * 1e6)), nil
}

// at gives a location the position of a row, with its source, if the row has one.
func (p placed) at(row string, location *v1alpha1.Location) {
	if its, known := p[row]; known {
		location.Position, location.PositionSource = &its.position, &its.source
	}
}
