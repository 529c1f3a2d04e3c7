package engine

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
	"github.com/graphql-go/graphql/language/kinds"
	"github.com/graphql-go/graphql/language/parser"
	"github.com/graphql-go/graphql/language/source"
	"github.com/graphql-go/graphql/language/visitor"
)

// parse makes a document of text that has passed [scan].
func parse(text []byte) (parsed *ast.Document, failure *Error) {
	defer func() {
		if recover() != nil { // the parser is trusted with nothing
			parsed, failure = nil, unparsable(0, "The document could not be read.")
		}
	}()
	parsed, err := parser.Parse(parser.ParseParams{Source: source.NewSource(&source.Source{Body: text})})
	if err != nil {
		return nil, syntaxError(err)
	}
	return parsed, nil
}

// excerpt is what the parser's messages have around what they say: "Syntax Error GraphQL (1:3) … \n\n1: …".
var excerpt = regexp.MustCompile(`(?s)^Syntax Error [^(]*\(\d+:\d+\) |\n\n.*$`)

func syntaxError(err error) *Error {
	message := excerpt.ReplaceAllString(err.Error(), "")
	if strings.HasSuffix(message, `Name "null"`) {
		message += ". Leave out what is null; a list cannot hold it here"
	}
	failure := unparsable(0, message+".")
	var parsing *gqlerrors.Error
	if errors.As(err, &parsing) && len(parsing.Positions) > 0 {
		failure.Extensions["position"] = parsing.Positions[0]
	}
	return failure
}

// enough ends validation once there are as many errors as are reported, or the time is over.
type enough struct{}

// validate checks a document against the schema. It says nothing of worth if the context has ended.
func (e *Engine) validate(ctx context.Context, doc *document, limits Limits) (errs []gqlerrors.FormattedError) {
	var validating *graphql.ValidationContext
	defer func() {
		switch recovered := recover().(type) {
		case nil:
		case enough:
			errs = validating.Errors()
		default:
			panic(recovered)
		}
		if len(errs) > limits.Errors {
			errs = errs[:limits.Errors]
		}
	}()
	stop := func(c *graphql.ValidationContext) *graphql.ValidationRuleInstance {
		validating = c
		return stopAt(ctx, c, limits.Errors)
	}
	schema := e.schema // a copy: validation writes to it
	return graphql.ValidateDocument(&schema, doc.ast, append([]graphql.ValidationRuleFn{stop, doc.findNeeded}, rules()...)).Errors
}

// rules are graphql-go's but for those that [shape] or [Engine.checkMerges] has in its place.
func rules() []graphql.ValidationRuleFn {
	return []graphql.ValidationRuleFn{
		graphql.ArgumentsOfCorrectTypeRule,
		graphql.DefaultValuesOfCorrectTypeRule,
		graphql.FieldsOnCorrectTypeRule,
		graphql.FragmentsOnCompositeTypesRule,
		graphql.KnownArgumentNamesRule,
		graphql.KnownDirectivesRule,
		graphql.KnownFragmentNamesRule,
		graphql.KnownTypeNamesRule,
		graphql.LoneAnonymousOperationRule,
		graphql.NoUndefinedVariablesRule,
		graphql.NoUnusedFragmentsRule,
		graphql.NoUnusedVariablesRule,
		graphql.PossibleFragmentSpreadsRule,
		graphql.ProvidedNonNullArgumentsRule,
		graphql.ScalarLeafsRule,
		graphql.UniqueVariableNamesRule,
		graphql.VariablesAreInputTypesRule,
		graphql.VariablesInAllowedPositionRule,
	}
}

// findNeeded notes which variables stand where null cannot. It finds nothing wrong.
func (d *document) findNeeded(c *graphql.ValidationContext) *graphql.ValidationRuleInstance {
	leave := func(p visitor.VisitFuncParams) (string, any) {
		operation, ok := p.Node.(*ast.OperationDefinition)
		if !ok {
			return visitor.ActionNoChange, nil
		}
		d.needed[operation] = map[string]bool{}
		for _, usage := range c.RecursiveVariableUsages(operation) {
			if _, required := usage.Type.(*graphql.NonNull); required {
				d.needed[operation][usage.Node.Name.Value] = true
			}
		}
		return visitor.ActionNoChange, nil
	}
	return &graphql.ValidationRuleInstance{VisitorOpts: &visitor.VisitorOptions{
		KindFuncMap: map[string]visitor.NamedVisitFuncs{kinds.OperationDefinition: {Leave: leave}},
	}}
}

func stopAt(ctx context.Context, c *graphql.ValidationContext, most int) *graphql.ValidationRuleInstance {
	check := visitor.NamedVisitFuncs{Enter: func(visitor.VisitFuncParams) (string, any) {
		if len(c.Errors()) >= most || ctx.Err() != nil {
			panic(enough{})
		}
		return visitor.ActionNoChange, nil
	}}
	visits := map[string]visitor.NamedVisitFuncs{}
	for _, kind := range []string{
		kinds.OperationDefinition, kinds.FragmentDefinition, kinds.VariableDefinition, kinds.Field, kinds.InlineFragment,
		kinds.FragmentSpread, kinds.Argument, kinds.Directive, kinds.ObjectField, kinds.Variable, kinds.Named,
	} {
		visits[kind] = check
	}
	return &graphql.ValidationRuleInstance{VisitorOpts: &visitor.VisitorOptions{KindFuncMap: visits}}
}

var suggestion = regexp.MustCompile(`\s*(Did you mean|Perhaps you meant)[^?]*\?`)

// unsuggested takes out hints at what else the schema has.
func unsuggested(message string) string { return suggestion.ReplaceAllString(message, "") }
