package schema

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/crds/capacity"
	"lifeline.scot/crds/v1alpha1"
)

func (t *types) declareQuery() {
	directoryObject := object("Directory", "The state of the directory that an answer is made from.", func() []engine.Field {
		return []engine.Field{
			engine.Get("state", "How the directory stands to what it is made from.", required(t.directoryState),
				func(v *directory.View) directory.State { return v.Freshness().State }),
			engine.Get("asOf", "The last moment at which it was known to hold everything.", t.dateTime,
				func(v *directory.View) time.Time { return v.Freshness().AsOf }),
			engine.Get("since", "Since when state is what it is.", required(t.dateTime),
				func(v *directory.View) any { return v.Freshness().Since }),
			engine.Get("version", "Differs whenever the data does, as long as one server runs. Opaque.",
				required(engine.String),
				func(v *directory.View) string { return strconv.FormatUint(v.Version(), 10) }),
			engine.Get("now", "The moment that trust and free places were worked out for.", required(t.dateTime),
				func(v *directory.View) any { return v.Now() }),
		}
	})
	t.queryObject = object("Query", "What can be asked.", func() []engine.Field {
		return append(append([]engine.Field{
			engine.Get("directory", "The state of the directory that this answer is made from.",
				required(directoryObject), func(v *directory.View) *directory.View { return v }),
		}, t.organisationQueries()...), slices.Concat(t.placeQueries(), t.placementQueries(), t.referralQueries(), t.nodeFields())...)
	})
}

func (t *types) organisationQueries() []engine.Field {
	return []engine.Field{
		engine.Resolve("partnership", "An ADP; null if there is none of that name.", t.partnership, []engine.Argument{nameArgument("partnership")},
			func(_ context.Context, v *directory.View, args engine.Args) (*of[*directory.Partnership], error) {
				name, _ := args.String("name")
				return partnershipOf(v, name), nil
			}),
		engine.Resolve("partnerships", "All ADPs, by the names people know them by.", required(t.partnerships), pageArguments(),
			func(_ context.Context, v *directory.View, args engine.Args) (*connection[*directory.Partnership], error) {
				return page(v, v.PartnershipList(), args)
			}),
		engine.Resolve("partner", "An organisation; null if there is none of that name.", t.partner, []engine.Argument{nameArgument("organisation")},
			func(_ context.Context, v *directory.View, args engine.Args) (*of[*directory.Partner], error) {
				name, _ := args.String("name")
				return pointerTo(v, present(v.Partner(name))), nil
			}),
		engine.Resolve("partners", "The organisations, by the names people know them by.", required(t.partners),
			append(pageArguments(),
				engine.Argument{Name: "sectors", Description: "Of any of these sectors.", Type: some(t.sector)}),
			func(_ context.Context, v *directory.View, args engine.Args) (*connection[*directory.Partner], error) {
				return page(v, v.PartnerList(engine.ListOf[v1alpha1.Sector](args, "sectors")), args)
			}),
	}
}

func (t *types) placeQueries() []engine.Field {
	everywhere := func(v *directory.View) (*directory.View, string) { return v, "" }
	return []engine.Field{
		engine.Resolve("supportService", "A service; null if there is none of that name.", t.supportService, inPartnership("service"),
			func(_ context.Context, v *directory.View, args engine.Args) (*of[*directory.Service], error) {
				namespace, name := objectName(args)
				return pointerTo(v, present(v.Service(namespace, name))), nil
			}),
		servicesField(t, "Services that fit a filter.", everywhere).Costing(searchEverywhere),
		engine.Resolve("capacityPool", "Places; null if there are none of that name.", t.capacityPool, inPartnership("capacity pool"),
			func(_ context.Context, v *directory.View, args engine.Args) (*of[*directory.Pool], error) {
				namespace, name := objectName(args)
				return pointerTo(v, present(v.Pool(namespace, name))), nil
			}),
		poolsField(t, "Places that fit a filter.", everywhere).Costing(searchEverywhere),
		engine.Get("totals", "The open places of the nation, kind by kind. Those of an ADP are in partnership { totals }.", each(t.placeTotals),
			func(v *directory.View) []capacity.Total { return v.NationalTotals() }).Sized(mostKinds),
	}
}

func nameArgument(what string) engine.Argument {
	return engine.Argument{
		Name: "name", Description: "The name of the " + what + " in the directory.",
		Type: required(engine.String),
	}
}

func inPartnership(what string) []engine.Argument {
	return []engine.Argument{
		{
			Name: "partnership", Description: "The name of the ADP that lists it.",
			Type: required(engine.String),
		}, nameArgument(what),
	}
}

func objectName(args engine.Args) (namespace, name string) {
	partnership, _ := args.String("partnership")
	name, _ = args.String("name")
	return v1alpha1.NamespaceFor(partnership), name
}

// scope says where a list is asked for: in which view and, unless "", of which ADP alone.
type scope[P any] func(P) (v *directory.View, partnership string)

// servicesField is a list of services.
func servicesField[P any](t *types, description string, within scope[P]) engine.Field {
	args := append(pageArguments(),
		engine.Argument{Name: "filter", Description: "Which services.", Type: t.serviceFilter},
		engine.Argument{Name: "near", Description: "Only with a place in this circle. A place without a position " +
			"counts as lying in the approximate middle of its postcode district.", Type: t.near},
		engine.Argument{
			Name:        "orderBy",
			Description: "How to sort them. Default: DISTANCE with near, NAME without.", Type: t.serviceOrder,
		})
	return engine.Resolve("supportServices", description, required(t.supportServices), args,
		func(_ context.Context, parent P, args engine.Args) (*connection[*directory.Service], error) {
			v, partnership := within(parent)
			return t.services(v, partnership, args)
		})
}

func (t *types) services(v *directory.View, partnership string, args engine.Args) (*connection[*directory.Service], error) {
	filter, err := serviceFilter(args)
	if err != nil {
		return nil, err
	}
	if filter.Near, err = t.circle(args); err != nil {
		return nil, err
	}
	filter.Partnerships = restrict(filter.Partnerships, partnership)
	order, given := engine.ArgOf[directory.Order](args, "orderBy")
	if !given {
		order = directory.ByName
		if filter.Near != nil {
			order = directory.ByDistance
		}
	}
	found, err := v.Services(filter, order)
	if errors.Is(err, directory.ErrNoPoint) {
		return nil, problem(CodeOrderNeedsNear, "To sort by distance, say from where: give near.")
	}
	if err != nil {
		return nil, err
	}
	return page(v, found, args)
}

// poolsField is a list of pools.
func poolsField[P any](t *types, description string, within scope[P]) engine.Field {
	args := append(pageArguments(),
		engine.Argument{Name: "filter", Description: "Which places.", Type: t.poolFilter},
		engine.Argument{Name: "orderBy", Description: "How to sort them.", Type: t.poolOrder, Default: directory.ByArea})
	return engine.Resolve("capacityPools", description, required(t.capacityPools), args,
		func(_ context.Context, parent P, args engine.Args) (*connection[*directory.Pool], error) {
			v, partnership := within(parent)
			filter, err := poolFilter(args)
			if err != nil {
				return nil, err
			}
			filter.Partnerships = restrict(filter.Partnerships, partnership)
			order, _ := engine.ArgOf[directory.Order](args, "orderBy")
			return page(v, v.Pools(filter, order), args)
		})
}

// restrict narrows the ADPs asked for to one, unless that is "". An ADP that was not asked for leaves nothing to find.
func restrict(asked []string, partnership string) []string {
	switch {
	case partnership == "":
		return asked
	case len(asked) == 0 || slices.Contains(asked, partnership):
		return []string{partnership}
	default:
		return []string{nowhere}
	}
}

// nowhere is the name of no ADP: names have no spaces.
const nowhere = " "
