package scotland

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// organisation is an entry of partners.yaml.
type organisation struct {
	Name        string              `json:"name"`
	DisplayName string              `json:"displayName"`
	Sector      v1alpha1.Sector     `json:"sector,omitempty"`
	PublicBody  v1alpha1.PublicBody `json:"publicBody,omitempty"`
	// Board is the health board area that a health board serves, by its name in the table.
	Board string `json:"board,omitempty"`
	// Everywhere: it serves the whole of Scotland.
	Everywhere bool                `json:"everywhere,omitempty"`
	Website    v1alpha1.WebAddress `json:"website,omitempty"`
	Sources    []string            `json:"sources"`
}

func readPartners(a *areas, known sources) ([]*v1alpha1.Partner, error) {
	var organisations []organisation
	if err := readYAML("partners.yaml", &organisations); err != nil {
		return nil, err
	}
	partners := make([]*v1alpha1.Partner, 0, len(organisations))
	for _, o := range organisations {
		partner, err := o.partner(known)
		if err != nil {
			return nil, fmt.Errorf("partner %s: %w", o.Name, err)
		}
		partner.Spec.Areas = o.areasOf(a)
		partners = append(partners, partner)
	}
	return partners, nil
}

func (o organisation) partner(known sources) (*v1alpha1.Partner, error) {
	from, err := known.list(o.Sources...)
	if err != nil {
		return nil, err
	}
	p := &v1alpha1.Partner{
		TypeMeta:   typeMeta("Partner"),
		ObjectMeta: metav1.ObjectMeta{Name: o.Name, Labels: labels(DataScotland)},
		Spec: v1alpha1.PartnerSpec{
			DisplayName: o.DisplayName,
			Sector:      o.Sector,
			PublicBody:  o.PublicBody,
			Accounts:    []v1alpha1.Account{{Kind: v1alpha1.AccountGroup, Name: ProviderGroup(o.Name)}},
			Sources:     from,
		},
	}
	if o.Website != "" {
		p.Spec.Contact = &v1alpha1.Contact{Website: o.Website}
	}
	return p, nil
}

// areasOf are the partnerships that the organisation serves for what it is: all, or those that lie in its health board area.
func (o organisation) areasOf(a *areas) (names []v1alpha1.ObjectName) {
	for _, p := range a.partnerships {
		inBoard := slices.ContainsFunc(p.Spec.HealthBoards, func(b v1alpha1.HealthBoardArea) bool { return b.Name == o.Board })
		if o.Everywhere || inBoard {
			names = append(names, v1alpha1.ObjectName(p.Name))
		}
	}
	return names
}

// serveWhereTheirServicesAre adds to the areas of organisations those that their services are in.
func serveWhereTheirServicesAre(partners []*v1alpha1.Partner, services []*v1alpha1.SupportService) {
	for _, partner := range partners {
		for _, service := range services {
			if string(service.Spec.ProviderRef.Name) == partner.Name {
				partner.Spec.Areas = append(partner.Spec.Areas, v1alpha1.PartnershipOf(service.Namespace))
			}
		}
		slices.Sort(partner.Spec.Areas)
		partner.Spec.Areas = slices.Compact(partner.Spec.Areas)
	}
}
