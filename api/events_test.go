package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/crds/v1alpha1"
)

// The shell functions of the README, with which a partner sends an event by openssl and curl alone.
const (
	theirSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	readmeBegin = "tell() {"
	readmeEnd   = "\n}\n"
)

// TestAPartnerSendsEventsAsTheReadmeSays goes from a Secret in a real cluster to the answer that curl prints.
func TestAPartnerSendsEventsAsTheReadmeSays(t *testing.T) {
	w := newWorld(t)
	harbour := directorytest.Partner("harbour", "Harbour House")
	ref := v1alpha1.SecretKeyReference{Namespace: "lifeline", Name: "harbour", Key: "their-signing-key"}
	harbour.Spec.Inbound = &v1alpha1.Inbound{SigningSecretRef: ref}
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "lifeline"}}, harbour,
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "lifeline", Name: "harbour"},
			StringData: map[string]string{ref.Key: theirSecret + "\n"},
		},
		&rbacv1.Role{
			ObjectMeta: metav1.ObjectMeta{Namespace: "lifeline", Name: "signing"},
			Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}}},
		},
		&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: "lifeline", Name: "signing"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "signing"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "api"}},
		})
	folder := t.TempDir()
	w.settings.keeping = &keeping{file: filepath.Join(folder, "referrals.db"), keys: filepath.Join(folder, "keys")}
	w.serve()
	tell := tellOfReadme(t)
	for secret, want := range map[string]string{
		theirSecret:                        `{"outcome":"NOT_FOUND"`,
		"whsec_" + strings.Repeat("A", 40): `{"outcome":"UNAUTHENTICATED"`,
	} {
		eventually(t, func() error {
			script := fmt.Sprintf("SECRET=%s\n%s\ntell harbour referral.acknowledged r-22222222222222222222 '{\"version\":1}'\n", secret, tell)
			script = strings.ReplaceAll(script, "http://127.0.0.1:8080", w.base)
			said, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
			if err == nil && !bytes.HasPrefix(said, []byte(want)) {
				err = fmt.Errorf("it says %s", said)
			}
			return err
		})
	}
	answer, err := http.Get(w.base + "/events/harbour")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusOK {
		t.Errorf("a look at it answers %d", answer.StatusCode)
	}
}

// tellOfReadme is the function tell as the README has it.
func tellOfReadme(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"curl", "openssl", "od", "base64"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("no %s", program)
			}
			t.Skipf("no %s", program)
		}
	}
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, begins := strings.Cut(string(text), readmeBegin)
	body, _, ends := strings.Cut(after, readmeEnd)
	if !begins || !ends {
		t.Fatal("README.md has no function tell")
	}
	return readmeBegin + body + readmeEnd
}
