package scotland_test

import (
	"testing"

	"lifeline.scot/hack/scotland"
)

// One operation makes one service.
func BenchmarkGenerateService(b *testing.B) {
	g, err := scotland.Generate(scotland.Size{Partnerships: 100, Services: b.N, Pools: b.N / 5, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for service := range g.Services() {
		if service == nil {
			b.Fatal("no service")
		}
	}
}
