package schema

import (
	"strings"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/v1alpha1"
)

// enums are the closed sets of values.
type enums struct {
	known, serviceType, operation, gender, group, catchment, substance, route, weekday *engine.Enum
	sector, participation, identifierScheme, matRating, provenance                     *engine.Enum
	poolKind, trust, countProvenance, claimScope                                       *engine.Enum
	figureState, directoryState, serviceOrder, poolOrder                               *engine.Enum
}

// value is a value of a resource's enum, with what it means.
type value[V ~string] struct {
	value       V
	description string
}

// enumOf makes an enum of a resource's values. Their names are in upper case with underscores between the words.
func enumOf[V ~string](name, description string, values ...value[V]) *engine.Enum {
	e := &engine.Enum{Name: name, Description: description}
	for _, v := range values {
		e.Values = append(e.Values,
			engine.EnumValue{Name: screaming(string(v.value)), Description: v.description, Value: v.value})
	}
	return e
}

// screaming writes a CamelCase name in upper case: "MATPrimaryCare" becomes "MAT_PRIMARY_CARE".
func screaming(name string) string {
	return strings.ToUpper(strings.ReplaceAll(directory.Spaced(name), " ", "_"))
}

func newEnums() enums {
	e := enums{}
	e.ofServices()
	e.ofPeople()
	e.ofOrganisations()
	e.ofPlaces()
	e.ofAnswers()
	return e
}

func (e *enums) ofServices() {
	e.known = enumOf("Known", "An answer that may not be known. UNKNOWN is never read as NO, nor as YES.",
		value[v1alpha1.Known]{v1alpha1.KnownYes, "It is so."},
		value[v1alpha1.Known]{v1alpha1.KnownNo, "It is not so."},
		value[v1alpha1.Known]{v1alpha1.KnownUnknown, "Nobody has said."})
	type service = value[v1alpha1.ServiceType]
	e.serviceType = enumOf("ServiceType", "What a service offers. Detox, stabilisation, crisis and rehabilitation are "+
		"different things.",
		service{
			v1alpha1.ServiceOpioidSubstitutionTherapy,
			"Methadone, buprenorphine and others, prescribed in place of other opioids.",
		},
		service{v1alpha1.ServiceLongActingBuprenorphine, "Buprenorphine given as an injection that lasts a week or a month."},
		service{
			v1alpha1.ServiceMATPrimaryCare,
			"Medication assisted treatment (MAT) shared with a GP or community pharmacy.",
		},
		service{v1alpha1.ServiceHeroinAssistedTreatment, "Supervised treatment with pharmaceutical heroin."},
		service{v1alpha1.ServiceSaferConsumptionFacility, "A place to use drugs under the care of staff."},
		service{v1alpha1.ServiceNeedleExchange, "New injecting equipment and disposal of used equipment."},
		service{v1alpha1.ServiceNaloxoneSupply, "Take-home naloxone and how to use it."},
		service{v1alpha1.ServiceNearFatalOverdoseResponse, "Contact with a person soon after a near-fatal overdose."},
		service{v1alpha1.ServiceOutreach, "Workers who go to where people are."},
		service{v1alpha1.ServiceResidentialRehab, "A structured programme in a place to live."},
		service{v1alpha1.ServiceDetox, "Stopping or reducing safely under medical care."},
		service{v1alpha1.ServiceStabilisation, "Help to bring use and prescriptions to a steady level."},
		service{v1alpha1.ServiceCrisis, "A place or a team for a crisis, usually without an appointment."},
		service{v1alpha1.ServiceDayProgramme, "A structured programme by day."},
		service{v1alpha1.ServiceFamilyResidential, "A residential programme for parents together with their children."},
		service{v1alpha1.ServiceFamilySupport, "Support for families and those close to a person who uses drugs or alcohol."},
		service{v1alpha1.ServiceRecoveryCommunity, "Groups and cafés led by people in recovery."},
		service{v1alpha1.ServiceAftercare, "Support in the weeks and months after leaving a service."},
		service{v1alpha1.ServiceRecoveryHousing, "A home shared with others in recovery."},
		service{v1alpha1.ServiceAdvocacy, "Independent advocacy and help with rights."},
		service{v1alpha1.ServiceMentalHealth, "Mental health care."},
		service{v1alpha1.ServicePsychologicalSupport, "Psychological therapies and support."},
		service{v1alpha1.ServiceDigitalInclusion, "Phones, data and the skills to use them."},
		service{v1alpha1.ServiceYoungPeople, "A service made for young people."})
	type operation = value[v1alpha1.Operation]
	e.operation = enumOf("Operation", "Whether something runs.",
		operation{v1alpha1.OperationOpen, "It runs."},
		operation{v1alpha1.OperationPlanned, "It has been announced and does not run yet."},
		operation{v1alpha1.OperationPaused, "It has stopped for a while."},
		operation{v1alpha1.OperationClosed, "It has ended. It stays listed, so that people who look for it learn that."},
		operation{v1alpha1.OperationUnknown, "No recent source says."})
}

func (e *enums) ofPeople() {
	type gender = value[v1alpha1.Gender]
	e.gender = enumOf("Gender", "Whom a service or a place is for. It says nothing about how anybody is recorded elsewhere.",
		gender{v1alpha1.GenderWomen, "For women."},
		gender{v1alpha1.GenderMen, "For men."},
		gender{v1alpha1.GenderAny, "For people of any gender."})
	type group = value[v1alpha1.AudienceGroup]
	e.group = enumOf("AudienceGroup", "A group of people a service is made for.",
		group{v1alpha1.GroupFamilies, "Families."},
		group{v1alpha1.GroupParentsWithChildren, "Parents with their children."},
		group{v1alpha1.GroupPregnant, "People who are pregnant."},
		group{v1alpha1.GroupYoungPeople, "Young people."},
		group{v1alpha1.GroupOlderPeople, "Older people."},
		group{v1alpha1.GroupPeopleInPrison, "People in prison."},
		group{v1alpha1.GroupPeopleLeavingPrison, "People who leave prison."},
		group{v1alpha1.GroupPeopleInJusticeSystem, "People in touch with the justice system."},
		group{v1alpha1.GroupPeopleWithoutAHome, "People without a home."},
		group{v1alpha1.GroupPeopleWhoInject, "People who inject drugs."},
		group{v1alpha1.GroupVeterans, "Veterans."},
		group{v1alpha1.GroupLGBT, "Lesbian, gay, bisexual and transgender people."},
		group{v1alpha1.GroupCarers, "Carers."})
	type catchment = value[v1alpha1.Catchment]
	e.catchment = enumOf("Catchment", "From where people are taken.",
		catchment{v1alpha1.CatchmentPartnership, "From the ADP's own area."},
		catchment{v1alpha1.CatchmentHealthBoard, "From the health board's area."},
		catchment{v1alpha1.CatchmentScotland, "From anywhere in Scotland."},
		catchment{v1alpha1.CatchmentUnitedKingdom, "From anywhere in the United Kingdom."},
		catchment{v1alpha1.CatchmentUnknown, "Nobody has said."})
	type substance = value[v1alpha1.Substance]
	e.substance = enumOf("Substance", "What a service helps with.",
		substance{v1alpha1.SubstanceAlcohol, "Alcohol."},
		substance{v1alpha1.SubstanceOpioids, "Opioids, such as heroin, methadone or nitazenes."},
		substance{v1alpha1.SubstanceBenzodiazepines, "Benzodiazepines, prescribed or not."},
		substance{v1alpha1.SubstanceStimulants, "Stimulants, such as cocaine or amphetamines."},
		substance{v1alpha1.SubstanceCannabis, "Cannabis and synthetic cannabinoids."},
		substance{v1alpha1.SubstancePrescribedMedicines, "Prescribed medicines, such as gabapentinoids."},
		substance{v1alpha1.SubstanceOtherDrugs, "Other drugs."})
	type route = value[v1alpha1.AccessRoute]
	e.route = enumOf("AccessRoute", "A way into a service.",
		route{v1alpha1.RouteSelfReferral, "A person gets in touch for themselves."},
		route{v1alpha1.RouteDropIn, "A person can come without an appointment."},
		route{v1alpha1.RouteFamilyOrFriend, "Somebody close gets in touch for the person."},
		route{v1alpha1.RouteGP, "Through a GP."},
		route{v1alpha1.RouteAnyProfessional, "Through any professional who supports the person."},
		route{v1alpha1.RoutePartnership, "Through the ADP."},
		route{v1alpha1.RoutePrison, "Through a prison."},
		route{v1alpha1.RouteCommunityJustice, "Through community justice."},
		route{v1alpha1.RouteAmbulanceService, "Through the ambulance service."},
		route{v1alpha1.RoutePolice, "Through the police."})
	type weekday = value[v1alpha1.Weekday]
	e.weekday = enumOf("Weekday", "A day of the week, or a public holiday.",
		weekday{"Monday", "Monday."}, weekday{"Tuesday", "Tuesday."}, weekday{"Wednesday", "Wednesday."},
		weekday{"Thursday", "Thursday."}, weekday{"Friday", "Friday."}, weekday{"Saturday", "Saturday."},
		weekday{"Sunday", "Sunday."}, weekday{"PublicHoliday", "A Scottish bank holiday."})
}

func (e *enums) ofOrganisations() {
	type sector = value[v1alpha1.Sector]
	e.sector = enumOf("Sector", "What sort of organisation a partner is.",
		sector{v1alpha1.SectorStatutory, "The NHS, a council, an integration authority, the police, the prison service."},
		sector{v1alpha1.SectorThirdSector, "A charity or social enterprise."},
		sector{v1alpha1.SectorRecoveryCommunity, "A community led by people in recovery."},
		sector{v1alpha1.SectorIndependent, "A private company."})
	type participation = value[v1alpha1.Participation]
	e.participation = enumOf("Participation", "Whether a partner takes part.",
		participation{v1alpha1.ParticipationActive, "The partner takes part."},
		participation{
			v1alpha1.ParticipationSuspended,
			"The partner does not take part at present; its services stay listed.",
		})
	type scheme = value[v1alpha1.IdentifierScheme]
	e.identifierScheme = enumOf("IdentifierScheme", "Who gave an identifier.",
		scheme{v1alpha1.SchemeCareInspectorateProvider, "The Care Inspectorate's provider number."},
		scheme{v1alpha1.SchemeCharityNumber, "The Scottish Charity Regulator's number."},
		scheme{v1alpha1.SchemeCompanyNumber, "The Companies House number."},
		scheme{v1alpha1.SchemeNHSLocation, "The NHS Scotland location code."})
	type rating = value[v1alpha1.MATRatingValue]
	e.matRating = enumOf("MATRatingValue", "How far an ADP has come with a MAT standard, on Public Health Scotland's scale.",
		rating{v1alpha1.MATRed, "No evidence of implementation."},
		rating{v1alpha1.MATAmber, "Evidence of partial implementation."},
		rating{v1alpha1.MATProvisionalAmber, "Partial, not confirmed in all evidence streams."},
		rating{v1alpha1.MATProvisionalGreen, "Implementation not confirmed in all evidence streams."},
		rating{v1alpha1.MATGreen, "Fully implemented."},
		rating{v1alpha1.MATBlue, "Sustained implementation and ongoing monitoring."})
	type provenance = value[v1alpha1.Provenance]
	e.provenance = enumOf("Provenance", "How a statement came to be known.",
		provenance{v1alpha1.ProvenancePublished, "Stated in the named source."},
		provenance{v1alpha1.ProvenanceDerived, "Arithmetic on published figures."},
		provenance{
			v1alpha1.ProvenanceBackground,
			"General knowledge that no source read confirms; check it before relying on it.",
		},
		provenance{
			v1alpha1.ProvenanceIllustrative,
			"Invented to show how the directory works. Never true of a real service.",
		})
}

func (e *enums) ofPlaces() {
	type kind = value[v1alpha1.PoolKind]
	e.poolKind = enumOf("PoolKind", "What one place is. Kinds are never added together: they are different things.",
		kind{v1alpha1.PoolResidentialRehab, "A bed in residential rehabilitation."},
		kind{v1alpha1.PoolDetox, "A bed for detox."},
		kind{v1alpha1.PoolStabilisation, "A bed for stabilisation."},
		kind{v1alpha1.PoolCrisis, "A bed for a crisis."},
		kind{v1alpha1.PoolFamilyResidential, "A unit for a parent with their children."},
		kind{v1alpha1.PoolDayProgramme, "A place on a day programme."},
		kind{v1alpha1.PoolDevice, "A connected phone."})
	type trust = value[v1alpha1.Trust]
	e.trust = enumOf("Trust", "How far a count can be relied on. It changes by itself as time passes.",
		trust{v1alpha1.TrustConfirmed, "Counted within the pool's own interval."},
		trust{v1alpha1.TrustAgeing, "Counted within twice the interval."},
		trust{v1alpha1.TrustUnconfirmed, "Counted longer ago, or never. Shown as last known, never counted as free."},
		trust{v1alpha1.TrustDisputed, "The provider has said since the count that there was no free place after all. Not counted as " +
			"free until somebody counts again."})
	type provenance = value[v1alpha1.CountProvenance]
	e.countProvenance = enumOf("CountProvenance", "Whether somebody counted.",
		provenance{v1alpha1.CountCounted, "The provider counted."},
		provenance{v1alpha1.CountIllustrative, "Invented for a demonstration. Not true of a real service."})
	type scope = value[v1alpha1.ClaimScope]
	e.claimScope = enumOf("ClaimScope", "Whose people may be placed.",
		scope{v1alpha1.ClaimPartnership, "People referred by the ADP that owns the places."},
		scope{v1alpha1.ClaimSelected, "People referred by the ADP that owns the places, or by the ADPs listed."},
		scope{v1alpha1.ClaimScotland, "People referred by any ADP."})
}

func (e *enums) ofAnswers() {
	e.figureState = &engine.Enum{
		Name: "FigureState", Description: "What a figure is, so that none, not known and withheld are never confused.",
		Values: []engine.EnumValue{
			{Name: "KNOWN", Description: "value is the number."},
			{Name: "NOT_KNOWN", Description: "Nobody has said, or nobody has confirmed it in time."},
			{
				Name: "WITHHELD_SMALL_NUMBER",
				Description: "The number is known and not published: it is a count of 1 to 4 people, or " +
					"would give one away.",
			},
			{Name: "NOT_APPLICABLE", Description: "There is no such number, such as free places where nothing is open."},
		},
	}
	type state = value[directory.State]
	e.directoryState = enumOf("DirectoryState", "How the directory stands to what it is made from.",
		state{directory.Starting, "Not everything has been read yet."},
		state{directory.Live, "Every change is followed as it happens."},
		state{directory.LastKnown, "The source cannot be reached; answers are what was known last."})
	type order = value[directory.Order]
	e.serviceOrder = enumOf("SupportServiceOrder", "How to sort services.",
		order{directory.ByName, "By name."},
		order{directory.ByVerified, "What was checked last first; what was never checked last."},
		order{directory.ByDistance, "The nearest first. Only with near."})
	e.poolOrder = enumOf("CapacityPoolOrder", "How to sort places.",
		order{directory.ByArea, "By ADP, then kind of place, then name."},
		order{directory.ByName, "By name."},
		order{directory.ByConfirmed, "What was counted last first; what was never counted last."},
		order{directory.ByFree, "The most free places first; where that is not known comes last."})
}
