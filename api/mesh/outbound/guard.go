package outbound

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"syscall"

	"code.dny.dev/ssrf"
)

// errProhibited is an address that may not be sent to. It says nothing of the address, which may be one inside our own network.
var errProhibited = errors.New("the address is not one that may be sent to")

// httpsPort is where https is.
const httpsPort = 443

// longestURL bounds the URL of an endpoint.
const longestURL = 2048

// guard says which addresses may be sent to. It is asked for each connection, with the address that is being dialled, so that a
// name cannot stand for one address when it is checked and for another when it is used.
type guard struct {
	ports    []uint16
	guardian *ssrf.Guardian
}

func newGuard(prefixes []netip.Prefix, ports []uint16) guard {
	var v4, v6 []netip.Prefix
	for _, p := range prefixes {
		if p = p.Masked(); p.Addr().Is4() {
			v4 = append(v4, p)
		} else {
			v6 = append(v6, p)
		}
	}
	ports = append([]uint16{httpsPort}, ports...)
	return guard{ports, ssrf.New(ssrf.WithPorts(ports...), ssrf.WithAllowedV4Prefixes(v4...), ssrf.WithAllowedV6Prefixes(v6...))}
}

// control is called by net.Dialer before it connects.
func (g guard) control(network, address string, _ syscall.RawConn) error {
	if g.guardian.Safe(network, address, nil) != nil {
		return errProhibited
	}
	return nil
}

// endpoint reads a URL. What is wrong with it is not said: it may hold a password.
func (g guard) endpoint(text string) (*url.URL, Code) {
	if len(text) > longestURL {
		return nil, CodeURLNotAllowed
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Opaque != "" || u.User != nil || u.Hostname() == "" || u.Fragment != "" {
		return nil, CodeURLNotAllowed
	}
	if port := u.Port(); port != "" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || !slices.Contains(g.ports, uint16(number)) {
			return nil, CodeAddressNotAllowed
		}
	}
	if address, err := netip.ParseAddr(u.Hostname()); err == nil && g.guardian.SafeAddr(address) != nil {
		return nil, CodeAddressNotAllowed
	}
	return u, ""
}
