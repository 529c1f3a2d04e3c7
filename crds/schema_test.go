package crds_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"

	"lifeline.scot/crds"
)

type schema = apiextensionsv1.JSONSchemaProps

// visit calls see for each property under the spec and status of each kind, with a path such as CapacityPool.spec.kind.
func visit(t *testing.T, see func(path string, property schema)) {
	t.Helper()
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range definitions {
		root := definition.Spec.Versions[0].Schema.OpenAPIV3Schema
		for _, name := range []string{"spec", "status"} {
			walk(definition.Spec.Names.Kind+"."+name, root.Properties[name], see)
		}
	}
}

func walk(path string, property schema, see func(string, schema)) {
	see(path, property)
	for _, name := range slices.Sorted(maps.Keys(property.Properties)) {
		walk(path+"."+name, property.Properties[name], see)
	}
	if property.Items != nil {
		walk(path+"[]", *property.Items.Schema, see)
	}
}

// Validation as the API server does it when a definition is created: structure, and the worst-case cost of each CEL rule.
func TestDefinitionsAreValidAndTheirRulesAffordable(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range definitions {
		t.Run(definition.Spec.Names.Kind, func(t *testing.T) {
			apiextensionsv1.SetDefaults_CustomResourceDefinition(definition)
			apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&definition.Spec)
			definition.Status.StoredVersions = []string{definition.Spec.Versions[0].Name}
			internal := &apiextensions.CustomResourceDefinition{}
			if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(definition, internal, nil); err != nil {
				t.Fatal(err)
			}
			for _, err := range validation.ValidateCustomResourceDefinition(context.Background(), internal) {
				t.Error(err)
			}
		})
	}
}

func TestEveryPropertyIsDescribed(t *testing.T) {
	visit(t, func(path string, property schema) {
		if strings.HasSuffix(path, "[]") {
			return
		}
		description := strings.Join(strings.Fields(property.Description), " ")
		if description == "" {
			t.Errorf("%s has no description", path)
		}
		if property.Default != nil && !strings.Contains(description, "Default: "+strings.Trim(string(property.Default.Raw), `"`)) {
			t.Errorf("%s does not say its default, %s: %s", path, property.Default.Raw, description)
		}
		if freeText(property) && !strings.Contains(path, ".status") && !strings.Contains(description, "for example") {
			t.Errorf("%s gives no example: %s", path, description)
		}
	})
}

// kubectl explain shows the values of a field, but not those of the entries of a list.
func TestListsNameTheValuesOfTheirEntries(t *testing.T) {
	visit(t, func(path string, property schema) {
		if property.Items == nil {
			return
		}
		for _, value := range property.Items.Schema.Enum {
			if name := strings.Trim(string(value.Raw), `"`); !strings.Contains(property.Description, name) {
				t.Errorf("%s does not name %s: %s", path, name, property.Description)
			}
		}
	})
}

func freeText(property schema) bool {
	return property.Type == "string" && property.Enum == nil && property.Format == ""
}

func TestSpecAndStatusSayWhoWritesThem(t *testing.T) {
	visit(t, func(path string, property schema) {
		if strings.Count(path, ".") == 1 && !regexp.MustCompile(`Written by|Nobody else writes`).MatchString(property.Description) {
			t.Errorf("%s does not say who writes it: %s", path, property.Description)
		}
	})
}

func TestEverythingIsBounded(t *testing.T) {
	visit(t, func(path string, property schema) {
		switch property.Type {
		case "string":
			if property.MaxLength == nil && property.Enum == nil && property.Format != "date-time" {
				t.Errorf("%s has no maxLength", path)
			}
		case "array":
			if property.MaxItems == nil || property.XListType == nil {
				t.Errorf("%s has no maxItems or no list type", path)
			}
		case "integer":
			unbounded := property.Minimum == nil || property.Maximum == nil
			if unbounded && !strings.HasSuffix(path, ".observedGeneration") { // as unbounded as metadata.generation
				t.Errorf("%s has no minimum or no maximum", path)
			}
		case "object":
			if property.AdditionalProperties != nil || property.XPreserveUnknownFields != nil {
				t.Errorf("%s takes any field", path)
			}
		default:
			t.Errorf("%s is of type %q: use an integer with a unit, or a named value", path, property.Type)
		}
	})
}

func TestEveryRuleSaysWhatToDo(t *testing.T) {
	visit(t, func(path string, property schema) {
		for _, rule := range property.XValidations {
			if len(rule.Message) < 20 || strings.Contains(rule.Message, "self.") {
				t.Errorf("%s: the rule %s says only %q", path, rule.Rule, rule.Message)
			}
		}
	})
}

func TestEveryKindIsEasyToReach(t *testing.T) {
	definitions, err := crds.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range definitions {
		names, version := definition.Spec.Names, definition.Spec.Versions[0]
		if len(names.ShortNames) == 0 || !slices.Contains(names.Categories, "lifeline") {
			t.Errorf("%s has no short name or is not in the category lifeline", names.Kind)
		}
		if len(version.AdditionalPrinterColumns) == 0 || version.Subresources.Status == nil {
			t.Errorf("%s has no columns or no status subresource", names.Kind)
		}
		status := version.Schema.OpenAPIV3Schema.Properties["status"].Properties
		for _, name := range []string{"conditions", "observedGeneration"} {
			if _, ok := status[name]; !ok {
				t.Errorf("the status of %s has no %s", names.Kind, name)
			}
		}
	}
}

// unkind are words that describe people by a problem or blame them. Sources: the Stigma Charter, the Scottish Drugs
// Forum's glossary, Renfrewshire's Language Matters.
var unkind = regexp.MustCompile(`(?i)\b(addict\w*|alcoholics?|junk(ie|y)\w*|drug[- ](ab)?users?|misus\w*|abus\w*|clean|dirty|` +
	`suffer\w*|victims?|non-?complian\w*|not engaged|failed|dropped out|refused|in denial|unmotivated|drug[- ]seeking|` +
	`manipulative|bed[- ]blockers?|frequent flyers?|rejected|caseload|relaps\w*|back to square one)\b`)

func TestWordsPutPeopleFirst(t *testing.T) {
	visit(t, func(path string, property schema) {
		texts := []string{path, property.Description}
		for _, value := range property.Enum {
			texts = append(texts, string(value.Raw))
		}
		for _, rule := range property.XValidations {
			texts = append(texts, rule.Message)
		}
		for _, text := range texts {
			if word := unkind.FindString(text); word != "" {
				t.Errorf("%s says %q in: %s", path, word, text)
			}
		}
	})
}
