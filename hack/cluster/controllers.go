package cluster

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"
)

// controllers are the ones a cluster without a node has a use for: removal of namespaces and of what nobody owns any more,
// service accounts, and Deployments as far as Pods that wait for a node.
const controllers = "namespace-controller,garbage-collector-controller,serviceaccount-controller," +
	"serviceaccount-token-controller,replicaset-controller,deployment-controller"

// startControllers runs the controller manager, if it is there; it is ready when the default service account exists.
func (c *Cluster) startControllers(ctx context.Context) error {
	if !c.hasControllers() {
		c.options.Progress("no kube-controller-manager in " + c.options.Assets + ": namespaces will not be removed")
		return nil
	}
	c.options.Progress("starting kube-controller-manager")
	kubeconfig := c.certificate("kube-controller-manager.kubeconfig")
	if err := c.writeKubeconfig(kubeconfig, "system:kube-controller-manager", "system:masters"); err != nil {
		return err
	}
	client, err := rest.HTTPClientFor(c.Admin())
	if err != nil {
		return fmt.Errorf("ask for the default service account: %w", err)
	}
	defer client.CloseIdleConnections()
	return c.run(ctx, controllerManager, []string{
		"--kubeconfig=" + kubeconfig,
		"--service-account-private-key-file=" + c.certificate("service-accounts.key"),
		"--controllers=" + controllers,
		"--leader-elect=false",
		"--secure-port=0",
		"--kube-api-qps=200",
		"--kube-api-burst=400",
		c.verbosity(),
	}, func(ctx context.Context) error {
		return healthy(ctx, client, "https://"+c.address+"/api/v1/namespaces/default/serviceaccounts/default")
	})
}
