package referral

import (
	"fmt"
	"slices"
	"time"

	"lifeline.scot/api/record"
)

// Bounds of details.
const (
	longestAccount = 2000 // characters
	longestShort   = 200
	mostChildren   = 12
	mostMicrograms = 500_000
)

// earliestOverdose is how long ago an overdose may have been to be told as one that matters now.
const earliestOverdose = 366 * 24 * time.Hour

// latestLiberation is how far ahead a day of liberation may be.
const latestLiberation = 5 * 366 * 24 * time.Hour

// skew is how far the clocks of those who send may be ahead.
const skew = 2 * time.Minute

// Check says what has to be changed, at a moment. It returns a [record.Invalid], or nil.
func (d Details) Check(now time.Time) error {
	var problems record.Invalid
	check := checker{&problems}
	if d.Reason == "" {
		problems.Add(record.ReferralReason, "is empty: write what the person asks for.")
	}
	check.words(record.ReferralReason, d.Reason)
	check.words(record.Goals, d.Goals)
	check.words(record.MentalHealth, d.MentalHealth)
	d.checkUse(check)
	d.checkTreatment(check)
	d.checkRisk(check, now)
	d.checkHome(check)
	d.checkRestricted(check, now)
	return problems.Err()
}

type checker struct{ problems *record.Invalid }

// words checks texts of a field; only the first that is wrong is told.
func (c checker) words(f record.Field, texts ...string) {
	for _, text := range texts {
		if wrong := record.Words(text, longestAccount); wrong != "" {
			c.problems.Add(f, wrong)
			return
		}
	}
}

func (c checker) line(f record.Field, text string) {
	if wrong := record.Line(text, longestShort); wrong != "" {
		c.problems.Add(f, wrong)
	}
}

// oneOf checks a code.
func oneOf[T ~string](c checker, f record.Field, code T, known ...T) {
	if !slices.Contains(known, code) {
		c.problems.Add(f, fmt.Sprintf("is not known: use one of %v.", known))
	}
}

func yesOrNo(c checker, f record.Field, answer YesNo) { oneOf(c, f, answer, "", Yes, No) }

var substances = []Substance{
	Alcohol, Heroin, OtherOpioids, Nitazenes, Benzodiazepines, Cocaine, Cannabis, Amphetamines, Gabapentinoids, Ketamine,
	OtherSubstance,
}

func (c checker) kinds(f record.Field, kinds []Substance) {
	for i, kind := range kinds {
		if slices.Contains(kinds[:i], kind) {
			c.problems.Add(f, "names a substance twice: name each once.")
			return
		}
		if !slices.Contains(substances, kind) {
			oneOf(c, f, kind, substances...)
			return
		}
	}
}

func (d Details) checkUse(c checker) {
	if d.Substances != nil {
		c.kinds(record.Substances, d.Substances.Kinds)
		c.words(record.Substances, d.Substances.History)
	}
}

func (d Details) checkTreatment(c checker) {
	if m := d.Medication; m != nil {
		c.words(record.Medication, m.Prescribed, m.Allergies, m.History)
	}
	if o := d.OST; o != nil {
		oneOf(c, record.OSTStatus, o.Kind,
			OSTNone, OSTMethadone, OSTBuprenorphine, OSTBuprenorphineInjection, OSTHeroinAssisted, OSTOther)
		if o.DailyMicrograms < 0 || o.DailyMicrograms > mostMicrograms {
			c.problems.Add(record.OSTStatus, "has a dose that cannot be: give the daily dose in micrograms (1 mg is 1000).")
		}
		c.words(record.OSTStatus, o.Wishes)
	}
	oneOf(c, record.Naloxone, d.Naloxone, "", NaloxoneHeld, NaloxoneNeeded, NaloxoneChoseNot, NaloxoneNotRelevant)
}

func (d Details) checkRisk(c checker, now time.Time) {
	if at := d.OverdoseAt; !at.IsZero() && (at.After(now.Add(skew)) || at.Before(now.Add(-earliestOverdose))) {
		c.problems.Add(record.OverdoseAt, "is in the future, or more than a year ago: check it, or tell of it in substances.history.")
	}
	if o := d.OverdoseContext; o != nil {
		if d.OverdoseAt.IsZero() {
			c.problems.Add(record.OverdoseAt, "is missing: say when the overdose was, as exactly as is known.")
		}
		yesOrNo(c, record.OverdoseContext, o.NaloxoneGiven)
		c.kinds(record.OverdoseContext, o.Substances)
		c.line(record.OverdoseContext, o.Place)
		c.words(record.OverdoseContext, o.Account)
	}
	if r := d.RiskLevel; r != nil {
		oneOf(c, record.RiskLevel, r.Grade, RiskStandard, RiskRaised, RiskHigh)
		c.words(record.RiskLevel, r.Account)
	}
}

func (d Details) checkHome(c checker) {
	if h := d.Housing; h != nil {
		oneOf(c, record.Housing, h.Kind, HousingOwn, HousingWithOthers, HousingTemporary, HousingSupported, HousingHospital,
			HousingPrison, HousingRoofless, HousingSomewhereElse)
		yesOrNo(c, record.Housing, h.KeepTenancy)
		c.words(record.Housing, h.Account)
	}
	if p := d.Dependants; p != nil {
		if p.Children < 0 || p.Children > mostChildren || p.Coming < 0 || p.Coming > p.Children {
			c.problems.Add(record.Dependants, "has numbers that cannot be: children from 0 to 12, and no more coming than there are.")
		}
		c.words(record.Dependants, p.Account)
	}
}

func (d Details) checkRestricted(c checker, now time.Time) {
	if b := d.BBV; b != nil {
		yesOrNo(c, record.BBVStatus, b.Tested)
		c.words(record.BBVStatus, b.Account)
	}
	if j := d.Justice; j != nil {
		if at := j.Liberation; !at.IsZero() && (at.After(now.Add(latestLiberation)) || at.Before(now.Add(-earliestOverdose))) {
			c.problems.Add(record.Justice, "has a day of liberation too far away: check it, or leave it out.")
		}
		c.line(record.Justice, j.Prison)
		c.words(record.Justice, j.Orders)
	}
}
