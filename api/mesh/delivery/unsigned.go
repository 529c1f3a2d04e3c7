package delivery

import (
	"context"

	"lifeline.scot/crds/v1alpha1"
)

// unsigned notes that nothing can be sent to a partner, because the secret that events are signed with cannot be read. Why is
// logged now and then: somebody has to do something about it. Errors of secrets hold nothing of them.
func (c *Courier) unsigned(ctx context.Context, partner string, to *v1alpha1.Delivery, err error) {
	now := c.Clock()
	c.Breaker.Failed(partner, now, 0)
	c.learnFailing(ctx, partner, string(to.URL), ReasonNoSecret)
	if c.Logger == nil || c.unreadable.lately(partner, now) {
		return
	}
	ref := to.SigningSecretRef
	c.Logger.Warn("the secret that events for a partner are signed with cannot be read; it is tried again", "partner", partner,
		"namespace", ref.Namespace, "name", ref.Name, "key", ref.Key, "error", err)
}
