package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/charts"
	"lifeline.scot/hack/dev/partners"
)

// The users that the programs run as, which are also the names of their roles.
const (
	operatorUser = "lifeline-operator"
	apiUser      = "lifeline-api"
)

// programNamespace is what the programs take for the namespace they run in.
const programNamespace = corev1.NamespaceDefault

func (s *stack) startOperator(ctx context.Context) error {
	allowed, err := charts.Operator()
	if err != nil {
		return err
	}
	// Leader election guards against two operators; here the lock on the folder does, and a restart need not wait. It is all
	// that the operator needs rights in its own namespace for.
	allowed.Namespace = nil
	if err := s.admit(ctx, "operator", operatorUser, allowed); err != nil {
		return fmt.Errorf("identity of the operator: %w", err)
	}
	return s.run(ctx, "operator", url(s.settings.operatorHealth, "/readyz"),
		"--kubeconfig="+s.settings.kubeconfigOf("operator"),
		"--metrics-bind-address="+s.settings.operatorMetrics,
		"--health-probe-bind-address="+s.settings.operatorHealth,
		"--leader-elect=false",
		"--log-level="+s.settings.logLevel.String(),
	)
}

func (s *stack) startAPI(ctx context.Context) error {
	allowed, err := charts.API()
	if err != nil {
		return err
	}
	allowed.Namespace = append(allowed.Namespace, mayReadSigning())
	if err := s.admit(ctx, "api", apiUser, allowed); err != nil {
		return fmt.Errorf("identity of the API: %w", err)
	}
	_, partnersPort, err := net.SplitHostPort(s.settings.partners)
	if err != nil {
		return fmt.Errorf("endpoint of partners: %w", err)
	}
	arguments := []string{
		"--kubeconfig=" + s.settings.kubeconfigOf("api"),
		"--listen=" + s.settings.api,
		"--metrics-listen=" + s.settings.apiMetrics,
		"--graphiql=on",
		"--log-level=" + s.settings.logLevel.String(),
		"--store=" + filepath.Join(s.settings.dir, "referrals", "referrals.db"),
		"--keys=" + filepath.Join(s.settings.dir, "referrals", "keys"),
		"--narrowing-configmap=" + programNamespace + "/lifeline-narrowing",
		"--public-url=" + url(s.settings.api, ""),
		// This machine may be sent to here alone: by the endpoint of partners, and by whoever develops a partner's software.
		"--deliver-to-prefixes=127.0.0.0/8,::1/128",
		"--deliver-to-ports=" + partnersPort,
		"--deliver-to-authorities=" + partners.CertificateFile(s.settings.dir),
	}
	if s.issuer == nil {
		s.say("  others could reach " + s.settings.api + ", so nobody can sign in: claims on places are closed to all")
	} else {
		arguments = append(arguments, "--development-issuer="+url(s.settings.issuer, ""))
	}
	return s.run(ctx, "API", url(s.settings.api, "/readyz"), arguments...)
}

// admit gives the user the rules that the chart gives the program, and the program the user's kubeconfig.
func (s *stack) admit(ctx context.Context, program, user string, allowed charts.Permissions) error {
	var objects []client.Object
	if len(allowed.Cluster) > 0 {
		objects = append(objects, &rbacv1.ClusterRole{Rules: allowed.Cluster},
			&rbacv1.ClusterRoleBinding{RoleRef: roleRef("ClusterRole", user), Subjects: subjects(user)})
	}
	if len(allowed.Namespace) > 0 {
		objects = append(objects, &rbacv1.Role{Rules: allowed.Namespace},
			&rbacv1.RoleBinding{RoleRef: roleRef("Role", user), Subjects: subjects(user)})
		for _, object := range objects[len(objects)-2:] {
			object.SetNamespace(programNamespace)
		}
	}
	for _, object := range objects {
		kind, err := s.client.GroupVersionKindFor(object)
		if err != nil {
			return err
		}
		object.GetObjectKind().SetGroupVersionKind(kind)
		object.SetName(user)
		if err := s.apply(ctx, object, always); err != nil {
			return err
		}
	}
	return s.identify(program, user)
}

func roleRef(kind, name string) rbacv1.RoleRef {
	return rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: kind, Name: name}
}

func subjects(user string) []rbacv1.Subject {
	return []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}}
}

// answers tells whether the URL answers 200.
func answers(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, strings.ToLower(response.Status))
	}
	return nil
}
