package outbound

import (
	"net/netip"
	"testing"
)

// special are addresses that are for other things than to be reached by everybody, by IANA's registries
// (https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry), multicast, and the ways to write
// an IPv4 address as one of IPv6. Of each range the first and the last.
var special = map[string][]string{
	"this network":           {"0.0.0.0", "0.255.255.255"},
	"private":                {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"},
	"shared":                 {"100.64.0.0", "100.127.255.255"},
	"loopback":               {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1"},
	"link-local, metadata":   {"169.254.0.0", "169.254.169.254", "169.254.170.2", "169.254.255.255", "fe80::1", "febf::1"},
	"metadata of others":     {"100.100.100.200", "fd00:ec2::254", "192.0.0.192"},
	"IETF":                   {"192.0.0.0", "192.0.0.8", "192.0.0.170", "192.0.0.255", "2001::", "2001:1ff:ffff::1"},
	"documentation":          {"192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "3fff:fff:ffff::1"},
	"AS112":                  {"192.31.196.1", "192.175.48.1", "2001:4:112::1", "2620:4f:8000::1"},
	"AMT":                    {"192.52.193.1", "2001:3::1"},
	"6to4 relays":            {"192.88.99.1"},
	"benchmarks":             {"198.18.0.0", "198.19.255.255", "2001:2::1"},
	"multicast":              {"224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"},
	"reserved":               {"240.0.0.1", "255.255.255.254"},
	"everybody":              {"255.255.255.255"},
	"unspecified":            {"::"},
	"IPv4-mapped":            {"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:93.184.216.34"},
	"IPv4-compatible":        {"::127.0.0.1", "::169.254.169.254"},
	"IPv4-translated":        {"::ffff:0:127.0.0.1"},
	"NAT64":                  {"64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a9fe:a9fe"},
	"6to4":                   {"2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::1"},
	"Teredo":                 {"2001:0:a9fe:a9fe::1"},
	"ORCHID, drone":          {"2001:10::1", "2001:20::1", "2001:30::1"},
	"discard":                {"100::1", "100:0:0:1::1"},
	"SRv6":                   {"5f00::1"},
	"unique local":           {"fc00::1", "fdff:ffff::1"},
	"site-local":             {"fec0::1"},
	"with a zone":            {"fe80::1%eth0", "2606:4700::1%eth0"},
	"not handed out by IANA": {"4000::1", "8000::1", "1::1"},
}

var public = []string{"93.184.216.34", "1.1.1.1", "11.0.0.1", "172.15.255.255", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4009::1"}

func TestOnlyPublicAddressesAreSentTo(t *testing.T) {
	g := newGuard(nil, nil)
	for what, addresses := range special {
		for _, text := range addresses {
			address := netip.AddrPortFrom(netip.MustParseAddr(text), httpsPort).String()
			if g.control(networkOf(text), address, nil) == nil {
				t.Errorf("%s: %s may be sent to", what, text)
			}
			if _, code := g.endpoint("https://" + address + "/"); code == "" {
				t.Errorf("%s: https://%s may be sent to", what, address)
			}
		}
	}
	for _, text := range public {
		address := netip.AddrPortFrom(netip.MustParseAddr(text), httpsPort).String()
		if err := g.control(networkOf(text), address, nil); err != nil {
			t.Errorf("%s may not be sent to: %v", text, err)
		}
		if _, code := g.endpoint("https://" + address); code != "" {
			t.Errorf("https://%s may not be sent to: %s", address, code)
		}
	}
}

func networkOf(address string) string {
	if netip.MustParseAddr(address).Is4() {
		return "tcp4"
	}
	return "tcp6"
}

func TestOnlyConnectionsOfTCPToPortsThatAreOpenAreMade(t *testing.T) {
	g := newGuard(nil, []uint16{8443})
	for what, tc := range map[string]struct {
		network, address string
		may              bool
	}{
		"https":             {"tcp4", "93.184.216.34:443", true},
		"a port of ours":    {"tcp6", "[2606:4700::1]:8443", true},
		"http":              {"tcp4", "93.184.216.34:80", false},
		"mail":              {"tcp4", "93.184.216.34:25", false},
		"port 0":            {"tcp4", "93.184.216.34:0", false},
		"UDP":               {"udp4", "93.184.216.34:443", false},
		"a socket file":     {"unix", "/var/run/some.sock", false},
		"a name":            {"tcp4", "example.org:443", false},
		"no port":           {"tcp4", "93.184.216.34", false},
		"nothing":           {"", "", false},
		"a port too large":  {"tcp4", "93.184.216.34:65979", false}, // 443 by its lowest 16 bits
		"an address in hex": {"tcp4", "0x7f000001:443", false},
	} {
		if err := g.control(tc.network, tc.address, nil); (err == nil) != tc.may {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestPrefixesCanBeAllowed(t *testing.T) {
	g := newGuard([]netip.Prefix{netip.MustParsePrefix("10.1.2.3/16"), netip.MustParsePrefix("fd00:1::/32")}, nil)
	for text, may := range map[string]bool{
		"10.1.255.255": true, "10.2.0.0": false, "127.0.0.1": false, "fd00:1::1": true, "fd00:2::1": false, "::1": false,
		"::ffff:10.1.2.3": false, "64:ff9b::a01:203": false, "2002:a01:203::": false,
	} {
		address := netip.AddrPortFrom(netip.MustParseAddr(text), httpsPort).String()
		if err := g.control(networkOf(text), address, nil); (err == nil) != may {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestWhatIsAnEndpoint(t *testing.T) {
	g := newGuard(nil, []uint16{8443})
	for text, want := range map[string]Code{
		"https://partner.example.org":                     "",
		"https://partner.example.org:443/events?a=b":      "",
		"https://partner.example.org:8443/events":         "",
		"HTTPS://PARTNER.EXAMPLE.ORG/":                    "",
		"https://partner.example.org:80/":                 CodeAddressNotAllowed,
		"https://partner.example.org:65979/":              CodeAddressNotAllowed,
		"https://127.0.0.1/":                              CodeAddressNotAllowed,
		"https://[::1]/":                                  CodeAddressNotAllowed,
		"https://[::ffff:169.254.169.254]/":               CodeAddressNotAllowed,
		"http://partner.example.org/":                     CodeURLNotAllowed,
		"ftp://partner.example.org/":                      CodeURLNotAllowed,
		"file:///etc/passwd":                              CodeURLNotAllowed,
		"gopher://partner.example.org":                    CodeURLNotAllowed,
		"//partner.example.org/":                          CodeURLNotAllowed,
		"partner.example.org":                             CodeURLNotAllowed,
		"https:partner.example.org":                       CodeURLNotAllowed,
		"https://":                                        CodeURLNotAllowed,
		"https://:443/":                                   CodeURLNotAllowed,
		"https://user@partner.example.org/":               CodeURLNotAllowed,
		"https://user:secret@partner.example.org/":        CodeURLNotAllowed,
		"https://partner.example.org@127.0.0.1/":          CodeURLNotAllowed,
		"https://partner.example.org/#part":               CodeURLNotAllowed,
		"https://partner.example.org:port/":               CodeURLNotAllowed,
		"https://partner.example.org/\r\nX-Header: a":     CodeURLNotAllowed,
		"https://partner.example.org/" + long(longestURL): CodeURLNotAllowed,
		"": CodeURLNotAllowed,
	} {
		if _, code := g.endpoint(text); code != want {
			t.Errorf("%q: %q, want %q", text, code, want)
		}
	}
}

func long(n int) string { return string(make([]byte, n)) }
