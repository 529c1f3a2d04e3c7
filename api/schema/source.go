package schema

import (
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/v1alpha1"
)

// declareShared declares the types that several others have parts of.
func (t *types) declareShared() {
	t.source = object("Source", "Where a statement comes from.", func() []engine.Field {
		return []engine.Field{
			engine.Get("title", "The publication or page.", required(engine.String),
				func(s v1alpha1.Source) string { return s.Title }),
			engine.Get("url", "Where to read it.", t.url, func(s v1alpha1.Source) v1alpha1.WebAddress { return s.URI }),
			engine.Get("asOf", "The date the source speaks of; null when it does not say.", t.partialDate,
				func(s v1alpha1.Source) v1alpha1.PartialDate { return s.AsOf }),
			engine.Get("provenance", "How the statement came to be known.", t.provenance,
				func(s v1alpha1.Source) v1alpha1.Provenance { return s.Provenance }),
		}
	})
	t.contact = object("Contact", "How to reach an organisation or a service.", func() []engine.Field {
		return []engine.Field{
			engine.Get("phone", "The number to call.", t.phone,
				func(c v1alpha1.Contact) v1alpha1.PhoneNumber { return c.Phone }),
			engine.Get("email", "A shared mailbox.", t.email, func(c v1alpha1.Contact) v1alpha1.EmailAddress { return c.Email }),
			engine.Get("website", "The page to read.", t.url, func(c v1alpha1.Contact) v1alpha1.WebAddress { return c.Website }),
		}
	})
}
