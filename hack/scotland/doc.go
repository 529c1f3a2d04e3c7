// Package scotland holds Scotland's published facts as custom resources, and makes invented data of any size.
//
// [Objects] gives the 30 Alcohol and Drug Partnerships, the organisations, and every residential, crisis, stabilisation and
// detox service of the tables in data/, with each published figure, its date and its source. What no source says is left out;
// it is never guessed. Only where a service is on the map is from general knowledge: the approximate middle of its town, with a
// source that says so (provenance Background), and none where the town is not certain. [Counts] gives invented counts for a
// demonstration, marked Illustrative, because nobody publishes how many places are in use; [Agreements] gives invented data
// sharing agreements and [Pathways] invented pathways, marked so as well. Which area an organisation serves follows from where
// its services are and from what it is. [Generate] makes invented data for benchmarks, all marked Illustrative.
//
// The tables in data/*.csv are copies of the research they come from; the YAML beside them says, row by row, how each
// becomes a resource. Tests compare the two.
package scotland
