package main

import (
	"net/http"
	"time"

	"lifeline.scot/api/mesh/inbound"
	"lifeline.scot/api/mesh/secrets"
	"lifeline.scot/api/placement"
)

// events takes signed events from partners whose software does not speak GraphQL.
func (s *site) events(desk *placement.Desk) (http.Handler, error) {
	signing, err := secrets.New(s.referrals.from.cluster, time.Now)
	if err != nil {
		return nil, err
	}
	handler, err := inbound.New(inbound.Options{
		View: s.directory.View, Rights: s.rights, Secrets: signing, Referrals: s.referrals.inbound, Placement: desk, Clock: time.Now,
		Pace: s.pace.Begin, Count: s.metrics.event, Logger: s.logger,
	})
	if err != nil {
		return nil, err
	}
	return s.metrics.count("events", s.counted(handler)), nil
}

// inbound is where what partners send is handed in and kept, once the store has been opened.
func (r *referrals) inbound() (inbound.Casework, inbound.Received, error) {
	desk, err := r.desk()
	if err != nil {
		return nil, nil, err
	}
	return desk, r.opened.Load(), nil
}
