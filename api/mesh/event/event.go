package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/api/referral"
)

// ContentType is the media type of an encoded event.
const ContentType = "application/cloudevents+json; charset=utf-8"

// MostBytes bounds an encoded event: what everybody who passes CloudEvents on has to take.
const MostBytes = 64 << 10

// Event is one thing that one partner is told of a referral.
type Event struct {
	// ID is the same on every attempt, and the webhook-id: 1 to 128 letters, digits, hyphens and underscores.
	ID   string
	Type Type
	// Source is the address of the API that tells of it, such as https://lifeline.example.org. With it an ID is unique.
	Source string
	// Referral is the id of the referral, and the subject.
	Referral string
	// Version is the one that the referral had after it, from 1. Said numbers what was said about sharing it, from 1, where that is
	// the event, which leaves the version as it is; 0 for a change of the referral itself. Of two events of a referral the later is
	// the one with the greater version, and of the same version with the greater Said.
	Version, Said int64
	// Time is when it happened, not when it is sent.
	Time time.Time
	// Partner is the name of the partner that is told.
	Partner string
	// Fields are those of the referral that the partner may see, by their names in GraphQL, for a partner that is set to be sent
	// them; nil for a reference, which is all that others get. They are about a person: an Event shows them in Encode alone.
	Fields map[string]any
}

// ErrTooLarge is an event that is longer than [MostBytes].
var ErrTooLarge = errors.New("the event is longer than 64 KiB")

// Payloads, as the data of an event calls them and as the Partner's delivery does.
const (
	payloadReference = "Reference"
	payloadMinimised = "Minimised"
)

// envelope is an event as it is sent. The order of its fields is that of the bytes.
type envelope struct {
	SpecVersion string `json:"specversion"`
	ID          string `json:"id"`
	Source      string `json:"source"`
	Type        Type   `json:"type"`
	Subject     string `json:"subject"`
	Time        string `json:"time"`
	// Sequence is the CloudEvents extension of that name: see [Sequence].
	Sequence        string `json:"sequence"`
	DataContentType string `json:"datacontenttype"`
	Data            data   `json:"data"`
}

type data struct {
	Payload  string         `json:"payload"`
	Partner  string         `json:"partner"`
	Referral string         `json:"referral"`
	Version  int64          `json:"version"`
	Said     int64          `json:"said"`
	Fields   map[string]any `json:"fields,omitempty"`
}

// Encode writes the event. The same event is always the same bytes. It fails with [ErrTooLarge] when there are too many of them,
// and never says in an error what the fields are.
func (e Event) Encode() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, fmt.Errorf("write down an event: %w", err)
	}
	payload := payloadReference
	if e.Fields != nil {
		payload = payloadMinimised
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(envelope{
		SpecVersion: "1.0", ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Referral,
		Time: e.Time.UTC().Format(time.RFC3339Nano), Sequence: Sequence(e.Version, e.Said), DataContentType: "application/json",
		Data: data{Payload: payload, Partner: e.Partner, Referral: e.Referral, Version: e.Version, Said: e.Said, Fields: e.Fields},
	})
	if err != nil {
		return nil, fmt.Errorf("write down an event: %T", err) // its text may be about a value
	}
	if text.Len() > MostBytes {
		return nil, ErrTooLarge
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// Sequence is a text that sorts as events of one referral follow each other: by the version and, within one, by what was said
// about sharing; both with leading zeroes.
func Sequence(version, said int64) string { return fmt.Sprintf("%010d.%06d", version, said) }

// bounds of what an event says.
const (
	longestSource  = 2048
	longestPartner = 63
	mostVersions   = 9_999_999_999 // ten digits
	mostSaid       = 999_999       // six digits
)

func (e Event) check() error {
	source, err := url.Parse(e.Source)
	switch {
	case !signature.IsID(e.ID):
		return errors.New("its id is none")
	case e.Type == "":
		return errors.New("it has no type")
	case err != nil || e.Source == "" || len(e.Source) > longestSource || source.User != nil || source.RawQuery != "":
		return errors.New("its source is no address")
	case !referral.IsID(e.Referral):
		return errors.New("it is about no referral")
	case e.Version < 1 || e.Version > mostVersions:
		return errors.New("it has no version")
	case e.Said < 0 || e.Said > mostSaid:
		return errors.New("what was said has no number")
	case e.Time.IsZero():
		return errors.New("it has no time")
	case len(e.Partner) > longestPartner:
		return errors.New("it is for no partner")
	}
	return nil
}

// String implements fmt.Stringer without the fields.
func (e Event) String() string {
	return fmt.Sprintf("%s, version %d of %s", e.Type, e.Version, e.Referral)
}

// GoString implements fmt.GoStringer without the fields.
func (e Event) GoString() string { return e.String() }

// LogValue implements slog.LogValuer without the fields.
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

// MarshalJSON implements json.Marshaler without the fields: an event is written by Encode.
func (e Event) MarshalJSON() ([]byte, error) { return json.Marshal(e.String()) }
