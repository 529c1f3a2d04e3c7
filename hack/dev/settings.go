package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/hack/cluster/binaries"
)

// settings say what is started where.
type settings struct {
	root       string // of the repository
	dir        string // where everything is written
	programs   string // folder of the operator and the API
	kubeconfig string // of an existing cluster; empty: start a control plane
	logLevel   slog.Level

	kubernetes      string
	api             string
	apiMetrics      string
	operatorMetrics string
	operatorHealth  string
	issuer          string
	partners        string
}

// address is a host:port that something listens on, and the variable that sets it.
type address struct {
	variable, standard, purpose string
	value                       *string
}

func (s *settings) addresses() []address {
	return []address{
		{"KUBERNETES_ADDRESS", "127.0.0.1:6443", "the Kubernetes API server", &s.kubernetes},
		{"API_ADDRESS", "127.0.0.1:8080", "GraphQL and the pages", &s.api},
		{"API_METRICS_ADDRESS", "127.0.0.1:8081", "the metrics of the API", &s.apiMetrics},
		{"OPERATOR_METRICS_ADDRESS", "127.0.0.1:8082", "the metrics of the operator", &s.operatorMetrics},
		{"OPERATOR_HEALTH_ADDRESS", "127.0.0.1:8083", "the health of the operator", &s.operatorHealth},
		{"ISSUER_ADDRESS", "127.0.0.1:8084", "the development issuer", &s.issuer},
		{"PARTNERS_ADDRESS", "127.0.0.1:8085", "the endpoint of partners", &s.partners},
	}
}

// parse reads the flags; the environment gives the addresses.
func parse(arguments []string) (settings, error) {
	root, err := binaries.Root()
	if err != nil {
		return settings{}, err
	}
	s := settings{root: root}
	flags := flag.NewFlagSet("dev", flag.ContinueOnError)
	flags.StringVar(&s.dir, "dir", filepath.Join(root, ".run"), "folder that everything is written to")
	flags.StringVar(&s.programs, "programs", filepath.Join(root, ".run", "bin"), "folder of the operator and the API")
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "kubeconfig of an existing cluster to use; empty: start a control plane")
	flags.TextVar(&s.logLevel, "log-level", slog.LevelInfo,
		"what all programs log: error, warn, info or debug, or debug-4 and further down")
	if err := flags.Parse(arguments); err != nil {
		return settings{}, err
	}
	if s.dir, err = filepath.Abs(s.dir); err != nil {
		return settings{}, fmt.Errorf("folder for data: %w", err)
	}
	for _, a := range s.addresses() {
		if *a.value = os.Getenv(a.variable); *a.value == "" {
			*a.value = a.standard
		}
		if _, _, err := net.SplitHostPort(*a.value); err != nil {
			return settings{}, fmt.Errorf("%s is %q, which is not host:port: %w", a.variable, *a.value, err)
		}
	}
	if !oidc.OnlyThisMachine(s.issuer) {
		return settings{}, fmt.Errorf("ISSUER_ADDRESS is %s: the development issuer gives a token for any role, so choose a loopback "+
			"address, such as 127.0.0.1:8084", s.issuer)
	}
	if here, _, _ := net.SplitHostPort(s.partners); here != "127.0.0.1" { // which was split above
		return settings{}, fmt.Errorf("PARTNERS_ADDRESS is %s: events are sent to a name of this machine, which stands for 127.0.0.1, "+
			"so choose a port of that, such as 127.0.0.1:8085", s.partners)
	}
	return s, nil
}

func (s *settings) bin(program string) string { return filepath.Join(s.programs, program) }
func (s *settings) log(program string) string { return filepath.Join(s.dir, "log", program+".log") }

// kubeconfigOf is the file with the identity of a program; adminKubeconfig is the one for people.
func (s *settings) kubeconfigOf(program string) string {
	return filepath.Join(s.dir, "identities", program+".kubeconfig")
}

func (s *settings) adminKubeconfig() string { return filepath.Join(s.dir, "kubeconfig") }

// url is where a listener is found from this machine.
func url(listen, path string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "http://" + listen + path
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + path
}
