package party_test

import data.party

# Somebody who has signed in, has no role and stands nowhere.
nobody := {
	"what": "x", "roles": [], "stands": [], "signed_in": true, "suspended": false,
	"second_factor": false, "in_care_role": false,
}

facts_of(change) := object.union(nobody, change)

test_who_somebody_is_follows_from_place_and_role[title] if {
	some title, vector in {
		"nobody": {"is": {}, "want": {"everybody"}},
		"a provider that is asked": {
			"is": {"roles": ["Provider"], "stands": ["target", "asked"]},
			"want": {"everybody", "target", "asked_before"},
		},
		"a referrer at the partner that is asked": {
			"is": {"roles": ["Referrer"], "stands": ["target"]},
			"want": {"everybody"},
		},
		"a commissioner of the ADP": {
			"is": {"roles": ["Commissioner"], "stands": ["adp"]},
			"want": {"everybody", "commissioner"},
		},
		"a commissioner elsewhere": {"is": {"roles": ["Commissioner"]}, "want": {"everybody"}},
		"an auditor anywhere": {"is": {"roles": ["Auditor"]}, "want": {"everybody", "auditor"}},
		"who declared it": {"is": {"stands": ["declared"]}, "want": {"everybody", "declarer"}},
	}
	party.is == vector.want with input as facts_of(vector.is)
}

row := {"says": "", "parties": ["origin", "target"], "needs": ["sign_in"], "never": ["declarer"]}

test_a_row_permits_its_parties[title] if {
	some title, vector in {
		"the origin": {"is": {"roles": ["Referrer"], "stands": ["origin"]}, "want": set()},
		"both": {"is": {"roles": ["Provider"], "stands": ["origin", "target"]}, "want": set()},
		"in the role and somewhere else": {"is": {"roles": ["Provider"], "stands": ["asked"]}, "want": {"not_theirs"}},
		"there and in another role": {
			"is": {"roles": ["Auditor"], "stands": ["origin"]},
			"want": {"role_not_permitted"},
		},
		"not signed in": {
			"is": {"roles": ["Provider"], "stands": ["target"], "signed_in": false},
			"want": {"sign_in_needed"},
		},
		"suspended": {
			"is": {"roles": ["Provider"], "stands": ["target"], "suspended": true},
			"want": {"partner_suspended"},
		},
		"barred": {"is": {"roles": ["Provider"], "stands": ["target", "declared"]}, "want": {"is_declarer"}},
		"nobody": {"is": {"signed_in": false}, "want": {"role_not_permitted", "sign_in_needed"}},
	}
	party.why_not(row) == vector.want with input as facts_of(vector.is)
	allowed := count(vector.want) == 0
	permitted(facts_of(vector.is)) == allowed
}

permitted(facts) if {
	party.permits(row) with input as facts
} else := false

test_what_is_needed_has_to_be_met[title] if {
	some title, vector in {
		"nothing": {"is": {}, "want": set()},
		"sign-in": {"is": {"signed_in": true}, "want": {"sign_in"}},
		"all": {
			"is": {"signed_in": true, "second_factor": true, "in_care_role": true},
			"want": {"sign_in", "second_factor", "care_role"},
		},
	}
	party.met == vector.want with input as object.union(facts_of({"signed_in": false}), vector.is)
}

test_what_is_not_stated_permits_nothing[fact] if {
	some fact in ["roles", "stands", "signed_in", "suspended"]
	permitted(object.remove(facts_of({"roles": ["Provider"], "stands": ["target"]}), [fact])) == false
}

test_a_party_stands_on_its_side if {
	facts := facts_of({"roles": ["Provider", "DataLead"], "stands": ["origin", "adp"]})
	party.sides({"parties": ["origin", "target", "data_lead", "auditor"]}) == {"Origin", "Partnership"} with input as facts
}
