-- +goose Up
-- The programs that deliver. Each counts on while it lives; who sees no count for a while takes over what it had begun. No clocks are
-- compared.
CREATE TABLE replicas (
	name  TEXT NOT NULL PRIMARY KEY,
	beats INTEGER NOT NULL
) STRICT;
