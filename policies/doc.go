// Package policies decides what may be disclosed of a referral: which fields, to whom, on which ground, and what that obliges
// to. The rules are the Rego and the JSON in sharing/; this package states facts about a request, asks the rules once for a
// whole list, and remembers what they said of the same facts. Whatever goes wrong, the answer is a denial.
//
// It also rules who may do what (action/) and see what (directory/), by tables of parties (party/): [Engine.MayAct] and
// [Engine.MaySee].
//
// Facts hold no name, no identifier and no time: that a moment has come, that a window is open, that an age is reached. The
// moments, windows and ages themselves are data that whoever answers for information governance can change.
package policies
