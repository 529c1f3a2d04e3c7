package apart

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"lifeline.scot/policies"
)

// Command is the first argument of a program that is started to run stricter rules. It is for no person to use.
const Command = "narrowing-apart"

// Asked reports whether a program was started to run stricter rules, by its arguments. Then it has to call [Run] and nothing
// else.
func Asked(args []string) bool { return len(args) == 2 && args[1] == Command }

// Run takes up rules from in, says to out whether they can be used, and answers for them until in ends. It gives what the
// program is to exit with.
func Run(ctx context.Context, in io.Reader, out io.Writer) (exit int) {
	var rules given
	if read(in, &rules, mostAsked) != nil {
		return exitFailed
	}
	w := &watch{}
	w.begin(rules.Start)
	w.limit(rules.Memory)
	engine, refusal := takeUp(ctx, rules)
	if write(out, refusal, mostAnswered) != nil || refusal.Refused != "" {
		return exitFailed
	}
	for {
		w.end()
		var question asked
		switch err := read(in, &question, mostAsked); {
		case errors.Is(err, io.EOF):
			return exitDone
		case err != nil:
			return exitFailed
		}
		w.begin(rules.Limit + grace)
		if write(out, answer(ctx, engine, question), mostAnswered) != nil {
			return exitFailed
		}
	}
}

// grace is how much longer than rules may think it may take to answer for them, with what is read and written.
const grace = time.Second

// takeUp makes an engine with the rules, or says why not.
func takeUp(ctx context.Context, rules given) (*policies.Engine, found) {
	plain, err := policies.New(ctx, policies.LimitNarrowing(rules.Limit))
	if err != nil {
		return nil, found{Refused: policies.NarrowingNotStarted, Says: cut(err.Error())}
	}
	take := plain.WithNarrowing
	if rules.Again {
		take = plain.WithTriedNarrowing
	}
	engine, err := take(ctx, rules.Files)
	if err == nil {
		return engine, found{About: engine.Narrows()}
	}
	refusal := found{Refused: policies.NarrowingFailed}
	var narrowing *policies.NarrowingError
	if errors.As(err, &narrowing) {
		refusal.Refused, err = narrowing.Reason, narrowing.Err
	}
	refusal.Says = cut(err.Error())
	return nil, refusal
}

func answer(ctx context.Context, engine *policies.Engine, question asked) answered {
	reasons, err := engine.Reasons(ctx, question.About, question.List)
	if err != nil {
		return answered{Failed: cut(err.Error())}
	}
	said := 0
	for _, each := range reasons {
		for _, code := range each {
			said += len(code) + len(`"",`)
		}
	}
	if said > mostAnswered/2 {
		return answered{Failed: "more reasons than can be told"}
	}
	return answered{Reasons: reasons}
}

func cut(text string) string {
	if len(text) > mostSaid {
		text = text[:mostSaid]
	}
	return strings.ToValidUTF8(text, "")
}
