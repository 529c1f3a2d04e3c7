package store

import (
	"context"
	"slices"
	"strings"

	"lifeline.scot/api/person"
	"lifeline.scot/api/vault"
)

// Found returns the referrals of whoever is looked for in which a holder has a part, or in which a partner had one earlier: the
// newest first, at most [LongestPage]. It finds people by what any of their referrals tells now; whether a referral tells it
// itself, whoever shows it has to see. How much there is of other people's makes no difference to how it is looked for.
func (s *Store) Found(ctx context.Context, who person.Sought, holders ...Holder) ([]Summary, error) {
	if err := who.Check(); err != nil {
		return nil, invalid("Say whom to look for: by the CHI number, or by the name and the date of birth.")
	}
	if len(holders) == 0 {
		return nil, invalid("Say whose referrals.")
	}
	tags, _, err := s.index.Tags(who.Kind(), who.Key())
	if err != nil {
		return nil, err
	}
	query, args := foundQuery(who.Kind(), tags, holders)
	page, err := s.page(ctx, LongestPage, query, args)
	return page.Referrals, err
}

// foundQuery goes from tags to people, to their referrals, and to the parts in each.
func foundQuery(kind string, tags []vault.Tag, holders []Holder) (string, []any) {
	var c conditions
	c.where("t.kind = ?", kind)
	var each []string
	for _, tag := range tags {
		each = append(each, "t.key_id = "+c.value(int64(tag.Key))+" AND t.tag = "+c.value(tag.Sum))
	}
	c.where("(" + strings.Join(each, " OR ") + ")")
	var whose []string
	for _, h := range holders {
		if h.Partner != "" {
			whose = append(whose, c.value(heldEarlier+h.Partner))
		}
		whose = append(whose, c.value(h.String()))
	}
	return `SELECT DISTINCT ` + columns + ` FROM person_tags t JOIN referrals r ON r.person_id = t.person_id
		JOIN parts p ON p.referral_id = r.id AND p.holder IN (` + strings.Join(slices.Compact(whose), ", ") + `)` + c.text() + `
		ORDER BY r.submitted_at DESC, r.id LIMIT ` + c.value(int64(LongestPage)+1), c.args
}
