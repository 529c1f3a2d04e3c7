package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"path"
	"strings"
	"testing"
)

const vendorFolder = "static/vendor"

// vendored is one package whose files are kept here.
type vendored struct {
	Package, Version, Licence string
	Files                     map[string]string
}

func TestFilesOfOthersAreUnchangedAndAccountedFor(t *testing.T) {
	content, err := staticFiles.ReadFile(path.Join(vendorFolder, "vendor.json"))
	if err != nil {
		t.Fatal(err)
	}
	var packages []vendored
	if err := json.Unmarshal(content, &packages); err != nil {
		t.Fatal(err)
	}
	notices, err := staticFiles.ReadFile(path.Join(vendorFolder, "THIRD_PARTY_NOTICES"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"vendor.json": true, "THIRD_PARTY_NOTICES": true}
	for _, p := range packages {
		if p.Version == "" || p.Licence == "" || !strings.Contains(string(notices), p.Version) {
			t.Errorf("%s %q, licence %q, is not in the notices", p.Package, p.Version, p.Licence)
		}
		for name, want := range p.Files {
			known[name] = true
			file, err := staticFiles.ReadFile(path.Join(vendorFolder, name))
			if err != nil {
				t.Error(err)
				continue
			}
			if sum := sha256.Sum256(file); hex.EncodeToString(sum[:]) != want {
				t.Errorf("%s is not the file of %s %s", name, p.Package, p.Version)
			}
		}
	}
	err = fs.WalkDir(staticFiles, vendorFolder, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !known[strings.TrimPrefix(name, vendorFolder+"/")] {
			t.Errorf("%s is in no package of vendor.json", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStyleSheetsCarryNoOneElsesIdentityAndLoadNothing(t *testing.T) {
	files, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"design-system.css", "board.css"} {
		css := string(files.files[files.addresses[name]].plain)
		for _, not := range []string{"#0065bd", "0,101,189", "data:", "http:", "https:", "@import", "sourceMappingURL", "\ufeff"} {
			if i := strings.Index(css, not); i >= 0 && !strings.Contains(css[max(0, i-60):i+60], "github.com/necolas") {
				t.Errorf("%s holds %s", name, not)
			}
		}
		for _, part := range strings.Split(css, "url(")[1:] {
			address, _, _ := strings.Cut(part, ")")
			if _, ok := files.files[address]; !ok {
				t.Errorf("%s asks for %s, which is not served", name, address)
			}
		}
	}
}
