package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/store"
	"lifeline.scot/crds/v1alpha1"
)

// The API owns one condition of a Partner and nothing else of it; server-side apply keeps it to that.
//
// +kubebuilder:rbac:groups=lifeline.scot,resources=partners/status,verbs=patch

// Announcer says on each Partner whether it takes the events that it is sent.
type Announcer struct {
	Endpoints func(ctx context.Context) ([]store.Endpoint, error)
	View      func() directory.View
	// Apply writes the condition of a partner: see [Conditions].
	Apply func(ctx context.Context, partner string, c metav1.Condition) error
	Clock func() time.Time

	looked time.Time
}

// How often is looked at what became of deliveries, for how long an endpoint fails before that is said, and how much later the
// last success has to be to be written down again.
const (
	failsForLong    = time.Minute
	betweenLooks    = 10 * time.Second
	betweenSuccess  = time.Hour
	timeInCondition = "2 January 2006 at 15:04 MST"
)

// Announce writes the conditions that have changed, now and then.
func (a *Announcer) Announce(ctx context.Context) error {
	now, view := a.Clock(), a.View()
	if now.Sub(a.looked) < betweenLooks || !view.Ready() {
		return nil
	}
	a.looked = now
	known, err := a.Endpoints(ctx)
	if err != nil {
		return err
	}
	of := make(map[string]store.Endpoint, len(known))
	for _, e := range known {
		of[e.Partner] = e
	}
	var errs []error
	for _, partner := range view.Partners() {
		is := meta.FindStatusCondition(partner.Status.Conditions, v1alpha1.ConditionReachable)
		should := reachable(partner.Partner, of[partner.Name], now)
		if should == nil || same(is, *should) {
			continue
		}
		should.ObservedGeneration, should.LastTransitionTime = partner.Generation, metav1.NewTime(now.Truncate(time.Second))
		if is != nil && is.Status == should.Status {
			should.LastTransitionTime = is.LastTransitionTime
		}
		if err := a.Apply(ctx, partner.Name, *should); err != nil {
			errs = append(errs, fmt.Errorf("say whether %s is reachable: %w", partner.Name, err))
		}
		if ctx.Err() != nil { // the rest is said the next time
			break
		}
	}
	return errors.Join(errs...)
}

// reachable is the condition that follows from what is known of where a partner takes events; nil if nothing does. Who failed a
// moment ago is tried again within seconds: what was said before holds until it is known to have failed for longer.
func reachable(partner *v1alpha1.Partner, e store.Endpoint, now time.Time) *metav1.Condition {
	c := &metav1.Condition{Type: v1alpha1.ConditionReachable, Status: metav1.ConditionUnknown}
	last := "None has been taken yet."
	if !e.Succeeded.IsZero() {
		last = "The last one was taken on " + e.Succeeded.Truncate(betweenSuccess).Format(timeInCondition) +
			" or within the hour after it."
	}
	switch {
	case partner.Spec.Delivery == nil && e.Partner == "": // nobody has asked
		return nil
	case partner.Spec.Delivery == nil:
		c.Reason, c.Message = v1alpha1.ReasonNoEndpoint, "The partner takes no events: it looks at its worklist."
	case !e.Of(string(partner.Spec.Delivery.URL)), e.Unsubscribed.IsZero() && e.FailingSince.IsZero() && e.Succeeded.IsZero():
		c.Reason, c.Message = v1alpha1.ReasonNotTried, "No event has been sent to this address yet."
	case !e.Unsubscribed.IsZero():
		c.Status, c.Reason = metav1.ConditionFalse, v1alpha1.ReasonUnsubscribed
		c.Message = "The endpoint answered 410: it gets no events until its address changes, or a delivery is asked for again."
	case e.FailingSince.IsZero():
		c.Status, c.Reason, c.Message = metav1.ConditionTrue, v1alpha1.ReasonEventsTaken, "Events are taken. "+last
	case now.Sub(e.FailingSince) < failsForLong:
		return nil
	default:
		c.Status, c.Reason = metav1.ConditionFalse, v1alpha1.ReasonEventsNotTaken
		c.Message = "Events have not been taken since " + e.FailingSince.Format(timeInCondition) + " (" + e.Code + "). " + last
	}
	return c
}

func same(is *metav1.Condition, should metav1.Condition) bool {
	return is != nil && is.Status == should.Status && is.Reason == should.Reason && is.Message == should.Message
}

// fieldManager is who owns the condition.
const fieldManager = "lifeline-api-deliveries"

// Conditions writes conditions of Partners to a cluster.
func Conditions(client rest.Interface) func(ctx context.Context, partner string, c metav1.Condition) error {
	return func(ctx context.Context, partner string, c metav1.Condition) error {
		patch, err := json.Marshal(map[string]any{
			"apiVersion": v1alpha1.GroupVersion.String(), "kind": "Partner", "metadata": map[string]any{"name": partner},
			"status": map[string]any{"conditions": []metav1.Condition{c}},
		})
		if err != nil {
			return fmt.Errorf("write down a condition: %w", err)
		}
		force := true
		return client.Patch(types.ApplyPatchType).Resource("partners").Name(partner).SubResource("status").
			VersionedParams(&metav1.PatchOptions{FieldManager: fieldManager, Force: &force}, metav1.ParameterCodec).
			Body(patch).Do(ctx).Error()
	}
}
