package bell_test

import (
	"sync"
	"testing"

	"lifeline.scot/api/bell"
)

// rings counts what a bell has rung since it was last looked at.
func rings(b *bell.Bell[string]) (n int) {
	for {
		select {
		case <-b.Rings():
			n++
		default:
			return n
		}
	}
}

func TestRingsBecomeOne(t *testing.T) {
	var bells bell.Bells[string]
	bells.Ring("a") // before anybody listens
	a, also, b := bells.Listen("a"), bells.Listen("a"), bells.Listen("b")
	if rings(a) != 0 {
		t.Error("it rang before anybody listened")
	}
	for range 3 {
		bells.Ring("a")
	}
	if rings(a) != 1 || rings(also) != 1 || rings(b) != 0 {
		t.Error("want one ring each for those who listen, and none for others")
	}
	bells.Ring("a")
	if rings(a) != 1 {
		t.Error("it does not ring again")
	}
}

func TestClosedBellsAreGone(t *testing.T) {
	var bells bell.Bells[string]
	a, also := bells.Listen("a"), bells.Listen("a")
	a.Close()
	a.Close() // once more does nothing
	bells.Ring("a")
	if rings(a) != 0 || rings(also) != 1 || bells.Listening() != 1 {
		t.Errorf("%d listen", bells.Listening())
	}
	also.Close()
	again := bells.Listen("a")
	also.Close() // it takes nobody else's down
	if bells.Ring("a"); rings(again) != 1 || bells.Listening() != 1 {
		t.Errorf("%d listen", bells.Listening())
	}
}

func TestManyListenAtOnce(t *testing.T) {
	var bells bell.Bells[int]
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for range 50 {
				b := bells.Listen(i % 4)
				bells.Ring(i % 4)
				<-b.Rings() // it was listening when somebody rang
				b.Close()
			}
		})
	}
	wg.Wait()
	if n := bells.Listening(); n != 0 {
		t.Errorf("%d are left", n)
	}
}
