package engine

// Scalar is a leaf type: one of [String], [Int], [Float], [Boolean] and [ID], or one made by [NewScalar].
type Scalar struct {
	name, description, specifiedBy string
	parse                          func(string) (any, error)
	format                         func(any) (string, error)
	builtin                        bool
}

// The scalars that every GraphQL schema has. Int is a 32-bit integer; ID is written as a string, and a client may send
// an integer for it.
var (
	String  = &Scalar{name: "String", builtin: true}
	Int     = &Scalar{name: "Int", builtin: true}
	Float   = &Scalar{name: "Float", builtin: true}
	Boolean = &Scalar{name: "Boolean", builtin: true}
	ID      = &Scalar{name: "ID", builtin: true}
)

// NewScalar makes a scalar that is written as a JSON string, such as DateTime or URL.
//
// specifiedBy is the URL of the text that defines its form; empty if none. parse turns what a client sent into what
// resolvers get from [Args].Value, or says in its error what is wrong; nil accepts any string as it is.
//
// A field of this type may read: any string kind; anything with a UTC() time.Time method (time.Time, metav1.Time),
// which is written in RFC 3339 in UTC to the second; an encoding.TextMarshaler; a fmt.Stringer. "" and a value whose
// IsZero method says so are null where the type is nullable. [Scalar.Formatted] sets another way.
func NewScalar(name, description, specifiedBy string, parse func(string) (any, error)) *Scalar {
	return &Scalar{name: name, description: description, specifiedBy: specifiedBy, parse: parse}
}

// Formatted returns a scalar like s that writes values with format.
func (s *Scalar) Formatted(format func(value any) (string, error)) *Scalar {
	formatted := *s
	formatted.format = format
	return &formatted
}

// TypeName implements [Type].
func (s *Scalar) TypeName() string { return s.name }
