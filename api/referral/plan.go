package referral

import (
	"slices"
	"time"

	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/crds/workday"
)

// Task is what a step of a plan is: one of those of a Pathway.
type Task = v1alpha1.PathwayTask

// Tasks are all tasks, in the order of the journey.
func Tasks() []Task {
	return []Task{
		v1alpha1.TaskAnswer, v1alpha1.TaskContact, v1alpha1.TaskAssessment, v1alpha1.TaskPreparation, v1alpha1.TaskNaloxone,
		v1alpha1.TaskAftercare, v1alpha1.TaskPeerSupport, v1alpha1.TaskFollowUp,
	}
}

// Plan is what a pathway asked for when the referral was made along it: whatever becomes of the pathway, the referral keeps to
// it. Which pathway it is would tell of the person, and is not here.
type Plan struct {
	Steps []PlannedStep `json:"steps"`
}

// PlannedStep is a step as it was planned.
type PlannedStep struct {
	Task Task `json:"task"`
	// Responders that are asked to answer, in turn. The first of them is the target of the referral.
	Responders []string `json:"responders,omitempty"`
	// Within is how long it may take; zero until support ends.
	Within workday.Within `json:"within,omitzero"`
	// Due is when it is due; zero if it has no limit, or Follows.
	Due time.Time `json:"due,omitzero"`
	// Follows says that its time is counted from when the step before it was done.
	Follows bool `json:"follows,omitempty"`
}

// StepOutcome is what came of a step.
type StepOutcome string

// The outcomes.
const (
	// StepOffered: it was offered, and the person has not said yet.
	StepOffered StepOutcome = "Offered"
	StepDone    StepOutcome = "Done"
	// StepDeclined: the person chose not to.
	StepDeclined StepOutcome = "Declined"
	// StepNotNeeded: it is not needed; why, is in words.
	StepNotNeeded StepOutcome = "NotNeeded"
)

// settles reports whether nothing more is to be done.
func (o StepOutcome) settles() bool { return o == StepDone || o == StepDeclined || o == StepNotNeeded }

// Step is how a step stands.
type Step struct {
	PlannedStep

	// Outcome, and when and by which version it came about; zero if it has not.
	Outcome StepOutcome
	At      time.Time
	Version int64
	// LateAt is when somebody with more say was told that it is late; zero if they were not.
	LateAt time.Time
}

// mostResponders and mostSteps bound a plan, as they bound a pathway.
const (
	mostResponders = 8
	mostSteps      = 10
)

// SettleStep says what came of a step.
type SettleStep struct {
	Task    Task        `json:"task"`
	Outcome StepOutcome `json:"outcome"`
	// NextDue is when the step that follows is due from then on. It is worked out when the change is decided.
	NextDue time.Time `json:"nextDue,omitzero"`
}

// PassOn sends the referral to the next responder because the one that was asked has not said in time that it has it.
type PassOn struct {
	Target string `json:"target"`
	// Due is when the next one is to have answered. It is worked out when the change is decided.
	Due time.Time `json:"due,omitzero"`
}

func (p *Plan) check(target string) error {
	switch {
	case p == nil:
		return nil
	case len(p.Steps) == 0 || len(p.Steps) > mostSteps || p.Steps[0].Task != v1alpha1.TaskAnswer:
		return refuse(CodeInvalid, "A plan has 1 to %d steps, and begins with an answer.", mostSteps)
	case len(p.Steps[0].Responders) == 0 || p.Steps[0].Responders[0] != target:
		return refuse(CodeInvalid, "The first who is to answer is the partner that is asked.")
	case p.Steps[0].Within.IsZero() || p.Steps[0].Due.IsZero():
		return refuse(CodeInvalid, "A plan says by when somebody has to answer.")
	}
	return p.checkSteps()
}

// checkSteps refuses steps that are there twice, that nobody knows, or that are answered by others than the first.
func (p *Plan) checkSteps() error {
	for i, step := range p.Steps {
		before := func(other PlannedStep) bool { return other.Task == step.Task }
		known := slices.Contains(Tasks(), step.Task) && !slices.ContainsFunc(p.Steps[:i], before)
		if !known || i > 0 && len(step.Responders) > 0 || len(step.Responders) > mostResponders ||
			slices.ContainsFunc(step.Responders, func(name string) bool { return !Opaque(name) }) {
			return refuse(CodeInvalid, "A plan names each step once, and who answers by the names of the directory.")
		}
	}
	return nil
}

func (c SettleStep) check() error {
	if err := among("step", c.Task, Tasks()...); err != nil {
		return err
	}
	if c.Task == v1alpha1.TaskAnswer {
		return refuse(CodeInvalid, "Somebody answers by saying that they have the referral: acknowledge it.")
	}
	return among("outcome", c.Outcome, StepOffered, StepDone, StepDeclined, StepNotNeeded)
}

func (c PassOn) check() error {
	if !Opaque(c.Target) {
		return refuse(CodeInvalid, "Name the partner to pass it on to, as the directory names it.")
	}
	return nil
}

func (c SettleStep) judge(s State, _ Event) error {
	if s.step(c.Task) == nil && !slices.Contains(safety, c.Task) {
		return NoSuchStep()
	}
	if len(s.Steps) >= mostSteps && s.step(c.Task) == nil {
		return refuse(CodeTooMany, "The referral has %d steps already.", len(s.Steps))
	}
	return nil
}

// NoSuchStep refuses a step that the referral does not have, and to those who may not know which steps it has one that it has:
// that would tell along which pathway it was made.
func NoSuchStep() error {
	return refuse(CodeWrongStatus, "The referral has no such step, or not for you to settle: naloxone and aftercare it always has.")
}

// TellsNothing reports whether a task is one that every referral has, so that to name it tells nothing of a pathway.
func TellsNothing(task Task) bool {
	return task == "" || task == v1alpha1.TaskAnswer || slices.Contains(safety, task)
}

func (c PassOn) judge(s State, e Event) error {
	answer := s.step(v1alpha1.TaskAnswer)
	switch {
	case answer == nil || answer.Outcome.settles():
		return refuse(CodeWrongStatus, "Nobody is waited for.")
	case e.At.Before(answer.Due):
		return refuse(CodeWrongStatus, "There is still time to answer.")
	case !answer.LateAt.IsZero():
		return refuse(CodeWrongStatus, "The ADP was told already: whoever looks at it sends it on.")
	case !slices.Contains(s.NextResponders(), c.Target):
		return refuse(CodeInvalid, "That partner does not come next, or was asked before.")
	default:
		return nil
	}
}

// safety are the steps that every referral has, whether or not a pathway plans them.
var safety = []Task{v1alpha1.TaskNaloxone, v1alpha1.TaskAftercare}

// step is how a step stands; nil if the referral has none of that task.
func (s State) step(task Task) *Step {
	i := slices.IndexFunc(s.Steps, func(step Step) bool { return step.Task == task })
	if i < 0 {
		return nil
	}
	return &s.Steps[i]
}

// WithoutPlan is how the referral stands for those who may not know along which pathway it was made: its steps, and their times,
// would tell. What is left is the answer that somebody waits for, with those alone who were asked, and what came of the steps
// that every referral has.
func (s State) WithoutPlan() State {
	steps := make([]Step, 0, 1+len(safety))
	if answer := s.step(v1alpha1.TaskAnswer); answer != nil {
		asked := *answer
		asked.Within = workday.Within{}
		asked.Responders = slices.DeleteFunc(slices.Clone(answer.Responders), func(name string) bool {
			return !slices.ContainsFunc(s.Asked, func(t Turn) bool { return t.Partner == name })
		})
		steps = append(steps, asked)
	}
	for _, task := range safety {
		plain := Step{PlannedStep: PlannedStep{Task: task}}
		if step := s.step(task); step != nil {
			plain.Outcome, plain.At, plain.Version = step.Outcome, step.At, step.Version
		}
		steps = append(steps, plain)
	}
	s.Steps = steps
	return s
}

// WithoutPlan is the event for those who may not know along which pathway the referral was made: it names no step that not every
// referral has.
func (e Event) WithoutPlan() Event {
	switch c := e.Change.(type) {
	case Submit:
		c.Plan = nil
		e.Change = c
	case SettleStep:
		c.NextDue = time.Time{}
		if e.Change = c; !TellsNothing(c.Task) {
			e.Change = SettleStep{}
		}
	case Escalate:
		if !TellsNothing(c.Task) || c.Reason == EscalateLate {
			e.Change = Escalate{Reason: c.Reason}
		}
	case SettleEscalation:
		e.Change = SettleEscalation{}
	}
	return e
}

// NextResponders are those that have not been asked yet, in turn.
func (s State) NextResponders() []string {
	answer := s.step(v1alpha1.TaskAnswer)
	if answer == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(answer.Responders), func(name string) bool {
		return slices.ContainsFunc(s.Asked, func(t Turn) bool { return t.Partner == name })
	})
}

// answersBy is when whoever is asked at a moment is to have answered; zero where nobody planned that.
func (s State) answersBy(at time.Time) time.Time {
	if answer := s.step(v1alpha1.TaskAnswer); answer != nil {
		return answer.Within.From(at)
	}
	return time.Time{}
}

// followsBy is when the step is due that follows one that is done at a moment; zero if none is counted from it.
func (s State) followsBy(task Task, at time.Time) time.Time {
	i := slices.IndexFunc(s.Steps, func(step Step) bool { return step.Task == task })
	if i < 0 || i+1 >= len(s.Steps) || !s.Steps[i+1].Follows || s.Steps[i+1].Outcome.settles() {
		return time.Time{}
	}
	return s.Steps[i+1].Within.From(at)
}

// dated is a change that says when something is due from then on. It is worked out once, when the change is decided, and written
// down: what is known of bank holidays later does not change a history.
type dated interface {
	dated(s State, at time.Time) Change
}

func (c SettleStep) dated(s State, at time.Time) Change {
	if c.NextDue = (time.Time{}); c.Outcome.settles() {
		c.NextDue = s.followsBy(c.Task, at)
	}
	return c
}

func (c PassOn) dated(s State, at time.Time) Change {
	c.Due = s.answersBy(at)
	return c
}

func (c Redirect) dated(s State, at time.Time) Change {
	c.Due = s.answersBy(at)
	return c
}

func (c Reconsider) dated(s State, at time.Time) Change {
	c.Due = s.answersBy(at)
	return c
}

func (c Acknowledge) dated(s State, at time.Time) Change {
	c.NextDue = s.followsBy(v1alpha1.TaskAnswer, at)
	return c
}

func (c MakeLink) dated(s State, at time.Time) Change {
	if c.NextDue = (time.Time{}); c.Link.Kind == Aftercare {
		c.NextDue = s.followsBy(v1alpha1.TaskAftercare, at)
	}
	return c
}

// plan takes the steps of a plan over.
func (s *State) plan(p *Plan) {
	if p == nil {
		return
	}
	for _, step := range p.Steps {
		s.Steps = append(s.Steps, Step{PlannedStep: step})
	}
}

// awaitAnswer begins to wait for whoever is the target now.
func (s *State) awaitAnswer(due time.Time) {
	if answer := s.step(v1alpha1.TaskAnswer); answer != nil {
		*answer = Step{PlannedStep: answer.PlannedStep}
		answer.Due = due
	}
}

// settleStep notes what came of a step, and when the one is due that follows.
func (s *State) settleStep(task Task, outcome StepOutcome, nextDue time.Time, e Event) {
	step := s.step(task)
	if step == nil {
		s.Steps = append(s.Steps, Step{PlannedStep: PlannedStep{Task: task}})
		step = &s.Steps[len(s.Steps)-1]
	}
	step.Outcome, step.At, step.Version = outcome, e.At, e.Version
	if i := slices.IndexFunc(s.Steps, func(other Step) bool { return other.Task == task }); !nextDue.IsZero() && i+1 < len(s.Steps) {
		s.Steps[i+1].Due = nextDue
	}
}

func (c SettleStep) apply(s *State, e Event) { s.settleStep(c.Task, c.Outcome, c.NextDue, e) }

func (c PassOn) apply(s *State, e Event) {
	s.Asked[len(s.Asked)-1].SilentUntil = e.At
	s.ask(c.Target, e.Version)
	s.awaitAnswer(c.Due)
}
