package rulebook

import (
	"lifeline.scot/api/directory"
	"lifeline.scot/crds/agreement"
	"lifeline.scot/crds/v1alpha1"
	"lifeline.scot/policies"
)

// What the rules of sharing call the status of a partner or an agreement. Whatever is not active counts for nothing.
const (
	statusActive    = "active"
	statusSuspended = "suspended"
	statusLeaving   = "leaving" // somebody asked to delete it
)

// worldOf is the world that decisions are made in: the organisations of a directory, and the agreements that are in the
// namespaces of its ADPs. An area is known by the name of its Partnership. Time is left to the rules: an agreement is in it
// whether or not it has started or ended.
func worldOf(v directory.View, agreements []*v1alpha1.DataSharingAgreement) (*policies.World, error) {
	partners := map[string]policies.Partner{}
	for _, partner := range v.Partners() {
		partners[partner.Name] = partnerOf(partner.Partner)
	}
	agreed := map[string]policies.Agreement{}
	for _, a := range agreements {
		area := string(v1alpha1.PartnershipOf(a.Namespace))
		if _, known := v.Partnership(area); known {
			agreed[a.Namespace+"/"+a.Name] = agreementOf(a, area)
		}
	}
	return policies.NewWorld(partners, agreed)
}

func partnerOf(p *v1alpha1.Partner) policies.Partner {
	is := policies.Partner{
		Kind: kindOf(&p.Spec), Statutory: p.Spec.Sector == v1alpha1.SectorStatutory, Status: statusActive,
		ADPs: texts(p.Spec.Areas),
	}
	switch {
	case !p.DeletionTimestamp.IsZero():
		is.Status = statusLeaving
	case p.Spec.Participation != "" && p.Spec.Participation != v1alpha1.ParticipationActive:
		is.Status = statusSuspended
	}
	return is
}

// kindOf is what the rules call an organisation of this sort; empty if nobody has said of what sort it is.
func kindOf(p *v1alpha1.PartnerSpec) string {
	switch p.Sector {
	case v1alpha1.SectorThirdSector:
		return "third_sector"
	case v1alpha1.SectorRecoveryCommunity:
		return "recovery_community"
	case v1alpha1.SectorIndependent:
		return "independent"
	case v1alpha1.SectorStatutory:
		return kindOfBody(p.PublicBody)
	default:
		return ""
	}
}

func kindOfBody(body v1alpha1.PublicBody) string {
	switch body {
	case v1alpha1.BodyHealthBoard:
		return "health_board"
	case v1alpha1.BodyCouncil:
		return "local_authority"
	case v1alpha1.BodyIntegrationAuthority:
		return "integration_authority"
	case v1alpha1.BodyPolice:
		return "police"
	case v1alpha1.BodyAmbulanceService:
		return "ambulance"
	case v1alpha1.BodyPrisonService:
		return "prison_service"
	case v1alpha1.BodyNationalBody:
		return "national_body"
	default:
		return ""
	}
}

func agreementOf(a *v1alpha1.DataSharingAgreement, area string) policies.Agreement {
	is := policies.Agreement{
		Parties: texts(a.Spec.Parties), ADPs: []string{area}, Status: statusActive,
		FromTime: a.Spec.FromTime.Time, ToTime: a.Spec.UntilTime.Time,
		CrossADP: a.Spec.CrossArea == v1alpha1.PermissionAllowed,
		Onward:   a.Spec.OnwardDisclosure == v1alpha1.PermissionAllowed,
	}
	for _, purpose := range a.Spec.Purposes {
		if code := purposeCode(purpose); code != "" {
			is.Purposes = append(is.Purposes, code)
		}
	}
	for _, category := range a.Spec.Categories {
		if code := categoryCode(category); code != "" {
			is.Categories = append(is.Categories, code)
		}
	}
	switch {
	case !a.DeletionTimestamp.IsZero():
		is.Status = statusLeaving
	case agreement.Suspended(&a.Spec):
		is.Status = statusSuspended
	}
	return is
}

// purposeCode is what the rules call a purpose; empty for one that they do not know.
func purposeCode(purpose v1alpha1.SharingPurpose) string {
	switch purpose {
	case v1alpha1.PurposeDirectCare:
		return "direct_care"
	case v1alpha1.PurposeReferralCoordination:
		return "referral_coordination"
	case v1alpha1.PurposeOverdoseResponse:
		return "nfo_response"
	case v1alpha1.PurposeAdultProtection:
		return "adult_protection"
	case v1alpha1.PurposeChildProtection:
		return "child_protection"
	case v1alpha1.PurposeServiceMonitoring:
		return "service_monitoring"
	case v1alpha1.PurposeDeathReview:
		return "death_review"
	default:
		return ""
	}
}

// categoryCode is what the rules call a category; empty for one that they do not know.
func categoryCode(category v1alpha1.DataCategory) string {
	switch category {
	case v1alpha1.CategoryAdmin:
		return "admin"
	case v1alpha1.CategoryIdentity:
		return "identity"
	case v1alpha1.CategoryContact:
		return "contact"
	case v1alpha1.CategoryDemographic:
		return "demographic"
	case v1alpha1.CategoryNeed:
		return "need"
	case v1alpha1.CategoryClinical:
		return "clinical"
	case v1alpha1.CategoryRisk:
		return "risk"
	case v1alpha1.CategorySocial:
		return "social"
	case v1alpha1.CategoryRestricted:
		return "restricted"
	default:
		return ""
	}
}

func texts[T ~string](names []T) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = string(name)
	}
	return list
}
