package identity_test

import (
	"reflect"
	"slices"
	"testing"

	"lifeline.scot/api/identity"
)

func TestTheContextSaysWhoAsks(t *testing.T) {
	if c := identity.From(t.Context()); c.Known() || c != (identity.Caller{}) {
		t.Errorf("nobody has said who they are: %+v", c)
	}
	c := identity.Caller{Partner: "harbour", Roles: identity.RolesOf(identity.Provider)}
	if got := identity.From(identity.With(t.Context(), c)); got != c || !got.Known() {
		t.Errorf("%+v", got)
	}
}

func TestRolesAreSets(t *testing.T) {
	for _, tc := range []struct {
		roles []identity.Role
		want  []identity.Role
	}{
		{nil, []identity.Role{}},
		{[]identity.Role{"Admin", "", "referrer"}, []identity.Role{}},
		{[]identity.Role{identity.Provider, identity.Referrer, identity.Provider}, []identity.Role{identity.Referrer, identity.Provider}},
		{identity.AllRoles(), identity.AllRoles()},
	} {
		got := identity.RolesOf(tc.roles...)
		if !reflect.DeepEqual(got.List(), tc.want) {
			t.Errorf("%v: %v", tc.roles, got.List())
		}
		for _, role := range identity.AllRoles() {
			if got.HasAny(role) != slices.Contains(tc.want, role) {
				t.Errorf("%v: has %s: %t", tc.roles, role, got.HasAny(role))
			}
		}
		if got.HasAny() || got.HasAny("Admin") || got.HasAny("") {
			t.Errorf("%v has a role that there is not", tc.roles)
		}
	}
	both := identity.RolesOf(identity.Referrer, identity.Auditor).Both(identity.RolesOf(identity.Auditor, identity.Provider))
	if both != identity.RolesOf(identity.Auditor) {
		t.Errorf("in both: %v", both.List())
	}
}

// An idempotency key of one person, or for one organisation or ADP, is not that of another.
func TestScopesTellCallersApart(t *testing.T) {
	seen := map[string]identity.Caller{}
	for _, c := range []identity.Caller{
		{},
		{Partner: "a"},
		{Partnership: "a"},
		{Subject: "a"},
		{Partner: "a", Subject: "a"},
		{Partner: "a", Partnership: "a"},
		{Partner: "a", Partnership: "a", Subject: "a"},
		{Partner: "a", Partnership: "b", Subject: "a"},
		{Partner: "a", Partnership: "a", Subject: "b"},
	} {
		if before, taken := seen[c.Scope()]; taken {
			t.Errorf("%+v and %+v have one scope", before, c)
		}
		seen[c.Scope()] = c
	}
	with := identity.Caller{Partner: "a", Subject: "a", Roles: identity.RolesOf(identity.Provider)}
	if with.Scope() != (identity.Caller{Partner: "a", Subject: "a"}).Scope() {
		t.Error("who is given a role is somebody else")
	}
}
