package scotland

import (
	"cmp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/crds/v1alpha1"
)

// partnershipFacts is what partnerships.yaml adds to the table, by name of partnership: tags of sources and addresses.
type partnershipFacts struct {
	NameSources        map[string]string              `json:"nameSources"`
	HealthBoardSources map[string]string              `json:"healthBoardSources"`
	Websites           map[string]v1alpha1.WebAddress `json:"websites"`
}

// areas is what the table says of council areas and the partnerships that cover them.
type areas struct {
	partnerships []*v1alpha1.Partnership
	councilCode  map[string]v1alpha1.CouncilCode
	// partnership that covers a council area, by name of the area. Where several do, the first in the table.
	partnership map[string]string
}

// partnershipName makes the name of a Partnership from the name it operates under: "Glasgow City ADP" is "glasgow-city".
func partnershipName(operatingName string) string {
	short, _, _ := strings.Cut(operatingName, " (")
	short = strings.TrimSuffix(short, " ADP")
	return strings.ReplaceAll(strings.ToLower(short), " ", "-")
}

func readAreas(known sources) (*areas, error) {
	rows, err := readTable("councils-adps.csv")
	if err != nil {
		return nil, err
	}
	var facts partnershipFacts
	if err := readYAML("partnerships.yaml", &facts); err != nil {
		return nil, err
	}
	a := &areas{councilCode: map[string]v1alpha1.CouncilCode{}, partnership: map[string]string{}}
	for _, row := range rows {
		a.add(row)
	}
	for _, p := range a.partnerships {
		if err := facts.complete(p, known); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(a.partnerships, func(x, y *v1alpha1.Partnership) int { return cmp.Compare(x.Name, y.Name) })
	return a, nil
}

// add puts a row, one council area and a partnership that covers it, into the partnership.
func (a *areas) add(row tableRow) {
	council, name := row["council"], partnershipName(row["adp_operating_name"])
	code := v1alpha1.CouncilCode(row["council_code_S12"])
	a.councilCode[council] = code
	if _, covered := a.partnership[council]; !covered {
		a.partnership[council] = name
	}
	p := a.find(name, row)
	p.Spec.Councils = append(p.Spec.Councils, v1alpha1.CouncilArea{Code: code, Name: council})
	board := boardOf(row)
	if !slices.Contains(p.Spec.HealthBoards, board) {
		p.Spec.HealthBoards = append(p.Spec.HealthBoards, board)
	}
	if p.Spec.ScotPHOCode != row["adp_code_S11_scotpho"] {
		p.Spec.ScotPHOCode = "" // ScotPHO divides the partnership in two; neither code stands for the whole
	}
}

// boardOf is the health board area that a row of the table puts its council area in.
func boardOf(row tableRow) v1alpha1.HealthBoardArea {
	return v1alpha1.HealthBoardArea{
		Code: v1alpha1.HealthBoardCode(row["health_board_code_S08"]), Name: row["health_board"],
	}
}

func (a *areas) find(name string, row tableRow) *v1alpha1.Partnership {
	for _, p := range a.partnerships {
		if p.Name == name {
			return p
		}
	}
	p := &v1alpha1.Partnership{
		TypeMeta:   typeMeta("Partnership"),
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels(DataScotland)},
		Spec: v1alpha1.PartnershipSpec{
			DisplayName:    row["adp_operating_name"],
			ScotPHOCode:    row["adp_code_S11_scotpho"],
			Administrators: []v1alpha1.Account{{Kind: v1alpha1.AccountGroup, Name: AdministratorGroup(name)}},
		},
	}
	a.partnerships = append(a.partnerships, p)
	return p
}

// complete adds the sources of each fact of a partnership, and its address where one is published.
func (f partnershipFacts) complete(p *v1alpha1.Partnership, known sources) error {
	if website, published := f.Websites[p.Name]; published {
		p.Spec.Contact = &v1alpha1.Contact{Website: website}
	}
	tags := []struct{ tag, subject string }{
		{cmp.Or(f.NameSources[p.Name], "general-knowledge"), "name"},
		{"P8", "codes of council areas"},
		{"P8", "codes of health boards"},
		{cmp.Or(f.HealthBoardSources[p.Name], "general-knowledge"), "health board of each council area"},
		{"P4", "ScotPHO code"},
	}
	if p.Spec.ScotPHOCode == "" {
		tags = tags[:len(tags)-1]
	}
	for _, t := range tags {
		source, err := known.of(t.tag)
		if err != nil {
			return err
		}
		if t.subject == "codes of health boards" {
			source.Provenance = v1alpha1.ProvenanceDerived // the newest code of each name in the register
		}
		p.Spec.Sources = append(p.Spec.Sources, about(source, t.subject))
	}
	return nil
}
