package folder_test

import (
	"errors"
	"math"
	"path/filepath"
	"testing"

	"lifeline.scot/hack/dev/folder"
)

func TestOneAtATimeUsesAFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), ".run")
	unlock, err := folder.Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Lock(dir); !errors.Is(err, folder.ErrInUse) {
		t.Errorf("the second one: got %v", err)
	}
	unlock()
	again, err := folder.Lock(dir)
	if err != nil {
		t.Fatalf("after the first one has ended: %v", err)
	}
	again()
}

func TestAFullDiskIsToldBeforeItHurts(t *testing.T) {
	var full *folder.FullError
	if err := folder.CheckSpace(t.TempDir(), math.MaxUint64); !errors.As(err, &full) {
		t.Errorf("more than any disk has: got %v", err)
	}
	if err := folder.CheckSpace(t.TempDir(), 0); err != nil {
		t.Errorf("nothing is needed: got %v", err)
	}
}
