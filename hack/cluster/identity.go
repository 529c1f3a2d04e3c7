package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// User returns the configuration of a client that the API server knows as the user, in the groups, by a certificate that is
// good for a year. The client is not slowed down on its own side.
func (c *Cluster) User(name string, groups ...string) (*rest.Config, error) {
	made, err := c.clients.client(name, groups...)
	if err != nil {
		return nil, err
	}
	trusted, err := os.ReadFile(c.clients.file())
	if err != nil {
		return nil, fmt.Errorf("read the cluster's certificate authority: %w", err)
	}
	return &rest.Config{
		Host:            "https://" + c.address,
		QPS:             -1,
		TLSClientConfig: rest.TLSClientConfig{CAData: trusted, CertData: made.certificate, KeyData: made.key},
	}, nil
}

// Kubeconfig writes the client configuration as a kubeconfig for kubectl and for the programs.
func (c *Cluster) Kubeconfig(cfg *rest.Config) ([]byte, error) { return Kubeconfig(cfg) }

// Kubeconfig writes a client configuration as a kubeconfig with one context, "lifeline". What the configuration reads from
// files is written into the kubeconfig, so that it stands alone.
func Kubeconfig(cfg *rest.Config) ([]byte, error) {
	cfg = rest.CopyConfig(cfg)
	if err := rest.LoadTLSFiles(cfg); err != nil {
		return nil, fmt.Errorf("write a kubeconfig: %w", err)
	}
	if cfg.ExecProvider != nil || cfg.AuthProvider != nil {
		return nil, errors.New("write a kubeconfig: the configuration logs in by a plugin, which cannot be copied")
	}
	const name = "lifeline"
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{
		Server:                   cfg.Host + cfg.APIPath,
		TLSServerName:            cfg.ServerName,
		InsecureSkipTLSVerify:    cfg.Insecure,
		CertificateAuthorityData: cfg.CAData,
	}
	config.AuthInfos[name] = &api.AuthInfo{
		ClientCertificateData: cfg.CertData,
		ClientKeyData:         cfg.KeyData,
		Token:                 cfg.BearerToken,
		TokenFile:             cfg.BearerTokenFile,
		Username:              cfg.Username,
		Password:              cfg.Password,
	}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return clientcmd.Write(*config)
}

// writeKubeconfig keeps the kubeconfig of a user where only its owner can read it.
func (c *Cluster) writeKubeconfig(path, user string, groups ...string) error {
	cfg, err := c.User(user, groups...)
	if err != nil {
		return err
	}
	text, err := Kubeconfig(cfg)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("kubeconfig of %s: %w", user, err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("kubeconfig of %s: %w", user, err)
	}
	return nil
}
