package oidc

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// longestToken is the length of a token in characters. Those of large issuers have one or two thousand.
const longestToken = 8 << 10

// unverified is a token of which nothing is known but its form. What it says may be anybody's invention.
type unverified struct {
	token *jwt.JSONWebToken
	// issuer and keyID say whom to ask, and for which key.
	issuer, keyID string
	algorithm     jose.SignatureAlgorithm
}

// claims are what a token says, once its signature has been checked.
type claims struct {
	standard jwt.Claims
	all      members
}

// parse takes a token apart.
func parse(text string) (*unverified, error) {
	if len(text) > longestToken || strings.Count(text, ".") != 2 {
		return nil, refuse(ReasonMalformed)
	}
	token, err := jwt.ParseSigned(text, accepted())
	var unexpected *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &unexpected):
		return nil, refuse(ReasonAlgorithm)
	case err != nil || len(token.Headers) != 1:
		return nil, refuse(ReasonMalformed)
	}
	var says struct {
		Issuer string `json:"iss"`
	}
	if err := token.UnsafeClaimsWithoutVerification(&says); err != nil {
		return nil, refuse(ReasonMalformed)
	}
	header := token.Headers[0]
	if !isBearerType(header.ExtraHeaders[jose.HeaderType]) {
		return nil, refuse(ReasonKind)
	}
	return &unverified{token, says.Issuer, header.KeyID, jose.SignatureAlgorithm(header.Algorithm)}, nil
}

// isBearerType reports whether a token may be sent as a bearer token by its typ: those that say nothing, that they are some
// JWT, or an access token (RFC 9068). Others are for logging out, for proving who holds a key, and so on, by the same issuer
// and keys.
func isBearerType(typ any) bool {
	if typ == nil {
		return true
	}
	text, ok := typ.(string)
	text = strings.TrimPrefix(strings.ToLower(text), "application/")
	return ok && (text == "jwt" || text == "at+jwt")
}

func (u *unverified) accepted(algorithms []jose.SignatureAlgorithm) error {
	if !slices.Contains(algorithms, u.algorithm) {
		return refuse(ReasonAlgorithm)
	}
	return nil
}

// verified is what the token says, if one of the keys signed it.
func (u *unverified) verified(keys []jose.JSONWebKey) (claims, error) {
	for _, key := range keys {
		if !fits(key, u.algorithm) {
			continue
		}
		var c claims
		if err := u.token.Claims(key.Key, &struct{}{}); err != nil {
			continue
		}
		if err := u.token.UnsafeClaimsWithoutVerification(&c.standard, &c.all); err != nil {
			return claims{}, refuse(ReasonClaims)
		}
		return c, nil
	}
	return claims{}, refuse(ReasonSignature)
}

// fits reports whether a key is for an algorithm: what an issuer publishes for one is not used for another.
func fits(key jose.JSONWebKey, algorithm jose.SignatureAlgorithm) bool {
	if key.Algorithm != "" && key.Algorithm != string(algorithm) {
		return false
	}
	switch public := key.Key.(type) {
	case *rsa.PublicKey:
		return strings.HasPrefix(string(algorithm), "RS") || strings.HasPrefix(string(algorithm), "PS")
	case *ecdsa.PublicKey:
		of := map[int]jose.SignatureAlgorithm{256: jose.ES256, 384: jose.ES384, 521: jose.ES512}
		return algorithm == of[public.Curve.Params().BitSize]
	case ed25519.PublicKey:
		return algorithm == jose.EdDSA
	default:
		return false
	}
}
