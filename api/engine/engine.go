package engine

import (
	"errors"
	"net/http"
)

// Engine is a compiled [Schema]. It is safe for use by many goroutines at once.
type Engine struct{}

// Compile checks a schema and makes an engine of it. The error joins everything that was found wrong: names that are
// not valid or not unique, missing descriptions, Go types that cannot be what the schema says.
func Compile(Schema) (*Engine, error) { return nil, errors.New("not yet") }

// SDL is the schema in the GraphQL schema definition language, in the order of declaration, with all descriptions. It
// is the same text each time.
func (e *Engine) SDL() string { return "" }

// NewHandler serves an engine over HTTP, as the GraphQL over HTTP specification says.
func NewHandler(*Engine, Options) http.Handler { return nil }
