package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed message.
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// Tolerance is how far the clock of whoever signed may be from ours.
const Tolerance = 5 * time.Minute

// Bounds of what a stranger sends.
const (
	longestID        = 128
	longestTimestamp = 12
	longestSignature = 4 << 10
	mostSignatures   = 16
)

// version is that of signatures by a key that both sides know.
const version = "v1,"

// The ways in which a message is not taken for signed. They tell nothing of the secrets.
var (
	ErrMissing = errors.New("send webhook-id, webhook-timestamp and webhook-signature, each once, as Standard Webhooks says")
	ErrInvalid = errors.New("webhook-id has 1 to 128 letters, digits, '-' and '_'; webhook-timestamp is the time in whole seconds " +
		"since 1970; webhook-signature has at most 16 signatures")
	ErrTooOld   = errors.New("webhook-timestamp is more than 5 minutes ago: sign each attempt anew, and check your clock")
	ErrTooNew   = errors.New("webhook-timestamp is more than 5 minutes ahead: check your clock")
	ErrMismatch = errors.New("no signature is right: sign webhook-id, webhook-timestamp and exactly the bytes of the body, with " +
		"full stops between them, by the secret that was agreed")
)

// Sign returns the headers that make a message a signed one, with a signature for each of the secrets in their order, so that the
// receiver may know either of two. The id is the same for every attempt, the moment is that of the attempt.
func Sign(secrets []Secret, id string, at time.Time, body []byte) http.Header {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		signatures[i] = secret.sign(id, timestamp, body)
	}
	return http.Header{
		HeaderID: {id}, HeaderTimestamp: {timestamp}, HeaderSignature: {strings.Join(signatures, " ")},
	}
}

// sign makes one signature, with its version.
func (s Secret) sign(id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, s.bytes())
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return version + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Verify fails unless one of the signatures in the headers was made by one of the secrets, over this body, at most [Tolerance]
// from now. It fails with one of [ErrMissing], [ErrInvalid], [ErrTooOld], [ErrTooNew], [ErrMismatch], and with [ErrNoSecret] when
// there is nothing to check by.
func Verify(secrets []Secret, header http.Header, body []byte, now time.Time) error {
	if len(secrets) == 0 {
		return ErrNoSecret
	}
	m, err := read(header)
	if err != nil {
		return err
	}
	switch since := now.Sub(m.at); {
	case since > Tolerance:
		return ErrTooOld
	case since < -Tolerance:
		return ErrTooNew
	}
	found := false
	for _, secret := range secrets {
		if secret.key == nil {
			continue
		}
		right := []byte(secret.sign(m.id, m.timestamp, body))
		for _, given := range m.signatures {
			found = hmac.Equal([]byte(given), right) || found
		}
	}
	if !found {
		return ErrMismatch
	}
	return nil
}

// marks are what the headers of a message say.
type marks struct {
	id, timestamp string
	at            time.Time
	signatures    []string
}

func read(header http.Header) (m marks, err error) {
	var list string
	for name, into := range map[string]*string{HeaderID: &m.id, HeaderTimestamp: &m.timestamp, HeaderSignature: &list} {
		values := header.Values(name)
		if len(values) != 1 || values[0] == "" {
			return marks{}, ErrMissing
		}
		*into = values[0]
	}
	if !IsID(m.id) || len(list) > longestSignature || len(m.timestamp) > longestTimestamp {
		return marks{}, ErrInvalid
	}
	seconds, err := strconv.ParseInt(m.timestamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != m.timestamp {
		return marks{}, ErrInvalid
	}
	m.at = time.Unix(seconds, 0)
	m.signatures = strings.Split(list, " ")
	if len(m.signatures) > mostSignatures {
		return marks{}, ErrInvalid
	}
	return m, nil
}

// IsID reports whether a text can be the id of a message: 1 to 128 letters, digits, hyphens and underscores. Full stops stand
// between what is signed, so none may be in it.
func IsID(text string) bool {
	if text == "" || len(text) > longestID {
		return false
	}
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_':
		default:
			return false
		}
	}
	return true
}
