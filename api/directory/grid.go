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

// box is the cells that a circle touches.
type box struct{ from, to cell }

func boxAround(near Near) box {
	southWest, northEast := geography.Around(near.Point, near.Metres)
	return box{cellOf(southWest), cellOf(northEast)}
}

// cells is how many cells there are in the box.
func (b box) cells() int {
	return (b.to.latitude - b.from.latitude + 1) * (b.to.longitude - b.from.longitude + 1)
}

// in are the slots that have a position in a cell of the box.
func (g grid) in(b box) slots {
	var found slots
	for latitude := b.from.latitude; latitude <= b.to.latitude; latitude++ {
		for longitude := b.from.longitude; longitude <= b.to.longitude; longitude++ {
			for _, s := range g[cell{latitude, longitude}] {
				found.add(s.slot)
			}
		}
	}
	return found
}
