package policies

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
)

// verdict is what the rules say of one set of facts.
type verdict struct {
	effect, ground                      string
	article6, article9, confidentiality string
	categories                          Categories
	fields                              []string // all of the categories, sorted
	beside                              marks
	besides                             []string // those of beside, sorted
	obligations, reasons                []string // sorted
}

// decision is the verdict about one request, in fields of those that it asks for. It shares nothing with others.
func (v *verdict) decision(m *measures, asked []string, until time.Time, revision string) Decision {
	fields := v.fields
	if asked != nil {
		fields = m.fieldsOf(v.categories, asked)
	}
	// One piece of memory for all of them; what is appended to one of them later does not reach the next.
	texts := make([]string, 0, len(fields)+len(v.besides)+len(v.obligations)+len(v.reasons))
	cut := func(list []string) []string {
		from := len(texts)
		texts = append(texts, list...)
		return texts[from:len(texts):len(texts)]
	}
	return Decision{
		Effect: v.effect, Ground: v.ground,
		Article6: v.article6, Article9: v.article9, Confidentiality: v.confidentiality,
		Fields: cut(fields), Beside: cut(v.besides), Obligations: cut(v.obligations), Reasons: cut(v.reasons),
		HoldsUntil: until, Revision: revision,
	}
}

// The keys of a verdict, and of a ruling.
var (
	keyAllowed         = ast.StringTerm("allowed")
	keyArticle6        = ast.StringTerm("article6")
	keyBasis           = ast.StringTerm("basis")
	keyNeeds           = ast.StringTerm("needs")
	keyRules           = ast.StringTerm("rules")
	keyWhen            = ast.StringTerm("when")
	keyArticle9        = ast.StringTerm("article9")
	keyConfidentiality = ast.StringTerm("confidentiality")
	keyEffect          = ast.StringTerm("effect")
	keyGround          = ast.StringTerm("ground")
	keyObligations     = ast.StringTerm("obligations")
	keyReasons         = ast.StringTerm("reasons")
	keySides           = ast.StringTerm("sides")
)

var errVerdict = errors.New("the rules gave a decision that is neither a permit with its ground and fields nor a denial")

// verdictsOf reads what the rules answered, and trusts nothing that is not whole.
func (r *ruleset) verdictsOf(answer ast.Value, count int) ([]*verdict, error) {
	list, isList := answer.(*ast.Array)
	if !isList || list.Len() != count {
		return nil, fmt.Errorf("the rules gave no list of %d decisions", count)
	}
	verdicts := make([]*verdict, count)
	for i := range verdicts {
		var err error
		if verdicts[i], err = r.verdictOf(list.Elem(i).Value); err != nil {
			return nil, err
		}
	}
	return verdicts, nil
}

func (r *ruleset) verdictOf(answer ast.Value) (*verdict, error) {
	o, isObject := answer.(ast.Object)
	if !isObject {
		return nil, errVerdict
	}
	v := &verdict{effect: textAt(o, keyEffect), ground: textAt(o, keyGround)}
	var whole, explained bool
	if v.categories, whole = categoriesAt(o, keyCategories); !whole {
		return nil, errVerdict
	}
	if v.obligations, whole = textsAt(o, keyObligations); !whole {
		return nil, errVerdict
	}
	if !v.addBeside(o, r.measures) {
		return nil, errVerdict
	}
	switch {
	case v.effect == Allow && v.ground != "" && (r.measures.all.has(v.categories) || v.beside != 0):
		explained = v.rest(o.Get(keyBasis))
	case v.effect == Deny && v.ground == "" && v.categories == 0 && v.beside == 0:
		v.reasons, explained = textsAt(o, keyReasons)
	}
	if !explained {
		return nil, errVerdict
	}
	v.fields = r.measures.fieldsOf(v.categories, nil)
	return v, nil
}

// addBeside takes what is released beside fields, which rules need not say, and says whether it is known.
func (v *verdict) addBeside(o ast.Object, m *measures) (whole bool) {
	if o.Get(keyBeside) == nil {
		return true
	}
	if v.besides, whole = textsAt(o, keyBeside); !whole {
		return false
	}
	v.beside, whole = m.besideMarks(v.besides)
	return whole
}

// rest takes from the row of data.grounds that a permit rests on the codes of its basis, and what is met of it as reasons. It
// says whether the row is whole.
func (v *verdict) rest(basis *ast.Term) bool {
	if basis == nil {
		return false
	}
	row, isObject := basis.Value.(ast.Object)
	if !isObject {
		return false
	}
	v.article6, v.article9, v.confidentiality = textAt(row, keyArticle6), textAt(row, keyArticle9), textAt(row, keyConfidentiality)
	for _, key := range []*ast.Term{keyWhen, keyNeeds, keyRules} {
		met, whole := textsAt(row, key)
		if !whole {
			return false
		}
		v.reasons = append(v.reasons, met...)
	}
	slices.Sort(v.reasons)
	v.reasons = slices.Compact(v.reasons)
	return v.article6 != "" && v.article9 != "" && v.confidentiality != ""
}

// textAt is a text in an object; empty if there is none.
func textAt(o ast.Object, key *ast.Term) string {
	if value := o.Get(key); value != nil {
		if text, isText := value.Value.(ast.String); isText {
			return string(text)
		}
	}
	return ""
}

// flagAt is a flag in an object, and whether there is one.
func flagAt(o ast.Object, key *ast.Term) (is, found bool) {
	value := o.Get(key)
	if value == nil {
		return false, false
	}
	flag, isFlag := value.Value.(ast.Boolean)
	return bool(flag), isFlag
}

// textsAt are the texts of a list or a set, or the keys of an object, that is in an object: sorted, none twice; and whether it
// holds nothing else.
func textsAt(o ast.Object, key *ast.Term) ([]string, bool) {
	value := o.Get(key)
	if value == nil {
		return nil, false
	}
	return textsOf(value.Value)
}

func textsOf(value ast.Value) ([]string, bool) {
	var texts []string
	isText := true
	add := func(term *ast.Term) {
		text, is := term.Value.(ast.String)
		texts, isText = append(texts, string(text)), isText && is
	}
	switch list := value.(type) {
	case *ast.Array:
		texts = make([]string, 0, list.Len())
		list.Foreach(add)
	case ast.Set:
		texts = make([]string, 0, list.Len())
		list.Foreach(add)
	case ast.Object:
		texts = make([]string, 0, list.Len())
		list.Foreach(func(key, _ *ast.Term) { add(key) })
	default:
		return nil, false
	}
	slices.Sort(texts)
	return slices.Compact(texts), isText
}

// categoriesAt are the categories that are keys of an object in an object, and whether all its keys are.
func categoriesAt(o ast.Object, key *ast.Term) (set Categories, whole bool) {
	value := o.Get(key)
	if value == nil {
		return 0, false
	}
	categories, isObject := value.Value.(ast.Object)
	if !isObject {
		return 0, false
	}
	whole = true
	categories.Foreach(func(key, _ *ast.Term) {
		name, _ := key.Value.(ast.String)
		one := categoryOf(string(name))
		set, whole = set|one, whole && one != 0
	})
	return set, whole
}
