package directory

# METADATA
# title: Small numbers
# description: |
#   Which published counts are withheld from everybody, those who counted included: counts of people that could point at one, and
#   counts that would give such a one away. Occupied and held are withheld when either or their sum is small, since one would
#   give away the other; staffed when the sum is, since staffed less free is that sum. Free places are places, not people.
# entrypoint: true
# schemas:
#   - input: schema.counts
withheld contains count if {
	some count in ["occupied", "held"]
	some people in [input.occupied, input.held, input.occupied + input.held]
	_small(people)
}

withheld contains "staffed" if _small(input.occupied + input.held)

# A row of a ledger is there because somebody was counted: none that is shown as less than the bound can be told from one.
withheld contains "unmet" if input.unmet < data.small_numbers.below

_small(people) if {
	people > 0
	people < data.small_numbers.below
}
