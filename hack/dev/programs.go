package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"lifeline.scot/charts"
	"lifeline.scot/hack/dev/tokens"
)

// The users that the programs run as, which are also the names of their roles.
const (
	operatorUser = "lifeline-operator"
	apiUser      = "lifeline-api"
)

func (s *stack) startOperator(ctx context.Context) error {
	allowed, err := charts.Operator()
	if err != nil {
		return err
	}
	if err := s.admit(ctx, "operator", operatorUser, allowed); err != nil {
		return fmt.Errorf("identity of the operator: %w", err)
	}
	// Leader election guards against two operators; here the lock on the folder does, and a restart need not wait.
	return s.run(ctx, "operator", url(s.settings.operatorHealth, "/readyz"),
		"--kubeconfig="+s.settings.kubeconfigOf("operator"),
		"--metrics-bind-address="+s.settings.operatorMetrics,
		"--health-probe-bind-address="+s.settings.operatorHealth,
		"--leader-elect=false",
	)
}

func (s *stack) startAPI(ctx context.Context) error {
	allowed, err := charts.API()
	if err != nil {
		return err
	}
	if err := s.admit(ctx, "api", apiUser, allowed); err != nil {
		return fmt.Errorf("identity of the API: %w", err)
	}
	arguments := []string{
		"--kubeconfig=" + s.settings.kubeconfigOf("api"),
		"--listen=" + s.settings.api,
		"--metrics-listen=" + s.settings.apiMetrics,
		"--graphiql=on",
	}
	if !tokens.MayBeUsed(s.settings.api) {
		s.say("  others could reach " + s.settings.api + ", so there are no tokens: claims on places are closed to all")
		return s.run(ctx, "API", url(s.settings.api, "/readyz"), arguments...)
	}
	if err := tokens.Ensure(s.settings.dir); err != nil {
		return err
	}
	arguments = append(arguments, "--development-tokens="+tokens.File(s.settings.dir))
	return s.run(ctx, "API", url(s.settings.api, "/readyz"), arguments...)
}

// admit gives the user the cluster-wide rules that the chart gives the program, and the program the user's kubeconfig. The
// rules for the program's own namespace are for leader election, which has no place here.
func (s *stack) admit(ctx context.Context, program, user string, allowed charts.Permissions) error {
	role := &rbacv1.ClusterRole{Rules: allowed.Cluster}
	role.SetGroupVersionKind(rbacv1.SchemeGroupVersion.WithKind("ClusterRole"))
	role.Name = user
	binding := &rbacv1.ClusterRoleBinding{
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: user},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}
	binding.SetGroupVersionKind(rbacv1.SchemeGroupVersion.WithKind("ClusterRoleBinding"))
	binding.Name = user
	if err := s.apply(ctx, role, always); err != nil {
		return err
	}
	if err := s.apply(ctx, binding, always); err != nil {
		return err
	}
	return s.identify(program, user)
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
