package audit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"lifeline.scot/api/keyfile"
)

// The names of the key's file in the folder of keys, and of the entries of a Secret that is mounted as one.
const (
	KeyFile = "audit.key"
	// PublicFile is its public half. Checkpoints are verified with that; keep a copy where the store is not.
	PublicFile = KeyFile + public
	public     = ".pub"
	// CheckpointFile is where the checkpoint that was signed last is kept beside the key, outside the store.
	CheckpointFile = "audit.checkpoint"
)

// OpenKey returns the signer in a key file. An [keyfile.Owned] one that is missing is made, and its public half put beside it. A
// key that is mounted brings its public half itself.
func OpenKey(path string, source keyfile.Source) (note.Signer, error) {
	text, err := keyfile.Open(path, source, newKey)
	if err != nil {
		return nil, err
	}
	secret := strings.TrimSpace(string(text))
	signer, err := note.NewSigner(secret)
	if err != nil { // what it says may quote the file
		return nil, &keyfile.Error{Path: path, Problem: "holds no key of an audit log: restore it from its backup"}
	}
	if source != keyfile.Mounted {
		err = keepPublic(path+public, secret)
	}
	return signer, err
}

func newKey() ([]byte, error) {
	secret, _, err := note.GenerateKey(rand.Reader, Origin)
	return []byte(secret + "\n"), err
}

// keepPublic writes the public half of a key, if it is not there.
func keepPublic(path, secret string) error {
	half, err := publicHalf(secret)
	if err != nil {
		return err
	}
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, half) {
		return nil
	}
	return keyfile.Replace(path, half)
}

// publicHalf works out what the key, PRIVATE+KEY+name+hash+seed, is verified with.
func publicHalf(secret string) ([]byte, error) {
	const parts, algorithmBytes = 5, 1
	fields := strings.SplitN(secret, "+", parts)
	key, err := base64.StdEncoding.DecodeString(fields[len(fields)-1])
	if err != nil || len(fields) != parts || len(key) != algorithmBytes+ed25519.SeedSize {
		return nil, errors.New("the key of the audit log is of another kind than Ed25519")
	}
	half, ok := ed25519.NewKeyFromSeed(key[algorithmBytes:]).Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the key of the audit log has no public half")
	}
	text, err := note.NewEd25519VerifierKey(fields[2], half)
	if err != nil {
		return nil, fmt.Errorf("work out the public key of the audit log: %w", err)
	}
	return []byte(text + "\n"), nil
}

// longestPublic bounds what is read as a public key. Unit: bytes.
const longestPublic = 4096

// PublicKey reads the public half of a key.
func PublicKey(path string) (note.Verifier, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the public key of the audit log: %w", err)
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, longestPublic))
	if err != nil {
		return nil, fmt.Errorf("read the public key of the audit log: %w", err)
	}
	key, err := note.NewVerifier(strings.TrimSpace(string(text)))
	if err != nil { // it may be the other half
		return nil, fmt.Errorf("%s holds no public key of an audit log", path)
	}
	return key, nil
}
