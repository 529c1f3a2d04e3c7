package engine_test

import (
	"testing"

	"lifeline.scot/api/engine/conformance"
)

func TestAuditsOfGraphQLOverHTTP(t *testing.T) {
	t.Parallel()
	conformance.Audit(t, toyServer(t).URL+"/graphql")
}

func TestGraphQLJSReadsTheSchema(t *testing.T) {
	t.Parallel()
	conformance.CheckSchema(t, toyServer(t).URL+"/graphql", compiled(t).SDL())
}
