# METADATA
# title: Sharing decision
# description: |
#   Decides which categories of one referral may be disclosed to whom, on which ground, and what that obliges to. Denied unless a
#   ground holds; a gate that is shut overrides every ground. The grounds and what they need are data.grounds, their order for
#   each action and purpose is data.order. Reasons are worked out for denials alone.
# scope: subpackages
# schemas:
#   - input: schema.facts
#   - data.beside: schema.beside
#   - data.grounds: schema.grounds
#   - data.order: schema.order
#   - data.reference: schema.reference
#   - data.settings: schema.settings
package sharing

# METADATA
# title: Decisions
# description: One decision for each of input.requests, in their order, from one evaluation.
# entrypoint: true
# schemas:
#   - input: schema.requests
decisions := [made |
	some request in input.requests
	made := decision with input as request
]

# METADATA
# title: Decision
# description: The decision about the one request that input is.
default decision := {
	"effect": "deny",
	"ground": "",
	"categories": {},
	"obligations": ["audit"],
	"reasons": ["no_ground"],
}

decision := _permits[0] if {
	open
} else := {
	"effect": "deny",
	"ground": "",
	"categories": {},
	"obligations": ["audit"],
	"reasons": _denial,
}

# A permit for each ground that holds and releases something that is asked for, in the order of the grounds.
_permits := [permit |
	grounds := data.grounds
	some id in data.order[input.action][input.purpose]
	ground := grounds[id]
	object.subset(input.is, ground.when)
	object.subset(input.is, ground.needs)
	every rule in ground.rules { holds[rule] }
	categories := _less(_released[ground.releases], ground.withholds)
	beside := _beside(categories, ground.withholds)
	_answers(categories, beside)
	permit := {
		"effect": "allow",
		"ground": ground.ground,
		"categories": categories,
		"beside": beside,
		"obligations": _obligations(ground),
		"basis": ground,
	}
]

# It answers with a category of which a field is asked for, or with what is asked for beside fields.
_answers(categories, _) if {
	some category, _ in categories
	input.asked[category]
}

_answers(_, beside) if count(beside) > 0

_obligations(ground) := array.concat(ground.obligations, ["break_glass_not_needed"]) if {
	input.is.break_glass_declared == true
	ground.ground != "break_glass"
} else := ground.obligations

_denial := shut if {
	not open
} else := explained if {
	explained := _unmet | _nothing_released
	count(explained) > 0
}

# The grounds that are about such a request at all: what they lack explains a denial.
_applicable := [ground |
	some id in data.order[input.action][input.purpose]
	ground := data.grounds[id]
	object.subset(input.is, ground.when)
]

_lacking(ground) := lacked_facts | lacked_rules if {
	lacked_facts := {fact | some fact, _ in ground.needs; not input.is[fact] == true}
	lacked_rules := {rule | some rule in ground.rules; not holds[rule]}
}

_unmet contains reason if {
	some ground in _applicable
	some condition in _lacking(ground)
	some reason in _reasons(condition)
}

_unmet contains "onward_purpose" if {
	input.action == "onward_disclose"
	count(_applicable) == 0
}

_nothing_released contains "no_fields_permitted" if {
	some ground in _applicable
	count(_lacking(ground)) == 0
}

_reasons(condition) := reasons if {
	reasons := why_not[condition]
} else := {condition}
