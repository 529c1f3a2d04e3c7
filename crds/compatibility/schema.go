package compatibility

import (
	"cmp"
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

type schema = apiextensionsv1.JSONSchemaProps

// compareSchemas compares what two schemas allow at a path, and everything below it.
func compareSchemas(path string, older, newer schema) []Break {
	found := finding{path: path}
	found.changed("type", older.Type, newer.Type)
	found.changed("format", older.Format, newer.Format)
	found.changed("pattern", older.Pattern, newer.Pattern)
	compareBounds(&found, older, newer)
	compareValues(&found, older, newer)
	compareLists(&found, older, newer)
	compareRules(&found, older, newer)
	return append(found.breaks, compareProperties(path, older, newer)...)
}

func compareBounds(found *finding, older, newer schema) {
	lowered(found, "maxLength", older.MaxLength, newer.MaxLength)
	lowered(found, "maxItems", older.MaxItems, newer.MaxItems)
	lowered(found, "maxProperties", older.MaxProperties, newer.MaxProperties)
	lowered(found, "maximum", older.Maximum, newer.Maximum)
	raised(found, "minLength", older.MinLength, newer.MinLength)
	raised(found, "minItems", older.MinItems, newer.MinItems)
	raised(found, "minProperties", older.MinProperties, newer.MinProperties)
	raised(found, "minimum", older.Minimum, newer.Minimum)
}

// lowered tells of an upper bound that is new or lower.
func lowered[T cmp.Ordered](found *finding, what string, older, newer *T) {
	switch {
	case newer == nil:
	case older == nil:
		found.add("%s is new: %v", what, *newer)
	case *newer < *older:
		found.add("%s went from %v to %v", what, *older, *newer)
	}
}

// raised tells of a lower bound that is higher, or new and above zero: every length and count is zero at least.
func raised[T int64 | float64](found *finding, what string, older, newer *T) {
	switch {
	case newer == nil:
	case older == nil && (*newer > 0 || what == "minimum"):
		found.add("%s is new: %v", what, *newer)
	case older != nil && *newer > *older:
		found.add("%s went from %v to %v", what, *older, *newer)
	}
}

func compareValues(found *finding, older, newer schema) {
	if len(older.Enum) == 0 && len(newer.Enum) > 0 {
		found.add("only some values are allowed now")
	}
	if len(newer.Enum) > 0 {
		found.removed("value", texts(older.Enum), texts(newer.Enum))
	}
	if older.Default != nil {
		found.changed("default", text(older.Default), text(newer.Default))
	}
	if older.Nullable && !newer.Nullable {
		found.add("null is not allowed any more")
	}
}

func compareLists(found *finding, older, newer schema) {
	found.changed("list type", value(older.XListType), value(newer.XListType))
	found.changed("map type", value(older.XMapType), value(newer.XMapType))
	if !slices.Equal(older.XListMapKeys, newer.XListMapKeys) {
		found.add("keys of the list went from %q to %q", older.XListMapKeys, newer.XListMapKeys)
	}
}

func compareRules(found *finding, older, newer schema) {
	for _, rule := range newer.XValidations {
		same := func(r apiextensionsv1.ValidationRule) bool { return r.Rule == rule.Rule }
		if !slices.ContainsFunc(older.XValidations, same) {
			found.add("there is a new rule: %s", rule.Rule)
		}
	}
}

func compareProperties(path string, older, newer schema) []Break {
	found := finding{path: path}
	for _, name := range newer.Required {
		if !slices.Contains(older.Required, name) {
			found.add("%s is required now", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(older.Properties)) {
		property, kept := newer.Properties[name]
		if !kept {
			found.add("%s was removed", name)
			continue
		}
		found.breaks = append(found.breaks, compareSchemas(path+"."+name, older.Properties[name], property)...)
	}
	return append(found.breaks, compareItems(path+"[]", older.Items, newer.Items)...)
}

func compareItems(path string, older, newer *apiextensionsv1.JSONSchemaPropsOrArray) []Break {
	if older == nil || newer == nil || older.Schema == nil || newer.Schema == nil {
		return nil
	}
	return compareSchemas(path, *older.Schema, *newer.Schema)
}

func texts(values []apiextensionsv1.JSON) []string {
	all := make([]string, len(values))
	for i := range values {
		all[i] = text(&values[i])
	}
	return all
}

// text is the JSON of a value, or nothing.
func text(value *apiextensionsv1.JSON) string {
	if value == nil {
		return ""
	}
	return string(value.Raw)
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
