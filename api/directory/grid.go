package directory

import (
	"maps"
	"math"
	"slices"

	"lifeline.scot/api/geography"
)

// A cell is a tenth of a degree of latitude by a fifth of longitude: about 11 by 12 km in Scotland.
const (
	cellsPerDegreeLatitude  = 10
	cellsPerDegreeLongitude = 5
)

type cell struct{ latitude, longitude int }

func cellOf(p geography.Point) cell {
	return cell{
		int(math.Floor(p.Latitude * cellsPerDegreeLatitude)),
		int(math.Floor(p.Longitude * cellsPerDegreeLongitude)),
	}
}

// spot is one position of the row in a slot. A row may have several.
type spot struct {
	slot  uint32
	point geography.Point
}

// grid is an immutable index of positions.
type grid map[cell][]spot

// apply returns the grid without the spots in gone and with those in came.
func (g grid) apply(gone, came []spot) grid {
	if len(gone)+len(came) == 0 {
		return g
	}
	next := maps.Clone(g)
	if next == nil {
		next = grid{}
	}
	own := map[cell]bool{}
	edit := func(at cell) {
		if !own[at] {
			own[at] = true
			next[at] = slices.Clone(next[at])
		}
	}
	for _, s := range gone {
		at := cellOf(s.point)
		edit(at)
		if i := slices.Index(next[at], s); i >= 0 {
			next[at] = slices.Delete(next[at], i, i+1)
		}
	}
	for _, s := range came {
		at := cellOf(s.point)
		edit(at)
		next[at] = append(next[at], s)
	}
	return next
}

// within are the slots that have a position within metres of the centre, with the distance of the nearest one in metres.
func (g grid) within(centre geography.Point, metres float64) map[uint32]float64 {
	found := map[uint32]float64{}
	look := func(spots []spot) {
		for _, s := range spots {
			d := geography.Metres(centre, s.point)
			if nearest, seen := found[s.slot]; d <= metres && (!seen || d < nearest) {
				found[s.slot] = d
			}
		}
	}
	southWest, northEast := geography.Around(centre, metres)
	from, to := cellOf(southWest), cellOf(northEast)
	if (to.latitude-from.latitude+1)*(to.longitude-from.longitude+1) > len(g) {
		for _, spots := range g {
			look(spots)
		}
		return found
	}
	for latitude := from.latitude; latitude <= to.latitude; latitude++ {
		for longitude := from.longitude; longitude <= to.longitude; longitude++ {
			look(g[cell{latitude, longitude}])
		}
	}
	return found
}
