package main

import (
	"testing"

	"lifeline.scot/api/casework/caseworktest"
	"lifeline.scot/api/store"
)

// Where no events are sent they do not wait for the day on which that begins: partners would be told of what is long over.
func TestWithoutAnAddressNothingWaitsToBeDelivered(t *testing.T) {
	w := caseworktest.New(t)
	told, err := newDeliveries(t.Context(), &delivering{}, w.Store, nil, sources{}, nil, nil)
	if err != nil || told != nil {
		t.Fatalf("%v %v", told, err)
	}
	if _, err := w.Desk.Submit(t.Context(), caseworktest.Referrer, "a key 000001", caseworktest.Submission()); err != nil {
		t.Fatal(err)
	}
	all, err := w.Store.Deliveries(t.Context(), store.DeliveryFilter{}, 0, 10)
	if err != nil || len(all) != 1 || all[0].State != store.NotSent || all[0].Reason != store.ReasonNoEndpoint {
		t.Errorf("%+v %v", all, err)
	}
}
