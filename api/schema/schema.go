package schema

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"lifeline.scot/api/directory"
	"lifeline.scot/api/engine"
	"lifeline.scot/api/geography"
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

	// districts are where the postcode districts lie.
	districts geography.Districts
}

// of is something of the directory, together with the view it was found in and is joined by.
type of[T any] struct {
	view *directory.View
	it   T
}

// New is the schema of the directory. Its query type reads from a *directory.View; where a postcode district lies it reads
// from districts.
func New(districts geography.Districts) engine.Schema {
	return engine.Schema{Description: schemaDescription, Query: declare(districts).queryObject}
}

func declare(districts geography.Districts) *types {
	t := &types{scalars: newScalars(), enums: newEnums(), districts: districts}
	t.inputs = newInputs(t.enums)
	t.declareNode()
	t.declareShared()
	t.declarePlaces()
	t.declareOrganisations()
	t.declareServices()
	t.declarePools()
	t.declareLists()
	t.declareQuery()
	return t
}

const schemaDescription = `Lifeline: Scotland's directory of support for people who use drugs or alcohol, and for those close to them.

It is public and read only. Every answer is made from one state of the directory; ask for directory { asOf state } to see how
fresh it is. Numbers of people from 1 to 4 are withheld, because they could point at a person; a Figure says so. What is free is always
shown, because that is what people in need look for: whoever assumes that all registered places are staffed can still guess
how many people there are, and nothing here says whether the guess is right.`

// Compile makes an engine of the schema, with the built-in table of postcode districts.
func Compile() (*engine.Engine, error) {
	districts, err := geography.BuiltInDistricts()
	if err != nil {
		return nil, fmt.Errorf("compile the schema of the directory: %w", err)
	}
	return CompileWith(districts)
}

// CompileWith makes an engine of the schema, with a table of postcode districts of one's own.
func CompileWith(districts geography.Districts) (*engine.Engine, error) {
	e, err := engine.Compile(New(districts))
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
