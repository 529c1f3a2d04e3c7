package store

import (
	"context"
	"database/sql"
)

// Beat counts on for a replica that delivers, and returns what all have counted: whoever has not counted on for long is dead.
func (s *Store) Beat(ctx context.Context, name string) (beats map[string]int64, err error) {
	err = s.change(ctx, "say who lives", func(t tx) error {
		if err := t.run(ctx, "say who lives", `INSERT INTO replicas (name, beats) VALUES ($1, 1)
			ON CONFLICT (name) DO UPDATE SET beats = replicas.beats + 1`, name); err != nil {
			return err
		}
		beats = map[string]int64{}
		return each(ctx, t, "look who lives", func(rows *sql.Rows) error {
			var name string
			var n int64
			err := rows.Scan(&name, &n)
			beats[name] = n
			return err
		}, `SELECT name, beats FROM replicas`)
	})
	return beats, err
}

// Bury forgets replicas that are dead, or that have ended.
func (s *Store) Bury(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	places, args := listed(names)
	return s.change(ctx, "forget who is dead", func(t tx) error {
		return t.run(ctx, "forget who is dead", `DELETE FROM replicas WHERE name IN (`+places+`)`, args...)
	})
}
