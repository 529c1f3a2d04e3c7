package sharing_test

import data.sharing

test_an_agreement_not_in_force_says_why[title] if {
	some title, vector in {
		"none": {"agreements": [], "want": {"no_agreement"}},
		"suspended": {"agreements": [object.union(agreement, {"status": "suspended"})], "want": {"agreement_not_active"}},
		"not begun": {"agreements": [object.union(agreement, {"started": false})], "want": {"agreement_not_started"}},
		"ended": {"agreements": [object.union(agreement, {"ended": true})], "want": {"agreement_expired"}},
		"for another area": {"agreements": [object.union(agreement, {"names_area": false})], "want": {"adp_mismatch"}},
	}
	made := decided({"agreements": vector.agreements})
	made.effect == "deny"
	made.reasons == vector.want
}

test_the_recipient_serves_the_area_unless_the_agreement_crosses_areas[title] if {
	some title, vector in {
		"it does not": {"cross_adp": false, "want": "deny"},
		"it crosses": {"cross_adp": true, "want": "allow"},
	}
	changed := object.union(agreement, {"cross_adp": vector.cross_adp})
	decided({"is_not": ["area_served"], "agreements": [changed]}).effect == vector.want
}

test_an_agreement_that_crosses_areas_names_the_one_that_the_referral_is_in if {
	changed := object.union(agreement, {"cross_adp": true, "names_area": false})
	decided({"agreements": [changed]}).reasons == {"adp_mismatch"}
	decided({"is_not": ["area_served"], "agreements": [changed]}).reasons == {"adp_mismatch"}
}

test_a_read_is_no_onward_disclosure_whoever_discloses if {
	decided({"is_not": ["discloser_is_origin"]}).effect == "allow"
}

test_a_recipient_that_does_not_serve_the_area_is_told_so if {
	decided({"is_not": ["area_served"]}).reasons == {"adp_mismatch", "area_not_served"}
}

test_several_agreements_in_force_cover_what_any_of_them_does if {
	covered := sharing.agreed with input as change({"agreements": [
		agreement,
		object.union(object.remove(agreement, ["categories"]), {"categories": {"need": true}}),
		object.union(object.remove(agreement, ["categories"]), {"categories": {"risk": true}, "ended": true}),
	]})
	covered == {"admin": true, "contact": true, "need": true}
}

test_who_holds_the_record_may_pass_it_on_as_agreed[title] if {
	some title, vector in {
		"the referrer": {"is_not": [], "onward": false, "want": set()},
		"the target, as agreed": {"is_not": ["discloser_is_origin"], "onward": true, "want": set()},
		"the target, not agreed": {"is_not": ["discloser_is_origin"], "onward": false, "want": {"onward_not_permitted"}},
		"somebody else": {
			"is_not": ["discloser_is_origin", "holds_record"],
			"onward": true,
			"want": {"record_not_held"},
		},
	}
	made := decided({
		"action": "onward_disclose",
		"is_not": vector.is_not,
		"agreements": [object.union(agreement, {"onward": vector.onward})],
	})
	{reason | some reason in object.get(made, "reasons", set())} == vector.want
	made.ground == {true: "consent_onward", false: ""}[vector.want == set()]
}
