// Package rightstest has the rules of this program ready for tests.
package rightstest

import (
	"context"
	"sync"

	"lifeline.scot/policies"
)

// Rules are the rules of this program, compiled once for all tests of a package: an engine never changes.
var Rules = sync.OnceValue(func() *policies.Engine {
	engine, err := policies.New(context.Background())
	if err != nil {
		panic(err) // the tests of package policies say what is wrong
	}
	return engine
})
