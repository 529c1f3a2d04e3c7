package sharing_test

import data.sharing

everything := {"agreements": [agreeing(object.keys(all_categories))], "consents": [granting(object.keys(all_categories))]}

granting(categories) := object.union(object.remove(grant, ["categories"]), {"categories": {c: true | some c in categories}})

# shown is what is released beside fields to whom a consent and an agreement cover these categories.
shown(categories, changes) := made.beside if {
	made := decided(object.union({"agreements": [agreeing(categories)], "consents": [granting(categories)]}, changes))
}

test_what_is_beside_fields_is_released_with_what_it_is_as_telling_as[title] if {
	some title, vector in {
		"words with why it was made": {"with": {"need"}, "want": {"words"}},
		"what was said to the partner with how it stands": {"with": {"admin"}, "want": {"consents_of_partner"}},
		"the pathway with overdoses and prison": {"with": {"risk", "restricted"}, "want": {"pathway"}},
		"not with overdoses alone": {"with": {"risk"}, "want": set()},
		"not with prison alone": {"with": {"restricted"}, "want": set()},
	}
	shown(vector.with, {}) == vector.want
}

test_those_whose_record_it_is_see_more[title] if {
	some title, vector in {
		"with risks": {"with": {"risk"}, "want": {"circumstances", "pathway"}},
		"with how it stands": {"with": {"admin"}, "want": {"consents", "consents_of_partner"}},
		"and nothing with what is no more telling": {"with": {"contact"}, "want": set()},
	}
	shown(vector.with, {"is": ["keeps_record"]}) == vector.want
}

test_what_role_or_purpose_do_not_reach_to_is_not_released if {
	shown({"need", "admin"}, {"beside": {"words": true}}) == {"words"}
	shown({"need", "admin"}, {"beside": {}}) == set()
}

test_what_a_ground_withholds_by_its_name_stays_withheld if {
	grounds := object.union(data.grounds, {"consent": {"withholds": ["words"]}})
	made := sharing.decision with input as change(everything) with data.grounds as grounds
	made.effect == "allow"
	made.beside == {"consents_of_partner", "pathway"}
}

test_what_has_no_row_is_shown_to_nobody if {
	made := sharing.decision with input as change(everything) with data.beside as {}
	made.effect == "allow"
	made.beside == set()
}

test_whoever_asks_for_it_alone_is_answered if {
	made := decided(object.union(everything, {"asked": {}, "beside": {"words": true}}))
	made.effect == "allow"
	made.beside == {"words"}
}

test_a_ground_that_does_not_release_what_is_asked_for_gives_way_to_the_next if {
	made := decided({"asked": {}, "beside": {"words": true}, "is": ["target_holds_record"]})
	made.ground == "holder_copy"
	made.beside == {"words"}
}

test_of_what_was_given_no_more_is_kept if {
	made := decided({"consents": [], "agreements": [], "is": ["target_holds_record"], "given": {"admin": true, "restricted": true}})
	made.ground == "holder_copy"
	categories(made) == {"admin"}
	made.beside == {"consents_of_partner"}
}
