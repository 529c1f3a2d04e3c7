package main

import (
	"context"
	"fmt"
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
	s.issuer = &http.Server{
		Handler: made.Handler(), ReadTimeout: issuerTime, WriteTimeout: issuerTime, IdleTimeout: issuerTime,
		MaxHeaderBytes: issuerHeaderBytes,
	}
	if err := s.serve(ctx, s.issuer, s.settings.issuer, "the development issuer ended, so nobody can sign in"); err != nil {
		return fmt.Errorf("development issuer: %w", err)
	}
	return made.WriteAccess(s.settings.dir)
}
