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
		x.challenge(refused)
		x.refuse(refused)
		return nil, false
	}
	x.r = x.r.WithContext(identified)
	return identified, true
}

// challenge says in headers what may help: to say who asks, in another way than was tried (RFC 6750, section 3), or to wait.
func (x *exchange) challenge(refused *refusal) {
	header := x.w.Header()
	switch {
	case refused.status == http.StatusUnauthorized && x.r.Header.Get("Authorization") != "":
		header.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	case refused.status == http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Bearer")
	case refused.Code == CodeUnavailable:
		header.Set("Retry-After", "10")
	}
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
	case told != nil && told.Code == CodeUnavailable:
		return nil, &refusal{http.StatusServiceUnavailable, told}
	case told != nil:
		return nil, &refusal{http.StatusForbidden, told}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil, &refusal{http.StatusServiceUnavailable, timeoutError()}
	}
	return nil, &refusal{http.StatusInternalServerError, h.internalError(err)}
}

// recheck is what is wrong with whoever was let in before; nil if they may go on.
func (h *handler) recheck(ctx context.Context) (errs []responseError) {
	if h.options.Recheck == nil {
		return nil
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			errs = h.internal(panicked("Recheck", recovered))
		}
	}()
	if err := h.options.Recheck(ctx); err != nil {
		return h.ended(err)
	}
	return nil
}
