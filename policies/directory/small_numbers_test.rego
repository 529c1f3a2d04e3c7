package directory_test

import data.directory

test_counts_of_people_that_are_small_are_withheld[title] if {
	some title, vector in {
		"nobody": {"counts": {"occupied": 0, "held": 0}, "want": set()},
		"few": {"counts": {"occupied": 4, "held": 0}, "want": {"occupied", "held", "staffed"}},
		"few on hold": {"counts": {"occupied": 9, "held": 1}, "want": {"occupied", "held"}},
		"few each": {"counts": {"occupied": 3, "held": 3}, "want": {"occupied", "held"}},
		"enough": {"counts": {"occupied": 5, "held": 5}, "want": set()},
	}
	directory.withheld == vector.want with input as vector.counts
}

test_a_row_of_a_ledger_that_is_small_is_withheld if {
	directory.withheld == {"unmet"} with input as {"unmet": 4}
	directory.withheld == set() with input as {"unmet": 5}
}
