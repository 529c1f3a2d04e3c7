// Package oidc checks bearer tokens that OpenID Connect issuers have signed, and says what they say about who is asking.
//
// A token counts when one of the issuers that are configured signed it, by a key that the issuer publishes now, for this API,
// for a short time that is not over (see [Leeway] and [Issuer].LongestLifetimeSeconds), and when it names the person and the
// client. Whoever holds such a token can send it again until it expires: that is what a bearer token is. What protects against
// one that was overheard is that it expires soon, that it counts at this API alone, and that the organisation it belongs to can
// be suspended, which the caller of this package asks about on every request.
//
// Nothing a token says is believed before its signature is checked, apart from which issuer to ask and which of its keys to take.
// Addresses and keys inside a token (jku, x5u, jwk, x5c) are never followed. An issuer that cannot be reached is an
// [UnavailableError] for its own tokens and for no others, never a token that is refused.
package oidc
