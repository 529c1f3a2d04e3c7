package v1alpha1

// WebAddress is an https address that anybody can reach: its host is a name with a dot in it, whose last part starts with
// a letter. So neither localhost nor an address in numbers is one. Names in other scripts are written as xn--.
//
// +kubebuilder:validation:MinLength=9
// +kubebuilder:validation:MaxLength=2048
// +kubebuilder:validation:XValidation:rule="isURL(self) && self.matches('^https://([^/?#]*@)?([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?[.])+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?(:[0-9]+)?([/?#]|$)')",message="must be a full https:// address whose host is a name with a dot, such as https://www.example.org/help"
// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="must not hold a user name or password; leave out everything up to the @"
type WebAddress string

// EmailAddress is the address of a shared mailbox.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9!#$%&*+/=?^_{|}~-]+([.][A-Za-z0-9!#$%&*+/=?^_{|}~-]+)*@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+$')",message="must be an e-mail address such as referrals@example.org; use a shared mailbox, not a person's own"
type EmailAddress string

// PhoneNumber is a telephone number of at least three digits, with or without a leading + and spaces.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=20
// +kubebuilder:validation:XValidation:rule="self.matches('^[+]?[0-9]( ?[0-9]){2,}$') && self.matches('[1-9]')",message="must be a telephone number such as 0808 800 0000: at least three digits, not all zeros, with single spaces between them, after an optional +"
type PhoneNumber string

// Contact says how to reach an organisation or a service. Never a person's own number or address.
//
// +kubebuilder:validation:XValidation:rule="has(self.phone) || has(self.email) || has(self.website)",message="give at least one of phone, email and website"
// +kubebuilder:validation:MinProperties=1
type Contact struct {
	// phone is the number to call, for example "0808 800 0000".
	// +optional
	Phone PhoneNumber `json:"phone,omitempty"`

	// email is a shared mailbox, for example "referrals@example.org".
	// +optional
	Email EmailAddress `json:"email,omitempty"`

	// website is the page to read, for example "https://www.example.org/help".
	// +optional
	Website WebAddress `json:"website,omitempty"`
}
