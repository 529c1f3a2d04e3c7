package directory

import "lifeline.scot/crds/v1alpha1"

// clientName names a client: whoever signs in there has a token that says both.
type clientName struct{ issuer, id string }

// registered is the organisation that a client belongs to; nobody where two say that it is theirs.
type registered struct {
	partner *Partner
	client  *v1alpha1.LoginClient
}

// clients are the ways to sign in. They are immutable.
type clients map[clientName]registered

func clientsOf(partners []*Partner) clients {
	all := clients{}
	for _, partner := range partners {
		for i := range partner.Spec.Clients {
			client := &partner.Spec.Clients[i]
			name := clientName{string(client.Issuer), client.ClientID}
			if _, taken := all[name]; taken {
				all[name] = registered{}
			} else {
				all[name] = registered{partner, client}
			}
		}
	}
	return all
}
