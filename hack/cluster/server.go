package cluster

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"k8s.io/client-go/rest"

	"lifeline.scot/hack/cluster/binaries"
)

// controllerManager is left out of a cluster when it is not among the assets.
const controllerManager = "kube-controller-manager"

// serviceRange holds the cluster IPs of Services; the first is the API server's own.
const serviceRange, serviceAddress = "10.0.0.0/24", "10.0.0.1"

// startServer runs the API server, on another port when the address leaves the port free and somebody takes it first.
func (c *Cluster) startServer(ctx context.Context) error {
	c.options.Progress("starting kube-apiserver")
	if err := c.serviceAccountKey(); err != nil {
		return fmt.Errorf("key for service accounts: %w", err)
	}
	for range attempts {
		err := c.tryServer(ctx)
		if err == nil || !lostRace(err) {
			return err
		}
	}
	return &PortInUseError{Address: c.address}
}

func (c *Cluster) tryServer(ctx context.Context) error {
	host, port, err := splitAddress(c.options.Address)
	if err != nil {
		return err
	}
	c.address = net.JoinHostPort(dialled(host), port)
	if err := CheckFree(net.JoinHostPort(host, port)); err != nil {
		return err
	}
	bind, err := resolve(host)
	if err != nil {
		return err
	}
	made, err := c.clients.server(dialled(host), "127.0.0.1", "::1", serviceAddress, "localhost", "kubernetes",
		"kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
	if err != nil {
		return err
	}
	if err := made.write(c.certificates(), "kube-apiserver"); err != nil {
		return fmt.Errorf("certificate of kube-apiserver: %w", err)
	}
	return c.run(ctx, "kube-apiserver", c.serverFlags(bind, port), c.serverReady)
}

// dialled is the host that clients on this machine use for one that is listened on.
func dialled(host string) string {
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		return "127.0.0.1"
	}
	return host
}

// resolve turns a host into the IP address that the API server wants.
func resolve(host string) (string, error) {
	if host == "" {
		return "0.0.0.0", nil
	}
	ip, err := net.ResolveIPAddr("ip", host)
	if err != nil {
		return "", fmt.Errorf("address of the API server: %w", err)
	}
	return ip.String(), nil
}

func (c *Cluster) serverFlags(bind, port string) []string {
	flags := []string{
		"--etcd-servers=" + c.etcd,
		"--etcd-cafile=" + c.store.file(),
		"--etcd-certfile=" + c.certificate("etcd-client.crt"),
		"--etcd-keyfile=" + c.certificate("etcd-client.key"),
		"--bind-address=" + bind,
		"--secure-port=" + port,
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=" + c.certificate("kube-apiserver.crt"),
		"--tls-private-key-file=" + c.certificate("kube-apiserver.key"),
		"--client-ca-file=" + c.clients.file(),
		"--authorization-mode=RBAC",
		"--anonymous-auth=false",
		"--service-cluster-ip-range=" + serviceRange,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.certificate("service-accounts.key"),
		"--service-account-signing-key-file=" + c.certificate("service-accounts.key"),
		"--profiling=false",
		c.verbosity(),
	}
	if !c.hasControllers() {
		// Nothing would make the service accounts that this plugin wants each Pod to have.
		flags = append(flags, "--disable-admission-plugins=ServiceAccount")
	}
	return flags
}

func (c *Cluster) hasControllers() bool {
	return len(binaries.Missing(c.options.Assets, controllerManager)) == 0
}

// serviceAccountKey makes the key that signs service account tokens, once: tokens outlive a restart.
func (c *Cluster) serviceAccountKey() error {
	path := c.certificate("service-accounts.key")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	return os.WriteFile(path, pem.EncodeToMemory(block), 0o600)
}

// serverReady is stricter than /readyz: the namespaces that the API server makes for itself must be there too.
func (c *Cluster) serverReady(ctx context.Context) error {
	client, err := rest.HTTPClientFor(c.Admin())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if err := healthy(ctx, client, "https://"+c.address+"/readyz"); err != nil {
		return err
	}
	return healthy(ctx, client, "https://"+c.address+"/api/v1/namespaces/default")
}
