package story

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// fundOf is what a financial year, which begins in April, has for places of one ADP.
func fundOf(now time.Time) *v1alpha1.PlacementFund {
	year := now.Year()
	if now.Month() < time.April {
		year--
	}
	return &v1alpha1.PlacementFund{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "PlacementFund"},
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("demo-%d", year), Namespace: v1alpha1.NamespaceFor(adp),
		},
		Spec: v1alpha1.PlacementFundSpec{
			Route: v1alpha1.RouteADP, FinancialYear: fmt.Sprintf("%d-%02d", year, (year+1)%100), Places: new(int32(20)),
		},
	}
}

// funds makes sure that there is money for a place, with the rights of whoever holds the run's kubeconfig.
func (s *stage) funds() {
	if s.err != nil {
		return
	}
	if err := applyFund(s.ctx, s.options.Dir, fundOf(time.Now())); err != nil {
		s.fail(fmt.Errorf("apply the fund: %w", err))
	}
}

func applyFund(ctx context.Context, dir string, fund *v1alpha1.PlacementFund) error {
	cluster, err := clientcmd.BuildConfigFromFlags("", filepath.Join(dir, "kubeconfig"))
	if err != nil {
		return fmt.Errorf("read the run's kubeconfig: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return fmt.Errorf("know the kinds: %w", err)
	}
	kubernetes, err := client.New(cluster, client.Options{Scheme: scheme})
	if err != nil {
		return fmt.Errorf("reach Kubernetes: %w", err)
	}
	if err := kubernetes.Create(ctx, fund); client.IgnoreAlreadyExists(err) != nil {
		return fmt.Errorf("create it: %w", err)
	}
	return nil
}
