package scotland

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// countEntry is an entry of counts.yaml.
type countEntry struct {
	Pool               string `json:"pool"`
	Staffed            int32  `json:"staffed"`
	Occupied           int32  `json:"occupied"`
	Held               int32  `json:"held"`
	ObservedMinutesAgo int64  `json:"observedMinutesAgo"`
}

// Counts gives one invented count, marked Illustrative, for each open pool of Objects whose registered number is known;
// of the others nothing is said. The counts were observed up to five days before now, never after it.
//
// The counts are those of the last full hour before now: within an hour every call gives the same reports under the same
// names, and in another hour they are new reports with new names, because a report cannot be changed.
func Counts(now time.Time) ([]*v1alpha1.CapacityReport, error) {
	f, err := readFacts()
	if err != nil {
		return nil, err
	}
	var entries []countEntry
	if err := readYAML("counts.yaml", &entries); err != nil {
		return nil, err
	}
	reports := make([]*v1alpha1.CapacityReport, 0, len(entries))
	for _, e := range entries {
		pool, provider, err := f.poolOf(e.Pool)
		if err != nil {
			return nil, err
		}
		reports = append(reports, e.report(pool, provider, now.UTC().Truncate(time.Hour)))
	}
	return reports, nil
}

// poolOf finds a pool and the partner that runs its service.
func (f *facts) poolOf(name string) (*v1alpha1.CapacityPool, v1alpha1.PartnerReference, error) {
	for _, pool := range f.pools {
		if pool.Name != name {
			continue
		}
		for _, service := range f.services {
			if service.Namespace == pool.Namespace && service.Name == string(pool.Spec.ServiceRef.Name) {
				return pool, service.Spec.ProviderRef, nil
			}
		}
	}
	return nil, v1alpha1.PartnerReference{}, fmt.Errorf("no pool %q to count", name)
}

func (e countEntry) report(
	pool *v1alpha1.CapacityPool, by v1alpha1.PartnerReference, now time.Time,
) *v1alpha1.CapacityReport {
	observed := now.Add(-time.Duration(e.ObservedMinutesAgo) * time.Minute)
	return &v1alpha1.CapacityReport{
		TypeMeta: typeMeta("CapacityReport"),
		ObjectMeta: metav1.ObjectMeta{
			Name: reportName(pool.Name, observed), Namespace: pool.Namespace, Labels: labels(DataScotland),
		},
		Spec: v1alpha1.CapacityReportSpec{
			PoolRef:      v1alpha1.CapacityPoolReference{Name: v1alpha1.ObjectName(pool.Name)},
			ObservedTime: metav1.NewTime(observed),
			Staffed:      &e.Staffed, Occupied: &e.Occupied, Held: &e.Held,
			ReportedBy: &by,
			Provenance: v1alpha1.CountIllustrative,
		},
	}
}

// reportName names a report after its pool and the moment it speaks of, to the second.
func reportName(pool string, observed time.Time) string {
	return pool + "-" + observed.UTC().Format("20060102t150405z")
}
