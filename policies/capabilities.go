package policies

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ruleBuiltins are the built-in functions that rules may call. Each depends on its arguments alone: none reads a clock, a file,
// the network, the environment or chance, and none makes much out of little.
var ruleBuiltins = []string{
	"assign", "eq", "equal", "neq", "lt", "lte", "gt", "gte", "internal.member_2", "internal.member_3",
	"count", "min", "max", "sort", "sum", "plus", "minus", "and", "or", "intersection", "union",
	"array.concat", "object.get", "object.keys", "object.filter", "object.subset", "object.remove", "object.union_n", "is_array",
	"sprintf",
	"startswith", "endswith", "contains", "lower", "upper", "abs", "is_string", "is_number", "is_boolean", "is_null", "is_object",
}

// capabilities allow these built-in functions and no others; a rule that calls another does not compile.
func capabilities(builtins []string) *ast.Capabilities {
	may := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1))
	may.Builtins = slices.DeleteFunc(may.Builtins, func(b *ast.Builtin) bool {
		return b.IsNondeterministic() || !slices.Contains(builtins, b.Name)
	})
	may.AllowNet = []string{}
	return may
}
