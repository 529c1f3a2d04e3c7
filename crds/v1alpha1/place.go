package v1alpha1

// Postcode is a full UK postcode, upper case, with one space before the last three characters. The shape is checked
// (Public Health Scotland, phsmethods), not that the postcode exists.
//
// +kubebuilder:validation:MinLength=6
// +kubebuilder:validation:MaxLength=8
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$')",message="must be a full postcode in capitals with one space before the last three characters, such as G4 0UP"
type Postcode string

// Known is an answer that may not be known. Unknown is never read as No.
//
// +kubebuilder:validation:Enum=Yes;No;Unknown
type Known string

const (
	// KnownYes means it is so.
	KnownYes Known = "Yes"
	// KnownNo means it is not so.
	KnownNo Known = "No"
	// KnownUnknown means nobody has said.
	KnownUnknown Known = "Unknown"
)

// Position is a point on the map (WGS 84), in millionths of a degree, because a resource holds no fractions.
type Position struct {
	// latitudeMicrodegrees is the latitude times 1,000,000; Scotland lies between 54.5 and 61 degrees north, and
	// nothing else is taken. Example: 55861000 for 55.861.
	// +kubebuilder:validation:Minimum=54500000
	// +kubebuilder:validation:Maximum=61000000
	// +required
	LatitudeMicrodegrees int32 `json:"latitudeMicrodegrees,omitempty"`

	// longitudeMicrodegrees is the longitude times 1,000,000, negative west of Greenwich; Scotland lies between 9 and
	// 0.5 degrees west, and nothing else is taken. Example: -4243000 for 4.243 west.
	// +kubebuilder:validation:Minimum=-9000000
	// +kubebuilder:validation:Maximum=0
	// +kubebuilder:validation:XValidation:rule="self <= -500000",message="must be west of Greenwich by at least half a degree, so -500000 or less: the services listed are in Scotland"
	// +required
	LongitudeMicrodegrees *int32 `json:"longitudeMicrodegrees,omitempty"`
}

// Weekday is a day of the week, or PublicHoliday for Scottish bank holidays.
//
// +kubebuilder:validation:Enum=Monday;Tuesday;Wednesday;Thursday;Friday;Saturday;Sunday;PublicHoliday
type Weekday string

// ClockTime is a time of day in 24 hours, in Scottish local time.
//
// +kubebuilder:validation:MinLength=5
// +kubebuilder:validation:MaxLength=5
// +kubebuilder:validation:XValidation:rule="self.matches('^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')",message="must be a time of day as HH:MM, from 00:00 to 24:00"
type ClockTime string

// OpeningHours is a stretch of time at which a place is open, on each of some days.
//
// +kubebuilder:validation:XValidation:rule="self.opens < self.closes",message="closes must be later than opens; split hours that run past midnight into two entries"
type OpeningHours struct {
	// days the hours are for. Any of: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, PublicHoliday.
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +required
	Days []Weekday `json:"days,omitempty"`

	// opens is the time it opens, for example "09:00".
	// +required
	Opens ClockTime `json:"opens,omitempty"`

	// closes is the time it closes, for example "17:00"; "24:00" is midnight at the end of the day.
	// +required
	Closes ClockTime `json:"closes,omitempty"`
}

// Location is a place people can go to.
//
// +kubebuilder:validation:XValidation:rule="has(self.position) == has(self.positionSource)",message="give position and positionSource together: a place on the map needs to say where it comes from"
type Location struct {
	// name tells the service's places apart, for example "main".
	// +required
	Name ObjectName `json:"name,omitempty"`

	// address is the street address as one would write it, without the postcode, for example "1 Quay
	// Street". Leave it out where an address would put
	// people at risk, such as a refuge.
	// +kubebuilder:validation:MaxLength=300
	// +optional
	Address OneLine `json:"address,omitempty"`

	// town is the town, village or city, for example "Saltcoats".
	// +kubebuilder:validation:MaxLength=100
	// +optional
	Town OneLine `json:"town,omitempty"`

	// postcode of the place, for example "G4 0UP".
	// +optional
	Postcode Postcode `json:"postcode,omitempty"`

	// councilCode is the council area the place lies in (GSS code), for example "S12000049" for Glasgow City.
	// +optional
	CouncilCode CouncilCode `json:"councilCode,omitempty"`

	// position on the map, when it is known.
	// +optional
	Position *Position `json:"position,omitempty"`

	// positionSource says where position comes from; required with position.
	// +optional
	PositionSource *Source `json:"positionSource,omitempty"`

	// stepFree says whether a person who uses a wheelchair can get in and about. Default: Unknown.
	// +default="Unknown"
	// +optional
	StepFree Known `json:"stepFree,omitempty"`

	// openingHours of this place, in Scottish local time. Empty means they are not known; for round-the-clock opening give
	// all days from 00:00 to 24:00.
	// +listType=atomic
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=16
	// +optional
	OpeningHours []OpeningHours `json:"openingHours,omitempty"`
}
