# METADATA
# title: Sharing decision
# description: |
#   Decides which fields of one referral may be disclosed to whom, on which ground, and what that obliges to. Denied unless a
#   ground holds; a gate that is shut overrides every ground. The grounds, their order and their conditions are data.grounds.
# scope: subpackages
package sharing

# METADATA
# title: Decisions
# description: One decision for each of input.requests, in their order, from one evaluation.
# entrypoint: true
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
	"fields": [],
	"obligations": ["audit"],
	"reasons": ["no_ground"],
}

decision := _permit if {
	_open
	_first
} else := {
	"effect": "deny",
	"ground": "",
	"fields": [],
	"obligations": ["audit"],
	"reasons": sort(_denial),
}

_permit := {
	"effect": "allow",
	"ground": ground.ground,
	"article6": ground.article6,
	"article9": ground.article9,
	"confidentiality": ground.confidentiality,
	"fields": sort(_disclosable(ground)),
	"obligations": sort(_set(array.concat(["audit"], ground.obligations)) | _not_needed(ground)),
	"reasons": sort(_set(array.concat(ground.when, ground.needs))),
} if {
	ground := data.grounds[_first]
}

# The first ground that holds and releases a field.
_first := min([i | some i in _holding; count(_disclosable(data.grounds[i])) > 0])

_holding contains i if {
	some i in _applicable
	every condition in data.grounds[i].needs {
		condition in met
	}
}

# The grounds that are about such a request at all: their unmet conditions explain a denial.
_applicable contains i if {
	some i, ground in data.grounds
	input.action in ground.actions
	input.purpose in ground.purposes
	every condition in ground.when {
		condition in met
	}
}

_not_needed(ground) := {"break_glass_not_needed"} if {
	"break_glass_declared" in met
	ground.ground != "break_glass"
} else := set()

_denial := shut if {
	not _open
} else := explained if {
	explained := _unmet | _nothing_released
	count(explained) > 0
} else := {"no_ground"}

_unmet contains reason if {
	some i in _applicable
	some condition in data.grounds[i].needs
	not condition in met
	some reason in object.get(why_not, condition, {condition})
}

_unmet contains "onward_purpose" if {
	input.action == "onward_disclose"
	count(_applicable) == 0
}

_nothing_released contains "no_fields_permitted" if count(_holding) > 0
