// Package kms asks a key management service by way of a plugin for Kubernetes: version 2 of its KMS API, over a Unix socket. Any
// plugin that a cluster can use for its Secrets can keep Lifeline's key files shut, whoever's service it is for.
package kms

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	kmsapi "k8s.io/kms/apis/v2"

	"lifeline.scot/api/vault"
)

// Plugin is a guard that a plugin provides.
type Plugin struct {
	connection *grpc.ClientConn
	client     kmsapi.KeyManagementServiceClient
}

// Bounds of what a plugin may answer. Those of ids and ciphertexts are of the KMS API; unit: bytes.
const (
	longestKeyID       = 1 << 10
	longestCiphertext  = 1 << 10
	longestAnnotations = 32 << 10
	longestAnswer      = 64 << 10
)

// At returns the plugin that serves at a Unix socket, such as unix:///run/kms/kms.sock. It is asked for nothing yet.
func At(address string) (*Plugin, error) {
	path, is := strings.CutPrefix(address, "unix://")
	if !is || !strings.HasPrefix(path, "/") {
		return nil, errors.New("a KMS plugin is named by its Unix socket, such as unix:///run/kms/kms.sock")
	}
	// Nobody but who may open the socket is at its other end, so there is nothing to encrypt on the way.
	connection, err := grpc.NewClient("unix://"+path, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithAuthority("localhost"), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(longestAnswer)))
	if err != nil {
		return nil, fmt.Errorf("prepare to ask the KMS plugin: %w", err)
	}
	return &Plugin{connection, kmsapi.NewKeyManagementServiceClient(connection)}, nil
}

// Close ends the connection.
func (p *Plugin) Close() error {
	if err := p.connection.Close(); err != nil {
		return fmt.Errorf("leave the KMS plugin: %w", err)
	}
	return nil
}

// Wrap implements vault.Guard.
func (p *Plugin) Wrap(ctx context.Context, secret []byte) (vault.Wrapped, error) {
	answer, err := p.client.Encrypt(ctx, &kmsapi.EncryptRequest{Plaintext: secret, Uid: rand.Text()})
	if err != nil {
		return vault.Wrapped{}, away(err)
	}
	w := vault.Wrapped{KeyID: answer.KeyId, Ciphertext: answer.Ciphertext, Annotations: answer.Annotations}
	return w, check(w)
}

// Unwrap implements vault.Guard.
func (p *Plugin) Unwrap(ctx context.Context, w vault.Wrapped) ([]byte, error) {
	if err := check(w); err != nil {
		return nil, err
	}
	answer, err := p.client.Decrypt(ctx, &kmsapi.DecryptRequest{
		Ciphertext: w.Ciphertext, KeyId: w.KeyID, Annotations: w.Annotations, Uid: rand.Text(),
	})
	if err != nil {
		return nil, away(err)
	}
	return answer.Plaintext, nil
}

// check refuses what a plugin must not answer by the KMS API.
func check(w vault.Wrapped) error {
	annotations := 0
	for name, value := range w.Annotations {
		annotations += len(name) + len(value)
	}
	if w.KeyID == "" || len(w.KeyID) > longestKeyID || len(w.Ciphertext) == 0 || len(w.Ciphertext) > longestCiphertext ||
		annotations > longestAnnotations {
		return errors.New("the KMS plugin does not keep to version 2 of the KMS API: a key id and a ciphertext of at most " +
			"1,024 bytes each, and annotations of at most 32 KiB")
	}
	return nil
}

// away is a plugin that gave no answer. Of what it says only the code is passed on: it is another program's text.
func away(err error) error {
	return &vault.Unavailable{Cause: fmt.Errorf("the KMS plugin answers %s", status.Code(err))}
}
