package sharing_test

import data.sharing

test_a_gate_that_is_shut_overrides_every_ground[title] if {
	some title, vector in {
		"no time": {"change": {"is_not": ["time_given"]}, "want": {"time_missing"}},
		"actor not active": {"change": {"is_not": ["actor_active"]}, "want": {"actor_inactive"}},
		"unknown action": {"change": {"action": "delete"}, "want": {"action_unknown"}},
		"unknown action without a time": {
			"change": {"action": "delete", "is_not": ["time_given"]},
			"want": {"action_unknown", "time_missing"},
		},
		"unknown role": {"change": {"role": "wizard", "is_not": ["role_allowed"]}, "want": {"role_unknown"}},
		"prohibited purpose": {"change": {"purpose": "immigration", "is_not": ["role_allowed", "purpose_allowed"]}, "want": {"purpose_prohibited"}},
		"unknown purpose": {"change": {"purpose": "curiosity", "is_not": ["role_allowed"]}, "want": {"purpose_unknown"}},
		"role for another purpose": {"change": {"role": "analyst", "is_not": ["role_allowed"]}, "want": {"role_not_permitted"}},
		"actor's partner not known": {
			"change": {"is_not": ["actor_partner_known", "actor_partner_active"]},
			"want": {"partner_not_active", "partner_unknown"},
		},
		"actor's partner suspended": {"change": {"is_not": ["actor_partner_active"]}, "want": {"partner_not_active"}},
		"discloser not known": {"change": {"is_not": ["discloser_known"]}, "want": {"partner_unknown"}},
		"recipient not known": {
			"change": {"is_not": ["recipient_known", "recipient_active"]},
			"want": {"partner_not_active", "partner_unknown"},
		},
		"recipient suspended": {"change": {"is_not": ["recipient_active"]}, "want": {"partner_not_active"}},
		"somebody of no partner": {
			"change": {"is_not": ["recipient_named", "recipient_known", "recipient_active"]},
			"want": {"partner_not_active", "partner_unknown"},
		},
		"a record that cannot be read": {"change": {"is_not": ["readable"]}, "want": {"record_unreadable"}},
		"what is no gate of a read": {"change": {"is_not": ["actor_active", "discloser_active"]}, "want": {"actor_inactive"}},
		"onward to nobody": {
			"change": {
				"action": "onward_disclose",
				"is_not": ["recipient_named", "recipient_known", "recipient_active"],
			},
			"want": {"recipient_missing"},
		},
		"onward to oneself": {
			"change": {"action": "onward_disclose", "is_not": ["recipient_elsewhere"]},
			"want": {"recipient_is_discloser"},
		},
	}
	made := decided(vector.change)
	made.effect == "deny"
	made.reasons == vector.want
}

test_a_gate_is_not_opened_by_an_emergency if {
	made := decided(object.union(emergency, {"is_not": ["actor_active"]}))
	made.reasons == {"actor_inactive"}
}

test_a_prohibited_purpose_is_shut_whoever_may_have_it if {
	made := decided({"is_not": ["purpose_allowed"]})
	made.effect == "deny"
}

test_whether_the_discloser_of_a_read_has_to_be_active_is_a_choice[title] if {
	some title, vector in {
		"it need not": {"gate": data.settings.gates.read, "want": set()},
		"it must": {"gate": object.union(data.settings.gates.read, {"discloser_active": true}), "want": {"partner_not_active"}},
	}
	made := sharing.decision with input as change({"is_not": ["discloser_active"]}) with data.settings.gates.read as vector.gate
	{reason | some reason in object.get(made, "reasons", set())} == vector.want
}
