package action_test

import data.action

ruled(what, facts) := ruling if {
	nobody := {"roles": [], "stands": [], "signed_in": true, "suspended": false, "second_factor": false, "in_care_role": false}
	ruling := action.ruling with input as object.union_n([nobody, facts, {"what": what}])
}

test_whoever_is_asked_accepts if {
	ruled("referral.Accept", {"roles": ["Provider"], "stands": ["target"]}) == {
		"allowed": true, "reasons": set(), "sides": {"Target"},
	}
}

test_whoever_asks_does_not_accept if {
	ruled("referral.Accept", {"roles": ["Referrer"], "stands": ["origin", "adp"]}) == {
		"allowed": false, "reasons": {"role_not_permitted"}, "sides": set(),
	}
}

test_a_data_lead_reads_and_decides_nothing[what] if {
	some what in [name | some name, _ in data.actions; startswith(name, "referral.")]
	not ruled(what, {"roles": ["DataLead"], "stands": ["adp", "origin", "target", "asked", "accepted"]}).allowed
}

test_an_action_that_there_is_not_is_denied if {
	ruled("referral.Delete", {"roles": ["Commissioner"], "stands": ["adp"]}) == {
		"allowed": false, "reasons": {"action_unknown"}, "sides": set(),
	}
}

test_an_emergency_needs_a_second_factor_and_a_care_role[title] if {
	some title, vector in {
		"both": {"is": {"second_factor": true, "in_care_role": true}, "want": set()},
		"no second factor": {"is": {"in_care_role": true}, "want": {"second_factor_needed"}},
		"no care role": {"is": {"second_factor": true}, "want": {"care_role_needed"}},
	}
	ruled("emergency.Declare", vector.is).reasons == vector.want
}

test_nobody_reviews_their_own_emergency if {
	lead := {"roles": ["DataLead"], "stands": ["adp"]}
	ruled("emergency.Review", lead).allowed
	ruled("emergency.Review", object.union(lead, {"stands": ["adp", "declared"]})).reasons == {"is_declarer"}
}

test_who_is_suspended_does_nothing[what] if {
	some what, _ in data.actions
	everything := {
		"roles": ["Referrer", "Commissioner", "DataLead", "Provider", "Auditor", "PlatformAdmin"],
		"stands": ["without_adp", "adp", "partner", "origin", "target", "asked", "accepted", "holds_place", "runs_pool", "may_claim_pool"],
		"second_factor": true, "in_care_role": true,
	}
	ruled(what, everything).allowed
	ruled(what, object.union(everything, {"suspended": true})).reasons == {"partner_suspended"}
}
