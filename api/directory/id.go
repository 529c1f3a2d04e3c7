package directory

import (
	"encoding/base64"
	"strings"
)

// Kind is one of the kinds of things in the directory.
type Kind byte

// The kinds, with the letter that stands for each in an ID.
const (
	KindPartnership Kind = 'a'
	KindPartner     Kind = 'o'
	KindService     Kind = 's'
	KindPool        Kind = 'p'
	// KindPlacement is a claim on a place. Claims are not in the directory; their ids are of the same form.
	KindPlacement Kind = 'c'
)

// idVersion is the first byte of every ID, so that a later form can be told from this one.
const idVersion = 1

// IDOf is the global ID of the thing of a kind with a namespace ("" for the cluster-wide kinds) and a name. It is opaque to
// clients, safe in a URL, and stays the same as long as the thing has that name.
func IDOf(kind Kind, namespace, name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(string([]byte{idVersion, byte(kind)}) + namespace + "/" + name))
}

// ParseID is the opposite of IDOf. False if id is not one that IDOf makes.
func ParseID(id string) (kind Kind, namespace, name string, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	if err != nil || len(raw) < 3 || raw[0] != idVersion {
		return 0, "", "", false
	}
	namespace, name, ok = strings.Cut(string(raw[2:]), "/")
	kind = Kind(raw[1])
	switch kind {
	case KindPartnership, KindPartner:
		return kind, namespace, name, ok && namespace == "" && name != ""
	case KindService, KindPool, KindPlacement:
		return kind, namespace, name, ok && namespace != "" && name != ""
	}
	return 0, "", "", false
}
