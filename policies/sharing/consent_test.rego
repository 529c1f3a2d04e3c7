package sharing_test

import data.sharing

test_what_was_said_last_decides[title] if {
	some title, vector in {
		"nothing on record": {"consents": [], "want": "none"},
		"a grant": {"consents": [grant], "want": "granted"},
		"a grant without an end": {"consents": [object.union(grant, {"end": "none"})], "want": "granted"},
		"a grant that ended": {"consents": [object.union(grant, {"end": "past"})], "want": "expired"},
		"a grant that ended after a longer one": {
			"consents": [object.union(grant, {"end": "past"}), object.union(grant, {"order": 1})],
			"want": "expired",
		},
		"a refusal": {"consents": [refusal], "want": "refused"},
		"a withdrawal": {"consents": [object.union(refusal, {"decision": "withdraw"})], "want": "withdrawn"},
		"a grant after a withdrawal": {
			"consents": [grant, object.union(refusal, {"decision": "withdraw", "order": 1})],
			"want": "granted",
		},
		"a withdrawal after a grant": {
			"consents": [object.union(refusal, {"decision": "withdraw"}), object.union(grant, {"order": 1})],
			"want": "withdrawn",
		},
		"a refusal and a grant at once": {"consents": [grant, refusal], "want": "refused"},
		"a withdrawal and a refusal at once": {
			"consents": [refusal, object.union(refusal, {"decision": "withdraw"})],
			"want": "withdrawn",
		},
		"a refusal of everything": {
			"consents": [grant, object.union(refusal, {"purpose": "all", "recipient": "all"})],
			"want": "refused",
		},
		"a blanket grant": {"consents": [object.union(grant, {"purpose": "all"})], "want": "none"},
		"a grant to everybody": {"consents": [object.union(grant, {"recipient": "all"})], "want": "none"},
		"a grant by somebody not capable": {
			"consents": [object.union(grant, {"capable_when_given": false})],
			"want": "none",
		},
		"a grant by a bystander": {"consents": [object.union(grant, {"by": "friend"})], "want": "none"},
		"a refusal by a bystander": {"consents": [object.union(refusal, {"by": "friend"})], "want": "none"},
	}
	state := sharing.consent_state with input as change({"consents": vector.consents})
	state == vector.want
}

nobody_old := {"reached": {}}

twelve := {"reached": {"understanding": true}}

test_who_may_decide[title] if {
	some title, vector in {
		"somebody of 12": {"facts": twelve, "by": "self", "want": "granted"},
		"somebody of 12 who does not understand": {
			"facts": object.union(twelve, {"is": ["understanding_lacking"]}),
			"by": "self",
			"want": "none",
		},
		"somebody of 11": {"facts": nobody_old, "by": "self", "want": "none"},
		"somebody of 11 who understands": {
			"facts": object.union(nobody_old, {"is": ["understanding_shown"]}),
			"by": "self",
			"want": "granted",
		},
		"somebody whose age is not known": {
			"facts": object.union(nobody_old, {"is_not": ["age_known"]}),
			"by": "self",
			"want": "none",
		},
		"a parent of somebody of 11": {"facts": nobody_old, "by": "parent", "want": "granted"},
		"a parent of somebody of 11 who understands": {
			"facts": object.union(nobody_old, {"is": ["understanding_shown"]}),
			"by": "parent",
			"want": "none",
		},
		"a parent of somebody of 13": {"facts": twelve, "by": "parent", "want": "none"},
		"a parent of somebody of 13 who does not understand": {
			"facts": object.union(twelve, {"is": ["understanding_lacking"]}),
			"by": "parent",
			"want": "granted",
		},
		"a parent of somebody of 16": {"facts": {"is": ["understanding_lacking"]}, "by": "parent", "want": "none"},
		"a parent of somebody whose age is not known": {
			"facts": object.union(nobody_old, {"is_not": ["age_known"]}),
			"by": "parent",
			"want": "none",
		},
		"a proxy of an adult without capacity": {
			"facts": {"is": ["incapable"], "is_not": ["capable"]},
			"by": "proxy",
			"authority": true,
			"want": "granted",
		},
		"a proxy without authority": {
			"facts": {"is": ["incapable"], "is_not": ["capable"]},
			"by": "proxy",
			"authority": false,
			"want": "none",
		},
		"a proxy of an adult with capacity": {"facts": {}, "by": "proxy", "authority": true, "want": "none"},
		"a proxy of a child": {
			"facts": object.union(twelve, {"is": ["incapable"], "is_not": ["capable"]}),
			"by": "proxy",
			"authority": true,
			"want": "none",
		},
	}
	said := object.union(grant, {"by": vector.by, "proxy_authority": object.get(vector, "authority", false)})
	state := sharing.consent_state with input as change(object.union(vector.facts, {"consents": [said]}))
	state == vector.want
}

test_others_object_for_those_they_may_decide_for[title] if {
	some title, vector in {
		"a parent withdraws": {"facts": nobody_old, "said": {"by": "parent", "decision": "withdraw"}, "want": "withdrawn"},
		"a parent refuses": {"facts": nobody_old, "said": {"by": "parent", "decision": "refuse"}, "want": "refused"},
		"a parent of an adult": {"facts": {}, "said": {"by": "parent", "decision": "refuse"}, "want": "none"},
		"a proxy refuses": {
			"facts": {"is": ["incapable"]},
			"said": {"by": "proxy", "decision": "refuse", "proxy_authority": true},
			"want": "refused",
		},
		"a proxy without authority": {
			"facts": {"is": ["incapable"]},
			"said": {"by": "proxy", "decision": "refuse"},
			"want": "none",
		},
	}
	said := object.union(refusal, vector.said)
	state := sharing.consent_state with input as change(object.union(vector.facts, {"consents": [said]}))
	state == vector.want
}

test_anybody_may_refuse_for_themselves if {
	state := sharing.consent_state with input as change({
		"reached": {},
		"is": ["understanding_lacking"],
		"consents": [object.union(refusal, {"capable_when_given": false})],
	})
	state == "refused"
}

test_a_denial_says_what_the_person_said[title] if {
	some title, vector in {
		"nothing on record": {"consents": [], "want": "consent_none"},
		"a refusal": {"consents": [refusal], "want": "consent_refused"},
		"a withdrawal": {"consents": [object.union(refusal, {"decision": "withdraw"})], "want": "consent_withdrawn"},
		"a grant that ended": {"consents": [object.union(grant, {"end": "past"})], "want": "consent_expired"},
	}
	decided({"consents": vector.consents}).reasons == {vector.want}
}

test_whether_a_grant_needs_an_end_is_a_choice if {
	facts := change({"consents": [object.union(grant, {"end": "none"})]})
	made := sharing.decision with input as facts with data.settings.grant_needs_an_end as true
	made.reasons == {"consent_expired"}
}

granting(categories) := object.union(object.remove(grant, ["categories"]), {"categories": {c: true | some c in categories}})

test_a_later_grant_replaces_an_earlier_one if {
	made := decided({"consents": [
		granting({"contact"}),
		object.union(granting({"admin", "contact"}), {"order": 1}),
	]})
	categories(made) == {"contact"}
}

test_of_two_grants_at_once_what_both_name_is_released if {
	made := decided({"consents": [grant, granting({"contact"})]})
	categories(made) == {"contact"}
}

test_no_category_is_consented_to_without_a_grant if {
	not sharing.consented with input as change({"consents": [refusal]})
}

test_of_two_grants_at_once_both_have_to_run if {
	made := decided({"consents": [grant, object.union(grant, {"end": "past"})]})
	made.reasons == {"consent_expired"}
}

test_what_was_said_last_while_capable_binds_in_an_emergency[title] if {
	some title, vector in {
		"a refusal": {"consents": [refusal], "want": ""},
		"a refusal by somebody not capable": {"consents": [incapable_refusal], "want": "nfo_vital_interest"},
		"a grant after a refusal": {"consents": [grant, object.union(refusal, {"order": 1})], "want": "nfo_vital_interest"},
		"a refusal by somebody not capable after a grant": {
			"consents": [incapable_refusal, object.union(grant, {"order": 1})],
			"want": "nfo_vital_interest",
		},
		"a refusal by somebody not capable after a refusal": {
			"consents": [incapable_refusal, object.union(refusal, {"order": 1})],
			"want": "",
		},
	}
	decided(object.union(unconscious, {"consents": vector.consents, "agreements": []})).ground == vector.want
}

incapable_refusal := object.union(refusal, {"capable_when_given": false})
