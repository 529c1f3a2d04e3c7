package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// serve serves on an address, host:port, until the run ends, encrypted if the server has a certificate. Should it end before,
// ended says what is missing then.
func (s *stack) serve(ctx context.Context, server *http.Server, address, ended string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	s.servers = append(s.servers, server)
	serve := func() error { return server.Serve(listener) }
	if server.TLSConfig != nil {
		serve = func() error { return server.ServeTLS(listener, "", "") }
	}
	go func() {
		if err := serve(); !errors.Is(err, http.ErrServerClosed) {
			s.say(ended + ": " + err.Error())
		}
	}()
	return nil
}
