// Package rightstest has the rules of this program ready for tests.
package rightstest

import (
	"context"
	"sync"
	"time"

	"lifeline.scot/policies"
)

// Rules are the rules of this program, compiled once for all tests of a package: an engine never changes. They may think for as
// long as a busy machine needs.
var Rules = sync.OnceValue(func() *policies.Engine {
	engine, err := policies.New(context.Background(), policies.Limit(time.Minute))
	if err != nil {
		panic(err) // the tests of package policies say what is wrong
	}
	return engine
})
