package story

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Options say where the story is played.
type Options struct {
	// Dir is the folder of the run, by which tokens are got from its issuer.
	Dir string
	// API is where GraphQL is, without a path: http://127.0.0.1:8080.
	API string
	// Out is where the story is told.
	Out io.Writer
}

// player is somebody invented who takes part, in a role of the development issuer.
type player struct {
	name, role string
	// purpose is what they ask for, in which care role.
	purpose, as string
}

// of are the arguments by which they ask for a referral.
func (p player) of(referral string) string {
	return fmt.Sprintf(`id: %q, purpose: %s, as: %s`, referral, p.purpose, p.as)
}

// Those who take part. Rory works in two capacities: he answers overdoses, and supports people after that.
var (
	pia    = player{"Pia", "paramedic", "REFERRAL_COORDINATION", "CLINICIAN"}
	rory   = player{"Rory", "responder", "OVERDOSE_RESPONSE", "NFO_RESPONDER"}
	worker = player{"Rory", "responder", "REFERRAL_COORDINATION", "PRACTITIONER"}
	callum = player{name: "Callum", role: "commissioner"}
	pavel  = player{"Pavel", "provider", "REFERRAL_COORDINATION", "PRACTITIONER"}
	davina = player{name: "Davina", role: "datalead"}
)

// The organisations, as the directory names them.
const (
	firstAsked = "turning-point-scotland"
	hscp       = "glasgow-city-hscp"
	rehab      = "phoenix-futures"
	adp        = "glasgow-city"
)

// Play plays the story once. Everybody in it is invented; playing it again is about somebody else.
func Play(ctx context.Context, o Options) error {
	s := newStage(ctx, o)
	s.tells("One night in Glasgow, played on this machine. Everybody in it is invented; no agreement or time here says " +
		"what the organisations named do in truth. Nothing here is acted: each line is an answer of the API, or with » what " +
		"came to the software of a partner as a signed event, which it verified.")
	overdose := s.anOverdose()     //nolint:contextcheck // the stage has it
	stay := s.aPlace(overdose)     //nolint:contextcheck // the stage has it
	aftercare := s.aStay(stay)     //nolint:contextcheck // the stage has it
	s.aWithdrawal(stay, aftercare) //nolint:contextcheck // the stage has it
	if s.err != nil {
		return s.err
	}
	s.tells("That was all, in %d seconds.", int(time.Since(s.began).Seconds()))
	return nil
}
