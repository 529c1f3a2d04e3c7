-- +goose Up
-- When a program that delivers last counted on, in milliseconds by the clock of the database: who has just started, again and again
-- perhaps, sees by it who has been dead for long. 0: nobody knows.
ALTER TABLE replicas ADD COLUMN beaten_ms BIGINT NOT NULL DEFAULT 0;
