// Package capacity holds the rules that follow from counts of places alone: which count is shown, what is free, how far a
// figure can be trusted, how figures add up, and which small numbers the public does not see.
//
// Everything here is a pure function of its arguments and of the moment it is asked about. The operator, the directory and
// the pages use the same functions, so that they cannot disagree.
package capacity
