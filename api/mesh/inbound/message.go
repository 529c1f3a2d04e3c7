package inbound

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/refusal"
)

// Bounds of a message.
const (
	// MostBytes bounds the body of a request.
	MostBytes     = 64 << 10
	longestSource = 2048
	longestName   = 63
)

// message is an event as a partner sends it.
type message struct {
	id   string
	kind kind
	// referral that it is about, and the version that was read of it; of a count, the pool.
	referral string
	version  int64
	pool     place
	// time is when it happened; zero: now.
	time time.Time
	// codes and numbers are what else it says, by name.
	codes   map[string]string
	numbers map[string]int32
}

// place names a pool.
type place struct{ partnership, name string }

// invalid turns a message away. It does not repeat what is in it.
func invalid(text string, path ...string) error { return refusal.Of(refusal.Invalid, text, path...) }

// read reads a message that came with an id.
func read(body []byte, id string) (message, error) {
	all, err := object(body, envelopeFields, "An event has specversion, id, source, type, subject, time, datacontenttype and data, "+
		"each once, and nothing else.")
	if err != nil {
		return message{}, err
	}
	m := message{codes: map[string]string{}, numbers: map[string]int32{}}
	var typ event.Type
	for _, step := range []func() error{
		func() error { return checkEnvelope(all) },
		func() (err error) { m.id, err = idOf(all, id); return err },
		func() (err error) { typ, err = text[event.Type](all, "type"); return err },
		func() (err error) { m.kind, err = kindOf(typ); return err },
		func() (err error) { m.time, err = timeOf(all); return err },
		func() error { return m.readSubject(all) },
		func() error { return m.readData(all["data"]) },
	} {
		if err := step(); err != nil {
			return message{}, err
		}
	}
	return m, nil
}

var envelopeFields = []string{"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"}

func checkEnvelope(all fields) error {
	version, err := text[string](all, "specversion")
	if err != nil || version != "1.0" {
		return invalid("specversion is \"1.0\".", "specversion")
	}
	if source, err := text[string](all, "source"); err != nil || len(source) > longestSource {
		return invalid("source is the address of who tells it, at most 2048 characters, such as https://harbour.example.org.", "source")
	}
	if _, given := all["datacontenttype"]; given {
		if is, err := text[string](all, "datacontenttype"); err != nil || is != "application/json" {
			return invalid("datacontenttype is application/json, or is left out.", "datacontenttype")
		}
	}
	return nil
}

func idOf(all fields, header string) (string, error) {
	id, err := text[string](all, "id")
	if err != nil || id != header {
		return "", invalid("id is the same as the header webhook-id.", "id")
	}
	return id, nil
}

func timeOf(all fields) (time.Time, error) {
	if _, given := all["time"]; !given {
		return time.Time{}, nil
	}
	said, err := text[string](all, "time")
	if err == nil {
		var at time.Time
		if at, err = time.Parse(time.RFC3339, said); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, invalid("time is when it happened, such as 2026-11-29T12:00:00Z, or is left out for now.", "time")
}

// readSubject reads what the message is about.
func (m *message) readSubject(all fields) error {
	subject, err := text[string](all, "subject")
	if m.kind.aboutPool {
		var found bool
		m.pool.partnership, m.pool.name, found = strings.Cut(subject, "/")
		if err != nil || !found || !referral.Opaque(m.pool.partnership) || !referral.Opaque(m.pool.name) {
			return invalid("subject is the pool: the name of its ADP, a slash, and its own name.", "subject")
		}
		return nil
	}
	if err != nil || len(subject) > longestName {
		return invalid("subject is the number of the referral.", "subject")
	}
	m.referral = subject // whether there is such a one, and whose, is all one answer
	return nil
}

// readData reads what the message says of it.
func (m *message) readData(data json.RawMessage) error {
	all, err := object(data, m.kind.names(), "The data of this type has "+m.kind.inWords()+", each once, and nothing else: no "+
		"words, and nothing about the person.")
	if err != nil {
		return err
	}
	if !m.kind.aboutPool {
		if m.version, err = number(all, "version", 1, mostVersions); err != nil {
			return invalid("version is the version of the referral that you read.", "data", "version")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.kind.codes)) {
		codes := m.kind.codes[name]
		if m.codes[name], err = text[string](all, name); err != nil || !codes.has(m.codes[name]) {
			return invalid(name+" is one of "+codes.inWords()+".", "data", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.kind.numbers)) {
		if _, given := all[name]; !given && !m.kind.numbers[name] {
			continue
		}
		n, err := number(all, name, 0, mostPeople)
		if err != nil {
			return invalid(name+" is a number of places, 0 to 256.", "data", name)
		}
		m.numbers[name] = int32(n)
	}
	return nil
}

const (
	mostVersions = 9_999_999_999
	mostPeople   = 256
)
