package v1alpha1

// OneLine is a line of text that people read: no white space at its ends, no line breaks, no control characters, none
// that cannot be seen (Unicode categories C, Zl and Zp, and letters and symbols drawn as nothing), and at least one letter
// or digit. An alias, so that it is a plain string wherever it is used.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^\p{C}\p{Z}]([^\p{C}\p{Zl}\p{Zp}]*[^\p{C}\p{Z}])?$') && self.matches(r'[\p{L}\p{N}]') && !self.matches(r'[\x{115F}\x{1160}\x{2800}\x{3164}\x{FFA0}]')`,message="must be one line with a letter or digit in it, that does not start or end with a space and holds no hidden characters"
type OneLine = string

// Prose is a text of some sentences: as OneLine, but it may hold line breaks.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:XValidation:rule=`self.matches(r'[\p{L}\p{N}]') && !self.matches(r'[^\P{C}\n]|[\p{Zl}\p{Zp}\x{115F}\x{1160}\x{2800}\x{3164}\x{FFA0}]')`,message="must be text with a letter or digit in it, and no control or hidden characters; end each line with a line feed alone"
type Prose = string
