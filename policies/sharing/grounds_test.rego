package sharing_test

import data.sharing

emergency := {
	"role": "clinician",
	"purpose": "nfo_response",
	"is": ["second_factor", "break_glass_declared", "break_glass_begun"],
	"is_not": ["assigned"],
	"break_glass": {"reason": "serious_harm_to_others", "justification_length": 20},
	"open": {"break_glass": true},
}

overdose := {
	"purpose": "nfo_response",
	"is": ["overdose_on_record", "overdose_recorded", "discloser_statutory", "informed"],
	"is_not": ["discloser_not_statutory"],
	"open": {"overdose_outreach": true, "overdose_vital": true},
	"consents": [],
}

unconscious := object.union(overdose, {
	"is": ["overdose_on_record", "overdose_recorded", "discloser_statutory", "incapable"],
	"is_not": ["discloser_not_statutory", "capable"],
})

protection := {
	"purpose": "adult_protection",
	"role": "safeguarding_officer",
	"is": ["adult_flagged", "adult_protection_recipient"],
	"is_not": ["target"],
	"consents": [],
	"agreements": [],
}

child := {
	"purpose": "child_protection",
	"role": "safeguarding_officer",
	"is": ["child_at_risk", "child_protection_recipient"],
	"is_not": ["target"],
	"consents": [refusal],
	"agreements": [],
}

own := {"is": ["own_record"], "is_not": ["not_own_record", "target"], "consents": [refusal], "agreements": []}

held := {"is": ["target_holds_record"], "consents": [], "agreements": []}

review := {
	"purpose": "death_review",
	"role": "death_reviewer",
	"is": ["deceased"],
	"is_not": ["alive"],
	"consents": [],
}

access := {"purpose": "subject_access", "role": "data_subject", "is": ["own_data", "second_factor"]}

monitoring := {"purpose": "service_monitoring", "role": "analyst", "consents": []}

anonymous := {"is": ["anonymous"], "is_not": ["named"], "consents": []}

# Each ground, by facts under which it is the first that holds.
example := {
	"own_record": own,
	"anonymous": anonymous,
	"consent": {},
	"consent_onward": {"action": "onward_disclose", "is_not": ["target"]},
	"holder_copy": held,
	"nfo_no_objection": overdose,
	"nfo_vital_interest": unconscious,
	"asp_s10": object.union(protection, {"is": ["adult_flagged", "adult_protection_recipient", "section_10_request"]}),
	"asp_duty": object.union(protection, {
		"is": ["adult_flagged", "adult_protection_recipient", "discloser_statutory"],
		"is_not": ["target", "discloser_not_statutory"],
	}),
	"safeguarding": protection,
	"child_protection": child,
	"service_monitoring": object.union(monitoring, {"agreements": [agreeing({"identity", "need"})]}),
	"death_review": review,
	"subject_access": access,
	"break_glass": object.union(emergency, {"consents": [], "agreements": []}),
}

agreeing(categories) := object.union(object.remove(agreement, ["categories"]), {"categories": {c: true | some c in categories}})

# besides are facts that are also true, or no longer, in an example.
besides(facts, more) := object.union(facts, {
	"is": array.concat(object.get(facts, "is", []), object.get(more, "is", [])),
	"is_not": array.concat(object.get(facts, "is_not", []), object.get(more, "is_not", [])),
})

# without are facts that are not true in an example.
without(facts, names) := object.union(facts, {
	"is": [fact | some fact in object.get(facts, "is", []); not fact in names],
	"is_not": array.concat(object.get(facts, "is_not", []), names),
})

test_each_ground_has_an_example if {
	object.keys(example) == {ground.ground | some ground in data.grounds}
}

test_each_ground_holds[name] if {
	some name, facts in example
	made := decided(facts)
	made.effect == "allow"
	made.ground == name
	made.basis.article6 != ""
	made.basis.article9 != ""
	made.basis.confidentiality != ""
}

test_the_referrer_reads_its_own_anonymous_referral_without_identifiers if {
	made := decided(besides(own, {"is": ["anonymous"], "is_not": ["named"]}))
	made.ground == "anonymous"
	categories(made) & {"identity", "contact", "restricted"} == set()
}

test_clinical_fields_are_for_a_health_professional_and_not_from_a_charity_on_its_own[name] if {
	some name, want in {"asp_s10": {"clinical"}, "asp_duty": {"clinical"}, "safeguarding": set()}
	made := decided(besides(example[name], {"is": ["health_professional"], "is_not": ["not_health_professional"]}))
	made.ground == name
	categories(made) & {"clinical"} == want
}

test_clinical_fields_stay_shut_to_others[name] if {
	some name in {"asp_s10", "asp_duty", "safeguarding"}
	not "clinical" in categories(decided(example[name]))
}

# Everything is within reach here and agreed, so that what stays shut is shut by the ground.
test_restricted_fields_stay_shut_without_consent_that_names_them[name] if {
	some name, facts in object.remove(example, ["own_record", "subject_access", "consent", "consent_onward", "nfo_no_objection", "death_review"])
	made := decided(object.union(facts, {"agreements": [agreeing(object.keys(all_categories))]}))
	made.ground == name
	not "restricted" in categories(made)
}

test_identifiers_stay_shut_to_those_who_need_none[name] if {
	some name in {"anonymous", "service_monitoring"}
	made := decided(object.union(example[name], {"agreements": [agreeing(object.keys(all_categories))]}))
	made.ground == name
	categories(made) & {"identity", "contact"} == set()
}

# What is not met is the reason that is given.
test_a_denial_says_what_is_not_met[title] if {
	some title, vector in {
		"a worker without a relationship": {"facts": {"is_not": ["assigned", "relationship"]}, "want": "no_relationship"},
		"a person who died": {"facts": {"is": ["deceased"], "is_not": ["alive"]}, "want": "subject_deceased"},
		"an anonymous referral, somebody else": {"facts": besides(anonymous, {"is_not": ["target"]}), "want": "not_target"},
		"an anonymous referral, onward": {
			"facts": besides(example.consent_onward, {"is": ["anonymous"], "is_not": ["named"]}),
			"want": "anonymous_referral",
		},
		"overdose: nothing on record": {
			"facts": without(overdose, ["overdose_on_record", "overdose_recorded"]),
			"want": "no_nfo_event",
		},
		"overdose: in the future": {"facts": without(overdose, ["overdose_recorded"]), "want": "nfo_in_future"},
		"overdose: too long ago for outreach": {
			"facts": object.union(object.remove(overdose, ["open"]), {"open": {}}),
			"want": "nfo_window_closed",
		},
		"overdose: too long ago for vital interests": {
			"facts": object.union(object.remove(unconscious, ["open"]), {"open": {"overdose_outreach": true}}),
			"want": "vital_window_closed",
		},
		"overdose: not informed": {"facts": without(overdose, ["informed"]), "want": "not_informed"},
		"overdose: objected": {"facts": object.union(overdose, {"consents": [refusal]}), "want": "objection_recorded"},
		"overdose: withdrew": {
			"facts": object.union(overdose, {"consents": [object.union(refusal, {"decision": "withdraw"})]}),
			"want": "objection_recorded",
		},
		"overdose: capacity not assessed": {
			"facts": without(unconscious, ["incapable"]),
			"want": "capacity_not_incapable",
		},
		"overdose: refused while capable": {
			"facts": object.union(unconscious, {"consents": [refusal]}),
			"want": "objection_recorded",
		},
		"overdose: a charity": {"facts": without(overdose, ["discloser_statutory"]), "want": "discloser_not_statutory"},
		"overdose: another area": {"facts": without(unconscious, ["area_served"]), "want": "area_not_served"},
		"adult: not at risk": {"facts": without(protection, ["adult_flagged"]), "want": "not_adult_at_risk"},
		"adult: fifteen": {"facts": object.union(protection, twelve), "want": "not_adult_at_risk"},
		"adult: not a council": {"facts": without(protection, ["adult_protection_recipient"]), "want": "recipient_kind"},
		"child: not at risk": {"facts": without(child, ["child_at_risk"]), "want": "not_child_at_risk"},
		"child: a board": {"facts": without(child, ["child_protection_recipient"]), "want": "recipient_kind"},
		"monitoring: objected": {
			"facts": object.union(example.service_monitoring, {"consents": [refusal]}),
			"want": "objection_recorded",
		},
		"death review: of the living": {
			"facts": besides(without(review, ["deceased"]), {"is": ["alive"]}),
			"want": "subject_not_deceased",
		},
		"death review: by a charity": {"facts": without(review, ["recipient_statutory"]), "want": "recipient_kind"},
		"access: somebody else": {"facts": without(access, ["own_data"]), "want": "not_data_subject"},
		"access: not verified": {"facts": without(access, ["second_factor"]), "want": "mfa_required"},
		"access: by the account of somebody who died": {
			"facts": besides(access, {"is": ["deceased"], "is_not": ["alive"]}),
			"want": "subject_deceased",
		},
	}
	made := decided(vector.facts)
	made.effect == "deny"
	vector.want in made.reasons
}

test_an_emergency_is_for_few_and_not_for_long[title] if {
	some title, vector in {
		"without a second factor": {"facts": without(lone, ["second_factor"]), "want": {"mfa_required"}},
		"for coordination": {
			"facts": object.union(lone, {"purpose": "referral_coordination"}),
			"want": {"break_glass_purpose"},
		},
		"by a peer worker": {
			"facts": object.union(lone, {"purpose": "direct_care", "role": "peer_worker"}),
			"want": {"break_glass_role", "role_not_permitted"},
		},
		"out of impatience": {"facts": object.union(lone, {"break_glass": {"reason": "busy"}}), "want": {"break_glass_reason"}},
		"for the life of somebody capable": {
			"facts": object.union(lone, {"break_glass": {"reason": "life_at_risk"}}),
			"want": {"capable_subject"},
		},
		"with few words": {
			"facts": object.union(lone, {"break_glass": {"justification_length": 19}}),
			"want": {"justification_required"},
		},
		"over": {"facts": object.union(lone, {"open": {"break_glass": false}}), "want": {"break_glass_expired"}},
		"not begun": {
			"facts": object.union(without(lone, ["break_glass_begun"]), {"open": {"break_glass": false}}),
			"want": {"break_glass_not_started"},
		},
		"after the person died": {"facts": besides(lone, {"is": ["deceased"], "is_not": ["alive"]}), "want": {"subject_deceased"}},
		"to unmask somebody": {"facts": besides(lone, {"is": ["anonymous"], "is_not": ["named"]}), "want": {"anonymous_referral"}},
	}
	made := decided(vector.facts)
	made.effect == "deny"
	vector.want - made.reasons == set()
}

lone := example.break_glass

test_a_reason_for_an_emergency_is_one_that_is_known[reason] if {
	some reason in {"life_at_risk", "serious_harm_to_others"}
	facts := besides(object.union(lone, {"break_glass": {"reason": reason}}), {"is_not": ["capable"]})
	made := sharing.decision with input as change(facts) with data.reference.break_glass.reasons as []
	"break_glass_reason" in made.reasons
	not "capable_subject" in made.reasons
}

test_a_life_is_saved_unless_the_person_can_decide[capacity] if {
	some capacity in {"incapable", "not_assessed"}
	facts := object.union(lone, {"break_glass": {"reason": "life_at_risk"}})
	made := decided(besides(facts, {"is": [fact | fact := "incapable"; capacity == fact], "is_not": ["capable"]}))
	made.ground == "break_glass"
}

test_a_refusal_by_somebody_not_capable_does_not_bind_in_an_emergency if {
	made := decided(object.union(unconscious, {"consents": [object.union(refusal, {"capable_when_given": false})]}))
	made.ground == "nfo_vital_interest"
}

# Nothing but what is not met is the reason.
test_a_denial_says_nothing_else[title] if {
	some title, vector in {
		"an overdose that is not known": {
			"facts": without(unconscious, ["overdose_on_record", "overdose_recorded", "discloser_statutory"]),
			"want": {"no_nfo_event", "not_informed", "discloser_not_statutory", "consent_none"},
		},
		"an overdose in the future": {
			"facts": object.union(object.remove(without(unconscious, ["overdose_recorded"]), ["open"]), {"open": {}}),
			"want": {"nfo_in_future", "not_informed", "consent_none"},
		},
		"an objection": {
			"facts": object.union(unconscious, {"consents": [refusal]}),
			"want": {"objection_recorded", "not_informed", "consent_refused"},
		},
	}
	decided(vector.facts).reasons == vector.want
}

test_a_reason_for_an_emergency_that_no_rule_knows_is_none if {
	facts := besides(object.union(lone, {"break_glass": {"reason": "busy"}}), {"is_not": ["capable"]})
	made := sharing.decision with input as change(facts) with data.reference.break_glass.reasons as ["busy"]
	"break_glass_reason" in made.reasons
}
