package secrets

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"lifeline.scot/api/mesh/signature"
	"lifeline.scot/crds/v1alpha1"
)

// text is a secret as it is written into a Secret.
func text(fill byte) string {
	return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{fill}, 32))
}

func TestASecretIsReadByNameAndKeptForAMoment(t *testing.T) {
	now, reads := time.Unix(1_800_000_000, 0), 0
	inCluster := map[string]string{"lifeline/harbour-events": text(1)}
	k := &Kubernetes{clock: func() time.Time { return now }}
	k.read = func(_ context.Context, namespace, name string) (*corev1.Secret, error) {
		reads++
		value, there := inCluster[namespace+"/"+name]
		if !there {
			return nil, errors.New("not found")
		}
		return &corev1.Secret{Data: map[string][]byte{"signing-key": []byte(value)}}, nil
	}
	ref := v1alpha1.SecretKeyReference{Namespace: "lifeline", Name: "harbour-events", Key: "signing-key"}
	of := func() int {
		found, err := k.Of(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if first, second := of(), of(); first != 1 || second != 1 || reads != 1 {
		t.Errorf("read %d times", reads)
	}
	inCluster["lifeline/harbour-events"] = text(2) + "\n" + text(1)
	if now = now.Add(Fresh); of() != 2 || reads != 2 {
		t.Errorf("after a rotation it was read %d times", reads)
	}
	for what, wrong := range map[string]v1alpha1.SecretKeyReference{
		"another Secret": {Namespace: "lifeline", Name: "beacon-events", Key: "signing-key"},
		"another key":    {Namespace: "lifeline", Name: "harbour-events", Key: "other"},
	} {
		if found, err := k.Of(t.Context(), wrong); err == nil {
			t.Errorf("%s: %d secrets", what, len(found))
		}
	}
	inCluster["lifeline/harbour-events"] = "whsec_not-a-secret-at-all"
	if now = now.Add(Fresh); true {
		if _, err := k.Of(t.Context(), ref); err == nil || strings.Contains(err.Error(), "not-a-secret") {
			t.Errorf("what is no secret: %v", err)
		}
	}
}

// Whoever asks again and again for what cannot be read has Kubernetes asked now and then only; who gave up says nothing of it.
func TestWhatCannotBeReadIsNotAskedForAllTheTime(t *testing.T) {
	now, reads, there := time.Unix(1_800_000_000, 0), 0, false
	k := &Kubernetes{clock: func() time.Time { return now }}
	k.read = func(ctx context.Context, _, _ string) (*corev1.Secret, error) {
		reads++
		if ctx.Err() != nil || !there {
			return nil, errors.New("not found")
		}
		return &corev1.Secret{Data: map[string][]byte{"signing-key": []byte(text(1))}}, nil
	}
	ref := v1alpha1.SecretKeyReference{Namespace: "lifeline", Name: "harbour-events", Key: "signing-key"}
	for range 10 {
		if _, err := k.Of(t.Context(), ref); err == nil {
			t.Fatal("it was read")
		}
	}
	if reads != 1 {
		t.Errorf("read %d times", reads)
	}
	there = true
	now = now.Add(Doubted)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := k.Of(gone, ref); err == nil {
		t.Fatal("it was read by whoever had gone")
	}
	if found, err := k.Of(t.Context(), ref); err != nil || len(found) != 1 {
		t.Errorf("%d secrets, %v", len(found), err)
	}
}

// What is kept for something else is not used to sign with, though its text may be base64 as that of many passwords is.
func TestOnlyWhatSaysThatItIsForSigningIsRead(t *testing.T) {
	bare := strings.TrimPrefix(text(1), "whsec_")
	for what, value := range map[string]string{"alone": bare, "beside one that says so": text(2) + "\n" + bare} {
		k := &Kubernetes{clock: time.Now, read: func(context.Context, string, string) (*corev1.Secret, error) {
			return &corev1.Secret{Data: map[string][]byte{"key": []byte(value)}}, nil
		}}
		found, err := k.Of(t.Context(), v1alpha1.SecretKeyReference{Namespace: "lifeline", Name: "harbour", Key: "key"})
		if !errors.Is(err, signature.ErrNotSecret) || strings.Contains(err.Error(), bare) {
			t.Errorf("%s: %d secrets, %v", what, len(found), err)
		}
	}
}
