package v1alpha1

// PartialDate is a date as sources publish it: a year, a year and month, or a full date.
//
// +kubebuilder:validation:MinLength=4
// +kubebuilder:validation:MaxLength=10
// +kubebuilder:validation:XValidation:rule="self.matches('^(19|20)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$')",message="must be a date as published: YYYY, YYYY-MM or YYYY-MM-DD"
// +kubebuilder:validation:XValidation:rule="self.size() != 10 || !format.date().validate(self).hasValue()",message="must be a day that is in the calendar"
type PartialDate string

// Provenance says how a statement came to be known.
//
// +kubebuilder:validation:Enum=Published;Derived;Background;Illustrative
type Provenance string

const (
	// ProvenancePublished means stated in the named source.
	ProvenancePublished Provenance = "Published"
	// ProvenanceDerived means arithmetic on published figures.
	ProvenanceDerived Provenance = "Derived"
	// ProvenanceBackground means general knowledge that no source read confirms; check it before relying on it.
	ProvenanceBackground Provenance = "Background"
	// ProvenanceIllustrative means invented to show how the directory works. Never true of a real service.
	ProvenanceIllustrative Provenance = "Illustrative"
)

// Source says where a statement comes from.
type Source struct {
	// title of the publication or page, for example "Care Inspectorate datastore, 31 May 2020".
	// +kubebuilder:validation:MaxLength=300
	// +required
	Title OneLine `json:"title,omitempty"`

	// uri of the publication, when it has one, for example "https://www.gov.scot/publications/example/".
	// +optional
	URI WebAddress `json:"uri,omitempty"`

	// asOf is the date the source speaks of, for example "2020-05-31", "2020-05" or "2020". Absent when the source does not
	// say.
	// +optional
	AsOf PartialDate `json:"asOf,omitempty"`

	// provenance says whether the statement is published, derived from published figures, background knowledge, or
	// illustrative.
	// +required
	Provenance Provenance `json:"provenance,omitempty"`
}

// PlacesFigure is a number of places with where it comes from. Sources disagree, so the source is part of the number.
type PlacesFigure struct {
	// places is the number the source gives. Unit: places of the pool's kind (a bed, a family unit, a day place, a phone).
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=128
	// +required
	Places *int32 `json:"places,omitempty"`

	// source of the number.
	// +required
	Source Source `json:"source,omitzero"`
}
