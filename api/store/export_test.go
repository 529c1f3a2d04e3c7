package store

import "lifeline.scot/api/person"

// BeforeEach makes do be called before each statement of each change, and before it is committed.
func (s *Store) BeforeEach(do func(doing string)) { s.before = do }

// EmptyLogBy is how what was written ahead is emptied from then on.
func (s *Store) EmptyLogBy(statement string) { s.engine.emptyLog = statement }

// QueryOf is the statement that a list is read by, and its arguments.
func QueryOf(f Filter, after Cursor, limit int) (string, []any, error) { return f.query(after, limit) }

// QueryOfFound is the statement that somebody is looked for by, and its arguments.
func (s *Store) QueryOfFound(who person.Sought, holders ...Holder) (string, []any, error) {
	tags, _, err := s.index.Tags(who.Kind(), who.Key())
	query, args := foundQuery(who.Kind(), tags, holders)
	return query, args, err
}

// Migrations are the files that bring the tables up to date, in a folder for each engine.
var Migrations = migrations

// InputOf is what a request asks for, as it is compared when it is sent again.
func (s *Store) InputOf(r Request) (string, error) {
	a, err := r.asked(s)
	return a.input, err
}
