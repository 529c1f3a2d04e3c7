package store_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"lifeline.scot/api/audit"
)

// BenchmarkAuditLog appends one read to a log of 100,000 records, in a transaction of its own, beside an insert of the same text into a
// table without anything around it, in the same database. Units: microseconds for each, and their ratio.
func BenchmarkAuditLog(b *testing.B) {
	const records, atOnce = 100_000, 1000
	for name, make := range engines {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, make(b))
			many := slices.Repeat([]audit.Entry{saw("haven", "p-k3w9t2m7x4p8q6n5c2s2", "r-k3w9t2m7x4p8q6n5c2s2")}, atOnce)
			for range records / atOnce {
				w.record(b, many...)
			}
			db := w.raw(b)
			db.SetMaxOpenConns(1)
			if _, err := db.ExecContext(b.Context(), `CREATE TABLE bare (record TEXT NOT NULL)`); err != nil {
				b.Fatal(err)
			}
			text := strings.Repeat("x", 320) // about as long as a record
			var appends, inserts time.Duration
			for b.Loop() {
				began := time.Now()
				w.record(b, many[0])
				appended := time.Now()
				if _, err := db.ExecContext(b.Context(), `INSERT INTO bare (record) VALUES ($1)`, text); err != nil {
					b.Fatal(err)
				}
				appends, inserts = appends+appended.Sub(began), inserts+time.Since(appended)
			}
			b.ReportMetric(float64(appends.Microseconds())/float64(b.N), "µs/append")
			b.ReportMetric(float64(inserts.Microseconds())/float64(b.N), "µs/insert")
			b.ReportMetric(float64(appends)/float64(inserts), "append/insert")
		})
	}
}
