package v1alpha1

import "strings"

const (
	// NamespacePrefix starts the name of the namespace that each Partnership owns: adp-<name of the Partnership>.
	NamespacePrefix = "adp-"

	// PartnershipLabel is on each namespace, Role and RoleBinding the operator makes for a Partnership; its value is the
	// Partnership's name.
	PartnershipLabel = "lifeline.scot/partnership"

	// PartnerLabel is on each Role and RoleBinding the operator makes for a provider; its value is the Partner's name.
	PartnerLabel = "lifeline.scot/partner"

	// CreatedForAnnotation is on each namespace the operator made; its value is the UID of the Partnership it was made for,
	// with which it goes. A namespace without it was handed over, and stays when the Partnership goes.
	CreatedForAnnotation = "lifeline.scot/created-for"

	// InUseFinalizer keeps an object that others still name until they no longer do. What is waited for stands in the
	// object's Ready condition and in an Event.
	InUseFinalizer = "lifeline.scot/in-use"

	// VerbReport is the verb, on CapacityPools, that lets somebody write a CapacityReport for a pool. An admission policy
	// checks it, so that plain Roles decide who may report for which pool.
	VerbReport = "report"

	// VerbReportAs is the verb, on Partners, that lets somebody name a Partner as the one that counted. A provider's own
	// accounts hold it for their Partner in each namespace where it has a pool, by a namespaced Role with its resourceName.
	VerbReportAs = "reportas"

	// VerbClaim is the verb, on Placements, that lets somebody make a claim, change what is asked for, and withdraw it.
	VerbClaim = "claim"

	// VerbPrioritise is the verb, on Placements, that lets somebody make a claim an Emergency or raise its priority.
	VerbPrioritise = "prioritise"

	// VerbApproveFunding is the verb, on Placements, that lets somebody decide whether the ADP pays.
	VerbApproveFunding = "approvefunding"

	// VerbAdmit is the verb, on CapacityPools, that lets somebody accept, admit and discharge people in a pool, and hold its
	// places longer.
	VerbAdmit = "admit"

	// VerbAnswer is the verb, on Placements, that lets a program note on a claim which requests it has carried out.
	VerbAnswer = "answer"

	// PlaceFinalizer keeps a Placement that holds a place, and a pool with people in it or awaited, until the place is
	// given back.
	PlaceFinalizer = "lifeline.scot/place"
)

// PartnershipOf returns the name of the Partnership that a namespace of this name would belong to; empty if to none.
func PartnershipOf(namespace string) ObjectName {
	name, _ := strings.CutPrefix(namespace, NamespacePrefix)
	if len(name) == len(namespace) {
		return ""
	}
	return ObjectName(name)
}

// NamespaceFor returns the name of the namespace that the Partnership of the given name owns.
func NamespaceFor(partnership string) string { return NamespacePrefix + partnership }
