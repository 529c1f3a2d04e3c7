package scotland

import (
	"cmp"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"lifeline.scot/crds/v1alpha1"
)

// Size says how much to invent.
type Size struct {
	// Partnerships, Services and Pools are how many of each. Services are spread evenly over the partnerships, pools over
	// the services.
	Partnerships, Services, Pools int

	// Seed decides everything else: the same Size gives the same objects on every machine.
	Seed uint64

	// Now is the moment that the times at which services were verified lie before. Default: 1 June 2026.
	Now time.Time
}

// servicesPerPartner is how many services one invented organisation runs, at most.
const servicesPerPartner = 25

// Generated is invented data of a Size. Each object is made when it is asked for, from the seed and its number alone, so
// any part can be streamed without the rest in memory. It can be used from several goroutines at once.
type Generated struct {
	size  Size
	areas []tableRow
}

// Generate prepares invented data. Everything in it is marked Illustrative, and its names start with "sample", so that
// nobody takes it for a real service. It is an error to ask for services without partnerships, or pools without services.
func Generate(size Size) (*Generated, error) {
	switch {
	case min(size.Partnerships, size.Services, size.Pools) < 0:
		return nil, fmt.Errorf("generating %+v: a number is below zero", size)
	case size.Services > 0 && size.Partnerships == 0:
		return nil, fmt.Errorf("generating %d services: they need at least one partnership", size.Services)
	case size.Pools > 0 && size.Services == 0:
		return nil, fmt.Errorf("generating %d pools: they need at least one service", size.Pools)
	}
	areas, err := readTable("councils-adps.csv")
	if err != nil {
		return nil, err
	}
	size.Now = cmp.Or(size.Now, time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)).UTC().Truncate(time.Second)
	return &Generated{size: size, areas: areas}, nil
}

// Objects gives everything but the reports, in the order to apply it.
func (g *Generated) Objects() iter.Seq[client.Object] {
	return func(yield func(client.Object) bool) {
		_ = each(g.Partnerships(), yield) && each(g.Partners(), yield) && each(g.Services(), yield) && each(g.Pools(), yield)
	}
}

func each[T client.Object](objects iter.Seq[T], yield func(client.Object) bool) bool {
	for o := range objects {
		if !yield(o) {
			return false
		}
	}
	return true
}

// Partnerships gives the invented partnerships. They cover real council areas, because the codes must be real.
func (g *Generated) Partnerships() iter.Seq[*v1alpha1.Partnership] {
	return stream(g.size.Partnerships, g.partnership)
}

// Partners gives the invented organisations.
func (g *Generated) Partners() iter.Seq[*v1alpha1.Partner] { return stream(g.partners(), g.partner) }

// Services gives the invented services.
func (g *Generated) Services() iter.Seq[*v1alpha1.SupportService] {
	return stream(g.size.Services, g.service)
}

// Pools gives the invented pools.
func (g *Generated) Pools() iter.Seq[*v1alpha1.CapacityPool] { return stream(g.size.Pools, g.pool) }

// Reports gives one invented count for each pool, observed up to three days before now, never after it.
func (g *Generated) Reports(now time.Time) iter.Seq[*v1alpha1.CapacityReport] {
	return stream(g.size.Pools, func(i int) *v1alpha1.CapacityReport { return g.report(i, now) })
}

// stream makes objects 0 to n-1, each when it is asked for.
func stream[T any](n int, build func(i int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for i := range n {
			if !yield(build(i)) {
				return
			}
		}
	}
}

// partners is how many organisations it takes to run the services.
func (g *Generated) partners() int {
	return (g.size.Services + servicesPerPartner - 1) / servicesPerPartner
}

// sequence tells the random numbers of one kind of object from those of another.
type sequence uint64

const (
	forPartnership sequence = iota + 1
	forPartner
	forService
	forPool
	forReport
)

// random gives the random numbers that belong to one object.
func (g *Generated) random(kind sequence, i int) dice {
	return dice{rand.New(rand.NewPCG(g.size.Seed, uint64(kind)<<48|uint64(i)))}
}

func partnershipNumber(i int) string { return fmt.Sprintf("sample-%03d", i+1) }
func partnerNumber(i int) string     { return fmt.Sprintf("sample-partner-%05d", i+1) }
func serviceNumber(i int) string     { return fmt.Sprintf("sample-service-%06d", i+1) }
func poolNumber(i int) string        { return fmt.Sprintf("sample-pool-%06d", i+1) }

// namespace of a service and its pools.
func (g *Generated) namespace(service int) string {
	return v1alpha1.NamespaceFor(partnershipNumber(service % g.size.Partnerships))
}

// serviceOf is the number of the service a pool belongs to.
func (g *Generated) serviceOf(pool int) int { return pool * g.size.Services / g.size.Pools }

// hasPools says whether a service has pools.
func (g *Generated) hasPools(service int) bool {
	if g.size.Pools == 0 {
		return false
	}
	first := (service*g.size.Pools + g.size.Services - 1) / g.size.Services
	return first < g.size.Pools && g.serviceOf(first) == service
}

func (g *Generated) meta(name, namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels(DataGenerated)}
}

// invented is the source of everything generated.
func invented() []v1alpha1.Source { return []v1alpha1.Source{inventedSource()} }

func inventedSource() v1alpha1.Source {
	return v1alpha1.Source{Title: "Invented to measure the directory", Provenance: v1alpha1.ProvenanceIllustrative}
}

func (g *Generated) partnership(i int) *v1alpha1.Partnership {
	d := g.random(forPartnership, i)
	p := &v1alpha1.Partnership{
		TypeMeta:   typeMeta("Partnership"),
		ObjectMeta: g.meta(partnershipNumber(i), ""),
		Spec: v1alpha1.PartnershipSpec{
			DisplayName:    fmt.Sprintf("Sample ADP %d (invented)", i+1),
			Contact:        d.contact(partnershipNumber(i)),
			Administrators: []v1alpha1.Account{{Kind: v1alpha1.AccountGroup, Name: AdministratorGroup(partnershipNumber(i))}},
			Sources:        invented(),
		},
	}
	addArea(&p.Spec, g.areas[i%len(g.areas)])
	if second := g.areas[d.IntN(len(g.areas))]; d.chance(20) {
		addArea(&p.Spec, second)
	}
	for standard := range v1alpha1.MATStandard(10) {
		p.Spec.MATRatings = append(p.Spec.MATRatings, v1alpha1.MATRating{
			Standard: standard + 1, Value: pick(d, matValues), Source: inventedSource(),
		})
	}
	return p
}

// addArea lets a partnership cover a council area, unless it does already.
func addArea(spec *v1alpha1.PartnershipSpec, row tableRow) {
	code := v1alpha1.CouncilCode(row["council_code_S12"])
	for _, council := range spec.Councils {
		if council.Code == code {
			return
		}
	}
	spec.Councils = append(spec.Councils, v1alpha1.CouncilArea{Code: code, Name: row["council"]})
	board := boardOf(row)
	for _, known := range spec.HealthBoards {
		if known == board {
			return
		}
	}
	spec.HealthBoards = append(spec.HealthBoards, board)
}

func (g *Generated) partner(i int) *v1alpha1.Partner {
	d := g.random(forPartner, i)
	name := partnerNumber(i)
	return &v1alpha1.Partner{
		TypeMeta:   typeMeta("Partner"),
		ObjectMeta: g.meta(name, ""),
		Spec: v1alpha1.PartnerSpec{
			DisplayName: fmt.Sprintf("%s %s %d (invented)", pick(d, placeWords), pick(d, organisationWords), i+1),
			Sector:      pick(d, sectors),
			Contact:     d.contact(name),
			Accounts:    []v1alpha1.Account{{Kind: v1alpha1.AccountGroup, Name: ProviderGroup(name)}},
			DataProtection: &v1alpha1.DataProtection{
				Contact: v1alpha1.Contact{Email: v1alpha1.EmailAddress("data-protection@" + name + ".example.org")},
			},
			Sources: invented(),
		},
	}
}
