package scotland

import (
	"math/rand/v2"
	"slices"
	"strings"

	"lifeline.scot/crds/v1alpha1"
)

// dice draws what an invented object says.
type dice struct{ *rand.Rand }

// chance is true in so many of a hundred cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func number(n int32) *int32 { return &n }

func pick[T any](d dice, from []T) T { return from[d.IntN(len(from))] }

// some gives one to most different values, the first of them given.
func some[T comparable](d dice, from []T, first T, most int) []T {
	out := []T{first}
	for range d.IntN(most) {
		if next := pick(d, from); !slices.Contains(out, next) {
			out = append(out, next)
		}
	}
	return out
}

// summary describes an invented service in three to six sentences, about as long as real ones.
func (d dice) summary(where town, types []v1alpha1.ServiceType) string {
	sentences := []string{"Invented entry: a service in " + where.name + " with " + offers(types) + "."}
	for _, i := range d.Perm(len(summarySentences))[:2+d.IntN(4)] {
		sentences = append(sentences, summarySentences[i])
	}
	return strings.Join(sentences, " ")
}

func offers(types []v1alpha1.ServiceType) string {
	words := make([]string, 0, len(types))
	for _, t := range types {
		words = append(words, serviceWords[t])
	}
	return strings.Join(words, ", ")
}

// town is where invented services are; its middle is in millionths of a degree.
type town struct {
	name, postcodeArea  string
	council             v1alpha1.CouncilCode
	latitude, longitude int32
}

// Positions are those of the towns' middles, rounded to a hundredth of a degree or so.
var towns = []town{
	{"Aberdeen", "AB", "S12000033", 57_149_000, -2_110_000},
	{"Inverurie", "AB", "S12000034", 57_284_000, -2_374_000},
	{"Forfar", "DD", "S12000041", 56_644_000, -2_888_000},
	{"Lochgilphead", "PA", "S12000035", 56_040_000, -5_434_000},
	{"Edinburgh", "EH", "S12000036", 55_940_000, -3_200_000},
	{"Alloa", "FK", "S12000005", 56_120_000, -3_790_000},
	{"Dumfries", "DG", "S12000006", 55_070_000, -3_610_000},
	{"Dundee", "DD", "S12000042", 56_475_000, -2_985_000},
	{"Kilmarnock", "KA", "S12000008", 55_611_000, -4_496_000},
	{"Kirkintilloch", "G", "S12000045", 55_938_000, -4_155_000},
	{"Haddington", "EH", "S12000010", 55_956_000, -2_780_000},
	{"Barrhead", "G", "S12000011", 55_800_000, -4_390_000},
	{"Falkirk", "FK", "S12000014", 56_000_000, -3_784_000},
	{"Glenrothes", "KY", "S12000047", 56_198_000, -3_178_000},
	{"Glasgow", "G", "S12000049", 55_861_000, -4_250_000},
	{"Inverness", "IV", "S12000017", 57_470_000, -4_225_000},
	{"Greenock", "PA", "S12000018", 55_940_000, -4_765_000},
	{"Dalkeith", "EH", "S12000019", 55_893_000, -3_070_000},
	{"Elgin", "IV", "S12000020", 57_645_000, -3_315_000},
	{"Stornoway", "HS", "S12000013", 58_215_000, -6_400_000},
	{"Irvine", "KA", "S12000021", 55_615_000, -4_650_000},
	{"Motherwell", "ML", "S12000050", 55_790_000, -3_990_000},
	{"Kirkwall", "KW", "S12000023", 58_975_000, -2_960_000},
	{"Perth", "PH", "S12000048", 56_396_000, -3_450_000},
	{"Paisley", "PA", "S12000038", 55_845_000, -4_424_000},
	{"Galashiels", "TD", "S12000026", 55_617_000, -2_810_000},
	{"Lerwick", "ZE", "S12000027", 60_155_000, -1_165_000},
	{"Ayr", "KA", "S12000028", 55_455_000, -4_610_000},
	{"Hamilton", "ML", "S12000029", 55_777_000, -4_040_000},
	{"Stirling", "FK", "S12000030", 56_117_000, -3_940_000},
	{"Clydebank", "G", "S12000039", 55_903_000, -4_405_000},
	{"Livingston", "EH", "S12000040", 55_886_000, -3_520_000},
}

var (
	placeWords = []string{
		"Alder", "Ash", "Birch", "Bracken", "Burnside", "Caledonia", "Cairn", "Clover", "Glen", "Harbour", "Hawthorn",
		"Heather", "Hillside", "Kirk", "Lochside", "Meadow", "Mill", "Oakbank", "Orchard", "Riverside", "Rowan", "Shore",
		"Skylark", "Station", "Strath", "Sunnyside", "Thistle", "Torr", "Wallace", "Willow",
	}
	streetWords       = []string{"Street", "Road", "Lane", "Place", "Terrace", "Wynd", "Avenue", "Crescent"}
	organisationWords = []string{"Recovery", "Trust", "Community Support", "Health Partnership", "Families", "Together"}
	closingTimes      = []v1alpha1.ClockTime{"16:30", "17:00", "18:00", "20:00"}
	weekdays          = []v1alpha1.Weekday{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"}
	weekend           = []v1alpha1.Weekday{"Saturday", "Sunday"}
	languages         = []string{"en", "gd", "pl", "ur", "ar", "uk", "ro", "zh", "bfi"}
	known             = []v1alpha1.Known{v1alpha1.KnownYes, v1alpha1.KnownNo, v1alpha1.KnownUnknown}
	genders           = []v1alpha1.Gender{
		v1alpha1.GenderAny, v1alpha1.GenderAny, v1alpha1.GenderAny, v1alpha1.GenderWomen, v1alpha1.GenderMen,
	}
	claimScopes  = []v1alpha1.ClaimScope{v1alpha1.ClaimPartnership, v1alpha1.ClaimScotland}
	matStandards = []v1alpha1.MATStandard{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	matValues    = []v1alpha1.MATRatingValue{
		v1alpha1.MATAmber, v1alpha1.MATProvisionalAmber, v1alpha1.MATProvisionalGreen, v1alpha1.MATGreen, v1alpha1.MATGreen,
		v1alpha1.MATBlue,
	}
	sectors = []v1alpha1.Sector{
		v1alpha1.SectorStatutory, v1alpha1.SectorThirdSector, v1alpha1.SectorRecoveryCommunity, v1alpha1.SectorIndependent,
	}
	substances = []v1alpha1.Substance{
		v1alpha1.SubstanceAlcohol, v1alpha1.SubstanceOpioids, v1alpha1.SubstanceBenzodiazepines, v1alpha1.SubstanceStimulants,
		v1alpha1.SubstanceCannabis, v1alpha1.SubstancePrescribedMedicines, v1alpha1.SubstanceOtherDrugs,
	}
	catchments = []v1alpha1.Catchment{
		v1alpha1.CatchmentPartnership, v1alpha1.CatchmentPartnership, v1alpha1.CatchmentHealthBoard, v1alpha1.CatchmentScotland,
	}
	groups = []v1alpha1.AudienceGroup{
		v1alpha1.GroupFamilies, v1alpha1.GroupParentsWithChildren, v1alpha1.GroupPregnant, v1alpha1.GroupYoungPeople,
		v1alpha1.GroupOlderPeople, v1alpha1.GroupPeopleLeavingPrison, v1alpha1.GroupPeopleInJusticeSystem,
		v1alpha1.GroupPeopleWithoutAHome, v1alpha1.GroupPeopleWhoInject, v1alpha1.GroupVeterans, v1alpha1.GroupLGBT,
		v1alpha1.GroupCarers,
	}
	routes = []v1alpha1.AccessRoute{
		v1alpha1.RouteSelfReferral, v1alpha1.RouteDropIn, v1alpha1.RouteFamilyOrFriend, v1alpha1.RouteGP,
		v1alpha1.RouteAnyProfessional, v1alpha1.RoutePartnership, v1alpha1.RoutePrison, v1alpha1.RouteCommunityJustice,
		v1alpha1.RouteAmbulanceService, v1alpha1.RoutePolice,
	}
	serviceTypes = []v1alpha1.ServiceType{
		v1alpha1.ServiceOpioidSubstitutionTherapy, v1alpha1.ServiceLongActingBuprenorphine, v1alpha1.ServiceMATPrimaryCare,
		v1alpha1.ServiceHeroinAssistedTreatment, v1alpha1.ServiceSaferConsumptionFacility, v1alpha1.ServiceNeedleExchange,
		v1alpha1.ServiceNaloxoneSupply, v1alpha1.ServiceNearFatalOverdoseResponse, v1alpha1.ServiceOutreach,
		v1alpha1.ServiceResidentialRehab, v1alpha1.ServiceDetox, v1alpha1.ServiceStabilisation, v1alpha1.ServiceCrisis,
		v1alpha1.ServiceDayProgramme, v1alpha1.ServiceFamilyResidential, v1alpha1.ServiceFamilySupport,
		v1alpha1.ServiceRecoveryCommunity, v1alpha1.ServiceAftercare, v1alpha1.ServiceRecoveryHousing,
		v1alpha1.ServiceAdvocacy, v1alpha1.ServiceMentalHealth, v1alpha1.ServicePsychologicalSupport,
		v1alpha1.ServiceDigitalInclusion, v1alpha1.ServiceYoungPeople,
	}
	poolKinds = []v1alpha1.PoolKind{
		v1alpha1.PoolResidentialRehab, v1alpha1.PoolResidentialRehab, v1alpha1.PoolDetox, v1alpha1.PoolStabilisation,
		v1alpha1.PoolCrisis, v1alpha1.PoolFamilyResidential, v1alpha1.PoolDayProgramme, v1alpha1.PoolDevice,
	}
)

// serviceForPool is what a service with places of a kind offers.
var serviceForPool = map[v1alpha1.PoolKind]v1alpha1.ServiceType{
	v1alpha1.PoolResidentialRehab:  v1alpha1.ServiceResidentialRehab,
	v1alpha1.PoolDetox:             v1alpha1.ServiceDetox,
	v1alpha1.PoolStabilisation:     v1alpha1.ServiceStabilisation,
	v1alpha1.PoolCrisis:            v1alpha1.ServiceCrisis,
	v1alpha1.PoolFamilyResidential: v1alpha1.ServiceFamilyResidential,
	v1alpha1.PoolDayProgramme:      v1alpha1.ServiceDayProgramme,
	v1alpha1.PoolDevice:            v1alpha1.ServiceDigitalInclusion,
}

var poolWords = map[v1alpha1.PoolKind]string{
	v1alpha1.PoolResidentialRehab:  "Residential rehab beds",
	v1alpha1.PoolDetox:             "Detox beds",
	v1alpha1.PoolStabilisation:     "Stabilisation beds",
	v1alpha1.PoolCrisis:            "Crisis beds",
	v1alpha1.PoolFamilyResidential: "Family places (a family is one place)",
	v1alpha1.PoolDayProgramme:      "Day places",
	v1alpha1.PoolDevice:            "Phones with data",
}

var serviceWords = map[v1alpha1.ServiceType]string{
	v1alpha1.ServiceOpioidSubstitutionTherapy: "opioid substitution therapy",
	v1alpha1.ServiceLongActingBuprenorphine:   "long-acting buprenorphine",
	v1alpha1.ServiceMATPrimaryCare:            "treatment shared with your GP",
	v1alpha1.ServiceHeroinAssistedTreatment:   "heroin-assisted treatment",
	v1alpha1.ServiceSaferConsumptionFacility:  "safer consumption facility",
	v1alpha1.ServiceNeedleExchange:            "injecting equipment",
	v1alpha1.ServiceNaloxoneSupply:            "take-home naloxone",
	v1alpha1.ServiceNearFatalOverdoseResponse: "near-fatal overdose response",
	v1alpha1.ServiceOutreach:                  "outreach",
	v1alpha1.ServiceResidentialRehab:          "residential rehab",
	v1alpha1.ServiceDetox:                     "detox",
	v1alpha1.ServiceStabilisation:             "stabilisation",
	v1alpha1.ServiceCrisis:                    "crisis support",
	v1alpha1.ServiceDayProgramme:              "day programme",
	v1alpha1.ServiceFamilyResidential:         "family house",
	v1alpha1.ServiceFamilySupport:             "family support",
	v1alpha1.ServiceRecoveryCommunity:         "recovery community",
	v1alpha1.ServiceAftercare:                 "aftercare",
	v1alpha1.ServiceRecoveryHousing:           "recovery housing",
	v1alpha1.ServiceAdvocacy:                  "advocacy and rights",
	v1alpha1.ServiceMentalHealth:              "mental health care",
	v1alpha1.ServicePsychologicalSupport:      "psychological support",
	v1alpha1.ServiceDigitalInclusion:          "phones, data and skills",
	v1alpha1.ServiceYoungPeople:               "young people's service",
}

var summarySentences = []string{
	"You meet the same worker each time, and you decide together what happens next.",
	"The team can prescribe on the day you come, when that is what you want.",
	"There is a quiet room, a kitchen, and somebody to talk to while you wait.",
	"You can bring a friend, a family member or an advocate to any meeting.",
	"Workers help with housing, money, letters and appointments as well.",
	"Peer workers with lived experience are part of the team.",
	"You can take a break and come back without starting from the beginning.",
	"The service works closely with the GP practices and pharmacies nearby.",
	"A nurse offers wound care, vaccination and tests for blood-borne viruses.",
	"Groups meet three times a week, in the building and online.",
	"Support goes on after the programme ends, for as long as it helps.",
	"If this is not the right place, the team stays in touch until you have found it.",
	"Travel costs can be paid on the day.",
	"There is a family worker for children, partners and parents.",
}

var audienceSentences = []string{
	"Adults who live in the area.",
	"Anyone who would like support with alcohol or drugs.",
	"People who use drugs, and those close to them.",
	"Parents and carers, together with their children.",
	"People who have just left prison or are about to.",
	"Young people, up to the day they feel ready to move on.",
}

var accessSentences = []string{
	"Call in, or be brought; no appointment is needed.",
	"Phone or write; somebody answers within one working day.",
	"Ask any worker you know to get in touch with us, or do it yourself.",
	"Your partnership arranges an assessment, and we visit you before you decide.",
	"We come to you: at home, in hospital, in prison or in the street.",
}
