package directory

import (
	"math"
	"strconv"
	"strings"

	"lifeline.scot/crds/v1alpha1"
)

// Service is a support service in the directory. It is immutable.
type Service struct {
	*v1alpha1.SupportService
	// ID is its global ID.
	ID string
	// Partnership is the name of the ADP whose namespace it is in; "" if it is in none.
	Partnership string

	slot     uint32
	sortName string
	// What it is found by of others, as that was when it was indexed.
	providerTitle, partnershipTitle string
	providerSuspended               bool
	places                          []place
}

func newService(object *v1alpha1.SupportService, s *Snapshot) *Service {
	partnership := string(v1alpha1.PartnershipOf(object.Namespace))
	return &Service{
		SupportService: object, ID: IDOf(KindService, object.Namespace, object.Name), Partnership: partnership,
		sortName:          fold(object.Spec.DisplayName),
		providerTitle:     s.partners.shows(string(object.Spec.ProviderRef.Name)).title,
		providerSuspended: s.partners.shows(string(object.Spec.ProviderRef.Name)).suspended,
		partnershipTitle:  s.partnerships.shows(partnership).title,
		places:            placesOf(object.Spec.Locations, s.districts),
	}
}

// Accepting says whether new people are taken on at present; Unknown when nobody has said. No service takes people on that
// is planned, paused or closed, or whose provider is suspended, whatever its entry says; nor is one known to that is not
// known to run.
func (s *Service) Accepting() v1alpha1.Known {
	said := v1alpha1.KnownUnknown
	if s.Spec.Access != nil && s.Spec.Access.Accepting != "" {
		said = s.Spec.Access.Accepting
	}
	switch operation := s.Spec.Operation; {
	case s.providerSuspended:
		return v1alpha1.KnownNo
	case operation == v1alpha1.OperationOpen, said == v1alpha1.KnownNo:
		return said
	case operation == v1alpha1.OperationUnknown, operation == "":
		return v1alpha1.KnownUnknown
	default:
		return v1alpha1.KnownNo
	}
}

// Orders of services.
const (
	// ByName sorts by the name people know it by.
	ByName Order = "NAME"
	// ByVerified sorts what was checked last first, and what was never checked last.
	ByVerified Order = "VERIFIED"
	// ByDistance sorts the nearest first; only for searches near a point.
	ByDistance Order = "DISTANCE"
)

func (s *Service) key(order Order) Key {
	if order != ByVerified {
		return Key{Text: s.sortName, ID: s.ID}
	}
	if s.Spec.Verification == nil {
		return Key{Number: math.MaxInt64, Text: s.sortName, ID: s.ID}
	}
	return Key{Number: -s.Spec.Verification.VerifiedTime.Unix(), Text: s.sortName, ID: s.ID}
}

// The properties that services are found by.
const (
	propertyType        = "type"
	propertyPartnership = "partnership"
	propertyOperation   = "operation"
	propertyAccepting   = "accepting"
	propertyGender      = "gender"
	propertyGroup       = "group"
	propertySubstance   = "substance"
	propertyMAT         = "mat"
	propertyKind        = "kind"
)

func (s *Service) columns() []column {
	columns := []column{
		{propertyPartnership, s.Partnership},
		{propertyOperation, string(s.Spec.Operation)},
		{propertyAccepting, string(s.Accepting())},
	}
	columns = appendColumns(columns, propertyType, s.Spec.Types)
	columns = appendColumns(columns, propertySubstance, s.Spec.Substances)
	for _, standard := range s.Spec.MATStandards {
		columns = append(columns, column{propertyMAT, strconv.Itoa(int(standard))})
	}
	audience := v1alpha1.Audience{}
	if s.Spec.Audience != nil {
		audience = *s.Spec.Audience
	}
	columns = appendColumns(columns, propertyGroup, audience.Groups)
	return appendColumns(columns, propertyGender, welcomes(audience.Genders))
}

func appendColumns[V ~string](columns []column, property string, values []V) []column {
	for _, value := range values {
		columns = append(columns, column{property, string(value)})
	}
	return columns
}

// welcomes are the genders that a service may be for. What is left out is not known to be limited, so it welcomes all.
func welcomes(genders []v1alpha1.Gender) []v1alpha1.Gender {
	if len(genders) == 0 || genders[0] == v1alpha1.GenderAny {
		return []v1alpha1.Gender{v1alpha1.GenderWomen, v1alpha1.GenderMen, v1alpha1.GenderAny}
	}
	return genders
}

// takesAge reports whether the service is not known to be limited to other ages.
func (s *Service) takesAge(years int) bool {
	a := s.Spec.Audience
	if a == nil {
		return true
	}
	return (a.MinimumAgeYears == nil || int(*a.MinimumAgeYears) <= years) &&
		(a.MaximumAgeYears == nil || years <= int(*a.MaximumAgeYears))
}

// words are what a text search finds the service by.
func (s *Service) words() []string {
	texts := []string{s.Spec.DisplayName, s.Spec.Summary, s.providerTitle, s.partnershipTitle}
	for _, location := range s.Spec.Locations {
		texts = append(texts, location.Town, strings.TrimSpace(districtOf(location)))
	}
	for _, t := range s.Spec.Types {
		texts = append(texts, typeWords(t))
	}
	return wordsOf(texts...)
}

// districtOf is the postcode district of a location; "" if it has no postcode.
func districtOf(location v1alpha1.Location) string {
	district, _, _ := strings.Cut(string(location.Postcode), " ")
	return district
}

// spots are the service's positions on the map.
func (s *Service) spots() []spot {
	spots := make([]spot, len(s.places))
	for i, place := range s.places {
		spots[i] = spot{s.slot, place.Point}
	}
	return spots
}
