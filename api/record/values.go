package record

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// MostBytes is how long the value of one field may be as JSON.
const MostBytes = 32 << 10

// Values are what is known of a person in a referral: the value of each field as JSON. A field that is not there was not told.
// It prints as the names of its fields, never as what they say.
type Values map[Field]json.RawMessage

// String implements fmt.Stringer without anybody's data.
func (v Values) String() string { return fmt.Sprintf("values of %v", v.Fields()) }

// GoString implements fmt.GoStringer without anybody's data.
func (v Values) GoString() string { return v.String() }

// LogValue implements slog.LogValuer without anybody's data.
func (v Values) LogValue() slog.Value { return slog.StringValue(v.String()) }

// Fields are the names of the fields that are there, sorted.
func (v Values) Fields() []Field { return slices.Sorted(maps.Keys(v)) }

// Only returns the values of the fields that are named.
func (v Values) Only(fields ...Field) Values {
	only := Values{}
	for _, f := range fields {
		if value, ok := v[f]; ok {
			only[f] = value
		}
	}
	return only
}

// Split takes structs apart whose JSON members are named as fields, into the value of each field.
func Split(from ...any) (Values, error) {
	values := Values{}
	for _, part := range from {
		text, err := json.Marshal(part)
		if err != nil {
			return nil, fmt.Errorf("take %T apart: %w", part, silent(err))
		}
		var members map[Field]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			return nil, fmt.Errorf("take %T apart: %w", part, silent(err))
		}
		for f, value := range members {
			if _, ok := categories[f]; !ok {
				return nil, fmt.Errorf("take %T apart: %q is not a field", part, f)
			}
			if len(value) > MostBytes {
				return nil, Invalid{{f, fmt.Sprintf("is too long: keep it below %d bytes.", MostBytes)}}
			}
			values[f] = value
		}
	}
	return values, nil
}

// Join puts the values of fields into a struct whose JSON members are named as fields. Values of other fields are passed over.
func Join(values Values, into any) error {
	text, err := json.Marshal(map[Field]json.RawMessage(values))
	if err != nil {
		return fmt.Errorf("put %T together: %w", into, silent(err))
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("put %T together: %w", into, silent(err))
	}
	return nil
}

// silent keeps what a JSON error says about the kind of mistake, and drops the text it quotes.
func silent(err error) error { return fmt.Errorf("%T", err) }
