package oidc

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
)

// DevelopmentIssuer is what the issuer of `make run` is called in tokens and in the clients of Partners. Nobody can have this
// address: names that end in .test belong to nobody (RFC 6761). Where it listens is said on the command line.
const DevelopmentIssuer = "https://issuer.lifeline.test"

// DevelopmentAudience is what the API is called at the development issuer.
const DevelopmentAudience = "lifeline"

// Development is the issuer of `make run`, which gives a token for any role to whoever asks on this machine. address is where it
// listens, http:// and a loopback address with a port.
func Development(address string) (Issuer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.Port() == "" || !OnlyThisMachine(u.Host) ||
		u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return Issuer{}, fmt.Errorf("%q must be http://, a loopback address and a port, such as http://127.0.0.1:8084", address)
	}
	return Issuer{
		Issuer: DevelopmentIssuer, Audiences: []string{DevelopmentAudience}, address: address,
	}.withDefaults(), nil
}

// CheckDevelopment refuses the development issuer where others could use it: in a cluster, whose pods all have the variable
// KUBERNETES_SERVICE_HOST, and where the API listens on anything but a loopback address.
func CheckDevelopment(listen string, environment func(string) string) error {
	if environment("KUBERNETES_SERVICE_HOST") != "" {
		return errors.New("it gives a token for any role to whoever asks, so it is refused in a cluster: use --oidc-issuers")
	}
	if !OnlyThisMachine(listen) {
		return fmt.Errorf("it gives a token for any role to whoever asks, so --listen must be a loopback address, such as "+
			"127.0.0.1:8080, not %s", listen)
	}
	return nil
}

// OnlyThisMachine reports whether a host:port can be reached from this machine alone: whether it is a loopback address.
func OnlyThisMachine(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}
