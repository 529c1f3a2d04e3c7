package engine

import (
	"context"
	"errors"
	"strings"

	"github.com/graphql-go/graphql"
	"github.com/graphql-go/graphql/gqlerrors"
	"github.com/graphql-go/graphql/language/ast"
)

// Query is one request for an answer, apart from how it was carried.
type Query struct {
	// Text is the document.
	Text string
	// Operation names the operation to run, if the document has several.
	Operation string
	// Variables are JSON values; numbers are json.Number, int or float64.
	Variables map[string]any
}

// prepared is an operation that has passed every check and can be executed.
type prepared struct {
	document  *document
	operation *ast.OperationDefinition
	variables map[string]any
}

// selected is a document and the operation of it that is to be run. It is not validated yet.
type selected struct {
	text      []byte
	document  *document
	operation *ast.OperationDefinition
}

// read scans, parses and bounds a document and picks the operation.
func read(q Query, limits Limits) (*selected, *Error) {
	text, failure := scan([]byte(q.Text), limits)
	if failure != nil {
		return nil, failure
	}
	parsed, failure := parse(text)
	if failure != nil {
		return nil, failure
	}
	doc, failure := shape(parsed, limits)
	if failure != nil {
		return nil, failure
	}
	operation, failure := doc.operation(q.Operation)
	if failure != nil {
		return nil, failure
	}
	return &selected{text: text, document: doc, operation: operation}, nil
}

func (d *document) operation(name string) (*ast.OperationDefinition, *Error) {
	if name == "" && len(d.operations) == 1 {
		return d.operations[0], nil
	}
	for _, operation := range d.operations {
		if operation.Name != nil && operation.Name.Value == name {
			return operation, nil
		}
	}
	message := "The document has several operations. Say which one to run in operationName."
	switch {
	case len(d.operations) == 0:
		message = "The document has no operation to run."
	case name != "":
		message = "The document has no operation of the name given in operationName."
	}
	return nil, &Error{Code: CodeBadRequest, Message: message}
}

// prepare validates a document and coerces its variables. The errors are those of the request.
func (e *Engine) prepare(ctx context.Context, s *selected, q Query, o Options) (*prepared, []responseError) {
	if failure := e.checkOperations(s.document, o.Limits); failure != nil {
		return nil, failures(s.text, failure)
	}
	errs := e.validate(ctx, s.document, o.Limits)
	switch {
	case ctx.Err() != nil: // it may have ended before all was checked
		return nil, failures(nil, timeoutError())
	case len(errs) > 0:
		return nil, validationErrors(errs, o.Suggest)
	}
	if failure := e.checkMerges(s.document, o.Limits); failure != nil {
		return nil, failures(s.text, failure)
	}
	variables, failure := e.coerceVariables(s.document, s.operation, q.Variables, o.Limits)
	if failure != nil {
		return nil, failures(s.text, failure)
	}
	if failure := e.checkCost(s.document, s.operation, variables, o.Limits); failure != nil {
		return nil, failures(s.text, failure)
	}
	tellTypes(s.document)
	return &prepared{document: s.document, operation: s.operation, variables: variables}, nil
}

// execution is what came of a prepared operation. data is nil if the root was null or nothing was executed.
type execution struct {
	data   map[string]any
	errors []gqlerrors.FormattedError
	// spent is why execution ended early; what it made is then worth nothing.
	spent *Error
}

// run lets graphql-go answer an operation whose top fields are read from source.
func (e *Engine) run(ctx context.Context, p *prepared, source, root any, spending *ration) execution {
	if source == nil {
		source = struct{}{}
	}
	name := ""
	if p.operation.Name != nil {
		name = p.operation.Name.Value
	}
	result := graphql.Execute(graphql.ExecuteParams{
		Schema: e.schema, Root: source, AST: p.document.ast, OperationName: name, Args: p.variables,
		Context: running{e.in(ctx, root), spending},
	})
	data, _ := result.Data.(map[string]any)
	return execution{data: data, errors: result.Errors, spent: spending.spent}
}

// typeKey is a response key that no client can ask for. [tellTypes] asks for __typename under it, so that the writer
// knows which fragments applied.
const typeKey = " type"

func tellTypes(doc *document) {
	for _, definition := range doc.ast.Definitions {
		switch definition := definition.(type) {
		case *ast.OperationDefinition:
			tellTypesIn(definition.SelectionSet)
		case *ast.FragmentDefinition:
			tellTypesIn(definition.SelectionSet)
		}
	}
}

func tellTypesIn(set *ast.SelectionSet) {
	if set == nil {
		return
	}
	conditional := false
	for _, selection := range set.Selections {
		if _, plain := selection.(*ast.Field); !plain {
			conditional = true
		}
		tellTypesIn(selection.GetSelectionSet())
	}
	if conditional {
		set.Selections = append(set.Selections, ast.NewField(&ast.Field{
			Alias: ast.NewName(&ast.Name{Value: typeKey}),
			Name:  ast.NewName(&ast.Name{Value: "__typename"}),
			Loc:   set.Loc,
		}))
	}
}

// told sorts what went wrong in execution into what the client is told, and logs the rest.
func (h *handler) told(errs []gqlerrors.FormattedError) []responseError {
	told := make([]responseError, 0, len(errs))
	for _, err := range errs {
		told = append(told, h.toldOne(err))
	}
	sortErrors(told)
	return told
}

func (h *handler) toldOne(err gqlerrors.FormattedError) responseError {
	result := responseError{Message: err.Message, Path: err.Path, Extensions: err.Extensions}
	for _, at := range err.Locations {
		result.Locations = append(result.Locations, location(at))
	}
	cause := originalError(err)
	switch {
	case err.Extensions["code"] != nil:
		return result
	case errors.Is(cause, context.DeadlineExceeded), errors.Is(cause, context.Canceled):
		timeout := timeoutError()
		result.Message, result.Extensions = timeout.Message, timeout.extensions()
		return result
	case !strings.HasPrefix(err.Message, "Cannot return null for non-nullable field "):
		result.Message = "Something went wrong on our side."
	}
	result.Extensions = map[string]any{"code": CodeInternal, "incident": h.incident(cause)}
	return result
}

// originalError is the error that a resolver returned, below the layers that graphql-go puts around it.
func originalError(err error) error {
	for {
		var inner error
		switch layer := err.(type) { //nolint:errorlint // these layers do not unwrap
		case gqlerrors.FormattedError:
			inner = layer.OriginalError()
		case *gqlerrors.Error:
			inner = layer.OriginalError
		}
		if inner == nil {
			return err
		}
		err = inner
	}
}
