// Package secrets reads the secrets that events are signed with from Kubernetes, one by one and by name: it lists and watches
// none.
package secrets

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/crds/v1alpha1"
)

// Bounds of what is kept in memory and for how long.
const (
	// Fresh is for how long what was read counts: so long a secret that was changed may still be used.
	Fresh = 30 * time.Second
	// Doubted is for how long what could not be read is not tried again, so that whoever sends in a partner's name without being it
	// has Kubernetes asked now and then only.
	Doubted = 5 * time.Second
	// mostKept is how many are kept; beyond that all are read anew.
	mostKept = 1000
	readTime = 5 * time.Second
)

// Kubernetes reads secrets from a cluster, and keeps them in memory for a moment.
type Kubernetes struct {
	read  func(ctx context.Context, namespace, name string) (*corev1.Secret, error)
	clock func() time.Time

	mu   sync.Mutex
	kept map[v1alpha1.SecretKeyReference]kept
}

type kept struct {
	secrets []signature.Secret
	err     error
	until   time.Time
}

// ErrNotThere is a Secret that has no such entry.
var ErrNotThere = errors.New("the Secret has no entry of that key")

// New reads from a cluster.
func New(cluster *rest.Config, clock func() time.Time) (*Kubernetes, error) {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("prepare to read secrets: %w", err)
	}
	config := rest.CopyConfig(cluster)
	config.GroupVersion, config.APIPath = &corev1.SchemeGroupVersion, "/api"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.AcceptContentTypes, config.ContentType = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("prepare to read secrets: %w", err)
	}
	return &Kubernetes{clock: clock, read: func(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
		found := &corev1.Secret{}
		err := client.Get().Resource("secrets").Namespace(namespace).Name(name).Do(ctx).Into(found)
		return found, err
	}}, nil
}

// Of reads the secrets of one reference: one, or the new and the old one during a rotation. Its errors hold nothing of a Secret.
func (k *Kubernetes) Of(ctx context.Context, ref v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	now := k.clock()
	k.mu.Lock()
	found, known := k.kept[ref]
	k.mu.Unlock()
	if known && now.Before(found.until) {
		return found.secrets, found.err
	}
	secrets, err := k.ask(ctx, ref)
	switch {
	case err == nil:
		k.keep(ref, kept{secrets, nil, now.Add(Fresh)})
	case ctx.Err() == nil: // otherwise whoever asked has gone, which says nothing of the Secret
		k.keep(ref, kept{nil, err, now.Add(Doubted)})
	}
	return secrets, err
}

func (k *Kubernetes) ask(ctx context.Context, ref v1alpha1.SecretKeyReference) ([]signature.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	secret, err := k.read(ctx, string(ref.Namespace), string(ref.Name))
	if err != nil {
		return nil, fmt.Errorf("read Secret %s/%s: %w", ref.Namespace, ref.Name, err)
	}
	text, there := secret.Data[ref.Key]
	if !there {
		return nil, fmt.Errorf("read Secret %s/%s: %w", ref.Namespace, ref.Name, ErrNotThere)
	}
	secrets, err := marked(text)
	if err != nil {
		return nil, fmt.Errorf("read Secret %s/%s: %w", ref.Namespace, ref.Name, err)
	}
	return secrets, nil
}

// marked reads secrets that say that they are for signing, by whsec_. Whoever names a Secret of something else, whose text
// happens to be base64, does not have it used.
func marked(text []byte) ([]signature.Secret, error) {
	for _, word := range bytes.Fields(text) {
		if !bytes.HasPrefix(word, []byte("whsec_")) {
			return nil, signature.ErrNotSecret
		}
	}
	return signature.ParseSecrets(text)
}

func (k *Kubernetes) keep(ref v1alpha1.SecretKeyReference, found kept) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || len(k.kept) >= mostKept {
		k.kept = map[v1alpha1.SecretKeyReference]kept{}
	}
	k.kept[ref] = found
}
