package casework_test

import (
	"fmt"
	"testing"

	"lifeline.scot/api/casework"
	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/record"
)

// BenchmarkWorklist reads a page of 100 referrals with names, decided, decrypted and written into the audit log.
func BenchmarkWorklist(b *testing.B) {
	w := caseworktest.New(b)
	for i := range 150 {
		if _, err := w.Desk.Submit(b.Context(), caseworktest.Referrer, fmt.Sprintf("request-%06d", i), caseworktest.Submission()); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		page, err := w.Desk.Worklist(b.Context(), asClerk, casework.Filter{}, []record.Field{record.FullName, record.Phone}, 100, "")
		if err != nil || len(page.Cuts) != 100 {
			b.Fatal(len(page.Cuts), err)
		}
	}
}
