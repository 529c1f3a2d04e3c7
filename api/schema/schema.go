package schema

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"lifeline.scot/api/bell"
	"lifeline.scot/api/casework"
	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/geography"
	"lifeline.scot/api/mesh/delivery"
	"lifeline.scot/api/placement"
)

//go:generate go run ./sdl schema.graphql

// types are all the types of the schema, which refer to each other.
type types struct {
	scalars
	enums
	inputs

	partnership, partner, supportService, capacityPool           *engine.Object
	source, contact, council, healthBoard, matRating, identifier *engine.Object
	location, position, openingHours, audience, access           *engine.Object
	verification, figure, publishedPlaces, lastKnown, features   *engine.Object
	claimableBy, placeTotals, pageInfo                           *engine.Object
	partnerships, partners, supportServices, capacityPools       *engine.Object
	nodeInterface                                                *engine.Interface
	queryObject                                                  *engine.Object
	placementTypes
	placementInputs
	referralTypes
	deliveryTypes

	sources Sources
}

// Sources are what the schema reads from, besides the view that each request is answered from, and where it hands in what
// clients decide. A schema that is only described, or only asked about the directory, needs none.
type Sources struct {
	// Districts are where the postcode districts lie.
	Districts geography.Districts
	// Directory is followed by subscriptions.
	Directory Followed
	// Book holds the claims, and Desk takes decisions about them.
	Book *placement.Book
	Desk *placement.Desk
	// Casework gives where referrals are handed in and read, or says that it cannot be reached now; nil where none are kept.
	Casework func() (*casework.Desk, error)
	// Deliveries gives where deliveries are asked about, or says that it cannot be reached now; nil where no referrals are kept.
	Deliveries func() (*delivery.Desk, error)
}

// Followed is a directory that can be followed.
type Followed interface {
	View() directory.View
	Listen(namespace, name string) *bell.Bell[directory.PoolName]
}

// of is something of the directory, together with the view it was found in and is joined by.
type of[T any] struct {
	view *directory.View
	it   T
}

// New is the schema. Its query, mutation and subscription types read from a *directory.View.
func New(sources Sources) engine.Schema {
	t := declare(sources)
	return engine.Schema{
		Description: schemaDescription, Query: t.queryObject, Mutation: t.mutationObject, Subscription: t.subscriptionObject,
	}
}

func declare(sources Sources) *types {
	t := &types{scalars: newScalars(), enums: newEnums(), sources: sources}
	t.inputs, t.placementInputs = newInputs(t.enums), newPlacementInputs(t.enums)
	t.declareNode()
	t.declareShared()
	t.declarePlaces()
	t.declareOrganisations()
	t.declareServices()
	t.declarePools()
	t.declareLists()
	t.declarePlacements()
	t.declarePlacementPages()
	t.declareQueues()
	t.declareOffers()
	t.declareUnmet()
	t.declareProblems()
	t.declareReferrals()
	t.declareDeliveries()
	t.declareQuery()
	t.declareMutations()
	t.declareSubscriptions()
	return t
}

const schemaDescription = `Lifeline: Scotland's directory of support for people who use drugs or alcohol, and for those close to them.

The directory is public. Claims on places are for those who say who they are: they carry codes only, and
each is seen only by its ADP and by the provider that holds a place for it. What a referral tells of a person is shown field by field as
far as the person or the law allows, for a purpose and in a care role; what is withheld says so, and what was shown is written down. Every answer is made from one state of the directory; ask for directory { asOf state } to see how
fresh it is. Numbers of people from 1 to 4 are withheld, because they could point at a person; a Figure says so. What is free is always
shown, because that is what people in need look for: whoever assumes that all registered places are staffed can still guess
how many people there are, and nothing here says whether the guess is right.`

// Compile makes an engine of the schema, with the built-in table of postcode districts.
func Compile() (*engine.Engine, error) {
	districts, err := geography.BuiltInDistricts()
	if err != nil {
		return nil, fmt.Errorf("compile the schema of the directory: %w", err)
	}
	return CompileWith(Sources{Districts: districts})
}

// CompileWith makes an engine of the schema that reads from the sources.
func CompileWith(sources Sources) (*engine.Engine, error) {
	e, err := engine.Compile(New(sources))
	if err != nil {
		return nil, fmt.Errorf("compile the schema of the directory: %w", err)
	}
	return e, nil
}

// Options are how the schema is served: each request reads one view, and each answer says as of when it is.
func Options(view func() directory.View) engine.Options {
	return engine.Options{
		Root: func(*http.Request) any { v := view(); return &v },
		Extensions: func(root any) map[string]any {
			v, ok := root.(*directory.View)
			if !ok {
				return nil
			}
			return map[string]any{"directory": map[string]any{
				"asOf":    v.Freshness().AsOf.UTC().Format(time.RFC3339),
				"state":   string(v.Freshness().State),
				"version": strconv.FormatUint(v.Version(), 10),
			}}
		},
		Header: func(root any, header http.Header) {
			if v, ok := root.(*directory.View); ok {
				header.Set("Lifeline-As-Of", v.Freshness().AsOf.UTC().Format(time.RFC3339))
				header.Set("Lifeline-State", string(v.Freshness().State))
			}
		},
	}
}

// required is never null; each is a list that is never null, of things that are never null.
func required(t engine.Type) engine.Type { return engine.NonNull(t) }
func each(t engine.Type) engine.Type     { return engine.NonNull(engine.List(engine.NonNull(t))) }
func some(t engine.Type) engine.Type     { return engine.List(engine.NonNull(t)) }

// lazily makes an object whose fields may refer to types declared later.
func object(name, description string, fields func() []engine.Field, interfaces ...*engine.Interface) *engine.Object {
	return &engine.Object{Name: name, Description: description, Fields: fields, Interfaces: interfaces}
}
