package sharing_test

import data.sharing

_partners := {
	"haven": {"kind": "third_sector", "statutory": false, "status": "active", "adps": ["adp-a"]},
	"board": {"kind": "health_board", "statutory": true, "status": "active", "adps": ["adp-a"]},
}

_agreement := {
	"parties": ["haven", "board"],
	"purposes": ["direct_care"],
	"categories": ["admin", "contact"],
	"adps": ["adp-a"],
	"status": "active",
	"valid_from": 0,
	"valid_to": 1000,
	"cross_adp": false,
	"onward": false,
}

_grant := {
	"decision": "grant",
	"by": "self",
	"at": 10,
	"purposes": ["direct_care"],
	"recipients": ["board"],
	"categories": ["admin", "contact", "need"],
}

_request := {
	"now": 100,
	"action": "read",
	"purpose": "direct_care",
	"actor": {"id": "w", "role": "practitioner", "active": true, "assigned": true},
	"subject": {"id": "p", "age": 34, "capacity": "capable"},
	"discloser_id": "haven",
	"recipient_id": "board",
	"origin_id": "haven",
	"target_id": "board",
	"status": "sent",
	"area": "adp-a",
	"actor_partner": _partners.board,
	"discloser": _partners.haven,
	"recipient": _partners.board,
	"consents": [_grant],
	"agreements": [_agreement],
}

_changed(changes) := made if {
	made := sharing.decision with input as object.union(_request, changes)
}

test_releases_what_is_agreed_and_consented if {
	made := _changed({})
	made.ground == "consent"
	{data.reference.field_category[f] | some f in made.fields} == {"admin", "contact"}
}

test_nothing_known_is_denied if {
	made := sharing.decision with input as {}
	made.effect == "deny"
	made.fields == []
}

test_a_shut_gate_overrides_every_ground if {
	made := _changed({"actor": {"active": false}})
	made.effect == "deny"
	made.reasons == ["actor_inactive"]
}

test_decisions_keep_the_order_of_the_requests if {
	made := sharing.decisions with input as {"requests": [_request, object.union(_request, {"consents": []})]}
	[d.effect | some d in made] == ["allow", "deny"]
}

test_ends_are_half_open[title] if {
	some title, vector in {
		"a grant that ends later": {"consents": [object.union(_grant, {"expires_at": 101})], "want": "allow"},
		"a grant that ends now": {"consents": [object.union(_grant, {"expires_at": 100})], "want": "deny"},
		"a grant given now": {"consents": [object.union(_grant, {"at": 100})], "want": "allow"},
		"a grant given later": {"consents": [object.union(_grant, {"at": 101})], "want": "deny"},
		"an agreement that ends now": {"agreements": [object.union(_agreement, {"valid_to": 100})], "want": "deny"},
		"an agreement from now": {"agreements": [object.union(_agreement, {"valid_from": 100})], "want": "allow"},
	}
	_changed(vector).effect == vector.want
}

test_no_consent_is_another_answer_than_refusal[title] if {
	some title, vector in {
		"nothing on record": {"consents": [], "want": "consent_none"},
		"a refusal": {"consents": [object.union(_grant, {"decision": "refuse"})], "want": "consent_refused"},
		"a withdrawal": {"consents": [object.union(_grant, {"decision": "withdraw"})], "want": "consent_withdrawn"},
		"a blanket grant": {"consents": [object.union(_grant, {"recipients": ["*"]})], "want": "consent_none"},
	}
	_changed(vector).reasons == [vector.want]
}

test_an_open_ended_grant_is_a_choice if {
	_changed({}).effect == "allow"
	made := sharing.decision with input as _request with data.settings.grant_needs_an_end as true
	made.reasons == ["consent_expired"]
}

test_of_two_grants_at_one_instant_what_both_name_is_released if {
	made := _changed({"consents": [_grant, object.union(_grant, {"categories": ["contact"]})]})
	{data.reference.field_category[f] | some f in made.fields} == {"contact"}
}

test_a_refusal_by_someone_not_capable_does_not_bind_in_an_emergency[title] if {
	some title, vector in {
		"said while capable": {"capable": true, "want": "deny"},
		"said while not capable": {"capable": false, "want": "allow"},
	}
	said := object.union(_grant, {"decision": "refuse", "purposes": ["*"], "capable_when_given": vector.capable})
	made := _changed({
		"purpose": "nfo_response",
		"overdose_at": 90,
		"subject": {"capacity": "incapable"},
		"consents": [said],
	})
	made.effect == vector.want
}

test_break_glass_leaves_restricted_fields_shut if {
	made := _changed({
		"consents": [],
		"actor": {"role": "clinician", "mfa": true, "assigned": false},
		"break_glass": {"reason": "serious_harm_to_others", "justification_length": 20, "declared_at": 100},
	})
	made.ground == "break_glass"
	not "justice" in made.fields
}
