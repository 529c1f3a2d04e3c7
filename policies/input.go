package policies

import (
	"math/bits"

	"github.com/open-policy-agent/opa/v1/ast"
)

// member is a key of an object that rules read, and its value.
type member = [2]*ast.Term

// The keys of facts, made once.
var (
	keyAction              = ast.StringTerm("action")
	keyAgreements          = ast.StringTerm("agreements")
	keyAsked               = ast.StringTerm("asked")
	keyBeside              = ast.StringTerm("beside")
	keyBreakGlass          = ast.StringTerm("break_glass")
	keyBy                  = ast.StringTerm("by")
	keyCapable             = ast.StringTerm("capable_when_given")
	keyCategories          = ast.StringTerm("categories")
	keyConsents            = ast.StringTerm("consents")
	keyCrossADP            = ast.StringTerm("cross_adp")
	keyDecision            = ast.StringTerm("decision")
	keyDiscloser           = ast.StringTerm("discloser")
	keyEnd                 = ast.StringTerm("end")
	keyEnded               = ast.StringTerm("ended")
	keyGiven               = ast.StringTerm("given")
	keyIs                  = ast.StringTerm("is")
	keyJustificationLength = ast.StringTerm("justification_length")
	keyKind                = ast.StringTerm("kind")
	keyNamesArea           = ast.StringTerm("names_area")
	keyOnward              = ast.StringTerm("onward")
	keyOpen                = ast.StringTerm("open")
	keyOrder               = ast.StringTerm("order")
	keyProxyAuthority      = ast.StringTerm("proxy_authority")
	keyPurpose             = ast.StringTerm("purpose")
	keyReached             = ast.StringTerm("reached")
	keyReason              = ast.StringTerm("reason")
	keyRecipient           = ast.StringTerm("recipient")
	keyReach               = ast.StringTerm("reach")
	keyRole                = ast.StringTerm("role")
	keySecondFactor        = ast.StringTerm("second_factor")
	keyStarted             = ast.StringTerm("started")
	keyStatus              = ast.StringTerm("status")
)

// writer writes facts as the rules read them.
type writer struct {
	is, ages, windows []*ast.Term
	beside            []*ast.Term
	categories        []*ast.Term // each set of them
}

func newWriter(m *measures) *writer {
	w := &writer{}
	for _, name := range isNames {
		w.is = append(w.is, ast.StringTerm(name))
	}
	for _, a := range m.ages {
		w.ages = append(w.ages, ast.StringTerm(a.name))
	}
	for _, o := range m.windows {
		w.windows = append(w.windows, ast.StringTerm(o.name))
	}
	for _, b := range m.beside {
		w.beside = append(w.beside, ast.StringTerm(b.name))
	}
	for set := range Categories(1 << len(categoryNames)) {
		object := ast.NewObject()
		for i, name := range categoryNames {
			if set.has(1 << i) {
				object.Insert(ast.StringTerm(name), flag(true))
			}
		}
		w.categories = append(w.categories, ast.NewTerm(object))
	}
	return w
}

func flag(b bool) *ast.Term { return ast.InternedTerm(b) }

// words are those that facts are most often made of, so that they are not made anew each time.
var words = func() map[string]*ast.Term {
	terms := map[string]*ast.Term{}
	for _, word := range []string{
		"", "read", onwardDisclose, "active", coversByName, coversAll, endNone, endAhead, endPast, "grant", "refuse",
		"withdraw", "self",
		"direct_care", "referral_coordination", "nfo_response", "practitioner", "clinician", "clerk", "peer_worker",
		"health_board", "third_sector", "local_authority",
	} {
		terms[word] = ast.StringTerm(word)
	}
	return terms
}()

func text(s string) *ast.Term {
	if term := words[s]; term != nil {
		return term
	}
	return ast.StringTerm(s)
}

func number(n int) *ast.Term { return ast.InternedTerm(n) }

func texts(list []string) *ast.Term {
	terms := make([]*ast.Term, len(list))
	for i, each := range list {
		terms[i] = text(each)
	}
	return ast.ArrayTerm(terms...)
}

func members(list ...member) *ast.Term { return ast.NewTerm(ast.NewObject(list...)) }

// facts are the input of data.sharing.decision.
func (w *writer) facts(f *Facts) *ast.Term {
	all := make([]member, 0, 16)
	all = append(all,
		member{keyAction, text(f.Action)},
		member{keyPurpose, text(f.Purpose)},
		member{keyRole, text(f.Role)},
		member{keyReach, w.categories[f.Reach]},
		member{keyAsked, w.categories[f.Asked]},
		member{keyGiven, w.categories[f.Given]},
		member{keyBeside, namesIn(w.beside, uint64(f.Beside))},
		member{keyIs, namesIn(w.is, uint64(f.Is))},
		member{keyReached, namesIn(w.ages, uint64(f.Reached))},
		member{keyOpen, namesIn(w.windows, uint64(f.Open))},
		member{keyRecipient, members(member{keyKind, text(f.RecipientKind)})},
		member{keyConsents, list(f.Consents, w.consent)},
		member{keyAgreements, list(f.Agreements, w.agreement)},
	)
	if f.Is.has(IsBreakGlassDeclared) {
		all = append(all, member{keyBreakGlass, members(
			member{keyReason, text(f.BreakGlass.Reason)},
			member{keyJustificationLength, number(f.BreakGlass.JustificationLength)},
		)})
	}
	return members(all...)
}

// namesIn is an object of the names that are in a set.
func namesIn(names []*ast.Term, set uint64) *ast.Term {
	found := make([]member, 0, bits.OnesCount64(set))
	for i, name := range names {
		if set&(1<<i) != 0 {
			found = append(found, member{name, flag(true)})
		}
	}
	return members(found...)
}

func list[F any](facts []F, write func(*F) *ast.Term) *ast.Term {
	terms := make([]*ast.Term, len(facts))
	for i := range facts {
		terms[i] = write(&facts[i])
	}
	return ast.ArrayTerm(terms...)
}

func (w *writer) consent(f *ConsentFacts) *ast.Term {
	return members(
		member{keyDecision, text(f.Decision)},
		member{keyBy, text(f.By)},
		member{keyOrder, number(f.Order)},
		member{keyPurpose, text(f.Purpose)},
		member{keyRecipient, text(f.Recipient)},
		member{keyEnd, text(f.End)},
		member{keyCapable, flag(f.Capable)},
		member{keyProxyAuthority, flag(f.ProxyAuthority)},
		member{keyCategories, w.categories[f.Categories]},
	)
}

func (w *writer) agreement(f *AgreementFacts) *ast.Term {
	return members(
		member{keyStatus, text(f.Status)},
		member{keyStarted, flag(f.Started)},
		member{keyEnded, flag(f.Ended)},
		member{keyNamesArea, flag(f.NamesArea)},
		member{keyCrossADP, flag(f.CrossADP)},
		member{keyOnward, flag(f.Onward)},
		member{keyCategories, w.categories[f.Categories]},
	)
}
