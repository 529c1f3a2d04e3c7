// Package geography knows where Scotland's postcode districts are and how far apart two points lie.
//
// The built-in table, districts.csv, gives the approximate middle of the main settlement of each district (G4, EH1) to
// two decimals, about 1 km. It was written from general knowledge and checked against no source: good for searches
// "within N km", not for maps. A district that spreads over many villages, such as IV27, is one point all the same, and
// its far end may be 50 km away. A district that is not well known is left out: no position is invented.
//
// Whoever runs the directory can give a better table of the same form, which [ReadDistricts] reads: a line of column names,
// of which district, latitude and longitude (WGS 84, in degrees) are needed and town may be given, then one line a
// district. Lines that start with # are comments. The National Statistics Postcode Lookup, published under the Open
// Government Licence v3.0, makes one: take the postcodes that are still in use, group them by what stands before the space
// in them, and take the mean of their latitudes and longitudes; the licence asks for an attribution beside the result.
package geography
