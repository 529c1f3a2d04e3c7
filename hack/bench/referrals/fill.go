package referrals

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"lifeline.scot/api/consent"
	"lifeline.scot/api/person"
	"lifeline.scot/api/record"
	"lifeline.scot/api/referral"
	"lifeline.scot/api/store"
)

// Of each so many referrals one is an emergency, one urgent, one not agreed to by the person; most have ended.
const (
	emergencyEvery = 50
	urgentEvery    = 5
	withheldEvery  = 10
	openEvery      = 3 // one in three is open
	writers        = 4
)

// fill makes so many referrals, each of somebody of their own, encrypted, through the store as the API does.
func (w *world) fill(ctx context.Context, many int, say func(string)) error {
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for writer := range writers {
		group.Go(func() error {
			for i := writer; i < many; i += writers {
				if err := w.refer(ctx, i); err != nil {
					return fmt.Errorf("make referral %d: %w", i, err)
				}
				if i%10_000 == 0 && i > 0 {
					say(fmt.Sprintf("%d referrals are made", i))
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	say(fmt.Sprintf("%d referrals in %s", many, time.Since(began).Round(time.Second)))
	return nil
}

func (w *world) refer(ctx context.Context, i int) error {
	origin := referral.Actor{ID: fmt.Sprintf("u-%d", i%100), Partner: originNamed(i)}
	done, err := w.Submit(ctx, submission(i, origin))
	if err != nil || i%openEvery == 0 {
		return err
	}
	_, err = w.Change(ctx, store.Step{
		Once: store.Once{Scope: "bench", Key: fmt.Sprintf("withdraw-%08d", i)}, By: origin, Referral: done.Referral, Read: done.Version,
		Change: referral.Withdraw{Reason: referral.WithdrawChoice},
	})
	return err
}

func submission(i int, origin referral.Actor) store.Submission {
	urgency := referral.Routine
	switch {
	case i%emergencyEvery == 0:
		urgency = referral.Emergency
	case i%urgentEvery == 0:
		urgency = referral.Urgent
	}
	s := store.Submission{
		Once: store.Once{Scope: "bench", Key: fmt.Sprintf("submit-%08d", i)}, By: origin,
		Submit: referral.Submit{Partnership: partnership, Target: target, Urgency: urgency, Route: referral.Direct},
		Told: referral.Told{
			Person: person.Person{
				Name: &person.Name{Chosen: nameOf(i)}, DateOfBirth: bornOf(i), CHI: chiOf(i), Phone: "0141 496 0123",
				SafeContact: &person.SafeContact{May: []person.Way{person.ByText}, Saying: person.SayNothing},
			},
			Details: referral.Details{
				Reason: "They want to stop using benzodiazepines safely.", Goals: "to sleep", Naloxone: referral.NaloxoneHeld,
				BBV: &referral.BBV{Tested: referral.Yes},
			},
		},
		Circumstances: referral.Circumstances{Capability: referral.Capable, Informed: true}, Words: "They asked for this themselves.",
		Deliver: []string{target},
	}
	if i%withheldEvery != withheldEvery-1 {
		s.Consents = []consent.Event{{
			Decision: consent.Grant, By: consent.Self, Purposes: []string{"direct_care", "referral_coordination"},
			Recipients: []string{target},
			Categories: []record.Category{
				record.Admin, record.Identity, record.Contact, record.Demographic, record.Need, record.Clinical, record.Risk, record.Social,
			},
		}}
	}
	return s
}

// Invented people, each with a name and a number of their own.

func nameOf(i int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	name := []byte("Xa ")
	for n := i + 1; n > 0; n /= len(letters) {
		name = append(name, letters[n%len(letters)])
	}
	return string(name)
}

func bornOf(i int) person.Date {
	day := time.Date(1950, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i%18_000)
	return person.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
}

// chiOf is a number whose date and check digit are right: of ten in a row at least one is.
func chiOf(i int) person.CHI {
	born := bornOf(i)
	for serial := i / 18_000 * 20; ; serial++ {
		nine := fmt.Sprintf("%02d%02d%02d%03d", born.Day, born.Month, born.Year%100, serial%1000)
		for check := range 10 {
			if chi, err := person.ParseCHI(fmt.Sprintf("%s%d", nine, check)); err == nil {
				return chi
			}
		}
	}
}
