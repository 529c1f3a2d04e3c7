// Package rounds does things again and again.
package rounds

import (
	"context"
	"time"

	logf "sigs.k8s.io/controller-runtime/pkg/log"
)

// Repeat does something again and again until ctx ends. What goes wrong is logged, with what was being done, and is tried
// again the next time.
func Repeat(ctx context.Context, every time.Duration, doing string, do func(context.Context) error) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := do(ctx); err != nil && ctx.Err() == nil {
				logf.FromContext(ctx).Error(err, doing)
			}
		}
	}
}
