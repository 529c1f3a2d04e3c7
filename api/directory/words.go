package directory

import (
	"strings"
	"unicode"

	"lifeline.scot/crds/v1alpha1"
)

// alsoCalled are words people search by that the name of a type does not have.
//
//nolint:gochecknoglobals // a table that is never changed
var alsoCalled = map[v1alpha1.ServiceType]string{
	v1alpha1.ServiceOpioidSubstitutionTherapy: "OST MAT methadone buprenorphine opiate prescribing treatment",
	v1alpha1.ServiceLongActingBuprenorphine:   "MAT injection depot Buvidal prescribing treatment",
	v1alpha1.ServiceMATPrimaryCare:            "GP pharmacy medication assisted treatment",
	v1alpha1.ServiceHeroinAssistedTreatment:   "HAT diamorphine",
	v1alpha1.ServiceSaferConsumptionFacility:  "safer drug room",
	v1alpha1.ServiceNeedleExchange:            "IEP injecting equipment provision",
	v1alpha1.ServiceNaloxoneSupply:            "kit overdose THN",
	v1alpha1.ServiceNearFatalOverdoseResponse: "NFOD",
	v1alpha1.ServiceResidentialRehab:          "rehabilitation",
	v1alpha1.ServiceDetox:                     "detoxification withdrawal",
	v1alpha1.ServiceFamilyResidential:         "rehab children parents mother mothers",
	v1alpha1.ServiceRecoveryCommunity:         "recovery group cafe",
	v1alpha1.ServiceAdvocacy:                  "rights",
	v1alpha1.ServiceDigitalInclusion:          "phone phones data skills",
	v1alpha1.ServicePsychologicalSupport:      "therapy counselling",
}

// typeWords are the words that a service of a type is found by: those of the type's name, and what else it is called.
func typeWords(t v1alpha1.ServiceType) string {
	return Spaced(string(t)) + " " + alsoCalled[t]
}

// Spaced puts spaces between the words of a CamelCase name: "MATPrimaryCare" becomes "MAT Primary Care".
func Spaced(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1])))
		if begins {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
