package store

import (
	"context"
	"encoding/json"
	"fmt"

	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/vault"
)

// alongPlace is where it is kept, encrypted, along which pathway a referral was made. It is no field: that somebody had an
// overdose, or is in prison, shows in it.
const alongPlace record.Field = "pathway"

// along keeps along which pathway a referral is made; nothing where there is none.
func (t tx) along(ctx context.Context, r referral.State, is *referral.Along, key *vault.Key) error {
	if is == nil {
		return nil
	}
	text, err := json.Marshal(is)
	if err != nil {
		return fmt.Errorf("write down the pathway: %T", err)
	}
	return t.tell(ctx, r, record.Values{alongPlace: text}, key)
}
