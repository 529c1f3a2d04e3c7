package schema

// How many items a list has at most, by the maximum that the resource's definition allows: what it counts for in the cost
// of a query.
const (
	mostClaimants    = 64
	mostOtherFigures = 8
	mostLocations    = 16
	mostOpeningHours = 16
	mostSources      = 16
	mostCouncils     = 32
	mostHealthBoards = 14
	mostMATRatings   = 10
	mostIdentifiers  = 8
	// mostKinds is how many kinds of places there are, each with a total.
	mostKinds = 7
)

// What a search costs besides what it finds, in objects: it looks at many more. Those of an ADP look at its own first.
const (
	searchEverywhere = 200
	searchInArea     = 50
)
