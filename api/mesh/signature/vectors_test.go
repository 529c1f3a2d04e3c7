package signature

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// besideTheProject is where the published vectors lie, unless LIFELINE_DATA names another folder. They are no part of the project.
const besideTheProject = "../../../../shared/data"

// The cases of the standard's reference tests.
func TestThePublishedVectors(t *testing.T) {
	folder := cmp.Or(os.Getenv("LIFELINE_DATA"), besideTheProject)
	text, err := os.ReadFile(filepath.Join(folder, "webhook-vectors", "standard-webhooks-vectors.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Logf("there are no webhook-vectors in %s: the published cases are not tried", folder)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var vectors struct {
		Cases []struct {
			Name, Secret, Payload string
			Headers               map[string]string
			Now                   int64
			Valid                 bool
		}
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors.Cases) == 0 {
		t.Fatal("the file has no cases")
	}
	for _, c := range vectors.Cases {
		header := http.Header{}
		for name, value := range c.Headers {
			header.Set(name, value)
		}
		err := Verify(secretsOf(t, c.Secret), header, []byte(c.Payload), time.Unix(c.Now, 0))
		if (err == nil) != c.Valid {
			t.Errorf("%s: %v, want valid: %t", c.Name, err, c.Valid)
		}
	}
}
