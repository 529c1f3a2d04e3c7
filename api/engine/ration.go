package engine

import (
	"context"
	"reflect"
)

// ration is what one request may still make while it is executed. What a query could cost was worked out beforehand, but
// lists without pages may be longer than they were said to be. It is used by the goroutine that executes only.
type ration struct {
	limits Limits
	nodes  int
	// bytes is no more than what the answer's JSON would take, so that no answer is refused that would have fitted.
	bytes int
	// spent is why execution ended early; nil if it did not.
	spent *Error
	// patient is set for a mutation: what has begun is answered even if the time is over, because it has happened. begun is
	// set once the present one of its fields has.
	patient, begun bool
}

// late ends what has no time any more.
func (r *ration) late() *Error {
	if !r.patient {
		r.spent = timeoutError()
		return r.spent
	}
	if !r.begun {
		return &Error{
			Code: CodeTimeout, Message: "There was no time left to begin this. Send it again.",
			Extensions: map[string]any{"begun": false},
		}
	}
	return nil
}

// objects counts objects about to be made.
func (r *ration) objects(n int) *Error {
	if r.nodes += n; r.nodes > r.limits.Nodes && r.spent == nil {
		r.spent = exceeded("nodes", r.limits.Nodes, r.nodes, "Ask for smaller pages, or nest fewer lists.")
	}
	return r.spent
}

// text counts bytes about to be kept.
func (r *ration) text(n int) *Error {
	if r.bytes += n; r.bytes > r.limits.ResultBytes && r.spent == nil {
		r.spent = exceeded("resultBytes", r.limits.ResultBytes, r.bytes, "Ask for less at once.")
	}
	return r.spent
}

// over tells whether execution has ended early.
func (r *ration) over() bool { return r.spent != nil }

// room tells whether there is room for a list, before memory is taken for it. Its elements count themselves.
func (r *ration) room(of Type, length int) *Error {
	would := *r
	if isComposite(of) && !isList(of) {
		r.spent = would.objects(length)
	} else {
		r.spent = would.text(2 * length)
	}
	return r.spent
}

// leaf counts a scalar or enum value as written.
func (r *ration) leaf(written any) *Error {
	if text, ok := written.(string); ok {
		return r.text(2 + len(text))
	}
	return r.text(1)
}

// running is the context that graphql-go executes with. It never ends: graphql-go would then answer while what it had
// begun still ran, so that a request that was given up would go on using what [Limits].Concurrent bounds. Accessors get
// the context inside, which ends in time.
type running struct {
	context.Context
	ration *ration
}

// Done implements [context.Context].
func (running) Done() <-chan struct{} { return nil }

// resolving is one reading of one field.
type resolving struct{ *ration }

// field reads and writes a field. Once execution has ended early, everything is null at no cost, and what was made so
// far is thrown away.
func (r resolving) field(ctx context.Context, field *Field, key string, source any, args Args) (any, error) {
	if r.over() {
		return nil, nil
	}
	if err := r.text(len(key) + len(`"":`)); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		if late := r.late(); late != nil {
			return nil, late
		}
	}
	r.begun = true
	value, err := field.readFrom(ctx, source, args)
	if err != nil {
		return nil, err
	}
	return r.written(field.Type, reflect.ValueOf(value))
}
