package engine

import (
	"fmt"
	"strings"

	"github.com/graphql-go/graphql/language/ast"
)

// SDL is the schema in the GraphQL schema definition language, in the order of declaration, with all descriptions. It
// is the same text each time.
func (e *Engine) SDL() string {
	w := &sdlWriter{}
	w.describe("", e.description)
	w.line("schema {")
	for _, operation := range []string{ast.OperationTypeQuery, ast.OperationTypeMutation, ast.OperationTypeSubscription} {
		if root, ok := e.roots[operation]; ok {
			w.line("  " + operation + ": " + root)
		}
	}
	w.line("}")
	for _, t := range e.types {
		if scalar, ok := t.(*Scalar); ok && scalar.builtin {
			continue
		}
		w.line("")
		w.namedType(t, e.fields[t.TypeName()])
	}
	return w.text.String()
}

type sdlWriter struct{ text strings.Builder }

func (w *sdlWriter) line(text string) { w.text.WriteString(text + "\n") }

// describe writes a description as a block string: one line where that is enough.
func (w *sdlWriter) describe(indent, text string) {
	text = strings.ReplaceAll(strings.TrimSpace(text), `"""`, `\"""`)
	closeable := !strings.HasSuffix(text, `"`) && !strings.HasSuffix(text, `\`)
	if len(text) <= 70 && !strings.Contains(text, "\n") && closeable {
		w.line(indent + `"""` + text + `"""`)
		return
	}
	w.line(indent + `"""`)
	for line := range strings.SplitSeq(text, "\n") {
		w.line(strings.TrimRight(indent+line, " "))
	}
	w.line(indent + `"""`)
}

func (w *sdlWriter) namedType(t Type, fields []Field) {
	switch t := t.(type) {
	case *Scalar:
		w.describe("", t.description)
		w.line("scalar " + t.name + directive("specifiedBy", "url", t.specifiedBy))
	case *Enum:
		w.describe("", t.Description)
		w.enum(t)
	case *Input:
		w.describe("", t.Description)
		w.line("input " + t.Name + " {")
		w.inputs("  ", t.Fields)
		w.line("}")
	case *Interface:
		w.describe("", t.Description)
		w.block("interface "+t.Name, fields)
	case *Object:
		w.describe("", t.Description)
		w.block("type "+t.Name+implements(t.Interfaces), fields)
	}
}

func implements(interfaces []*Interface) string {
	var names []string
	for _, i := range interfaces {
		names = append(names, i.Name)
	}
	if len(names) == 0 {
		return ""
	}
	return " implements " + strings.Join(names, " & ")
}

func (w *sdlWriter) enum(t *Enum) {
	w.line("enum " + t.Name + " {")
	for i, value := range t.Values {
		w.gap(i)
		w.describe("  ", value.Description)
		w.line("  " + value.Name + directive("deprecated", "reason", value.Deprecated))
	}
	w.line("}")
}

func (w *sdlWriter) gap(i int) {
	if i > 0 {
		w.line("")
	}
}

func (w *sdlWriter) inputs(indent string, args []Argument) {
	for i, arg := range args {
		w.gap(i)
		w.describe(indent, arg.Description)
		text := indent + arg.Name + ": " + arg.Type.TypeName()
		if arg.Default != nil {
			written, err := literal(arg.Type, arg.Default)
			if err != nil { // Compile has checked it
				panic(fmt.Sprintf("the default of %s: %v", arg.Name, err))
			}
			text += " = " + written
		}
		w.line(text)
	}
}

func (w *sdlWriter) block(head string, fields []Field) {
	w.line(head + " {")
	for i, field := range fields {
		w.gap(i)
		w.describe("  ", field.Description)
		text := "  " + field.Name
		if len(field.Args) > 0 {
			w.line(text + "(")
			w.inputs("    ", field.Args)
			text = "  )"
		}
		w.line(text + ": " + field.Type.TypeName() + directive("deprecated", "reason", field.Deprecated))
	}
	w.line("}")
}

// directive writes a directive with one argument; nothing if the argument is empty.
func directive(name, argument, value string) string {
	if value == "" {
		return ""
	}
	return " @" + name + "(" + argument + ": " + quoted(value) + ")"
}
