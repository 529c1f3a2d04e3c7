package directory

import (
	"math"

	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

// Near is a circle on the map.
type Near struct {
	Point  geography.Point
	Metres float64
}

// Distance is how far the nearest place of a service is from a point.
type Distance struct {
	// Metres in a straight line.
	Metres float64
	// Approximate means that where the place lies is not known, and the distance is that of the approximate middle of its
	// postcode district.
	Approximate bool
}

// place is where a service is given.
type place struct {
	geography.Point

	approximate bool
}

// placesOf are the places that can be found on the map: by their positions or, failing that, by their postcode districts.
func placesOf(locations []v1alpha1.Location, districts geography.Districts) []place {
	var places []place
	for _, location := range locations {
		if p := location.Position; p != nil && p.LongitudeMicrodegrees != nil {
			places = append(places, place{geography.Microdegrees(p.LatitudeMicrodegrees, *p.LongitudeMicrodegrees), false})
		} else if district, known := districts.Find(districtOf(location)); known {
			places = append(places, place{district.Centre, true})
		}
	}
	return places
}

// distance is how far the nearest of the service's places is from a point; false if no place is on the map.
func (s *Service) distance(point geography.Point) (Distance, bool) {
	nearest := Distance{Metres: math.Inf(1)}
	for _, place := range s.places {
		if metres := geography.Metres(point, place.Point); metres < nearest.Metres {
			nearest = Distance{metres, place.approximate}
		}
	}
	return nearest, len(s.places) > 0
}

// within narrows matched, in place, to the services that have a place in the circle, and ranks them by their distances
// in metres. The map is asked only where that spares more distances than it costs.
func (s *Snapshot) within(near Near, matched slots) []rank {
	if box := boxAround(near); box.cells() < matched.count() {
		matched.and(s.grid.in(box))
	}
	ranks := make([]rank, 0, matched.count())
	for slot := range matched.all() {
		distance, placed := s.services.rows[slot].distance(near.Point)
		if !placed || distance.Metres > near.Metres {
			matched.remove(slot)
			continue
		}
		ranks = append(ranks, rank{int64(math.Round(distance.Metres)), slot})
	}
	return ranks
}
