package main

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/identity"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/api/rights/rightstest"
	"lifeline.scot/crds/v1alpha1"
)

const loginIssuer = "https://login.example.org"

// holding is the view of a directory that holds partners.
func holding(partners ...metav1.Object) directory.View {
	return directory.NewView(directory.SnapshotOf(directory.NewChanges(partners...)), directorytest.Noon(),
		directory.Freshness{State: directory.Live})
}

// known is the view of a directory that holds a partner, as it was known so long ago.
func known(ago time.Duration, partner *v1alpha1.Partner) directory.View {
	now := directorytest.Noon()
	return directory.NewView(directory.SnapshotOf(directory.NewChanges(partner)), now,
		directory.Freshness{State: directory.LastKnown, AsOf: now.Add(-ago)})
}

func harbour(participation v1alpha1.Participation) *v1alpha1.Partner {
	p := directorytest.Partner("harbour", "Harbour Recovery")
	p.Spec.Participation = participation
	p.Spec.Clients = []v1alpha1.LoginClient{
		{Issuer: loginIssuer, ClientID: "beds", Roles: []v1alpha1.LoginRole{v1alpha1.LoginProvider}},
		{
			Issuer: loginIssuer, ClientID: "referrals", Partnership: "moray",
			Roles: []v1alpha1.LoginRole{v1alpha1.LoginReferrer, v1alpha1.LoginDataLead},
		},
		{Issuer: loginIssuer, ClientID: "reading"},
		{Issuer: loginIssuer, ClientID: "ward", CareRoles: []v1alpha1.CareRole{v1alpha1.CareClinician, v1alpha1.CarePeerWorker}},
	}
	return p
}

func TestWhoHasSignedIn(t *testing.T) {
	all := identity.RolesOf(identity.AllRoles()...)
	everyPart := identity.CareRolesOf(identity.AllCareRoles()...)
	for what, tc := range map[string]struct {
		v      directory.View
		client string
		roles  identity.Roles
		care   identity.CareRoles
		want   identity.Caller
		code   string
	}{
		"a role that the token and the client have": {
			v: holding(harbour("")), client: "beds", roles: identity.RolesOf(identity.Provider, identity.Referrer),
			want: identity.Caller{Partner: "harbour", Roles: identity.RolesOf(identity.Provider), Subject: "s"},
		},
		"a token with all roles there are": {
			v: holding(harbour("Active")), client: "referrals", roles: all,
			want: identity.Caller{
				Partner: "harbour", Partnership: "moray", Roles: identity.RolesOf(identity.Referrer, identity.DataLead), Subject: "s",
			},
		},
		"a role that the client has not": {
			v: holding(harbour("Active")), client: "beds", roles: identity.RolesOf(identity.Commissioner),
			want: identity.Caller{Partner: "harbour", Subject: "s"},
		},
		"a role that the token has not": {
			v: holding(harbour("Active")), client: "referrals", want: identity.Caller{Partner: "harbour", Partnership: "moray", Subject: "s"},
		},
		"a client without roles": {
			v: holding(harbour("Active")), client: "reading", roles: all, want: identity.Caller{Partner: "harbour", Subject: "s"},
		},
		"a part in care that the token and the client have": {
			v: holding(harbour("Active")), client: "ward", care: identity.CareRolesOf(identity.Clerk, identity.PeerWorker),
			want: identity.Caller{Partner: "harbour", Care: identity.CareRolesOf(identity.PeerWorker), Subject: "s"},
		},
		"a token with every part in care there is": {
			v: holding(harbour("Active")), client: "ward", care: everyPart,
			want: identity.Caller{Partner: "harbour", Care: identity.CareRolesOf(identity.Clinician, identity.PeerWorker), Subject: "s"},
		},
		"a client through which nobody sees a person": {
			v: holding(harbour("Active")), client: "beds", roles: all, care: everyPart,
			want: identity.Caller{Partner: "harbour", Roles: identity.RolesOf(identity.Provider), Subject: "s"},
		},
		"a client that is nobody's": {v: holding(harbour("Active")), client: "other", roles: all, code: "UNKNOWN_PARTNER"},
		"nobody in the directory":   {v: holding(), client: "beds", roles: all, code: "UNKNOWN_PARTNER"},
		"what was known a moment ago": {
			v: known(time.Minute, harbour("")), client: "beds", want: identity.Caller{Partner: "harbour", Subject: "s"},
		},
		"what was known too long ago":       {v: known(6*time.Minute, harbour("")), client: "beds", roles: all, code: engine.CodeUnavailable},
		"an organisation that is suspended": {v: holding(harbour("Suspended")), client: "beds", roles: all, code: "SUSPENDED"},
	} {
		t.Run(what, func(t *testing.T) {
			got, err := callerOf(t.Context(), rightstest.Rules(), tc.v, oidc.SignIn{
				Issuer: loginIssuer, ClientID: tc.client, Subject: "s", Roles: tc.roles, Care: tc.care,
			})
			var told *engine.Error
			code := ""
			if errors.As(err, &told) {
				code = told.Code
			}
			if got != tc.want || code != tc.code {
				t.Errorf("%+v %v, want %+v %s", got, err, tc.want, tc.code)
			}
		})
	}
}

func TestHowSomebodySignedIn(t *testing.T) {
	for _, signIn := range []oidc.SignIn{{SecondFactor: true}, {HealthProfessional: true}, {}} {
		signIn.Issuer, signIn.ClientID = loginIssuer, "ward"
		got, err := callerOf(t.Context(), rightstest.Rules(), holding(harbour("Active")), signIn)
		if err != nil || got.SecondFactor != signIn.SecondFactor || got.HealthProfessional != signIn.HealthProfessional {
			t.Errorf("%+v of %+v: %v", got, signIn, err)
		}
	}
}

// Every care role that a client can have is one here, each another.
func TestEachCareRoleOfAClientIsOneHere(t *testing.T) {
	var all identity.CareRoles
	for i, role := range []v1alpha1.CareRole{
		v1alpha1.CarePractitioner, v1alpha1.CareClinician, v1alpha1.CareClerk, v1alpha1.CarePeerWorker, v1alpha1.CareSafeguardingOfficer,
		v1alpha1.CareAnalyst, v1alpha1.CareOverdoseResponder, v1alpha1.CareDeathReviewer, v1alpha1.CareDataSubject,
	} {
		got := careRolesOf(&v1alpha1.LoginClient{CareRoles: []v1alpha1.CareRole{role}})
		if got != identity.CareRolesOf(identity.AllCareRoles()[i]) {
			t.Errorf("%s is %v", role, got.List())
		}
		all |= got
	}
	if all != identity.CareRolesOf(identity.AllCareRoles()...) {
		t.Errorf("some are missing: %v", all.List())
	}
	if got := careRolesOf(&v1alpha1.LoginClient{CareRoles: []v1alpha1.CareRole{"Nobody", ""}}); got != 0 {
		t.Errorf("what is none is %v", got.List())
	}
}

// What does not count is never taken for nothing said, and what is said of it leaks nothing of it.
func TestWhatDoesNotCountIsNotThePublic(t *testing.T) {
	d, err := directory.New(&rest.Config{Host: "https://127.0.0.1:1"}, directory.Options{})
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := oidc.New([]oidc.Issuer{{Issuer: loginIssuer, Audiences: []string{"api"}}}, oidc.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{directory: d, rights: rightstest.Rules(), verifier: verifier, metrics: newMetrics(d)}
	for _, tc := range []struct {
		headers    []string
		parameters map[string]any
		code       string
	}{
		{nil, nil, ""},
		{[]string{""}, nil, ""},
		{nil, map[string]any{"other": "x"}, ""},
		{[]string{"Bearer"}, nil, engine.CodeUnauthenticated},
		{[]string{"Bearer "}, nil, engine.CodeUnauthenticated},
		{[]string{" "}, nil, engine.CodeUnauthenticated},
		{[]string{"secret-word"}, nil, engine.CodeUnauthenticated},
		{[]string{"Basic secret-word"}, nil, engine.CodeUnauthenticated},
		{[]string{"Bearer secret-word"}, nil, engine.CodeUnauthenticated},
		{[]string{"bearer secret-word"}, nil, engine.CodeUnauthenticated},
		{[]string{"Bearer  secret-word"}, nil, engine.CodeUnauthenticated},
		{[]string{"", "Bearer secret-word"}, nil, engine.CodeUnauthenticated},
		{[]string{"Bearer a.b.c", "Bearer secret-word"}, nil, engine.CodeUnauthenticated},
		{nil, map[string]any{"authorization": nil}, engine.CodeUnauthenticated},
		{nil, map[string]any{"authorization": ""}, engine.CodeUnauthenticated},
		{nil, map[string]any{"authorization": 7}, engine.CodeUnauthenticated},
		{nil, map[string]any{"authorization": "Bearer secret-word"}, engine.CodeUnauthenticated},
		{[]string{"Bearer secret-word"}, map[string]any{"authorization": ""}, engine.CodeUnauthenticated},
	} {
		r := httptest.NewRequest("POST", "/graphql", nil)
		for _, header := range tc.headers {
			r.Header.Add("Authorization", header)
		}
		ctx, err := s.identify(r, tc.parameters)
		var told *engine.Error
		switch {
		case tc.code == "" && (err != nil || identity.From(ctx).Known()):
			t.Errorf("%q %v: %v", tc.headers, tc.parameters, err)
		case tc.code != "" && (!errors.As(err, &told) || told.Code != tc.code || told.Extensions["reason"] == nil):
			t.Errorf("%q %v: %v", tc.headers, tc.parameters, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error has the token in it: %v", err)
		}
	}
}

func TestEachReasonSaysWhatToDo(t *testing.T) {
	for _, reason := range oidc.Reasons() {
		var told *engine.Error
		if err := refusedSignIn(&oidc.RefusedError{Reason: reason}); !errors.As(err, &told) || told.Code != engine.CodeUnauthenticated ||
			told.Extensions["reason"] != string(reason) || !strings.HasSuffix(told.Message, ".") {
			t.Errorf("%s: %v", reason, err)
		}
	}
	var told *engine.Error
	away := refusedSignIn(&oidc.UnavailableError{Issuer: "https://internal.example.org", RetryAfter: time.Second})
	if !errors.As(away, &told) || told.Code != engine.CodeUnavailable || strings.Contains(told.Message, "internal.example.org") {
		t.Errorf("an issuer that is away: %v", away)
	}
}

// Whoever was let in at the beginning of a stream goes on until their token expires, their organisation is suspended or what they may do
// changes, whichever comes first.
func TestWhoMayGoOn(t *testing.T) {
	signIn := oidc.SignIn{
		Issuer: loginIssuer, ClientID: "beds", Subject: "s", Roles: identity.RolesOf(identity.Provider),
		Care: identity.CareRolesOf(identity.Clerk), Expires: directorytest.Noon().Add(time.Minute),
	}
	caller, err := callerOf(t.Context(), rightstest.Rules(), holding(harbour("Active")), signIn)
	if err != nil {
		t.Fatal(err)
	}
	narrowed := harbour("Active")
	narrowed.Spec.Clients[0].Roles = nil
	attending := harbour("Active")
	attending.Spec.Clients[0].CareRoles = []v1alpha1.CareRole{v1alpha1.CareClerk}
	elsewhere := harbour("Active")
	elsewhere.Spec.Clients[0].Partnership = "fife"
	for what, tc := range map[string]struct {
		partner *v1alpha1.Partner
		passes  time.Duration
		want    string
	}{
		"as before":                     {harbour("Active"), 0, ""},
		"within the leeway":             {harbour("Active"), time.Minute + oidc.Leeway - time.Second, ""},
		"when the token has expired":    {harbour("Active"), time.Minute + oidc.Leeway, "EXPIRED"},
		"when they are suspended":       {harbour("Suspended"), 0, "SUSPENDED"},
		"when the client has gone":      {directorytest.Partner("harbour", "Harbour Recovery"), 0, "UNKNOWN_PARTNER"},
		"when they have another role":   {narrowed, 0, "CHANGED"},
		"when they may see of a person": {attending, 0, "CHANGED"},
		"when they act for another ADP": {elsewhere, 0, "CHANGED"},
	} {
		v := directory.NewView(directory.SnapshotOf(directory.NewChanges(tc.partner)), directorytest.Noon().Add(tc.passes),
			directory.Freshness{State: directory.Live})
		var told *engine.Error
		said := ""
		if err := mayGoOn(t.Context(), rightstest.Rules(), v, signIn, caller); errors.As(err, &told) {
			said = told.Code
			if reason, ok := told.Extensions["reason"].(string); ok {
				said = reason
			}
		} else if err != nil {
			t.Error(err)
		}
		if said != tc.want {
			t.Errorf("%s: %q, want %q", what, said, tc.want)
		}
	}
}
