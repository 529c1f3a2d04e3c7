package geography

import "math"

// earthRadiusMetres is the mean radius of the earth (IUGG).
const earthRadiusMetres = 6_371_009

// Point is a place on the map (WGS 84), in degrees.
type Point struct{ Latitude, Longitude float64 }

// Microdegrees makes a Point of millionths of a degree, as resources hold positions.
func Microdegrees(latitude, longitude int32) Point {
	return Point{float64(latitude) / 1e6, float64(longitude) / 1e6}
}

// Metres is the distance between two points over the ground, on a round earth: good to about half a percent.
func Metres(a, b Point) float64 {
	sinLat := math.Sin(radians(b.Latitude-a.Latitude) / 2)
	sinLon := math.Sin(radians(b.Longitude-a.Longitude) / 2)
	h := sinLat*sinLat + math.Cos(radians(a.Latitude))*math.Cos(radians(b.Latitude))*sinLon*sinLon
	return 2 * earthRadiusMetres * math.Asin(math.Sqrt(math.Min(1, h)))
}

// Around is the smallest box of latitudes and longitudes that holds every point within metres of p.
func Around(p Point, metres float64) (southWest, northEast Point) {
	lat := metres / earthRadiusMetres * 180 / math.Pi
	// A degree of longitude is shortest at the edge that is nearest to a pole.
	widest := math.Min(89, math.Abs(p.Latitude)+lat)
	lon := lat / math.Cos(radians(widest))
	return Point{p.Latitude - lat, p.Longitude - lon}, Point{p.Latitude + lat, p.Longitude + lon}
}

func radians(degrees float64) float64 { return degrees * math.Pi / 180 }
