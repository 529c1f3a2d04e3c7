// Package compatibility compares two generations of a custom resource definition, and says what would break for somebody
// who has manifests, stored objects or clients of the older one.
package compatibility

import (
	"fmt"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Break is one thing that the newer definition no longer takes or no longer has.
type Break struct {
	// Path is where it is, for example "CapacityPool v1alpha1 .spec.registered.places".
	Path string
	// Problem is what happened there, for example "maximum went from 128 to 64".
	Problem string
}

// String is the path and the problem in one line.
func (b Break) String() string { return b.Path + ": " + b.Problem }

// Compare returns what the newer definition breaks for users of the older one, in the order of the older one's schema;
// none when every object that was valid stays valid, and every field that could be read can be read still.
//
// A rule in CEL that is new or worded otherwise counts as a break, because nobody can tell in general what it refuses.
func Compare(older, newer *apiextensionsv1.CustomResourceDefinition) []Break {
	kind := older.Spec.Names.Kind
	breaks := compareNames(kind, older.Spec, newer.Spec)
	for _, version := range older.Spec.Versions {
		path := kind + " " + version.Name + " "
		i := slices.IndexFunc(newer.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool {
			return v.Name == version.Name && (v.Served || !version.Served)
		})
		if i < 0 {
			breaks = append(breaks, Break{path, "the version is not served any more"})
			continue
		}
		breaks = append(breaks, compareVersions(path, version, newer.Spec.Versions[i])...)
	}
	return breaks
}

func compareNames(kind string, older, newer apiextensionsv1.CustomResourceDefinitionSpec) []Break {
	found := finding{path: kind}
	found.changed("scope", string(older.Scope), string(newer.Scope))
	found.changed("group", older.Group, newer.Group)
	found.changed("kind", older.Names.Kind, newer.Names.Kind)
	found.changed("plural name", older.Names.Plural, newer.Names.Plural)
	found.removed("short name", older.Names.ShortNames, newer.Names.ShortNames)
	found.removed("category", older.Names.Categories, newer.Names.Categories)
	return found.breaks
}

func compareVersions(path string, older, newer apiextensionsv1.CustomResourceDefinitionVersion) []Break {
	found := finding{path: path}
	if hasStatus(older) != hasStatus(newer) {
		found.add("the status subresource came or went")
	}
	if older.Schema == nil || newer.Schema == nil {
		return found.breaks
	}
	return append(found.breaks, compareSchemas(path, *older.Schema.OpenAPIV3Schema, *newer.Schema.OpenAPIV3Schema)...)
}

func hasStatus(version apiextensionsv1.CustomResourceDefinitionVersion) bool {
	return version.Subresources != nil && version.Subresources.Status != nil
}

// finding gathers the breaks at one path.
type finding struct {
	path   string
	breaks []Break
}

func (f *finding) add(format string, values ...any) {
	f.breaks = append(f.breaks, Break{Path: f.path, Problem: fmt.Sprintf(format, values...)})
}

func (f *finding) changed(what, older, newer string) {
	if older != newer {
		f.add("%s went from %q to %q", what, older, newer)
	}
}

func (f *finding) removed(what string, older, newer []string) {
	for _, value := range older {
		if !slices.Contains(newer, value) {
			f.add("%s %s was removed", what, value)
		}
	}
}
