package policies

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Settings are the choices in sharing/settings.json and sharing/reference.json that decide what the rules are asked, and what is
// told of their answers. Nobody changes what is in them.
type Settings struct {
	// EmergencyLasts is for how long a declared emergency can open a referral, EmergencyReview within what time somebody else has to
	// have reviewed it.
	EmergencyLasts, EmergencyReview time.Duration
	// ShortestJustification is how many characters have to say why an emergency cannot wait.
	ShortestJustification int
	// KeptPurposes are those for which a partner that accepts keeps what it may be shown then, AskedPurposes those for which
	// somebody who is asked to answer a referral may be shown it, OnwardPurposes those for which something may be passed on at all;
	// sorted.
	KeptPurposes, AskedPurposes, OnwardPurposes []string
	// ToldOfAnEnd are the grounds on which whoever was shown something is told that what may be shared has changed.
	ToldOfAnEnd []string
	// OfThePerson are the reasons of a denial that tell of the person.
	OfThePerson []string
}

// emergencyWindow is the window of the settings in which an emergency lasts.
const emergencyWindow = "break_glass"

var errSettings = errors.New("the settings are not as they have to be")

// settingsOf reads them from the data of the rules, and refuses purposes that there are not: what is misspelt would be asked for
// nobody.
func settingsOf(data map[string]any) (*Settings, error) {
	text, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	var d struct {
		Settings struct {
			Windows     map[string]Window `json:"windows"`
			Review      int64             `json:"emergency_review_seconds"`
			Kept        []string          `json:"kept_purposes"`
			Asked       []string          `json:"asked_purposes"`
			Told        []string          `json:"told_when_sharing_ends"`
			OfThePerson []string          `json:"reasons_of_the_person"`
		} `json:"settings"`
		Grounds   map[string]groundRow           `json:"grounds"`
		Order     map[string]map[string][]string `json:"order"`
		Reference struct {
			Purposes   map[string][]string `json:"purpose_roles"`
			BreakGlass struct {
				Shortest int `json:"min_justification"`
			} `json:"break_glass"`
		} `json:"reference"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	s := &Settings{
		EmergencyLasts:        time.Duration(d.Settings.Windows[emergencyWindow].Seconds) * time.Second,
		EmergencyReview:       time.Duration(d.Settings.Review) * time.Second,
		ShortestJustification: d.Reference.BreakGlass.Shortest,
		KeptPurposes:          slices.Sorted(slices.Values(d.Settings.Kept)),
		AskedPurposes:         slices.Sorted(slices.Values(d.Settings.Asked)),
		OnwardPurposes:        slices.Sorted(maps.Keys(d.Order[onwardDisclose])),
		ToldOfAnEnd:           d.Settings.Told,
		OfThePerson:           d.Settings.OfThePerson,
	}
	if len(s.ToldOfAnEnd) > 0 {
		var known []string
		for _, row := range d.Grounds {
			known = append(known, row.Ground)
		}
		if err := among("ground", s.ToldOfAnEnd, known); err != nil {
			return nil, fmt.Errorf("%w: told_when_sharing_ends: %w", errSettings, err)
		}
	}
	return s, s.check(slices.Collect(maps.Keys(d.Reference.Purposes)))
}

// check refuses what is for no purpose. What is left out is for nobody.
func (s *Settings) check(known []string) error {
	for name, purposes := range map[string][]string{"kept_purposes": s.KeptPurposes, "asked_purposes": s.AskedPurposes} {
		if len(purposes) == 0 {
			continue
		}
		if err := among("purpose", purposes, known); err != nil {
			return fmt.Errorf("%w: %s: %w", errSettings, name, err)
		}
	}
	if s.EmergencyReview < 0 || s.EmergencyReview > maxWindow*time.Second {
		return fmt.Errorf("%w: emergency_review_seconds: from 1 to %d", errSettings, int64(maxWindow))
	}
	return nil
}

// Settings are the choices that decide what the rules of this engine are asked.
func (e *Engine) Settings() *Settings { return e.rules.settings }
