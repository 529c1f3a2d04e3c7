// Package geography knows where Scotland's postcode districts are and how far apart two points lie.
//
// districts.csv holds the mean position of the postcodes of each district (G4, EH1) of the sixteen postcode areas that
// serve Scotland. It is derived from the National Statistics Postcode Lookup, May 2025, under the Open Government
// Licence v3.0 (https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/):
//
//	Source: Office for National Statistics licensed under the Open Government Licence v.3.0
//	Contains OS data © Crown copyright and database right 2025
//	Contains Royal Mail data © Royal Mail copyright and database right 2025
//	Contains National Statistics data © Crown copyright and database right 2025
//
// Postcodes that are no longer in use are counted too, so a few districts that were recoded long ago can still be found.
// A district with no position in it is not in the file: no position is invented. Make the file again with
//
//	go run ./api/geography/centroids FOLDER > api/geography/districts.csv
//
// where FOLDER holds one CSV a postcode area (G.csv, EH.csv) with the columns Postcode,lat,long.
package geography
