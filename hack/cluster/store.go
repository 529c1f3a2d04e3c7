package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
)

// attempts is how often a program is started on another free port when something took the one chosen for it.
const attempts = 5

// startStore runs etcd on free ports of 127.0.0.1. It speaks only to those who show a certificate of an authority of its
// own, so that no other user of the machine, and no user of the API server, reads or writes behind the API server's back.
func (c *Cluster) startStore(ctx context.Context) error {
	c.options.Progress("starting etcd")
	if err := c.storeCertificates(); err != nil {
		return fmt.Errorf("certificates of etcd: %w", err)
	}
	var err error
	for range attempts {
		if err = c.tryStore(ctx); !lostRace(err) {
			return err
		}
	}
	return err
}

func (c *Cluster) storeCertificates() error {
	server, err := c.store.server("127.0.0.1", "localhost")
	if err != nil {
		return err
	}
	client, err := c.store.client("kube-apiserver")
	if err != nil {
		return err
	}
	return errors.Join(server.write(c.certificates(), "etcd"), client.write(c.certificates(), "etcd-client"))
}

func (c *Cluster) tryStore(ctx context.Context) error {
	clients, err := FreePort()
	if err != nil {
		return err
	}
	peers, err := FreePort()
	if err != nil {
		return err
	}
	c.etcd = "https://" + clients
	return c.run(ctx, "etcd", c.storeFlags(clients, peers), c.storeReady)
}

func (c *Cluster) storeFlags(clients, peers string) []string {
	flags := []string{
		"--name=lifeline",
		"--data-dir=" + filepath.Join(c.options.Dir, "etcd"),
		"--listen-client-urls=https://" + clients,
		"--advertise-client-urls=https://" + clients,
		"--listen-peer-urls=https://" + peers,
		"--initial-advertise-peer-urls=https://" + peers,
		"--initial-cluster=lifeline=https://" + peers,
		"--client-cert-auth",
		"--trusted-ca-file=" + c.store.file(),
		"--cert-file=" + c.certificate("etcd.crt"),
		"--key-file=" + c.certificate("etcd.key"),
		"--peer-client-cert-auth",
		"--peer-trusted-ca-file=" + c.store.file(),
		"--peer-cert-file=" + c.certificate("etcd.crt"),
		"--peer-key-file=" + c.certificate("etcd.key"),
		"--auto-compaction-mode=periodic",
		"--auto-compaction-retention=1h",
	}
	if c.options.Level < slog.LevelInfo {
		flags = append(flags, "--log-level=debug")
	} else {
		flags = append(flags, "--log-level=warn")
	}
	if c.temporary {
		flags = append(flags, "--unsafe-no-fsync")
	}
	return flags
}

func (c *Cluster) storeReady(ctx context.Context) error {
	trusted, err := os.ReadFile(c.store.file())
	if err != nil {
		return err
	}
	identity, err := tls.LoadX509KeyPair(c.certificate("etcd-client.crt"), c.certificate("etcd-client.key"))
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted)
	transport := &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{identity}},
	}
	return healthy(ctx, &http.Client{Transport: transport}, c.etcd+"/health")
}

func healthy(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	return nil
}
