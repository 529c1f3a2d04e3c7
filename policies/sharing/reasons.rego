package sharing

# METADATA
# title: Why a condition is not met
# description: |
#   The reason codes of each condition that is not met, for those who must explain a denial. They decide nothing: a condition
#   without a reason here is explained by its own name.
why_not["named"] := {"anonymous_referral"}

why_not["target"] := {"not_target"}

why_not["alive"] := {"subject_deceased"}

why_not["deceased"] := {"subject_not_deceased"}

why_not["relationship"] := {"no_relationship"}

why_not["consent"] := {sprintf("consent_%s", [consent_state])}

why_not["no_objection"] := {"objection_recorded"}

why_not["no_capable_objection"] := {"objection_recorded"}

why_not["agreement"] := no_agreement

why_not["holds_record"] := {"record_not_held"}

why_not["informed"] := {"not_informed"}

why_not["incapable"] := {"capacity_not_incapable"}

why_not["overdose_recorded"] := {"nfo_in_future"} if {
	input.is.overdose_on_record == true
} else := {"no_nfo_event"}

why_not["overdose_within_outreach"] := {"nfo_window_closed"} if {
	input.is.overdose_recorded == true
} else := set()

why_not["overdose_within_vital"] := {"vital_window_closed"} if {
	input.is.overdose_recorded == true
} else := set()

why_not["discloser_statutory"] := {"discloser_not_statutory"}

why_not["recipient_statutory"] := {"recipient_kind"}

why_not["adult_protection_recipient"] := {"recipient_kind"}

why_not["child_protection_recipient"] := {"recipient_kind"}

why_not["area_served"] := {"area_not_served"}

why_not["adult_at_risk"] := {"not_adult_at_risk"}

why_not["child_at_risk"] := {"not_child_at_risk"}

why_not["own_data"] := {"not_data_subject"}

why_not["second_factor"] := {"mfa_required"}

why_not["break_glass_role"] := {"break_glass_role", "role_not_permitted"}

why_not["break_glass_reason"] := {"capable_subject"} if {
	input.break_glass.reason == "life_at_risk"
	input.is.capable == true
} else := {"break_glass_reason"}

why_not["break_glass_justified"] := {"justification_required"}

why_not["break_glass_live"] := {"break_glass_expired"} if {
	input.is.break_glass_begun == true
} else := {"break_glass_not_started"}
