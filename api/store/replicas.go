package store

import (
	"context"
	"database/sql"
	"time"
)

// Heartbeat is what a replica has said of itself.
type Heartbeat struct {
	// Beats is how often it said that it lives.
	Beats int64
	// Age is how long ago it last did so, by the clock of the database.
	Age time.Duration
}

// Beat counts on for a replica, and returns what all have said.
func (s *Store) Beat(ctx context.Context, name string) (beats map[string]Heartbeat, err error) {
	now := s.engine.now
	err = s.change(ctx, "say who lives", func(t tx) error {
		if err := t.run(ctx, "say who lives", `INSERT INTO replicas (name, beats, beaten_ms) VALUES ($1, 1, `+now+`)
			ON CONFLICT (name) DO UPDATE SET beats = replicas.beats + 1, beaten_ms = excluded.beaten_ms`, name); err != nil {
			return err
		}
		beats = map[string]Heartbeat{}
		return each(ctx, t, "look who lives", func(rows *sql.Rows) error {
			var name string
			var n, age int64
			err := rows.Scan(&name, &n, &age)
			beats[name] = Heartbeat{n, time.Duration(max(age, 0)) * time.Millisecond}
			return err
		}, `SELECT name, beats, CASE beaten_ms WHEN 0 THEN 0 ELSE `+now+` - beaten_ms END FROM replicas`)
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
