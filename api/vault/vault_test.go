package vault_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lifeline.scot/api/vault"
)

func fileKey(t testing.TB) *vault.FileKey {
	t.Helper()
	key, err := vault.OpenFileKey(filepath.Join(t.TempDir(), "people.json"), vault.Owned)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newKey(t testing.TB, v *vault.Vault, person string) (*vault.Key, []byte) {
	t.Helper()
	key, wrapped, err := v.NewKey(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	return key, wrapped
}

func seal(t testing.TB, key *vault.Key, record, field, text string) []byte {
	t.Helper()
	sealed, err := key.Seal(record, field, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	v := vault.New(fileKey(t))
	key, wrapped := newKey(t, v, "p-1")
	sealed := seal(t, key, "r-1", "phone", "07700900123")
	if bytes.Contains(sealed, []byte("0770")) || bytes.Contains(wrapped, []byte("AesGcm")) {
		t.Error("it can be read as it is")
	}
	again, err := v.Open(t.Context(), "p-1", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := again.Unseal("r-1", "phone", sealed); err != nil || string(text) != "07700900123" {
		t.Errorf("%s %v", text, err)
	}
	other, _ := newKey(t, v, "p-2")
	for name, open := range map[string]func() ([]byte, error){
		"another field":     func() ([]byte, error) { return key.Unseal("r-1", "email", sealed) },
		"another record":    func() ([]byte, error) { return key.Unseal("r-2", "phone", sealed) },
		"shifted between":   func() ([]byte, error) { return key.Unseal("r-1p", "hone", sealed) },
		"another person":    func() ([]byte, error) { return other.Unseal("r-1", "phone", sealed) },
		"one bit":           func() ([]byte, error) { return key.Unseal("r-1", "phone", flip(sealed, len(sealed)-1)) },
		"the key id":        func() ([]byte, error) { return key.Unseal("r-1", "phone", flip(sealed, 2)) },
		"the nonce":         func() ([]byte, error) { return key.Unseal("r-1", "phone", flip(sealed, 8)) },
		"cut short":         func() ([]byte, error) { return key.Unseal("r-1", "phone", sealed[:len(sealed)-1]) },
		"nothing":           func() ([]byte, error) { return key.Unseal("r-1", "phone", nil) },
		"something else":    func() ([]byte, error) { return key.Unseal("r-1", "phone", []byte("07700900123")) },
		"the wrapped key":   func() ([]byte, error) { return key.Unseal("r-1", "phone", wrapped) },
		"one byte too many": func() ([]byte, error) { return key.Unseal("r-1", "phone", append(bytes.Clone(sealed), 0)) },
	} {
		if text, err := open(); !errors.Is(err, vault.ErrUnreadable) || len(text) > 0 {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
}

func flip(text []byte, at int) []byte {
	text = bytes.Clone(text)
	text[at] ^= 1
	return text
}

func TestWhatIsHiddenComesBackAboutTheSameAlone(t *testing.T) {
	v := vault.New(fileKey(t))
	hidden, err := v.Hide(t.Context(), []byte("r-1 is urgent"), "worklist", "u-clerk")
	if err != nil || bytes.Contains(hidden, []byte("urgent")) {
		t.Fatalf("%q %v", hidden, err)
	}
	if text, err := v.Reveal(t.Context(), hidden, "worklist", "u-clerk"); err != nil || string(text) != "r-1 is urgent" {
		t.Errorf("%q %v", text, err)
	}
	changed := bytes.Clone(hidden)
	changed[len(changed)-1] ^= 1
	check, err := v.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]struct {
		hidden []byte
		about  []string
	}{
		"another list": {hidden, []string{"trail", "u-clerk"}}, "another caller": {hidden, []string{"worklist", "u-other"}},
		"both in one": {hidden, []string{"worklistu-clerk"}}, "changed": {changed, []string{"worklist", "u-clerk"}},
		"of another purpose": {check, nil}, "nothing": {nil, []string{"worklist", "u-clerk"}},
	} {
		if text, err := v.Reveal(t.Context(), try.hidden, try.about...); !errors.Is(err, vault.ErrUnreadable) {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
}

func TestPlacesAreNamed(t *testing.T) {
	v := vault.New(fileKey(t))
	key, _ := newKey(t, v, "p-1")
	for _, place := range [][2]string{{"", "phone"}, {"r-1", ""}} {
		if _, err := key.Seal(place[0], place[1], nil); err == nil {
			t.Errorf("%q", place)
		}
	}
	if _, _, err := v.NewKey(t.Context(), ""); err == nil {
		t.Error("a key of nobody")
	}
}

// The key of one person, wrapped, is nobody else's, and opens under no other key-encryption key.
func TestWrappedKeysAreBoundToTheirPerson(t *testing.T) {
	v := vault.New(fileKey(t))
	_, wrapped := newKey(t, v, "p-1")
	for name, open := range map[string]func() (*vault.Key, error){
		"another person":    func() (*vault.Key, error) { return v.Open(t.Context(), "p-2", wrapped) },
		"another vault":     func() (*vault.Key, error) { return vault.New(fileKey(t)).Open(t.Context(), "p-1", wrapped) },
		"tampered with":     func() (*vault.Key, error) { return v.Open(t.Context(), "p-1", flip(wrapped, len(wrapped)/2)) },
		"no key at all":     func() (*vault.Key, error) { return v.Open(t.Context(), "p-1", []byte("key")) },
		"an earlier rewrap": func() (*vault.Key, error) { k, _, err := v.Renew(t.Context(), "p-2", wrapped); return k, err },
	} {
		if _, err := open(); !errors.Is(err, vault.ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnErasedPersonCannotBeRead(t *testing.T) {
	v := vault.New(fileKey(t))
	newKey(t, v, "p-1")
	for _, wrapped := range [][]byte{nil, {}} {
		if _, err := v.Open(t.Context(), "p-1", wrapped); !errors.Is(err, vault.ErrErased) {
			t.Error(err)
		}
		if _, _, err := v.Rewrap(t.Context(), "p-1", wrapped); !errors.Is(err, vault.ErrErased) {
			t.Error(err)
		}
		if _, _, err := v.Renew(t.Context(), "p-1", wrapped); !errors.Is(err, vault.ErrErased) {
			t.Error(err)
		}
	}
}

func TestRotationOfTheKeyEncryptionKey(t *testing.T) {
	kek := fileKey(t)
	v := vault.New(kek)
	key, first := newKey(t, v, "p-1")
	sealed := seal(t, key, "r-1", "phone", "07700900123")
	if _, changed, err := v.Rewrap(t.Context(), "p-1", first); err != nil || changed {
		t.Fatalf("wrapped again without need: %t %v", changed, err)
	}
	if err := kek.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(t.Context(), "p-1", first); err != nil {
		t.Fatalf("the earlier key still opens: %v", err)
	}
	second, changed, err := v.Rewrap(t.Context(), "p-1", first)
	if err != nil || !changed {
		t.Fatal(changed, err)
	}
	if _, changed, err := v.Rewrap(t.Context(), "p-1", second); err != nil || changed {
		t.Errorf("wrapped a third time: %t %v", changed, err)
	}
	if err := kek.Prune(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(t.Context(), "p-1", first); !errors.Is(err, vault.ErrUnreadable) {
		t.Errorf("the key that was dropped still opens: %v", err)
	}
	again, err := v.Open(t.Context(), "p-1", second)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := again.Unseal("r-1", "phone", sealed); err != nil || string(text) != "07700900123" {
		t.Errorf("%s %v", text, err)
	}
}

func TestRotationOfAPersonsKey(t *testing.T) {
	v := vault.New(fileKey(t))
	key, wrapped := newKey(t, v, "p-1")
	before := seal(t, key, "r-1", "phone", "07700900123")
	renewed, next, err := v.Renew(t.Context(), "p-1", wrapped)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := renewed.Unseal("r-1", "phone", before); err != nil || string(text) != "07700900123" {
		t.Errorf("what was written before: %s %v", text, err)
	}
	after := seal(t, renewed, "r-1", "phone", "01414960123")
	if _, err := key.Unseal("r-1", "phone", after); !errors.Is(err, vault.ErrUnreadable) {
		t.Errorf("the earlier key opens what is written now: %v", err)
	}
	opened, err := v.Open(t.Context(), "p-1", next)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := opened.Unseal("r-1", "phone", after); err != nil || string(text) != "01414960123" {
		t.Errorf("%s %v", text, err)
	}
}

func TestTheKeyThatADatabaseWasWrittenWith(t *testing.T) {
	kek := fileKey(t)
	v := vault.New(kek)
	check, err := v.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if current, err := v.Confirm(t.Context(), check); err != nil || !current {
		t.Error(current, err)
	}
	if err := kek.Rotate(); err != nil {
		t.Fatal(err)
	}
	if current, err := v.Confirm(t.Context(), check); err != nil || current {
		t.Error("after a rotation:", current, err)
	}
	_, err = vault.New(fileKey(t)).Confirm(t.Context(), check)
	if !errors.Is(err, vault.ErrUnreadable) || !strings.Contains(err.Error(), "not the one that this database was written with") {
		t.Error("another key:", err)
	}
}

// away is a key management service that does not answer.
type away struct{ vault.KeyEncryptionKey }

func (away) DecryptWithContext(context.Context, []byte, []byte) ([]byte, error) {
	return nil, &vault.Unavailable{Cause: errors.New("no route to host")}
}

// A service that is away says nothing about the data: it is not taken for data that does not open, nor for a person erased.
func TestAKeyServiceThatIsAway(t *testing.T) {
	kek := fileKey(t)
	_, wrapped := newKey(t, vault.New(kek), "p-1")
	_, err := vault.New(away{kek}).Open(t.Context(), "p-1", wrapped)
	var unavailable *vault.Unavailable
	if !errors.As(err, &unavailable) || errors.Is(err, vault.ErrUnreadable) || errors.Is(err, vault.ErrErased) {
		t.Error(err)
	}
}

func TestNothingOpensElsewhere(t *testing.T) {
	v := vault.New(fileKey(t))
	keys := map[string]*vault.Key{}
	for _, person := range []string{"p", "p-", "pr"} {
		keys[person], _ = newKey(t, v, person)
	}
	name := rapid.SampledFrom([]string{"p", "p-", "r", "r-", "pr", "rf", "f", "f-"})
	whose := rapid.SampledFrom([]string{"p", "p-", "pr"})
	rapid.Check(t, func(t *rapid.T) {
		from := [3]string{whose.Draw(t, "person"), name.Draw(t, "record"), name.Draw(t, "field")}
		to := [3]string{whose.Draw(t, "other person"), name.Draw(t, "other record"), name.Draw(t, "other field")}
		sealed, err := keys[from[0]].Seal(from[1], from[2], []byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys[to[0]].Unseal(to[1], to[2], sealed); (err == nil) != (from == to) {
			t.Fatalf("written for %v, opened at %v: %v", from, to, err)
		}
	})
}
