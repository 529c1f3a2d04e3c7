package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// rotateEvery is how long a key signs tokens. It is published for as long before, so that everybody knows it by then, and for
// as long after, which is longer than a token counts.
const rotateEvery = time.Hour

// rotation makes the keys, each when it is first published. Those with an even number are of an elliptic curve, the others RSA.
type rotation struct {
	mutex sync.Mutex
	made  map[int64]jose.JSONWebKey
}

// published are the keys at one moment: the one that signs, and those before and after it.
type published struct {
	current jose.JSONWebKey
	others  []jose.JSONWebKey
}

// public are the keys without what can sign with them.
func (p published) public() (set jose.JSONWebKeySet) {
	for _, key := range append([]jose.JSONWebKey{p.current}, p.others...) {
		set.Keys = append(set.Keys, key.Public())
	}
	return set
}

// at returns the keys of a moment, and forgets those that are over.
func (r *rotation) at(now time.Time) (published, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	current := now.Unix() / int64(rotateEvery/time.Second)
	keep := map[int64]jose.JSONWebKey{}
	for _, number := range []int64{current, current + 1} {
		key, ok := r.made[number]
		if !ok {
			var err error
			if key, err = newKey(number); err != nil {
				return published{}, err
			}
		}
		keep[number] = key
	}
	p := published{current: keep[current], others: []jose.JSONWebKey{keep[current+1]}}
	if before, ok := r.made[current-1]; ok {
		keep[current-1] = before
		p.others = append(p.others, before)
	}
	r.made = keep
	return p, nil
}

// newKey makes a key, named by its thumbprint (RFC 7638).
func newKey(number int64) (jose.JSONWebKey, error) {
	var private crypto.Signer
	var err error
	key := jose.JSONWebKey{Use: "sig"}
	if number%2 == 0 {
		key.Algorithm = string(jose.ES256)
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key.Algorithm = string(jose.RS256)
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("make a key: %w", err)
	}
	key.Key = private
	thumbprint, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("name a key: %w", err)
	}
	key.KeyID = hex.EncodeToString(thumbprint[:12])
	return key, nil
}
