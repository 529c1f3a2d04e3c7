package delivery

// Working reports whether something is begun in a partner's lane, and how much at once.
func (q *Queue) Working(partner string) (width int, is bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l, open := q.open[laneOf(partner)]
	return l.width, open && !l.closing
}

// Closed reports whether nothing is under way in a partner's lane any more.
func (q *Queue) Closed(partner string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, is := q.open[laneOf(partner)]
	return !is
}
