package directory

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestIDsComeBack(t *testing.T) {
	for _, c := range []struct {
		kind            Kind
		namespace, name string
	}{
		{KindPartnership, "", "glasgow-city"},
		{KindPartner, "", "phoenix-futures"},
		{KindService, "adp-north", "house"},
		{KindPool, "adp-north", "beds"},
	} {
		kind, namespace, name, ok := ParseID(IDOf(c.kind, c.namespace, c.name))
		if !ok || kind != c.kind || namespace != c.namespace || name != c.name {
			t.Errorf("%v came back as %c %q %q %t", c, kind, namespace, name, ok)
		}
	}
}

func TestWhatIsNoIDFindsNothing(t *testing.T) {
	for _, id := range []string{
		"", "x", "%%%", IDOf(KindService, "", "house"), IDOf(KindPartner, "adp-north", "x"),
		IDOf('x', "", "y"), IDOf(KindPool, "adp-north", ""), "AnM",
	} {
		if _, _, _, ok := ParseID(id); ok {
			t.Errorf("%q is taken for an ID", id)
		}
	}
}

func TestACursorOfAnotherListIsToldFromNoCursor(t *testing.T) {
	cursor := Cursor("services/NAME", Key{Number: -7, Text: "carn", ID: "x"})
	if _, err := ParseCursor("services/VERIFIED", cursor); !errors.Is(err, ErrOtherList) {
		t.Errorf("a cursor of another order gives %v", err)
	}
	for _, text := range []string{"", "x", "Zm9v", cursor[:len(cursor)-4], cursor + "!", "AQ", "Af8"} {
		if _, err := ParseCursor("services/NAME", text); err == nil {
			if key, _ := ParseCursor("services/NAME", text); key.ID == "x" {
				t.Errorf("%q is taken for a cursor", text)
			}
		} else if !errors.Is(err, ErrNotACursor) {
			t.Errorf("%q gives %v", text, err)
		}
	}
}

func TestNoTextMakesReadingACursorPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "raw")
		_, _ = ParseCursor("services/NAME", Cursor(string(raw), Key{ID: string(raw)}))
		_, _ = ParseCursor("services/NAME", string(raw))
		_, _, _, _ = ParseID(string(raw))
	})
}
