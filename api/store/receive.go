package store

import "context"

// Receive notes that a message came, before it is carried out, and returns what it came to if that is done already; nil if not.
// It fails with [ErrKeyReused] when another message came under the same key.
func (s *Store) Receive(ctx context.Context, o Once, message string) (*Result, error) {
	came, err := o.asked("receive", message)
	if err != nil {
		return nil, err
	}
	done, err := o.asked("carry out", message)
	if err != nil {
		return nil, err
	}
	nothing := func(tx) (Result, error) { return Result{}, nil }
	if _, err := s.perform(ctx, "note that a message came", came, nothing); err != nil {
		return nil, err
	}
	return s.answered(ctx, done)
}

// CarriedOut notes what a message that was received came to. What it came to first is what counts.
func (s *Store) CarriedOut(ctx context.Context, o Once, message string, r Result) error {
	done, err := o.asked("carry out", message)
	if err != nil {
		return err
	}
	_, err = s.perform(ctx, "note what a message came to", done, func(tx) (Result, error) { return r, nil })
	return err
}
