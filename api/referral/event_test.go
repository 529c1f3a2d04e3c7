package referral_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lifeline.scot/api/referral"
)

var update = flag.Bool("update", false, "write the histories of this release beside those of earlier ones")

// written is an event as a store writes it.
type written struct {
	Version int64           `json:"version"`
	At      time.Time       `json:"at"`
	By      referral.Actor  `json:"by"`
	Kind    referral.Kind   `json:"kind"`
	Change  json.RawMessage `json:"change"`
}

const histories = "testdata/histories.json"

// Histories that are written down stay true whatever release reads them: what was once allowed replays for ever, to the same.
func TestHistoriesOfEarlierReleasesReplay(t *testing.T) {
	tales := map[string]*tale{
		"a funded stay and aftercare": begin(t, referral.Funded).do(t, acknowledge,
			settle(haven, referral.StageContact), settle(moray, referral.StageAssessment),
			step{moray, referral.SettleStage{Stage: referral.StageFunding, Outcome: referral.StageDeclined}, "w"},
			step{program, referral.Escalate{Reason: referral.EscalateFunding}, ""}, step{moray, referral.SettleEscalation{}, "w"},
			settle(moray, referral.StageFunding), accept, settle(haven, referral.StagePreparation), wait, hold,
			step{program, referral.EndHold{}, ""}, hold, admit, complete,
			step{harbour, referral.MakeLink{Link: referral.Link{Kind: referral.Aftercare, Referral: "r-1111111"}}, ""}),
		"sent on, and withdrawn": begin(t, referral.Direct).do(t, acknowledge,
			step{harbour, referral.Ask{Of: referral.SideOrigin}, "w"}, step{haven, referral.Answer{To: 3}, "w"}, cannot,
			step{haven, referral.Reconsider{}, "w"}, step{haven, referral.Redirect{Target: "beacon"}, ""},
			step{haven, referral.Amend{Fields: []string{"phone"}}, ""}, step{moray, referral.SetUrgency{Urgency: referral.Urgent}, ""},
			step{beacon, referral.Acknowledge{}, ""}, step{beacon, referral.Accept{}, ""}, wait,
			step{haven, referral.ReleasePlace{}, ""}, step{beacon, referral.StartSupport{}, ""}, step{self, referral.Message{}, "w"}, withdraw),
		"along a pathway": passedOn(t),
	}
	if *update {
		writeHistories(t, tales)
	}
	text, err := os.ReadFile(histories)
	if err != nil {
		t.Fatal(err)
	}
	var kept map[string][]written
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	if len(kept) != len(tales) {
		t.Fatalf("%d histories are kept: add new ones with -update, and take none away", len(kept))
	}
	for name, history := range kept {
		t.Run(name, func(t *testing.T) {
			got, err := referral.Fold(read(t, history))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tales[name].State, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// passedOn is a referral along a pathway that nobody answers in time, until the last one does.
func passedOn(t *testing.T) *tale {
	t.Helper()
	x := along(t, referral.Direct, planned())
	x.whatNow(t, minutes(60))
	x.whatNow(t, minutes(120))
	asked := referral.Actor{ID: "u-beacon", Partner: "beacon"}
	x.do(t, step{asked, referral.Acknowledge{}, ""}, step{asked, referral.SettleStep{Task: "Contact", Outcome: referral.StepDone}, ""},
		step{asked, referral.Accept{}, ""}, step{asked, referral.StartSupport{}, ""},
		step{asked, referral.SettleStep{Task: "Naloxone", Outcome: referral.StepOffered}, ""},
		step{asked, referral.SettleStep{Task: "Naloxone", Outcome: referral.StepDeclined}, "w"},
		step{asked, referral.Complete{Outcome: referral.OutcomeAsPlanned}, ""},
		step{asked, referral.MakeLink{Link: referral.Link{Kind: referral.Aftercare, Referral: "r-1111111"}}, ""})
	return x
}

func writeHistories(t *testing.T, tales map[string]*tale) {
	t.Helper()
	kept := map[string][]written{}
	for name, x := range tales {
		for _, e := range x.history {
			text, err := referral.EncodeChange(e.Change)
			if err != nil {
				t.Fatal(err)
			}
			kept[name] = append(kept[name], written{e.Version, e.At, e.By, e.Change.Kind(), text})
		}
	}
	text, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(histories, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, history []written) []referral.Event {
	t.Helper()
	var events []referral.Event
	for _, w := range history {
		c, err := referral.DecodeChange(w.Kind, w.Change)
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, referral.Event{Referral: "r-0000000", Version: w.Version, At: w.At, By: w.By, Change: c})
	}
	return events
}

func TestChangesThatCannotBeRead(t *testing.T) {
	for kind, text := range map[referral.Kind]string{"Explode": "{}", "Submit": "[]", "Answer": `{"to":"one"}`, "": "{}"} {
		if c, err := referral.DecodeChange(kind, []byte(text)); err == nil {
			t.Errorf("%s: %v", kind, c)
		}
	}
}

// Whatever a store hands over as a change is read or refused, and never carried out as something else.
func FuzzDecodeChange(f *testing.F) {
	f.Add("Submit", `{"person":"p-sorcha-0","partnership":"moray","target":"harbour","urgency":"Routine","route":"Direct"}`)
	f.Add("SettleStage", `{"stage":"ContactADP","outcome":"Done"}`)
	f.Add("Answer", `{"to":9223372036854775807}`)
	f.Fuzz(func(t *testing.T, kind, text string) {
		c, err := referral.DecodeChange(referral.Kind(kind), []byte(text))
		if err != nil {
			return
		}
		if c.Kind() != referral.Kind(kind) {
			t.Fatalf("%s was read as %s", kind, c.Kind())
		}
		s, _, err := referral.Begin("r-0000000", submit(referral.Funded), haven, "", noon)
		if err != nil {
			t.Fatal(err)
		}
		if after, _, err := s.Decide(1, c, haven, "because", noon); err == nil && after.Version != 2 {
			t.Fatalf("%s leads to version %d", kind, after.Version)
		}
	})
}
