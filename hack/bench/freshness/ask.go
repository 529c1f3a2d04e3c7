package freshness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"lifeline.scot/hack/bench/measure"
)

const poolQuery = `query Pool($partnership: String!, $name: String!) {
  capacityPool(partnership: $partnership, name: $name) { occupied { value } }
}`

// pollEvery is how long to wait between an answer and the next question: no reading is better than this.
const pollEvery = 2 * time.Millisecond

// asker asks the API for one pool.
type asker struct {
	client      *http.Client
	url         string
	partnership string
}

// occupied is what the API says of a pool; ok is false where it has no number.
func (a asker) occupied(ctx context.Context, pool string) (n int32, ok bool, err error) {
	body, err := json.Marshal(map[string]any{
		"query": poolQuery, "variables": map[string]any{"partnership": a.partnership, "name": pool},
	})
	if err != nil {
		return 0, false, err
	}
	var answer struct {
		Data struct {
			CapacityPool *struct{ Occupied struct{ Value *int32 } }
		}
		Errors []struct{ Message string }
	}
	err = measure.Post(ctx, a.client, a.url, body, func(text io.Reader) error { return json.NewDecoder(text).Decode(&answer) })
	if err == nil && len(answer.Errors) > 0 {
		err = errors.New(answer.Errors[0].Message)
	}
	if err != nil {
		return 0, false, fmt.Errorf("ask for pool %s: %w", pool, err)
	}
	if answer.Data.CapacityPool == nil || answer.Data.CapacityPool.Occupied.Value == nil {
		return 0, false, nil
	}
	return *answer.Data.CapacityPool.Occupied.Value, true, nil
}

// until asks again and again until the API says what was counted, and returns when it did.
func (a asker) until(ctx context.Context, c count) (time.Time, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		n, ok, err := a.occupied(ctx, c.pool)
		if err != nil {
			return time.Time{}, err
		}
		if ok && n == c.occupied {
			return time.Now(), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("the API does not say %d for %s: %w", c.occupied, c.pool, ctx.Err())
		case <-tick.C:
		}
	}
}
