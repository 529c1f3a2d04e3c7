package vault

import (
	"encoding/binary"
	"fmt"
)

// Place is where something encrypted belongs: whose it is, in which record, in which field. It is bound to the ciphertext, so
// that what was written for one place cannot be read in another.
type Place struct {
	Person, Record, Field string
}

// purpose comes first in all associated data, so that nothing encrypted for one purpose is taken for another.
type purpose string

const (
	forValue purpose = "lifeline.scot/value/v1"
	forKey   purpose = "lifeline.scot/person-key/v1"
	forCheck purpose = "lifeline.scot/key-check/v1"
	forIndex purpose = "lifeline.scot/blind-index/v1"
	// forHiding is what goes out and comes back.
	forHiding purpose = "lifeline.scot/hidden/v1"
)

// about joins texts so that no two lists of them give the same.
func (p purpose) about(texts ...string) []byte {
	joined := []byte(p)
	for _, text := range texts {
		joined = binary.BigEndian.AppendUint32(joined, uint32(len(text)))
		joined = append(joined, text...)
	}
	return joined
}

// check refuses a place that leaves something open: two of them could be taken for one another.
func (p Place) check() error {
	if p.Person == "" || p.Record == "" || p.Field == "" {
		return fmt.Errorf("name the person, the record and the field of what is encrypted")
	}
	return nil
}
