package v1alpha1_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What may not change once it is there, and what may. Each patch is a merge patch on the valid object of the kind.
func TestUpdates(t *testing.T) {
	namespaces(t)
	for _, c := range []struct{ name, kind, patch, refusal string }{
		{"a pool moves to another service", "CapacityPool", `spec: {serviceRef: {name: other}}`, "serviceRef cannot be changed: make a new pool"},
		{"a pool becomes another kind", "CapacityPool", `spec: {kind: Detox}`, "kind cannot be changed: a place of another kind is another pool"},
		{"a count is corrected", "CapacityReport", `spec: {occupied: 14}`, "create a new CapacityReport with a later observedTime"},
		{"a count moves to another pool", "CapacityReport", `spec: {poolRef: {name: other}}`, "a count cannot be changed once it is given"},
		{"a count is given another moment", "CapacityReport", `spec: {observedTime: "2026-11-22T22:00:00Z"}`, "a count cannot be changed once it is given"},
		{"a count loses who counted", "CapacityReport", `spec: {reportedBy: null}`, "a count cannot be changed once it is given"},
		{"a service is left without a type", "SupportService", `spec: {types: []}`, "spec.types"},
		{"a partnership loses its councils", "Partnership", `spec: {councils: null}`, "spec.councils: Required value"},

		{"a pool is closed", "CapacityPool", `spec: {operation: Closed}`, ""},
		{"a pool is registered for more", "CapacityPool", `spec: {registered: {places: 22}}`, ""},
		{"a report is labelled", "CapacityReport", `metadata: {labels: {seen: "yes"}}`, ""},
		{"a service passes to another provider", "SupportService", `spec: {providerRef: {name: other}}`, ""},
		{"a partner is suspended", "Partner", `spec: {participation: Suspended}`, ""},
		{"a partnership is renamed", "Partnership", `spec: {displayName: Firth and Forth ADP}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			object := valid(t, c.kind)
			object.SetName("update")
			client := resource(t, admin(), object)
			created, err := client.Create(t.Context(), object, metav1.CreateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := client.Delete(t.Context(), "update", metav1.DeleteOptions{}); err != nil {
					t.Error(err)
				}
			}()
			_, err = client.Update(t.Context(), changed(t, created, c.patch), metav1.UpdateOptions{})
			if c.refusal != "" {
				refused(t, err, c.refusal)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	namespaces(t)
	for _, c := range []struct{ kind, patch, want string }{
		{"Partner", `spec: {participation: null}`, `spec: {participation: Active}`},
		{"Partner", `spec: {delivery: {payload: null}}`, `spec: {delivery: {payload: Reference}}`},
		{"SupportService", `spec: {operation: null}`, `spec: {operation: Open}`},
		{"SupportService", `spec: {verifyEveryDays: null}`, `spec: {verifyEveryDays: 180}`},
		{"SupportService", `spec: {access: {accepting: null}}`, `spec: {access: {accepting: Unknown}}`},
		{"SupportService", `spec: {audience: {catchment: null}}`, `spec: {audience: {catchment: Unknown}}`},
		{"CapacityPool", `spec: {operation: null}`, `spec: {operation: Open}`},
		{"CapacityPool", `spec: {holdPeriodSeconds: null, confirmEverySeconds: null}`, `spec: {holdPeriodSeconds: 172800, confirmEverySeconds: 86400}`},
		{"CapacityPool", `spec: {features: {stepFree: null, detoxOnSite: null}}`, `spec: {features: {stepFree: Unknown, detoxOnSite: Unknown}}`},
		{"CapacityReport", `spec: {held: null}`, `spec: {held: 0}`},
		{"CapacityReport", `spec: {provenance: null}`, `spec: {provenance: Counted}`},
	} {
		t.Run(c.kind+"/"+c.patch, func(t *testing.T) {
			created, err := tryCreate(t, changed(t, valid(t, c.kind), c.patch))
			if err != nil {
				t.Fatal(err)
			}
			sameAfter(t, created, c.want)
		})
	}
}
