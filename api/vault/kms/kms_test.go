package kms_test

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/kms/pkg/service"

	"lifeline.scot/api/vault"
	"lifeline.scot/api/vault/kms"
)

// remote is a key management service with keys that never leave it.
type remote struct {
	mu   sync.Mutex
	keys map[string]cipher.AEAD
	// answer is what it says in place of what it should; nil for nothing.
	answer func(*service.EncryptResponse)
	asked  int
}

func (r *remote) rotate(t *testing.T) {
	t.Helper()
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // it never fails
	block, err := aes.NewCipher(secret)
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys[r.current()], err = cipher.NewGCMWithRandomNonce(block); err != nil {
		t.Fatal(err)
	}
}

// current is the name of the key that comes next; latest that of the one that is used.
func (r *remote) current() string { return "key-" + strconv.Itoa(len(r.keys)) }
func (r *remote) latest() string  { return "key-" + strconv.Itoa(len(r.keys)-1) }

func (r *remote) Status(context.Context) (*service.StatusResponse, error) {
	return &service.StatusResponse{Version: "v2", Healthz: "ok", KeyID: r.latest()}, nil
}

func (r *remote) Encrypt(_ context.Context, _ string, data []byte) (*service.EncryptResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	is := &service.EncryptResponse{
		Ciphertext: r.keys[r.latest()].Seal(nil, nil, data, nil), KeyID: r.latest(),
		Annotations: map[string][]byte{"hint.lifeline.example.org": []byte("kept")},
	}
	if r.answer != nil {
		r.answer(is)
	}
	return is, nil
}

func (r *remote) Decrypt(_ context.Context, _ string, q *service.DecryptRequest) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	key, known := r.keys[q.KeyID]
	if !known || string(q.Annotations["hint.lifeline.example.org"]) != "kept" {
		return nil, errors.New("the secret text of a service")
	}
	return key.Open(nil, nil, q.Ciphertext, nil)
}

// serve has a plugin answer for the service at a socket, until stop.
func (r *remote) serve(t *testing.T, socket string) (stop func()) {
	t.Helper()
	plugin := service.NewGRPCService(socket, time.Second, r)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = plugin.ListenAndServe() // it ends with an error when it is closed
	}()
	for end := time.Now().Add(time.Minute); ; {
		connection, err := net.Dial("unix", socket)
		if err == nil {
			_ = connection.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	return sync.OnceFunc(func() { plugin.Close(); <-ended })
}

func newRemote(t *testing.T) (r *remote, socket string, stop func()) {
	t.Helper()
	r = &remote{keys: map[string]cipher.AEAD{}}
	r.rotate(t)
	folder, err := os.MkdirTemp("", "kms") // a socket has a short name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	socket = filepath.Join(folder, "kms.sock")
	stop = r.serve(t, socket)
	t.Cleanup(stop)
	return r, socket, stop
}

func pluginAt(t *testing.T, socket string) *kms.Plugin {
	t.Helper()
	plugin, err := kms.At("unix://" + socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plugin.Close() })
	return plugin
}

const about = "p-somebody0000000000"

// wrapped makes the key of somebody, and seals a word with it.
func sealed(t *testing.T, key *vault.FileKey) (wrapped, word []byte) {
	t.Helper()
	made, wrapped, err := vault.New(key).NewKey(t.Context(), about)
	if err != nil {
		t.Fatal(err)
	}
	if word, err = made.Seal("r-1", "field", []byte("word")); err != nil {
		t.Fatal(err)
	}
	return wrapped, word
}

func opens(t *testing.T, key *vault.FileKey, wrapped, word []byte) error {
	t.Helper()
	is, err := vault.New(key).Open(t.Context(), about, wrapped)
	if err != nil {
		return err
	}
	text, err := is.Unseal("r-1", "field", word)
	if err == nil && string(text) != "word" {
		t.Errorf("it says %q", text)
	}
	return err
}

// Whoever has the key files alone has no keys; whoever may ask the service, too, has.
func TestKeyFilesAreKeptShut(t *testing.T) {
	r, socket, stop := newRemote(t)
	plugin, folder := pluginAt(t, socket), t.TempDir()
	key, index, err := vault.OpenFolder(folder, vault.Owned, vault.GuardedBy(plugin))
	if err != nil {
		t.Fatal(err)
	}
	tags, _, err := index.Tags("chi", "0101010101")
	if err != nil {
		t.Fatal(err)
	}
	wrapped, word := sealed(t, key)
	var refused *vault.KeyFileError
	if _, _, err := vault.OpenFolder(folder, vault.Existing); !errors.As(err, &refused) || !strings.Contains(refused.Problem, "--keys-kms") {
		t.Errorf("without the service: %v", err)
	}
	asked := r.asked
	for range 5 {
		if err := opens(t, key, wrapped, word); err != nil {
			t.Error(err)
		}
	}
	if r.asked != asked {
		t.Error("the service is asked for each person")
	}
	again, index, err := vault.OpenFolder(folder, vault.Existing, vault.GuardedBy(pluginAt(t, socket)))
	if err != nil {
		t.Fatal(err)
	}
	if err := opens(t, again, wrapped, word); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if same, _, err := index.Tags("chi", "0101010101"); err != nil || !bytes.Equal(same[0].Sum, tags[0].Sum) {
		t.Errorf("after a restart the index finds nobody any more: %v", err)
	}
	stop()
	var away *vault.Unavailable
	if _, _, err := vault.OpenFolder(folder, vault.Existing, vault.GuardedBy(pluginAt(t, socket))); !errors.As(err, &away) {
		t.Errorf("while the service is away: %v", err)
	}
	if err := opens(t, key, wrapped, word); err != nil {
		t.Errorf("who has opened the files needs it no more: %v", err)
	}
}

// The keys of both, those in the files and that of the service, rotate; what was kept before still opens.
func TestKeysRotateBehindTheService(t *testing.T) {
	r, socket, _ := newRemote(t)
	plugin, folder := pluginAt(t, socket), t.TempDir()
	inTheClear, _, err := vault.OpenFolder(folder, vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	wrapped, word := sealed(t, inTheClear)
	var refused *vault.KeyFileError
	if _, _, err := vault.OpenFolder(folder, vault.Existing, vault.GuardedBy(plugin)); !errors.As(err, &refused) ||
		!strings.Contains(refused.Problem, "api keys shut") {
		t.Errorf("files that are not shut: %v", err)
	}
	for _, step := range []string{"shut", "rotate the service", "shut", "rotate the files", "prune"} {
		key, _, openError := vault.OpenFolder(folder, vault.Existing, vault.GuardedBy(plugin))
		switch step {
		case "shut":
			err = vault.Shut(folder, plugin)
		case "rotate the service":
			r.rotate(t)
		case "rotate the files":
			err = errors.Join(openError, key.Rotate())
		case "prune":
			if wrapped, _, err = vault.New(key).Rewrap(t.Context(), about, wrapped); err == nil {
				err = key.Prune()
			}
		}
		if err != nil {
			t.Fatal(step, err)
		}
		if key, _, err = vault.OpenFolder(folder, vault.Existing, vault.GuardedBy(plugin)); err != nil {
			t.Fatal(step, err)
		}
		if err := opens(t, key, wrapped, word); err != nil {
			t.Errorf("after %s: %v", step, err)
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, vault.PeopleKeyFile))
	if err != nil || !strings.Contains(string(text), `"keyId":"key-1"`) {
		t.Errorf("it is not shut by the latest key of the service: %v", err)
	}
}

// Who has the files open learns of a rotation by another, and waits for nobody meanwhile.
func TestARotationByAnother(t *testing.T) {
	_, socket, _ := newRemote(t)
	plugin, folder := pluginAt(t, socket), t.TempDir()
	here, _, err := vault.OpenFolder(folder, vault.Owned, vault.GuardedBy(plugin))
	if err != nil {
		t.Fatal(err)
	}
	there, _, err := vault.OpenFolder(folder, vault.Existing, vault.GuardedBy(plugin))
	if err != nil {
		t.Fatal(err)
	}
	wrapped, word := sealed(t, here)
	if err := there.Rotate(); err != nil {
		t.Fatal(err)
	}
	var later []byte
	for end := time.Now().Add(time.Minute); ; {
		if err := opens(t, here, wrapped, word); err != nil {
			t.Fatal(err)
		}
		if later, err = here.EncryptWithContext(t.Context(), []byte("x"), nil); err != nil {
			t.Fatal(err)
		}
		if there.Current(later) {
			return
		}
		if time.Now().After(end) {
			t.Fatal("it goes on with the key of before")
		}
	}
}

// A file that was changed, or put in another's place, is no key file.
func TestAShutFileThatWasTouchedIsNone(t *testing.T) {
	_, socket, _ := newRemote(t)
	plugin, folder := pluginAt(t, socket), t.TempDir()
	if _, _, err := vault.OpenFolder(folder, vault.Owned, vault.GuardedBy(plugin)); err != nil {
		t.Fatal(err)
	}
	people := filepath.Join(folder, vault.PeopleKeyFile)
	text, err := os.ReadFile(people)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte(`"encryptedKeyset":"`)) + 40
	changed := bytes.Clone(text)
	changed[at] ^= 1
	moved, err := os.ReadFile(filepath.Join(folder, vault.IndexKeyFile))
	if err != nil {
		t.Fatal(err)
	}
	for name, is := range map[string][]byte{"changed": changed, "another file": moved} {
		if err := os.WriteFile(people, is, 0o600); err != nil {
			t.Fatal(err)
		}
		var refused *vault.KeyFileError
		if _, err := vault.OpenFileKey(people, vault.Existing, vault.GuardedBy(plugin)); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A plugin is another program: what it may not answer is not taken, and what it says when it fails is not passed on.
func TestWhatAPluginMayNotAnswer(t *testing.T) {
	r, socket, _ := newRemote(t)
	plugin := pluginAt(t, socket)
	for name, answer := range map[string]func(*service.EncryptResponse){
		"no key":            func(e *service.EncryptResponse) { e.KeyID = "" },
		"no ciphertext":     func(e *service.EncryptResponse) { e.Ciphertext = nil },
		"a long ciphertext": func(e *service.EncryptResponse) { e.Ciphertext = make([]byte, 1025) },
		"many annotations": func(e *service.EncryptResponse) {
			e.Annotations = map[string][]byte{"a.example.org": make([]byte, 33<<10)}
		},
		"more than is read":     func(e *service.EncryptResponse) { e.Ciphertext = make([]byte, 1<<20) },
		"a key id that is long": func(e *service.EncryptResponse) { e.KeyID = strings.Repeat("k", 1025) },
	} {
		r.mu.Lock()
		r.answer = answer
		r.mu.Unlock()
		if _, err := plugin.Wrap(t.Context(), []byte("secret")); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	_, err := plugin.Unwrap(t.Context(), vault.Wrapped{KeyID: "key-9", Ciphertext: []byte("x")})
	if away := new(vault.Unavailable); !errors.As(err, &away) || strings.Contains(err.Error(), "secret text") {
		t.Errorf("a plugin that fails: %v", err)
	}
	for _, address := range []string{"", "kms.sock", "unix://kms.sock", "http://127.0.0.1:1", "/run/kms.sock"} {
		if _, err := kms.At(address); err == nil {
			t.Errorf("%q is a plugin", address)
		}
	}
}

// A plugin that never answers keeps nobody waiting for ever.
func TestAPluginThatHangs(t *testing.T) {
	folder, err := os.MkdirTemp("", "kms")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	socket := filepath.Join(folder, "kms.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var away *vault.Unavailable
	if _, err := pluginAt(t, socket).Wrap(ctx, []byte("secret")); !errors.As(err, &away) {
		t.Errorf("it says %v", err)
	}
}
