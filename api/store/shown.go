package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"lifeline.scot/api/audit"
)

// shownTo is the condition that an entry of the audit log says that somebody was shown something of a referral on one of some
// grounds. Entries are written by this program, and no text in them has quotes that are not escaped.
func shownTo(referral string, grounds []string) (condition string, args []any) {
	args = []any{referral, `%"what":"` + string(audit.Read) + `"%`}
	on := make([]string, len(grounds))
	for i, ground := range grounds {
		args = append(args, `%"ground":"`+ground+`"%`)
		on[i] = "record LIKE " + placeholders(len(args), 1)
	}
	return `referral_id = $1 AND referral_id <> '' AND partner <> '' AND record LIKE $2 AND (` + strings.Join(on, " OR ") + `)`, args
}

// withReaders adds to those who are told that something has ended whoever was shown something of the referral on one of some
// grounds, as the audit log has it; not whoever ended it, and no more than can be told at once.
func (t tx) withReaders(ctx context.Context, referral, own string, told, grounds []string) ([]string, error) {
	if len(grounds) == 0 {
		return told, nil
	}
	all := slices.Clone(told)
	condition, args := shownTo(referral, grounds)
	err := each(ctx, t, "find who was shown something", func(rows *sql.Rows) error {
		var partner string
		err := rows.Scan(&partner)
		if partner != own && !slices.Contains(all, partner) && len(all) < mostTold {
			all = append(all, partner)
		}
		return err
	}, `SELECT DISTINCT partner FROM audit_records WHERE `+condition+` ORDER BY partner`, args...)
	return all, err
}

// WasShown reports whether a partner was shown something of a referral on one of some grounds.
func (s *Store) WasShown(ctx context.Context, referral, partner string, grounds ...string) (bool, error) {
	if len(grounds) == 0 || partner == "" {
		return false, nil
	}
	condition, args := shownTo(referral, grounds)
	args = append(args, partner)
	var one int
	err := s.read.QueryRowContext(ctx, `SELECT 1 FROM audit_records WHERE `+condition+` AND partner = `+
		placeholders(len(args), 1)+` LIMIT 1`, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, told("find whether a partner was shown something", err)
}
