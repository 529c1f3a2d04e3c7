package engine

import (
	"context"
	"errors"
	"net/http"
)

// identify finds out who asks, and answers the request if that cannot be done; false then.
func (x *exchange) identify(ctx context.Context) (context.Context, bool) {
	x.r = x.r.WithContext(ctx)
	identified, refused := x.whoAsks(x.r, nil)
	if refused != nil {
		if refused.status == http.StatusUnauthorized {
			x.w.Header().Set("WWW-Authenticate", "Bearer")
		}
		x.refuse(refused)
		return nil, false
	}
	x.r = x.r.WithContext(identified)
	return identified, true
}

// whoAsks gives the context of whoever sent a request.
func (h *handler) whoAsks(r *http.Request, parameters map[string]any) (_ context.Context, refused *refusal) {
	if h.options.Identify == nil {
		return r.Context(), nil
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			refused = &refusal{http.StatusInternalServerError, h.internalError(panicked("Identify", recovered))}
		}
	}()
	identified, err := h.options.Identify(r, parameters)
	var told *Error
	switch {
	case err == nil && identified == nil:
		return r.Context(), nil
	case err == nil:
		return identified, nil
	case errors.As(err, &told) && told.Code == CodeUnauthenticated:
		return nil, &refusal{http.StatusUnauthorized, told}
	case told != nil:
		return nil, &refusal{http.StatusForbidden, told}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil, &refusal{http.StatusServiceUnavailable, timeoutError()}
	}
	return nil, &refusal{http.StatusInternalServerError, h.internalError(err)}
}
