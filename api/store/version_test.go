package store_test

import (
	"testing"

	"lifeline.scot/api/referral"
)

// A number in place of a version stands for it to one reader of one referral, also after the keys that it is made by were rotated.
func TestAVersionBehindANumber(t *testing.T) {
	inBoth(t, func(t *testing.T, w *world) {
		id, other := w.submit(t), w.submit(t)
		mask := func(id, reader string, version int64) int64 {
			t.Helper()
			number, err := w.MaskVersion(id, reader, version)
			if err != nil || number < 1<<30 || number >= 1<<31 {
				t.Fatalf("%d %v", number, err)
			}
			return number
		}
		first := mask(id, "u-1", 1)
		w.do(t, id, 1, haven, referral.Message{}, "Hello?")
		if mask(id, "u-1", 1) != first || mask(id, "u-1", 2) == first || mask(id, "u-2", 1) == first || mask(other, "u-1", 1) == first {
			t.Error("the number does not stand for one version, of one referral, to one reader")
		}
		if err := w.index.Rotate(); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			id, reader   string
			number, want int64
			masked       bool
		}{
			"made by the key before":  {id, "u-1", first, 1, true},
			"made by the key now":     {id, "u-1", mask(id, "u-1", 2), 2, true},
			"of another reader":       {id, "u-2", first, 0, true},
			"of another referral":     {other, "u-1", first, 0, true},
			"of no referral":          {"r-00000000000000000000", "u-1", first, 0, true},
			"a version as it is":      {id, "u-1", 7, 7, false},
			"one that is yet to come": {id, "u-1", mask(id, "u-1", 3), 0, true},
		} {
			got, masked, err := w.UnmaskVersion(t.Context(), tc.id, tc.reader, tc.number)
			if err != nil || got != tc.want || masked != tc.masked {
				t.Errorf("%s: %d %t %v", name, got, masked, err)
			}
		}
	})
}
