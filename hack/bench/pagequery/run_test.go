package pagequery

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"
)

// TestMain lets the test's own program be the servers.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == ServeCommand {
		if err := Serve(context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestRunSaysHowTheServersCompare(t *testing.T) {
	o := Options{
		Size: Size{Partnerships: 3, Services: 400}, Rounds: 2, Round: 300 * time.Millisecond, WarmUp: 100 * time.Millisecond,
	}
	rows, err := Run(t.Context(), o, func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	if want := 2*4 + 1; len(rows) != want {
		t.Fatalf("%d rows, want %d: four for each query, and the memory", len(rows), want)
	}
	for _, row := range rows {
		if row.Ours <= 0 || row.Beside <= 0 || row.Ratio <= 0 {
			t.Errorf("%s of %s is not a figure: %+v", row.What, row.On, row)
		}
	}
}
