package sharing_test

import data.sharing

# Facts about a worker of a board who reads the referral that a charity sent it, by consent and under an agreement.
base := {
	"action": "read",
	"purpose": "direct_care",
	"role": "practitioner",
	"reach": all_categories,
	"asked": all_categories,
	"given": all_categories,
	"beside": {name: true | some name, _ in data.beside},
	"is": {
		"time_given": true,
		"readable": true,
		"actor_active": true,
		"assigned": true,
		"not_health_professional": true,
		"actor_partner_known": true,
		"actor_partner_active": true,
		"discloser_known": true,
		"discloser_active": true,
		"discloser_is_origin": true,
		"discloser_not_statutory": true,
		"recipient_named": true,
		"recipient_elsewhere": true,
		"recipient_known": true,
		"recipient_active": true,
		"recipient_statutory": true,
		"area_served": true,
		"not_own_record": true,
		"target": true,
		"holds_record": true,
		"named": true,
		"alive": true,
		"capable": true,
		"age_known": true,
		"role_allowed": true,
		"purpose_allowed": true,
		"relationship": true,
	},
	"reached": {"adult": true, "understanding": true},
	"open": {},
	"recipient": {"kind": "health_board"},
	"consents": [grant],
	"agreements": [agreement],
}

all_categories := {category: true | some category in data.reference.field_category}

# change is the base, with some facts that are no longer true, some that are, and others in place of those of the base.
change(changes) := within_reach(object.union(
	object.union(object.remove(base, object.keys(changes) | {"is"}), object.remove(changes, ["is", "is_not"])),
	{"is": object.union(
		object.remove(base.is, object.get(changes, "is_not", [])),
		{fact: true | some fact in object.get(changes, "is", [])},
	)},
))

# Of all that has categories facts state what is within reach.
within_reach(facts) := object.union(object.remove(facts, ["asked", "given"]), {
	"asked": object.filter(facts.asked, facts.reach),
	"given": object.filter(facts.given, facts.reach),
	"agreements": [within(agreed, facts.reach) | some agreed in facts.agreements],
	"consents": [within(said, facts.reach) | some said in facts.consents],
})

within(each, reach) := object.union(
	object.remove(each, ["categories"]),
	{"categories": object.filter(each.categories, reach)},
)

agreement := {
	"status": "active",
	"started": true,
	"ended": false,
	"names_area": true,
	"cross_adp": false,
	"onward": false,
	"categories": {"admin": true, "contact": true},
}

grant := {
	"decision": "grant",
	"by": "self",
	"order": 0,
	"purpose": "named",
	"recipient": "named",
	"end": "ahead",
	"capable_when_given": true,
	"proxy_authority": false,
	"categories": {"admin": true, "contact": true, "need": true},
}

refusal := object.union(grant, {"decision": "refuse", "end": "none", "categories": {}})

# decided is the decision about changed facts.
decided(changes) := made if {
	made := sharing.decision with input as change(changes)
}

categories(made) := object.keys(made.categories)

test_what_is_agreed_and_consented_is_released if {
	made := decided({})
	made.effect == "allow"
	made.ground == "consent"
	categories(made) == {"admin", "contact"}
	made.obligations == ["audit", "no_onward_disclosure"]
}

test_what_is_not_known_is_denied if {
	made := sharing.decision with input as {}
	made.effect == "deny"
	made.categories == {}
}

test_rules_that_say_nothing_deny if {
	made := sharing.decision with input as base with data.order as {}
	made == {"effect": "deny", "ground": "", "categories": {}, "obligations": ["audit"], "reasons": ["no_ground"]}
}

test_settings_that_are_missing_deny[name] if {
	some name, made in {
		"reference": decided_with(change(example.break_glass), {}, data.settings, data.grounds),
		"settings": decided_with(base, data.reference, {}, data.grounds),
		"grounds": decided_with(base, data.reference, data.settings, {}),
	}
	made.effect == "deny"
}

decided_with(facts, reference, settings, grounds) := made if {
	made := sharing.decision with input as facts
		with data.reference as reference
		with data.settings as settings
		with data.grounds as grounds
}

test_decisions_keep_the_order_of_the_requests if {
	made := sharing.decisions with input as {"requests": [base, change({"consents": []})]}
	[d.effect | some d in made] == ["allow", "deny"]
}

test_only_what_is_asked_for_is_released[title] if {
	some title, vector in {
		"one": {"reach": {"contact": true}, "want": {"contact"}},
		"one that is withheld, one that is not": {"reach": {"contact": true, "restricted": true}, "want": {"contact"}},
	}
	categories(decided({"reach": vector.reach})) == vector.want
}

test_nothing_at_all_is_a_denial[title] if {
	some title, reach in {
		"nothing asked for": {},
		"only what is withheld": {"restricted": true},
	}
	made := decided({"reach": reach})
	made.effect == "deny"
	made.reasons == {"no_fields_permitted"}
}

test_a_denial_is_whole[title] if {
	some title, facts in {
		"shut": {"is_not": ["actor_active"]},
		"no ground": {"consents": []},
	}
	object.remove(decided(facts), ["reasons"]) == {"effect": "deny", "ground": "", "categories": {}, "obligations": ["audit"]}
}

test_the_least_intrusive_ground_wins_over_an_emergency if {
	made := decided(emergency)
	made.ground == "consent"
	"break_glass_not_needed" in made.obligations
}

test_a_ground_that_releases_nothing_gives_way_to_the_next if {
	made := decided({"reach": {"social": true}, "is": ["target_holds_record"]})
	made.ground == "holder_copy"
	categories(made) == {"social"}
}

test_what_no_ground_is_about_has_a_reason[title] if {
	some title, vector in {
		"onward for a purpose that stays": {
			"action": "onward_disclose",
			"purpose": "death_review",
			"role": "death_reviewer",
			"want": "onward_purpose",
		},
		"a purpose of grounds that were taken out": {"want": "no_ground"},
	}
	facts := change(object.remove(vector, ["want"]))
	made := sharing.decision with input as facts with data.order as {}
	vector.want in made.reasons
}
