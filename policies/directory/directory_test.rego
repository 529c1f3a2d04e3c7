package directory_test

import data.directory

seen(what, facts) := ruling if {
	nobody := {"roles": [], "stands": [], "signed_in": true, "suspended": false, "second_factor": false, "in_care_role": false}
	ruling := directory.ruling with input as object.union_n([nobody, facts, {"what": what}])
}

test_a_claim_is_seen_by_its_adp_and_whoever_holds_a_place[title] if {
	some title, vector in {
		"a referrer of the ADP": {"is": {"roles": ["Referrer"], "stands": ["adp"]}, "want": set()},
		"a data lead of the ADP": {"is": {"roles": ["DataLead"], "stands": ["adp"]}, "want": set()},
		"the provider that holds a place": {"is": {"roles": ["Provider"], "stands": ["holds_place"]}, "want": set()},
		"another ADP": {"is": {"roles": ["Commissioner"]}, "want": {"not_theirs"}},
		"an auditor": {"is": {"roles": ["Auditor"], "stands": ["adp"]}, "want": {"role_not_permitted"}},
		"the public": {"is": {"signed_in": false}, "want": {"role_not_permitted"}},
	}
	seen("claim", vector.is).reasons == vector.want
}

test_a_queue_is_seen_by_those_whose_people_may_be_placed if {
	seen("queue", {"roles": ["Provider"], "stands": ["runs_pool"]}).allowed
	seen("queue", {"roles": ["DataLead"], "stands": ["may_claim_pool"]}).allowed
	not seen("queue", {"roles": ["DataLead"], "stands": ["adp"]}).allowed
}

test_a_fund_and_a_ledger_are_for_the_adp[what] if {
	some what in ["fund", "unmet_need"]
	seen(what, {"roles": ["Commissioner"], "stands": ["adp"]}).allowed
	not seen(what, {"roles": ["Commissioner"]}).allowed
	not seen(what, {"roles": ["Provider"], "stands": ["adp", "runs_pool", "holds_place"]}).allowed
}

test_a_data_lead_sees_referrals_from_the_side_of_the_adp if {
	seen("referral", {"roles": ["DataLead"], "stands": ["adp"]}) == {
		"allowed": true, "reasons": set(), "sides": {"Partnership"},
	}
}

test_what_there_is_not_is_hidden if {
	seen("diary", {"roles": ["Auditor"]}) == {"allowed": false, "reasons": {"thing_unknown"}, "sides": set()}
}
