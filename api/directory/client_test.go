package directory

import (
	"testing"

	given "lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/v1alpha1"
)

func partnerWith(name string, clients ...v1alpha1.LoginClient) *v1alpha1.Partner {
	p := given.Partner(name, name)
	p.Spec.Clients = clients
	return p
}

// A client belongs to the one organisation that says it is theirs: while two do, to neither.
func TestWhoseClientItIs(t *testing.T) {
	app := v1alpha1.LoginClient{Issuer: "https://a.example.org", ClientID: "app", Roles: []v1alpha1.LoginRole{v1alpha1.LoginProvider}}
	elsewhere := v1alpha1.LoginClient{Issuer: "https://b.example.org", ClientID: "app"}
	snapshot := SnapshotOf(NewChanges(partnerWith("harbour", app), partnerWith("quay", elsewhere), partnerWith("shore")))
	whose := func(issuer, id string) string {
		partner, client, known := NewView(snapshot, given.Noon(), Freshness{State: Live}).Client(issuer, id)
		if !known {
			return ""
		}
		if string(client.Issuer) != issuer || client.ClientID != id {
			t.Errorf("asked for %s at %s, found %+v", id, issuer, client)
		}
		return partner.Name
	}
	check := func(when, issuer, id, want string) {
		t.Helper()
		if got := whose(issuer, id); got != want {
			t.Errorf("%s: %s at %s is of %q, want %q", when, id, issuer, got, want)
		}
	}
	check("at first", "https://a.example.org", "app", "harbour")
	check("at another issuer", "https://b.example.org", "app", "quay")
	check("at no issuer", "", "app", "")
	check("another", "https://a.example.org", "App", "")
	check("with a slash", "https://a.example.org/", "app", "")
	snapshot = snapshot.Apply(NewChanges(partnerWith("shore", app)))
	check("claimed by two", "https://a.example.org", "app", "")
	snapshot = snapshot.Apply(NewChanges(partnerWith("quay", app)))
	check("claimed by three", "https://a.example.org", "app", "")
	snapshot = snapshot.Apply(NewChanges(partnerWith("harbour"), partnerWith("quay")))
	check("handed over", "https://a.example.org", "app", "shore")
	gone := NewChanges()
	gone.Partners["shore"] = nil
	snapshot = snapshot.Apply(gone)
	check("gone", "https://a.example.org", "app", "")
}
