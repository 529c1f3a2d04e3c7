// Package placement holds the rules by which places are given to claims: does this place fit that claim, who is next, what
// does a claim wait for, and what could be offered to somebody today.
//
// Everything here is a function of its arguments and of the moment it is asked about. The operator, which gives the places,
// and the API, which says what could be given, use the same functions, so that they cannot disagree.
package placement
