// Package v1alpha1 holds the custom resources of Lifeline: what Scotland's Alcohol and Drug Partnerships publish about
// their partners, services and places.
//
// Nothing in these resources is about a person: no names, no dates of birth, no identifiers of anybody who is supported.
// Contacts are shared mailboxes and switchboards.
//
// Conventions: Kubernetes API conventions, checked by kube-api-linter; instants are named somethingTime, published dates
// that may lack a day or a month are strings named asOf, integers are named with their unit.
//
// +kubebuilder:object:generate=true
// +groupName=lifeline.scot
package v1alpha1
