package scotland

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// organisation is an entry of partners.yaml.
type organisation struct {
	Name        string              `json:"name"`
	DisplayName string              `json:"displayName"`
	Sector      v1alpha1.Sector     `json:"sector,omitempty"`
	Website     v1alpha1.WebAddress `json:"website,omitempty"`
	Sources     []string            `json:"sources"`
}

func readPartners(known sources) ([]*v1alpha1.Partner, error) {
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
			Accounts:    []v1alpha1.Account{{Kind: v1alpha1.AccountGroup, Name: ProviderGroup(o.Name)}},
			Sources:     from,
		},
	}
	if o.Website != "" {
		p.Spec.Contact = &v1alpha1.Contact{Website: o.Website}
	}
	return p, nil
}
