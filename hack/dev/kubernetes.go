package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster"
	"lifeline.scot/hack/dev/folder"
)

// startKubernetes starts a control plane, or takes the existing cluster, and writes the kubeconfig for people.
func (s *stack) startKubernetes(ctx context.Context) (err error) {
	if s.settings.kubeconfig != "" {
		err = s.useCluster()
	} else {
		err = s.startCluster(ctx)
	}
	if err != nil {
		return err
	}
	s.client, err = connect(s.admin)
	return err
}

func (s *stack) startCluster(ctx context.Context) (err error) {
	s.cluster, err = cluster.Start(ctx, cluster.Options{
		Dir:      filepath.Join(s.settings.dir, "cluster"),
		Logs:     filepath.Join(s.settings.dir, "log"),
		Address:  s.settings.kubernetes,
		Progress: s.say,
		Level:    s.settings.logLevel,
	})
	if err != nil {
		return err
	}
	s.admin = s.cluster.Admin()
	return writeKubeconfig(s.settings.adminKubeconfig(), s.admin)
}

// useCluster takes the current context of the given kubeconfig, and nothing else of it.
func (s *stack) useCluster() error {
	config, err := existing(s.settings.kubeconfig)
	if err != nil {
		return err
	}
	if s.admin, err = clientcmd.NewDefaultClientConfig(*config, nil).ClientConfig(); err != nil {
		return fmt.Errorf("kubeconfig %s: %w", s.settings.kubeconfig, err)
	}
	s.say(fmt.Sprintf("using the cluster at %s (context %q of %s); no control plane is started\n"+
		"  what will be applied to it: the custom resource definitions and the admission policy of Lifeline, roles and\n"+
		"  bindings for the users %s and %s, the Secret %s with signing secrets of four partners, and the\n"+
		"  Scottish sample data (`kubectl get lifeline -A`)",
		s.admin.Host, config.CurrentContext, s.settings.kubeconfig, operatorUser, apiUser, signing))
	return writeConfig(s.settings.adminKubeconfig(), config)
}

func existing(path string) (*api.Config, error) {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	if config.CurrentContext == "" {
		return nil, fmt.Errorf("kubeconfig %s has no current context", path)
	}
	if err := errors.Join(api.MinifyConfig(config), api.FlattenConfig(config)); err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", path, err)
	}
	return config, nil
}

// identify writes the kubeconfig that a program of ours runs with: as a user of its own, so that it can do what that user's
// roles allow and no more. With a control plane of our own that is a client certificate. In an existing cluster the program
// impersonates the user, which the given kubeconfig must be allowed to do.
func (s *stack) identify(program, user string) error {
	path := s.settings.kubeconfigOf(program)
	if s.cluster != nil {
		cfg, err := s.cluster.User(user)
		if err != nil {
			return err
		}
		return writeKubeconfig(path, cfg)
	}
	config, err := existing(s.settings.kubeconfig)
	if err != nil {
		return err
	}
	for _, as := range config.AuthInfos {
		as.Impersonate = user
	}
	return writeConfig(path, config)
}

func writeKubeconfig(path string, cfg *rest.Config) error {
	text, err := cluster.Kubeconfig(cfg)
	if err != nil {
		return err
	}
	return folder.WritePrivate(path, text)
}

func writeConfig(path string, config *api.Config) error {
	text, err := clientcmd.Write(*config)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return folder.WritePrivate(path, text)
}

func connect(cfg *rest.Config) (client.Client, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, rbacv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("connect to Kubernetes: %w", err)
		}
	}
	made, err := client.New(cfg, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("connect to Kubernetes: %w", err)
	}
	return made, nil
}

func (s *stack) install(ctx context.Context) error {
	s.say("installing the custom resources")
	return cluster.Install(ctx, s.admin)
}
