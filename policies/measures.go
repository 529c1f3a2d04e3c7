package policies

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Window is for how long after an event something holds. The event itself is in the window, its end is not.
type Window struct {
	// After is overdose or break_glass.
	After   string `json:"after"`
	Seconds int64  `json:"seconds"`
}

// What a window can follow, how long it can be (ten years), and how many of a kind there can be.
const (
	eventOverdose   = "overdose"
	eventBreakGlass = "break_glass"
	maxWindow       = 10 * 366 * 24 * 3600
	maxMeasures     = 32
)

// measures are what facts are measured by: what settings.json names, and what reference.json says of fields, roles and purposes.
type measures struct {
	settings settings
	ages     []age    // by name
	windows  []window // by name
	fields   []field  // by name
	category map[string]Categories
	all      Categories // that a field is of
	beside   []beside   // by name
	// role and purpose are what they reach to.
	role, purpose map[string]Categories
	roles         map[string][]string // that a purpose is given to
	prohibited    []string            // purposes
}

type age struct {
	name  string
	years int
}

type window struct {
	Window

	name string
}

// settings are those of settings.json that say what is stated as a fact.
type settings struct {
	// Held are the statuses in which the target that was given a referral holds it.
	Held []string `json:"held_statuses"`
	// Section is the one under which a council officer may require records.
	Section section `json:"section_10_request"`
	// Related are the purposes for which whoever asks has to work with the person.
	Related []string `json:"relationship_purposes"`
	// Adult and Child are the kinds of partners that what protects an adult or a child goes to.
	Adult []string `json:"adult_protection_recipients"`
	Child []string `json:"child_protection_recipients"`
}

// section is of an act, under which a council officer may require records.
type section struct {
	Act     string `json:"act"`
	Section string `json:"section"`
}

type field struct {
	name     string
	category Categories
}

func newMeasures(ages map[string]int, windows map[string]Window, categories map[string]string) (*measures, error) {
	m := &measures{category: map[string]Categories{}}
	for name, years := range ages {
		m.ages = append(m.ages, age{name, years})
	}
	for name, w := range windows {
		if w.After != eventOverdose && w.After != eventBreakGlass {
			return nil, fmt.Errorf("window %s: after has to be %s or %s", name, eventOverdose, eventBreakGlass)
		}
		if w.Seconds <= 0 || w.Seconds > maxWindow {
			return nil, fmt.Errorf("window %s: seconds have to be from 1 to %d", name, int64(maxWindow))
		}
		m.windows = append(m.windows, window{w, name})
	}
	if len(ages) > maxMeasures || len(windows) > maxMeasures {
		return nil, fmt.Errorf("the settings name more than %d ages or windows", maxMeasures)
	}
	for name, category := range categories {
		set := categoryOf(category)
		if set == 0 {
			return nil, fmt.Errorf("field %s: there is no category %.40q", name, category)
		}
		m.category[name], m.all = set, m.all|set
		m.fields = append(m.fields, field{name, set})
	}
	slices.SortFunc(m.ages, func(a, b age) int { return cmp.Compare(a.name, b.name) })
	slices.SortFunc(m.windows, func(a, b window) int { return cmp.Compare(a.name, b.name) })
	slices.SortFunc(m.fields, func(a, b field) int { return cmp.Compare(a.name, b.name) })
	return m, nil
}

// measuresOf reads them from the data of the rules.
func measuresOf(data map[string]any) (*measures, error) {
	var d struct {
		Settings struct {
			Ages    map[string]int    `json:"ages"`
			Windows map[string]Window `json:"windows"`

			settings
		} `json:"settings"`
		Reference struct {
			FieldCategory map[string]string   `json:"field_category"`
			Role          map[string][]string `json:"role_categories"`
			Roles         map[string][]string `json:"purpose_roles"`
			Prohibited    []string            `json:"prohibited_purposes"`
			Purpose       map[string][]string `json:"purpose_categories"`
		} `json:"reference"`
		Beside map[string]besideRow `json:"beside"`
	}
	text, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	m, err := newMeasures(d.Settings.Ages, d.Settings.Windows, d.Reference.FieldCategory)
	if err != nil {
		return nil, err
	}
	m.settings, m.roles, m.prohibited = d.Settings.settings, d.Reference.Roles, d.Reference.Prohibited
	if m.role, err = reachesOf("role", d.Reference.Role); err != nil {
		return nil, err
	}
	if m.purpose, err = reachesOf("purpose", d.Reference.Purpose); err != nil {
		return nil, err
	}
	if m.beside, err = m.besideRows(d.Beside); err != nil {
		return nil, err
	}
	return m, nil
}

// reachesOf are the sets of categories that roles or purposes reach to.
func reachesOf(what string, lists map[string][]string) (map[string]Categories, error) {
	reaches := map[string]Categories{}
	for name, list := range lists {
		if err := among("category", list, categoryNames); err != nil {
			return nil, fmt.Errorf("%s %.40q: %w", what, name, err)
		}
		reaches[name] = categoriesOf(list)
	}
	return reaches, nil
}

// requested are the categories of the fields asked for; of all fields if none is named. What is no field is passed over.
func (m *measures) requested(fields []string) (set Categories) {
	if fields == nil {
		return m.all
	}
	for _, name := range fields {
		set |= m.category[name]
	}
	return set
}

// fieldsOf are the fields asked for that are of some categories, sorted; of all fields if none is named.
func (m *measures) fieldsOf(set Categories, asked []string) []string {
	fields := make([]string, 0, len(m.fields))
	for _, f := range m.fields {
		if set.has(f.category) && (asked == nil || slices.Contains(asked, f.name)) {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// reached are the ages that somebody has reached; none if no age is known. While there is one ahead, that stays so until they are
// a year older.
func (m *measures) reached(s *Subject, c *clock) (reached marks) {
	if s.Age == nil {
		return 0
	}
	for i, age := range m.ages {
		if *s.Age >= age.years {
			reached |= 1 << i
		} else {
			c.reached(s.OlderTime)
		}
	}
	return reached
}

// allowed are the facts of who may ask for what, and of who gets what protects people: what reference.json and settings.json say.
func (m *measures) allowed(r *Request, recipientKind string) Is {
	_, known := m.role[r.Actor.Role]
	return IsRoleAllowed.when(known && slices.Contains(m.roles[r.Purpose], r.Actor.Role)) |
		IsPurposeAllowed.when(!slices.Contains(m.prohibited, r.Purpose)) |
		IsRelationship.when(r.Actor.Assigned || !slices.Contains(m.settings.Related, r.Purpose)) |
		IsAdultProtectionRecipient.when(slices.Contains(m.settings.Adult, recipientKind)) |
		IsChildProtectionRecipient.when(slices.Contains(m.settings.Child, recipientKind))
}

// asked says whether a public body asks by the section that the settings name.
func (m *measures) asked(r *StatutoryRequest) Is {
	return IsSection10Request.when(r != nil && r.Reference != "" && r.Act != "" && section{r.Act, r.Section} == m.settings.Section)
}

func (m *measures) openWindows(r *Request, c *clock) (open marks) {
	for i, w := range m.windows {
		begin := r.eventTime(w.After)
		if c.reached(begin) && !c.reached(begin.Add(time.Duration(w.Seconds)*time.Second)) {
			open |= 1 << i
		}
	}
	return open
}

// eventTime is when something happened that a window can follow.
func (r *Request) eventTime(event string) time.Time {
	switch {
	case event == eventOverdose:
		return r.Referral.OverdoseTime
	case event == eventBreakGlass && r.BreakGlass != nil:
		return r.BreakGlass.DeclaredTime
	default:
		return time.Time{}
	}
}
