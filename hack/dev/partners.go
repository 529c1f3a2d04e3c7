package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/hack/dev/partners"
)

// signing is the Secret that events are signed with, an entry for each partner that receives them on this machine.
var signing = client.ObjectKey{Namespace: programNamespace, Name: "lifeline-development-signing"}

// mayReadSigning lets the API read that Secret, and no other.
func mayReadSigning() rbacv1.PolicyRule {
	return rbacv1.PolicyRule{
		APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{signing.Name}, Verbs: []string{"get"},
	}
}

// Bounds of one connection to the endpoint of partners. Between two events it stays open.
const (
	partnersTime        = 10 * time.Second
	partnersIdleTime    = 2 * time.Minute
	partnersHeaderBytes = 16 << 10
)

// startPartners starts what stands for the software of some partners.
func (s *stack) startPartners(ctx context.Context) error {
	s.say("starting the endpoint that stands for the software of some partners")
	secrets, err := s.signingSecrets(ctx)
	if err != nil {
		return fmt.Errorf("endpoint of partners: %w", err)
	}
	endpoint, err := partners.New(secrets, time.Now)
	if err != nil {
		return fmt.Errorf("endpoint of partners: %w", err)
	}
	server := &http.Server{
		Handler: endpoint.Handler(), TLSConfig: endpoint.TLS(), ReadTimeout: partnersTime, WriteTimeout: partnersTime,
		IdleTimeout: partnersIdleTime, MaxHeaderBytes: partnersHeaderBytes,
		ErrorLog: log.New(io.Discard, "", 0), // of connections that end in the middle
	}
	if err := s.serve(ctx, server, s.settings.partners, "the endpoint of partners ended, so no event arrives"); err != nil {
		return fmt.Errorf("endpoint of partners: %w", err)
	}
	return endpoint.WriteAccess(s.settings.dir, s.settings.partners)
}

// signingSecrets are those in the Secret, by partner. What is missing in it is made.
func (s *stack) signingSecrets(ctx context.Context) (map[string]string, error) {
	found := &corev1.Secret{}
	if err := s.client.Get(ctx, signing, found); err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("read the signing secrets: %w", err)
	}
	wanted := &corev1.Secret{Data: map[string][]byte{}}
	wanted.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	wanted.Name, wanted.Namespace = signing.Name, signing.Namespace
	texts := map[string]string{}
	for _, partner := range partners.Names() {
		text := found.Data[partner]
		if len(text) == 0 {
			var err error
			if text, err = newSigningSecret(); err != nil {
				return nil, err
			}
		}
		wanted.Data[partner], texts[partner] = text, string(text)
	}
	return texts, s.apply(ctx, wanted, always)
}

// newSigningSecret makes a secret as Standard Webhooks writes it.
func newSigningSecret() ([]byte, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make a signing secret: %w", err)
	}
	return []byte("whsec_" + base64.StdEncoding.EncodeToString(key)), nil
}
