package directory

import (
	"fmt"
	"testing"

	"lifeline.scot/api/directory/directorytest"
	"lifeline.scot/api/geography"
	"lifeline.scot/crds/v1alpha1"
)

var sizes = []int{1_000, 10_000, 50_000}

// BenchmarkOnePoolChanges shows that the cost does not grow with the number of services.
func BenchmarkOnePoolChanges(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("services=%d", size), func(b *testing.B) {
			snapshot := SnapshotOf(NewChanges(directorytest.Crowd(size)...))
			b.ResetTimer()
			for i := range b.N {
				snapshot = snapshot.Apply(NewChanges(directorytest.Counted(
					directorytest.Pool("area-00", "pool-0", "service-0",
						v1alpha1.PoolDetox), directorytest.Noon(), 12, int32(i%13), 0)))
			}
		})
	}
}

func BenchmarkOneServiceChanges(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("services=%d", size), func(b *testing.B) {
			snapshot := SnapshotOf(NewChanges(directorytest.Crowd(size)...))
			b.ResetTimer()
			for i := range b.N {
				changed := directorytest.At(directorytest.Service("area-00", "service-0",
					fmt.Sprintf("Service %d", i), v1alpha1.ServiceDetox),
					"Kirkwall", 58.9+float64(i%10)/100, -2.9)
				changed.Spec.Summary = fmt.Sprintf("Help for people number %d.", i)
				snapshot = snapshot.Apply(NewChanges(changed))
			}
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	changes := NewChanges(directorytest.Crowd(50_000)...)
	for b.Loop() {
		SnapshotOf(changes)
	}
}

func BenchmarkSearch(b *testing.B) {
	v := NewView(SnapshotOf(NewChanges(directorytest.Crowd(50_000)...)), directorytest.Noon(), Freshness{State: Live})
	glasgow := &Near{geography.Point{Latitude: 55.86, Longitude: -4.25}, 60_000}
	for name, search := range map[string]func() int{
		"all": func() int { return found(v, ServiceFilter{}, ByName) },
		"type+adp": func() int {
			return found(v,
				ServiceFilter{Types: []v1alpha1.ServiceType{v1alpha1.ServiceDetox}, Partnerships: []string{"area-00"}},
				ByName)
		},
		"text":   func() int { return found(v, ServiceFilter{Text: "detox town 12"}, ByName) },
		"near":   func() int { return found(v, ServiceFilter{Near: glasgow}, ByDistance) },
		"free":   func() int { return len(v.Pools(PoolFilter{FreePlaces: 1}, ByFree).Page(PageRequest{First: 20}).Rows) },
		"totals": func() int { return len(v.NationalTotals()) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if search() == 0 {
					b.Fatal("found nothing")
				}
			}
		})
	}
}

func found(v View, f ServiceFilter, order Order) int {
	result, err := v.Services(f, order)
	if err != nil {
		return 0
	}
	return len(result.Page(PageRequest{First: 20}).Rows)
}

// BenchmarkSearchOfEachADP asks each of a hundred ADPs for its services within the widest circle.
func BenchmarkSearchOfEachADP(b *testing.B) {
	v := NewView(SnapshotOf(NewChanges(directorytest.Crowd(50_000)...)), directorytest.Noon(), Freshness{State: Live})
	widest := &Near{geography.Point{Latitude: 57, Longitude: -4.5}, 500_000}
	for b.Loop() {
		for i := range 100 {
			if found(v, ServiceFilter{Partnerships: []string{fmt.Sprintf("area-%02d", i)}, Near: widest}, ByDistance) == 0 {
				b.Fatal("found nothing")
			}
		}
	}
}
