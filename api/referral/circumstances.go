package referral

import (
	"log/slog"

	"lifeline.scot/api/record"
)

// Circumstances are what the rules of sharing have to know of the person besides what the referral tells: codes alone. They are
// kept encrypted like what is told, because each of them says something of somebody. What is left out was not said, and opens
// nothing.
type Circumstances struct {
	// Capability to decide about sharing, as somebody who may assess it found.
	Capability Capability `json:"capability,omitempty"`
	// Understanding of a young person, where it is not what is presumed at their age.
	Understanding Understanding `json:"understanding,omitempty"`
	// Informed says that the person was told about the sharing, and could object.
	Informed bool `json:"informed,omitempty"`
	// AdultAtRisk is somebody of 16 or over whom the Adult Support and Protection (Scotland) Act 2007 is for.
	AdultAtRisk bool `json:"adultAtRisk,omitempty"`
	ChildAtRisk bool `json:"childAtRisk,omitempty"`
	Deceased    bool `json:"deceased,omitempty"`
	// Anonymous says that the referral is not to tell who the person is.
	Anonymous bool `json:"anonymous,omitempty"`
	// TransferredTo is the ADP whose area the person is supported in now, where that is another one.
	TransferredTo string `json:"transferredTo,omitempty"`
}

// String implements fmt.Stringer with nobody's data.
func (Circumstances) String() string { return "circumstances of a person" }

// GoString implements fmt.GoStringer with nobody's data.
func (Circumstances) GoString() string { return "circumstances of a person" }

// LogValue implements slog.LogValuer with nobody's data.
func (Circumstances) LogValue() slog.Value { return slog.StringValue("circumstances of a person") }

// Capability is whether somebody can decide for themselves.
type Capability string

// The values. Nobody is taken to be incapable because nobody looked.
const (
	NotAssessed Capability = ""
	Capable     Capability = "Capable"
	Incapable   Capability = "Incapable"
)

// Understanding is whether a young person understands what they decide about.
type Understanding string

// The values.
const (
	UnderstandingPresumed Understanding = ""
	UnderstandingShown    Understanding = "Shown"
	UnderstandingLacking  Understanding = "Lacking"
)

// fieldCircumstances names circumstances in problems; it is no field that is disclosed.
const fieldCircumstances record.Field = "circumstances"

// Check says what has to be changed. It returns a [record.Invalid], or nil.
func (c Circumstances) Check() error {
	var problems record.Invalid
	check := checker{&problems}
	oneOf(check, fieldCircumstances, c.Capability, NotAssessed, Capable, Incapable)
	oneOf(check, fieldCircumstances, c.Understanding, UnderstandingPresumed, UnderstandingShown, UnderstandingLacking)
	if c.TransferredTo != "" && !Opaque(c.TransferredTo) {
		problems.Add(fieldCircumstances, "names no partnership: name it as the directory does, or leave it out.")
	}
	return problems.Err()
}

// SetCircumstances says that the circumstances of the person have changed. What they are is kept apart, encrypted.
type SetCircumstances struct{}

// TakeUp says that somebody works with the person from now on. Whoever makes any other change as a worker of a partner does too.
type TakeUp struct{}

// StepBack says that somebody works with the person no more.
type StepBack struct{}

// Worker is somebody who works with the person.
type Worker struct {
	// ID is that of the [Actor].
	ID string
	// Partner is the organisation that they work for.
	Partner string
}

func (SetCircumstances) check() error { return nil }
func (TakeUp) check() error           { return nil }
func (StepBack) check() error         { return nil }

func (SetCircumstances) apply(*State, Event) {}
func (TakeUp) apply(*State, Event)           {}
func (StepBack) apply(*State, Event)         {}

// judge is that of [Amend]: circumstances are for those whose record it is.
func (SetCircumstances) judge(s State, e Event) error { return Amend{}.judge(s, e) }

func (TakeUp) judge(s State, e Event) error {
	if s.WorksWith(e.By.ID, e.By.Partner) {
		return refuse(CodeWrongStatus, "You work with this person already.")
	}
	return nil
}

func (StepBack) judge(s State, e Event) error {
	if !s.WorksWith(e.By.ID, e.By.Partner) {
		return refuse(CodeWrongStatus, "You do not work with this person.")
	}
	return nil
}
