package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"lifeline.scot/api/identity/oidc"
	"lifeline.scot/hack/dev/issuer"
)

// Bounds of one connection to the development issuer.
const (
	issuerTime        = 5 * time.Second
	issuerHeaderBytes = 16 << 10
)

// startIssuer starts the development issuer, unless others could reach the API: then nobody is to have a token for it.
func (s *stack) startIssuer(ctx context.Context) error {
	if !oidc.OnlyThisMachine(s.settings.api) {
		return nil
	}
	s.say("starting the development issuer")
	made, err := issuer.New(url(s.settings.issuer, ""), time.Now)
	if err != nil {
		return fmt.Errorf("development issuer: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.settings.issuer)
	if err != nil {
		return fmt.Errorf("development issuer: %w", err)
	}
	s.issuer = &http.Server{
		Handler: made.Handler(), ReadTimeout: issuerTime, WriteTimeout: issuerTime, IdleTimeout: issuerTime,
		MaxHeaderBytes: issuerHeaderBytes,
	}
	go func() {
		if err := s.issuer.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.say("the development issuer ended, so nobody can sign in: " + err.Error())
		}
	}()
	return made.WriteAccess(s.settings.dir)
}
