package v1alpha1

// ObjectName is the name of another object, as Kubernetes allows it.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="!format.dns1123Label().validate(self).hasValue()",message="must be the name of an object: lower-case letters, digits and '-', starting and ending with a letter or digit, at most 63 characters"
type ObjectName string

// ObjectUID is the UID of another object, as the API server gave it.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
type ObjectUID string

// PartnerReference names a Partner. Partners are cluster-scoped, so a name is enough.
type PartnerReference struct {
	// name of the Partner, for example "phoenix-futures".
	// +required
	Name ObjectName `json:"name,omitempty"`
}

// SupportServiceReference names a SupportService in the same namespace.
type SupportServiceReference struct {
	// name of the SupportService, for example "rae-house".
	// +required
	Name ObjectName `json:"name,omitempty"`
}

// CapacityPoolReference names a CapacityPool in the same namespace.
type CapacityPoolReference struct {
	// name of the CapacityPool, for example "rae-house-rehab".
	// +required
	Name ObjectName `json:"name,omitempty"`
}

// PlacementPool names a CapacityPool, in the namespace of the Partnership that owns it.
type PlacementPool struct {
	// partnership that owns the pool, for example "inverclyde".
	// +required
	Partnership ObjectName `json:"partnership,omitempty"`

	// name of the CapacityPool, for example "rae-house-rehab".
	// +required
	Name ObjectName `json:"name,omitempty"`
}

// SecretKeyReference names one entry of a Secret.
type SecretKeyReference struct {
	// namespace of the Secret, for example "lifeline".
	// +required
	Namespace ObjectName `json:"namespace,omitempty"`

	// name of the Secret, for example "harbour-events".
	// +required
	Name ObjectName `json:"name,omitempty"`

	// key of the entry within the Secret, for example "signing-key".
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$') && self != '.' && !self.startsWith('..')",message="must be a key of a Secret: letters, digits, '-', '_' and '.', but not '.' alone, and not starting with '..'"
	// +required
	Key string `json:"key,omitempty"`
}

// AccountKind says what sort of Kubernetes account a name is.
//
// +kubebuilder:validation:Enum=User;Group
type AccountKind string

const (
	// AccountUser is one account, by the user name the API server sees.
	AccountUser AccountKind = "User"
	// AccountGroup is every account in a group.
	AccountGroup AccountKind = "Group"
)

// Account is a Kubernetes user or group, as the API server's authentication names it.
type Account struct {
	// kind of the account: User or Group.
	// +required
	Kind AccountKind `json:"kind,omitempty"`

	// name of the user or group, for example "adp-glasgow-city-admins". It must not start with
	// "system:", so that nobody is let in by accident.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('system:')",message="must not start with 'system:'; name a user or group of your own identity provider"
	// +required
	Name OneLine `json:"name,omitempty"`
}
