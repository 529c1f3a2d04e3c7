package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"

	"lifeline.scot/api/geography"
	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/api/pace"
	"lifeline.scot/api/rulebook"
)

// settings are what the flags say.
type settings struct {
	kubeconfig        string
	address           string
	metricsAddress    string
	graphiql          bool
	logLevel          slog.Level
	postcodeDistricts string
	// issuersFile and developmentIssuer say who may say who is asking; issuers are those that follow from them.
	issuersFile       string
	developmentIssuer string
	issuers           []oidc.Issuer
	// narrowing is the ConfigMap that holds stricter rules of sharing, or none.
	narrowing rulebook.ConfigMap
	// keeping says where referrals are kept.
	keeping *keeping
	// delivering says whether and where partners are told what happened.
	delivering *delivering
	// pace says when what is about people is answered.
	pace pace.Schedule
}

// parse reads the flags.
func parse(args []string, out io.Writer) (settings, error) {
	s := settings{pace: pace.Schedule{Clock: pace.Exact{}}}
	flags := flag.NewFlagSet("api", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // an error is one line; what the flags are is for those who ask
	flags.StringVar(&s.kubeconfig, "kubeconfig", "",
		"kubeconfig of the cluster to read; default: KUBECONFIG, or the cluster it runs in")
	flags.StringVar(&s.address, "listen", "127.0.0.1:8080", "host:port of GraphQL and the pages")
	flags.StringVar(&s.metricsAddress, "metrics-listen", "127.0.0.1:9090", "host:port of /metrics, or 0 for none")
	flags.BoolFunc("graphiql", "serve the GraphQL explorer at /graphiql: on or off (default off)", func(text string) (err error) {
		s.graphiql, err = onOrOff(text)
		return err
	})
	flags.TextVar(&s.logLevel, "log-level", slog.LevelInfo,
		"what is logged: error, warn, info or debug, or with debug-4 and further down what libraries say, too")
	flags.StringVar(&s.postcodeDistricts, "postcode-districts", "",
		"CSV file of where postcode districts lie, with the columns district, latitude and longitude; default: a built-in "+
			"table of approximate positions")
	s.keeping = keepingOf(flags, "", "SQLite file that referrals are kept in, made when it is missing; not used with DATABASE_URL. "+
		"Default: referrals are not set up here")
	s.delivering = deliveringOf(flags)
	flags.DurationVar(&s.pace.AtLeast, "answer-at-least", pace.DefaultAtLeast,
		"when an answer about people, or a claim for them, is given at the earliest after work on it began, so that it does not tell "+
			"by how long it took whether somebody is there: well above what nearly all take, 2s at most")
	flags.DurationVar(&s.pace.Every, "answer-every", pace.DefaultEvery,
		"how long after that an answer is given that took longer, or twice as long, and so on; 0 for both answers at once")
	flags.StringVar(&s.issuersFile, "oidc-issuers", "",
		"YAML file that lists the OpenID Connect issuers whose bearer tokens say who is asking. Default: nobody is known, and claims "+
			"on places are closed to all")
	flags.StringVar(&s.developmentIssuer, "development-issuer", "",
		"address of the issuer of `make run`, such as http://127.0.0.1:8084, which gives a token for any role to whoever asks; only "+
			"where --listen is a loopback address, and never in a cluster")
	flags.Func("narrowing-configmap",
		"namespace/name of the ConfigMap that holds stricter rules of sharing, in Rego by file name; they can only take permits back. "+
			"Default: there are none", func(text string) (err error) {
			s.narrowing, err = rulebook.ParseConfigMap(text)
			return err
		})
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(out)
			flags.PrintDefaults()
		}
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q: all settings are flags", flags.Arg(0))
	}
	if err := s.pace.Check(); err != nil {
		return s, fmt.Errorf("--answer-at-least and --answer-every: %w", err)
	}
	return s, s.readIssuers()
}

// readIssuers reads whom to trust.
func (s *settings) readIssuers() (err error) {
	if s.issuersFile != "" {
		if s.issuers, err = oidc.ReadIssuers(s.issuersFile); err != nil {
			return fmt.Errorf("--oidc-issuers: %w", err)
		}
	}
	if s.developmentIssuer == "" {
		return nil
	}
	if err := oidc.CheckDevelopment(s.address, os.Getenv); err != nil {
		return fmt.Errorf("--development-issuer: %w", err)
	}
	development, err := oidc.Development(s.developmentIssuer)
	if err != nil {
		return fmt.Errorf("--development-issuer: %w", err)
	}
	s.issuers = append(s.issuers, development)
	return nil
}

func onOrOff(text string) (bool, error) {
	switch text {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	on, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("say on or off")
	}
	return on, nil
}

// districts are where the postcode districts lie: by the file given, or the built-in table.
func (s settings) districts() (geography.Districts, error) {
	if s.postcodeDistricts == "" {
		return geography.BuiltInDistricts()
	}
	file, err := os.Open(s.postcodeDistricts)
	if err != nil {
		return geography.Districts{}, fmt.Errorf("--postcode-districts: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	districts, err := geography.ReadDistricts(file)
	if err != nil {
		return districts, fmt.Errorf("--postcode-districts %s: %w", s.postcodeDistricts, err)
	}
	return districts, nil
}
