package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/operator/access"
	"lifeline.scot/operator/agreement"
	"lifeline.scot/operator/capacity"
	"lifeline.scot/operator/fund"
	places "lifeline.scot/operator/metrics"
	"lifeline.scot/operator/partner"
	"lifeline.scot/operator/partnership"
	"lifeline.scot/operator/pathway"
	"lifeline.scot/operator/placement"
	"lifeline.scot/operator/reference"
	"lifeline.scot/operator/service"
	"lifeline.scot/operator/status"
	"lifeline.scot/operator/unmet"
	"lifeline.scot/operator/verify"
)

// The lease lies in the operator's own namespace, so the chart grants it there and not everywhere.
// A right to create cannot be held to a name, so that one stands apart.
// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=lifeline-system,resources=leases,resourceNames=lifeline-operator,verbs=get;update
// +kubebuilder:rbac:groups=coordination.k8s.io,namespace=lifeline-system,resources=leases,verbs=create

// leaseName is the lease that the leading replica holds.
const leaseName = "lifeline-operator"

// stopLimit is how long running reconciliations get to end when the operator is told to stop.
const stopLimit = 15 * time.Second

// settings are what the flags say.
type settings struct {
	metricsAddress, probeAddress string
	elect                        bool
	electionNamespace            string
	logLevel                     slog.Level
	// lease, renew and retry are the times of leader election; zero for controller-runtime's own.
	lease, renew, retry time.Duration
	// ledgerEvery is how often unmet need is counted; zero for the ledger's own.
	ledgerEvery time.Duration
	// measures count what the binder does; nil for counters that nobody reads.
	measures *places.Binder
	// sharesProcess allows several managers in one process, as tests have them.
	sharesProcess bool
}

// newManager returns the operator, complete and not yet started.
func newManager(ctx context.Context, cluster *rest.Config, s settings, clock clock.PassiveClock) (ctrl.Manager, error) {
	options, err := managerOptions(s)
	if err != nil {
		return nil, err
	}
	// The API server's own priority and fairness protects it; a limit on this side would only make people wait for a place.
	cluster = rest.CopyConfig(cluster)
	cluster.QPS = -1
	mgr, err := ctrl.NewManager(cluster, options)
	if err != nil {
		return nil, fmt.Errorf("prepare to run: %w", err)
	}
	if err := reference.Register(ctx, mgr.GetFieldIndexer()); err != nil {
		return nil, err
	}
	if err := register(mgr, s, clock); err != nil {
		return nil, err
	}
	return mgr, addProbes(mgr)
}

func managerOptions(s settings) (ctrl.Options, error) {
	scheme, err := newScheme()
	if err != nil {
		return ctrl.Options{}, err
	}
	ours, err := labels.NewRequirement(v1alpha1.PartnershipLabel, selection.Exists, nil)
	if err != nil {
		return ctrl.Options{}, fmt.Errorf("select the operator's own roles: %w", err)
	}
	own := cache.ByObject{Label: labels.NewSelector().Add(*ours)}
	limit := stopLimit
	options := ctrl.Options{
		Scheme: scheme,
		Cache: cache.Options{
			DefaultTransform: cache.TransformStripManagedFields(),
			ByObject:         map[client.Object]cache.ByObject{&rbacv1.Role{}: own, &rbacv1.RoleBinding{}: own},
		},
		Metrics:                       metricsserver.Options{BindAddress: s.metricsAddress},
		HealthProbeBindAddress:        s.probeAddress,
		LeaderElection:                s.elect,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       s.electionNamespace,
		LeaderElectionReleaseOnCancel: true, // main returns as soon as the manager does
		GracefulShutdownTimeout:       &limit,
		LeaseDuration:                 orDefault(s.lease),
		RenewDeadline:                 orDefault(s.renew),
		RetryPeriod:                   orDefault(s.retry),
	}
	options.Controller.SkipNameValidation = &s.sharesProcess
	return options, nil
}

func orDefault(d time.Duration) *time.Duration {
	if d == 0 {
		return nil
	}
	return &d
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, rbacv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register kinds: %w", err)
		}
	}
	return scheme, nil
}

// register adds every controller.
func register(mgr ctrl.Manager, s settings, clock clock.PassiveClock) error {
	writer := func(controller string) status.Writer { return status.NewWriter(mgr, clock, controller) }
	for _, controller := range []interface{ Register(ctrl.Manager) error }{
		&partnership.Reconciler{Writer: writer("partnership")},
		&access.Reconciler{Writer: writer("access")},
		&partner.Reconciler{Writer: writer("partner")},
		&service.Reconciler{Writer: writer("service")},
		&capacity.Reconciler{Writer: writer("capacity")},
		&fund.Reconciler{Writer: writer("fund")},
		&agreement.Reconciler{Writer: writer("agreement")},
		&pathway.Reconciler{Writer: writer("pathway")},
		binder(writer("placement"), s),
		&unmet.Ledger{Writer: writer("unmet"), Every: s.ledgerEvery},
	} {
		if err := controller.Register(mgr); err != nil {
			return fmt.Errorf("add %T: %w", controller, err)
		}
	}
	return nil
}

func binder(w status.Writer, s settings) *placement.Reconciler {
	r := placement.New(w)
	if s.measures != nil {
		r.Count(s.measures)
	}
	return r
}

// addProbes: the operator is healthy while it runs, and ready once it has read what there is.
func addProbes(mgr ctrl.Manager) error {
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return fmt.Errorf("add /healthz: %w", err)
	}
	synced := func(request *http.Request) error {
		ctx, cancel := context.WithTimeout(request.Context(), time.Second)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("still reading what there is")
		}
		return nil
	}
	if err := mgr.AddReadyzCheck("cache", synced); err != nil {
		return fmt.Errorf("add /readyz: %w", err)
	}
	return nil
}

// publish adds the figures of places and claims to the metrics of this process.
func publish(mgr ctrl.Manager, s settings) error {
	for _, figures := range []prometheus.Collector{
		places.NewPlaces(mgr.GetClient(), clock.RealClock{}),
		places.NewWaiting(mgr.GetClient()),
		places.NewAgreements(mgr.GetClient(), clock.RealClock{}),
		verify.NewViolations(mgr.GetClient(), clock.RealClock{}),
		s.measures,
	} {
		if err := metrics.Registry.Register(figures); err != nil {
			return fmt.Errorf("add the metrics of %T: %w", figures, err)
		}
	}
	return nil
}
