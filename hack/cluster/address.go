package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// PortInUseError says that an address cannot be listened on because something else does.
type PortInUseError struct {
	// Address is the host:port.
	Address string
}

func (e *PortInUseError) Error() string { return "something else is listening on " + e.Address }

// CheckFree tells whether an address, host:port, can be listened on now. The error is a PortInUseError when something else
// has it. Port 0 is always free.
func CheckFree(address string) error {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return &PortInUseError{Address: address}
	}
	if err != nil {
		return fmt.Errorf("%q cannot be used as an address: %w", address, err)
	}
	return listener.Close()
}

// Ports that are listened on are looked for below those that Linux and macOS give to connections that go out (from 32768 and from
// 49152): otherwise such a connection takes the port of a program that is about to be started, or started again.
const (
	lowestPort  = 20000
	highestPort = 32767
	portTries   = 100
)

// FreePort returns an address, host:port, on a port of 127.0.0.1 that nothing listens on at the moment.
func FreePort() (string, error) {
	var failed error
	for range portTries {
		port := lowestPort + rand.N(highestPort-lowestPort+1) //nolint:gosec // nobody need be unable to guess it
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if failed = CheckFree(address); failed == nil {
			return address, nil
		}
	}
	return "", fmt.Errorf("find a free port: %w", failed)
}

// splitAddress takes host:port apart; a port of 0 or an empty address is replaced by a free one.
func splitAddress(address string) (host, port string, err error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, port, err = net.SplitHostPort(address)
	if err != nil {
		return "", "", fmt.Errorf("address of the API server: %w", err)
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", "", fmt.Errorf("address of the API server: %q is not a port number", port)
	} else if number != 0 {
		return host, port, nil
	}
	free, err := FreePort()
	if err != nil {
		return "", "", err
	}
	_, port, err = net.SplitHostPort(free)
	return host, port, err
}

// lostRace tells whether a program ended because somebody took its port between choosing and listening.
func lostRace(err error) bool {
	var lost *raceError
	return errors.As(err, &lost)
}

type raceError struct{ error }
