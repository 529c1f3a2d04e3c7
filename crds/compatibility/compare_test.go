package compatibility_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	"lifeline.scot/crds/compatibility"
)

func ptr[T any](value T) *T { return &value }

func raw(text string) apiextensionsv1.JSON { return apiextensionsv1.JSON{Raw: []byte(text)} }

// definition is a small kind, Boat, with a field for each sort of rule.
func definition() *apiextensionsv1.CustomResourceDefinition {
	spec := apiextensionsv1.JSONSchemaProps{
		Type: "object", Required: []string{"name"},
		XValidations: apiextensionsv1.ValidationRules{{Rule: "self.crew < 9"}},
		Properties: map[string]apiextensionsv1.JSONSchemaProps{
			"name": {Type: "string", MinLength: ptr[int64](1), MaxLength: ptr[int64](20)},
			"rig":  {Type: "string", Enum: []apiextensionsv1.JSON{raw(`"Sloop"`), raw(`"Ketch"`)}, Default: ptr(raw(`"Sloop"`))},
			"crew": {Type: "integer", Minimum: ptr(0.0), Maximum: ptr(8.0)},
			"ports": {
				Type: "array", MaxItems: ptr[int64](4), XListType: ptr("map"), XListMapKeys: []string{"code"},
				Items: &apiextensionsv1.JSONSchemaPropsOrArray{Schema: &apiextensionsv1.JSONSchemaProps{
					Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"code": {Type: "string"}},
				}},
			},
		},
	}
	return &apiextensionsv1.CustomResourceDefinition{Spec: apiextensionsv1.CustomResourceDefinitionSpec{
		Group: "example.org", Scope: apiextensionsv1.NamespaceScoped,
		Names: apiextensionsv1.CustomResourceDefinitionNames{Kind: "Boat", Plural: "boats", ShortNames: []string{"bt"}},
		Versions: []apiextensionsv1.CustomResourceDefinitionVersion{{
			Name: "v1", Served: true,
			Subresources: &apiextensionsv1.CustomResourceSubresources{Status: &apiextensionsv1.CustomResourceSubresourceStatus{}},
			Schema: &apiextensionsv1.CustomResourceValidation{OpenAPIV3Schema: &apiextensionsv1.JSONSchemaProps{
				Type: "object", Properties: map[string]apiextensionsv1.JSONSchemaProps{"spec": spec},
			}},
		}},
	}}
}

// property changes one property of the spec of a Boat.
func property(name string, change func(*apiextensionsv1.JSONSchemaProps)) func(*apiextensionsv1.CustomResourceDefinition) {
	return inSpec(func(spec *apiextensionsv1.JSONSchemaProps) {
		schema := spec.Properties[name]
		change(&schema)
		spec.Properties[name] = schema
	})
}

func inSpec(change func(*apiextensionsv1.JSONSchemaProps)) func(*apiextensionsv1.CustomResourceDefinition) {
	return func(d *apiextensionsv1.CustomResourceDefinition) {
		root := d.Spec.Versions[0].Schema.OpenAPIV3Schema
		spec := root.Properties["spec"]
		change(&spec)
		root.Properties["spec"] = spec
	}
}

func TestBreaksAreFound(t *testing.T) {
	type schema = apiextensionsv1.JSONSchemaProps
	for _, c := range []struct {
		name   string
		change func(*apiextensionsv1.CustomResourceDefinition)
		want   string
	}{
		{"field removed", inSpec(func(s *schema) { delete(s.Properties, "crew") }), "Boat v1 .spec: crew was removed"},
		{
			"field of an entry removed", property("ports", func(s *schema) { delete(s.Items.Schema.Properties, "code") }),
			"Boat v1 .spec.ports[]: code was removed",
		},
		{"field newly required", inSpec(func(s *schema) { s.Required = append(s.Required, "crew") }), "Boat v1 .spec: crew is required now"},
		{"new field, required", inSpec(func(s *schema) {
			s.Properties["sail"] = schema{Type: "string"}
			s.Required = append(s.Required, "sail")
		}), "Boat v1 .spec: sail is required now"},
		{"another type", property("crew", func(s *schema) { s.Type = "string" }), `Boat v1 .spec.crew: type went from "integer" to "string"`},
		{"shorter text", property("name", func(s *schema) { s.MaxLength = ptr[int64](10) }), "Boat v1 .spec.name: maxLength went from 20 to 10"},
		{"longer at least", property("name", func(s *schema) { s.MinLength = ptr[int64](2) }), "Boat v1 .spec.name: minLength went from 1 to 2"},
		{"lower maximum", property("crew", func(s *schema) { s.Maximum = ptr(7.0) }), "Boat v1 .spec.crew: maximum went from 8 to 7"},
		{"higher minimum", property("crew", func(s *schema) { s.Minimum = ptr(1.0) }), "Boat v1 .spec.crew: minimum went from 0 to 1"},
		{"fewer entries", property("ports", func(s *schema) { s.MaxItems = ptr[int64](3) }), "Boat v1 .spec.ports: maxItems went from 4 to 3"},
		{"entries at least", property("ports", func(s *schema) { s.MinItems = ptr[int64](1) }), "Boat v1 .spec.ports: minItems is new: 1"},
		{"bound where none was", property("ports", func(s *schema) {
			s.Items.Schema.Properties["code"] = schema{Type: "string", MaxLength: ptr[int64](3)}
		}), "Boat v1 .spec.ports[].code: maxLength is new: 3"},
		{"value removed", property("rig", func(s *schema) { s.Enum = s.Enum[:1] }), `Boat v1 .spec.rig: value "Ketch" was removed`},
		{
			"values where any was allowed", property("name", func(s *schema) { s.Enum = []apiextensionsv1.JSON{raw(`"Jura"`)} }),
			"Boat v1 .spec.name: only some values are allowed now",
		},
		{
			"another default", property("rig", func(s *schema) { s.Default = ptr(raw(`"Ketch"`)) }),
			`Boat v1 .spec.rig: default went from "\"Sloop\"" to "\"Ketch\""`,
		},
		{"new pattern", property("name", func(s *schema) { s.Pattern = "^[A-Z]" }), `Boat v1 .spec.name: pattern went from "" to "^[A-Z]"`},
		{
			"new rule", inSpec(func(s *schema) {
				s.XValidations = append(s.XValidations, apiextensionsv1.ValidationRule{Rule: "self.name != 'x'"})
			}),
			"Boat v1 .spec: there is a new rule: self.name != 'x'",
		},
		{"another list type", property("ports", func(s *schema) { s.XListType = ptr("atomic") }), `Boat v1 .spec.ports: list type went from "map" to "atomic"`},
		{
			"another key", property("ports", func(s *schema) { s.XListMapKeys = []string{"name"} }),
			`Boat v1 .spec.ports: keys of the list went from ["code"] to ["name"]`,
		},
		{
			"another scope", func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Scope = apiextensionsv1.ClusterScoped },
			`Boat: scope went from "Namespaced" to "Cluster"`,
		},
		{"short name removed", func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Names.ShortNames = nil }, "Boat: short name bt was removed"},
		{
			"version not served", func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Versions[0].Served = false },
			"Boat v1 : the version is not served any more",
		},
		{
			"status gone", func(d *apiextensionsv1.CustomResourceDefinition) { d.Spec.Versions[0].Subresources = nil },
			"Boat v1 : the status subresource came or went",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			newer := definition()
			c.change(newer)
			if diff := cmp.Diff([]string{c.want}, lines(compatibility.Compare(definition(), newer))); diff != "" {
				t.Errorf("breaks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatBreaksNothing(t *testing.T) {
	type schema = apiextensionsv1.JSONSchemaProps
	for _, c := range []struct {
		name   string
		change func(*apiextensionsv1.CustomResourceDefinition)
	}{
		{"nothing changed", func(*apiextensionsv1.CustomResourceDefinition) {}},
		{"new optional field", inSpec(func(s *schema) { s.Properties["sail"] = schema{Type: "string", MaxLength: ptr[int64](3)} })},
		{"field no longer required", inSpec(func(s *schema) { s.Required = nil })},
		{"wider bounds", property("crew", func(s *schema) { s.Minimum, s.Maximum = ptr(-1.0), ptr(9.0) })},
		{"bound removed", property("name", func(s *schema) { s.MaxLength = nil })},
		{"none at least is said", property("ports", func(s *schema) { s.MinItems = ptr[int64](0) })},
		{"new value", property("rig", func(s *schema) { s.Enum = append(s.Enum, raw(`"Yawl"`)) })},
		{"any value", property("rig", func(s *schema) { s.Enum = nil })},
		{"rule removed", inSpec(func(s *schema) { s.XValidations = nil })},
		{"new default", property("crew", func(s *schema) { s.Default = ptr(raw(`2`)) })},
		{"better description", property("crew", func(s *schema) { s.Description = "who sails it" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			newer := definition()
			c.change(newer)
			if breaks := compatibility.Compare(definition(), newer); breaks != nil {
				t.Errorf("got %v, want none", breaks)
			}
		})
	}
}

func lines(breaks []compatibility.Break) []string {
	var all []string
	for _, b := range breaks {
		all = append(all, b.String())
	}
	return all
}
