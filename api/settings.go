package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"lifeline.scot/api/geography"
	"lifeline.scot/api/identity"
)

// settings are what the flags say.
type settings struct {
	kubeconfig        string
	address           string
	metricsAddress    string
	graphiql          bool
	postcodeDistricts string
	developmentTokens string
	// tokens are what developmentTokens holds; nil when there are none.
	tokens *identity.Tokens
}

// parse reads the flags.
func parse(args []string, out io.Writer) (settings, error) {
	s := settings{}
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
	flags.StringVar(&s.postcodeDistricts, "postcode-districts", "",
		"CSV file of where postcode districts lie, with the columns district, latitude and longitude; default: a built-in "+
			"table of approximate positions")
	flags.StringVar(&s.developmentTokens, "development-tokens", "",
		"JSON file of bearer tokens that never expire, one for each role, for trying things out; only where --listen is a "+
			"loopback address. Default: nobody is known, and claims on places are closed to all")
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
	return s, s.readTokens()
}

// readTokens reads the development tokens.
func (s *settings) readTokens() (err error) {
	if s.developmentTokens == "" {
		return nil
	}
	if !identity.OnlyThisMachine(s.address) {
		return fmt.Errorf("--development-tokens is for trying things out on one machine: give --listen a loopback address, such as "+
			"127.0.0.1:8080, not %s", s.address)
	}
	s.tokens, err = identity.ReadTokens(s.developmentTokens)
	return err
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
