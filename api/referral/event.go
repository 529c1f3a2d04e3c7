package referral

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"
)

// Event is a change that was made: who, when, why, and which version it led to. Events are never changed or taken back.
type Event struct {
	Referral string
	// Version the referral has after it, from 1.
	Version int64
	// At is in UTC, to the microsecond, and never before the event before it.
	At     time.Time
	By     Actor
	Change Change
	// Words are what somebody wrote: why, a message, a question, an answer. They may say anything of the person, and are kept
	// encrypted. They are gone once the person is erased.
	Words string
}

// String implements fmt.Stringer without anybody's words.
func (e Event) String() string {
	return fmt.Sprintf("%s of referral %s, version %d", e.kind(), e.Referral, e.Version)
}

// GoString implements fmt.GoStringer without anybody's words.
func (e Event) GoString() string { return e.String() }

// LogValue implements slog.LogValuer without anybody's words.
func (e Event) LogValue() slog.Value { return slog.StringValue(e.String()) }

func (e Event) kind() Kind {
	if e.Change == nil {
		return ""
	}
	return e.Change.Kind()
}

// EncodeChange writes the codes of a change as JSON.
func EncodeChange(c Change) ([]byte, error) {
	text, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("write down a %s: %w", c.Kind(), err)
	}
	return text, nil
}

// DecodeChange reads what [EncodeChange] wrote.
func DecodeChange(kind Kind, text []byte) (Change, error) {
	read, ok := readers[kind]
	if !ok {
		return nil, fmt.Errorf("read a change: %q is no kind of change", kind)
	}
	c, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("read a %s: %w", kind, err)
	}
	return c, nil
}

var readers = map[Kind]func([]byte) (Change, error){
	KindSubmit: readAs[Submit], KindAcknowledge: readAs[Acknowledge], KindAccept: readAs[Accept],
	KindCannotOffer: readAs[CannotOffer], KindRedirect: readAs[Redirect], KindReconsider: readAs[Reconsider],
	KindWaitForPlace: readAs[WaitForPlace], KindHoldPlace: readAs[HoldPlace], KindEndHold: readAs[EndHold],
	KindReleasePlace: readAs[ReleasePlace], KindAdmit: readAs[Admit], KindStartSupport: readAs[StartSupport],
	KindComplete: readAs[Complete], KindWithdraw: readAs[Withdraw], KindEscalate: readAs[Escalate],
	KindSettleEscalation: readAs[SettleEscalation], KindMessage: readAs[Message], KindAsk: readAs[Ask], KindAnswer: readAs[Answer],
	KindSettleStage: readAs[SettleStage], KindSetUrgency: readAs[SetUrgency], KindAmend: readAs[Amend],
	KindMakeLink: readAs[MakeLink], KindSetCircumstances: readAs[SetCircumstances], KindTakeUp: readAs[TakeUp],
	KindStepBack: readAs[StepBack], KindSettleStep: readAs[SettleStep], KindPassOn: readAs[PassOn],
}

func readAs[C Change](text []byte) (Change, error) {
	var c C
	err := json.Unmarshal(text, &c)
	return c, err
}
