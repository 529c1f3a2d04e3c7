package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/dev/partners"
)

// shownLimit is how long the API may take to show what is in Kubernetes; a second is usual.
const shownLimit = 2 * time.Minute

// show waits until GraphQL shows every pool with its count, and prints them, the addresses and what to try.
func (s *stack) show(ctx context.Context) error {
	s.say("waiting until GraphQL shows the places")
	places, err := s.awaitPlaces(ctx)
	if err != nil {
		return err
	}
	s.say("")
	if err := printTable(s.out, places, time.Now()); err != nil {
		return err
	}
	s.say("")
	s.say(s.welcome())
	return nil
}

func (s *stack) awaitPlaces(ctx context.Context) (places []place, err error) {
	ctx, cancel := context.WithTimeout(ctx, shownLimit)
	defer cancel()
	api := directory{url: url(s.settings.api, "/graphql")}
	var last error
	err = wait.PollUntilContextCancel(ctx, 250*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		if places, last = api.places(ctx); last == nil {
			last = s.complete(ctx, places)
		}
		return last == nil, nil
	})
	switch {
	case err == nil:
		return places, nil
	case errors.Is(err, context.DeadlineExceeded) && len(places) > 0:
		// Whoever changed the data by hand must still be able to start.
		s.say(fmt.Sprintf("\nThe directory does not show all that is in Kubernetes: %v. See %s.", last, s.logs()))
		return places, nil
	}
	return nil, fmt.Errorf("the API does not show what is in Kubernetes: %w (see %s)", errors.Join(err, last), s.logs())
}

// logs is the folder of the log files.
func (s *stack) logs() string { return s.short(filepath.Join(s.settings.dir, "log")) }

// complete compares what GraphQL shows with what is in Kubernetes: all pools that are not closed, and a count for each of
// them that the operator has confirmed.
func (s *stack) complete(ctx context.Context, places []place) error {
	var pools v1alpha1.CapacityPoolList
	if err := s.client.List(ctx, &pools); err != nil {
		return err
	}
	var reports v1alpha1.CapacityReportList
	if err := s.client.List(ctx, &reports); err != nil {
		return err
	}
	reported := reportedPools(reports.Items)
	listed, counted := 0, 0
	for _, pool := range pools.Items {
		if pool.Spec.Operation == v1alpha1.OperationClosed {
			continue
		}
		listed++
		if reported[client.ObjectKeyFromObject(&pool)] {
			counted++
		}
	}
	if shown := len(places); shown != listed {
		return fmt.Errorf("it lists %d pools of %d", shown, listed)
	}
	if shown := countedPlaces(places); shown < counted {
		return fmt.Errorf("it shows counts of %d pools of %d", shown, counted)
	}
	return nil
}

func countedPlaces(places []place) (n int) {
	for _, p := range places {
		if p.ConfirmedTime != nil {
			n++
		}
	}
	return n
}

// reportedPools are the pools that have a report the operator has not refused.
func reportedPools(reports []v1alpha1.CapacityReport) map[client.ObjectKey]bool {
	pools := map[client.ObjectKey]bool{}
	for _, report := range reports {
		if !refused(report) {
			pools[client.ObjectKey{Namespace: report.Namespace, Name: string(report.Spec.PoolRef.Name)}] = true
		}
	}
	return pools
}

func refused(report v1alpha1.CapacityReport) bool {
	ready := meta.FindStatusCondition(report.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionFalse
}

// sampleQuery asks where most places are free now.
const sampleQuery = "{ capacityPools(first: 3, orderBy: FREE) { nodes { service { displayName } kind free { value } trust } } }"

// welcome says where everything is and what to try next. The commands work as they stand, in the root of the repository.
func (s *stack) welcome() string {
	graphql := url(s.settings.api, "/graphql")
	return fmt.Sprintf(`The bed board      %s
GraphQL            %s
Schema             %s
Kubernetes         %s
Logs               %s

Try next, in another terminal:
  %s
  curl -s %s -H 'Content-Type: application/json' -d '{"query":"%s"}'
  GraphiQL, in a browser: %s%s
  What Phoenix Futures was sent, after make demo: curl -s --cacert %s %s

All is up. Ctrl-C stops it; the data stays until `+"`make clean`.",
		url(s.settings.api, "/"), graphql, url(s.settings.api, "/schema.graphql"), s.admin.Host,
		s.logs(), s.kubectl(), graphql, sampleQuery, url(s.settings.api, "/graphiql"), s.signIn(),
		s.short(partners.CertificateFile(s.settings.dir)), partners.Address(s.settings.partners)+"/phoenix-futures")
}

// signIn is how to get a token; nothing where nobody can sign in.
func (s *stack) signIn() string {
	if s.issuer == nil {
		return ""
	}
	return "\n  A bearer token for a role: make token ROLE=commissioner"
}

// kubectl is the command that lists the beds, with the kubectl that is there.
func (s *stack) kubectl() string {
	arguments := "--kubeconfig " + s.short(s.settings.adminKubeconfig()) + " get beds -A"
	built := filepath.Join(s.settings.root, ".run", "bin", binaries.Kubectl)
	if _, err := exec.LookPath("kubectl"); err == nil {
		return "kubectl " + arguments
	}
	if _, err := os.Stat(built); err == nil {
		return s.short(built) + " " + arguments
	}
	return "make kubectl && " + s.short(built) + " " + arguments
}

// short is a path as seen from the root of the repository, where that is shorter.
func (s *stack) short(path string) string {
	if relative, err := filepath.Rel(s.settings.root, path); err == nil && filepath.IsLocal(relative) {
		return relative
	}
	return path
}
