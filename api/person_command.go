package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"lifeline.scot/api/referral"
)

const personUsage = `say what to do:
  api person erase --person ID   destroy the key of a person: nothing that was told or written of them can be read any more`

// personCommand erases a person.
func personCommand(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "erase" {
		return errors.New(personUsage)
	}
	k := newKeeping("api person erase", out)
	id := k.flags.String("person", "", "opaque id of the person, such as p-k3w9t2m7x4p8q6n5c2s2; never a name or a CHI number")
	reason := k.flags.String("reason", "RequestOfThePerson", "code of the reason, for the audit trail")
	by := k.byFlag()
	if err := k.parse(args[1:]); err != nil {
		return err
	}
	if !referral.Opaque(*id) {
		return errors.New("say whom: --person ID, with letters, digits, hyphens and dots alone")
	}
	actor, err := actorOf(*by)
	if err != nil {
		return err
	}
	key, index, err := k.openKeys()
	if err != nil {
		return err
	}
	s, err := k.open(ctx, key, index)
	if err != nil {
		return err
	}
	err = s.Erase(ctx, *id, actor, *reason)
	if err == nil {
		_, _ = fmt.Fprintln(out, "erased: nothing that was told or written of this person can be read in this database any more")
		_, _ = fmt.Fprintln(out, "backups made before can still be read: `api keys rotate`, then `api keys drop`, ends that")
	}
	return errors.Join(err, s.Close())
}
