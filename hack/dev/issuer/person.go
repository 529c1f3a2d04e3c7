package issuer

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/scotland"
)

// person is somebody invented. Their names say what they do, so that nobody is taken for a real person.
type person struct {
	name, username, subject string
	role                    identity.Role
	// care is the part they take in people's care, or several; nil for none.
	care []identity.CareRole
	// methods are how they signed in, by the names of RFC 8176.
	methods []string
	// professional says that they are registered as a health professional.
	professional bool
	// client is what they sign in through: that of an organisation in the sample data.
	client string
}

// people are one for each role, and after them some who take other parts in people's care.
func people() []person {
	password, both := []string{"pwd"}, []string{"pwd", "otp"}
	as := func(roles ...identity.CareRole) []identity.CareRole { return roles }
	return []person{
		{"Rhona Referrer", "rhona", "1d0c7a52", identity.Referrer, as(identity.Practitioner), both, false, "glasgow-referrals"},
		{"Callum Commissioner", "callum", "58e3b9f4", identity.Commissioner, nil, password, false, "glasgow-commissioning"},
		{"Davina Datalead", "davina", "7be14c06", identity.DataLead, as(identity.Analyst), both, false, "glasgow-commissioning"},
		{"Pavel Provider", "pavel", "94a2d81f", identity.Provider, as(identity.Practitioner), both, false, "phoenix-beds"},
		{"Aileen Auditor", "aileen", "b3670e5d", identity.Auditor, nil, both, false, "lifeline-audit"},
		{"Petra Platformadmin", "petra", "e8f5124c", identity.PlatformAdmin, nil, both, false, "lifeline-platform"},
		{"Clodagh Clinician", "clodagh", "2f96d0b8", identity.Provider, as(identity.Clinician), both, true, "phoenix-beds"},
		{"Padma Peerworker", "padma", "c41b7e93", identity.Provider, as(identity.PeerWorker), password, false, "phoenix-beds"},
		{
			"Owen Overdoseresponder", "owen", "6a05f2cd", identity.Referrer, as(identity.OverdoseResponder), both, true,
			"glasgow-referrals",
		},
		{"Pia Paramedic", "pia", "0e7d63c9", identity.Referrer, as(identity.Clinician), both, true, "ambulance-referrals"},
		{
			"Rory Responder", "rory", "d4915fa2", identity.Provider, as(identity.OverdoseResponder, identity.Practitioner), both, false,
			"glasgow-responders",
		},
	}
}

// called is what a person is asked for by: their family name, in small letters.
func (p person) called() string {
	_, family, _ := strings.Cut(p.name, " ")
	return strings.ToLower(family)
}

func named(username string) (person, bool) {
	return find(func(p person) bool { return p.username == username })
}

// inRole finds a person by their role or part in care, whose name may be written in capitals and with dashes.
func inRole(role string) (person, bool) {
	return find(func(p person) bool { return strings.EqualFold(p.called(), strings.ReplaceAll(role, "-", "")) })
}

func find(fits func(person) bool) (person, bool) {
	i := slices.IndexFunc(people(), fits)
	if i < 0 {
		return person{}, false
	}
	return people()[i], true
}

// platform is the invented organisation that auditors and platform admins of a run work for.
const platform = "lifeline-development"

// clients are how each organisation signs in, by its name.
func clients() map[string][]v1alpha1.LoginClient {
	const glasgow = "glasgow-city"
	of := func(
		id v1alpha1.OneLine, partnership v1alpha1.ObjectName, roles []v1alpha1.LoginRole, care ...v1alpha1.CareRole,
	) v1alpha1.LoginClient {
		return v1alpha1.LoginClient{
			Issuer: oidc.DevelopmentIssuer, ClientID: id, Partnership: partnership, Roles: roles, CareRoles: care,
		}
	}
	may := func(roles ...v1alpha1.LoginRole) []v1alpha1.LoginRole { return roles }
	return map[string][]v1alpha1.LoginClient{
		"glasgow-city-hscp": {
			of("glasgow-referrals", glasgow, may(v1alpha1.LoginReferrer),
				v1alpha1.CarePractitioner, v1alpha1.CareClinician, v1alpha1.CareOverdoseResponder),
			of("glasgow-responders", "", may(v1alpha1.LoginProvider),
				v1alpha1.CarePractitioner, v1alpha1.CareOverdoseResponder),
			of("glasgow-commissioning", glasgow, may(v1alpha1.LoginCommissioner, v1alpha1.LoginDataLead), v1alpha1.CareAnalyst),
		},
		"phoenix-futures": {
			of("phoenix-beds", "", may(v1alpha1.LoginProvider),
				v1alpha1.CarePractitioner, v1alpha1.CareClinician, v1alpha1.CarePeerWorker),
		},
		"scottish-ambulance-service": {
			of("ambulance-referrals", glasgow, may(v1alpha1.LoginReferrer), v1alpha1.CareClinician),
		},
		platform: {
			of("lifeline-audit", "", may(v1alpha1.LoginAuditor)),
			of("lifeline-platform", "", may(v1alpha1.LoginPlatformAdmin)),
		},
	}
}

// Enrol lets the organisations among the objects sign in, and puts the invented one behind them. It fails if one is not there.
func Enrol(objects []client.Object) ([]client.Object, error) {
	waiting := clients()
	last := -1
	for i, object := range objects {
		partner, ok := object.(*v1alpha1.Partner)
		if !ok {
			continue
		}
		last = i
		partner.Spec.Clients = append(partner.Spec.Clients, waiting[partner.Name]...)
		delete(waiting, partner.Name)
	}
	invented := inventedPartner(waiting[platform])
	delete(waiting, platform)
	for name := range waiting {
		return nil, fmt.Errorf("people of %s are to sign in, and there is no such organisation", name)
	}
	return slices.Insert(objects, last+1, client.Object(invented)), nil
}

func inventedPartner(clients []v1alpha1.LoginClient) *v1alpha1.Partner {
	return &v1alpha1.Partner{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Partner"},
		ObjectMeta: metav1.ObjectMeta{
			Name: platform, Labels: map[string]string{scotland.DataLabel: scotland.DataGenerated},
		},
		Spec: v1alpha1.PartnerSpec{
			DisplayName: "Lifeline development team (invented)", Clients: clients,
			Sources: []v1alpha1.Source{{Title: "Invented for make run", Provenance: v1alpha1.ProvenanceIllustrative}},
		},
	}
}
