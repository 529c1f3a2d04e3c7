// Package pagequery measures a realistic page of services over HTTP, beside a gqlgen server that answers the same queries
// from the same data.
package pagequery

import (
	_ "embed" // for the queries
	"encoding/json"
	"fmt"
)

//go:embed page.graphql
var pageQuery string

//go:embed service.graphql
var serviceQuery string

// request is the JSON body of a query.
func request(query string, variables map[string]any) []byte {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		panic(err) // only texts and numbers are in it
	}
	return body
}

func page(first int, after string) []byte {
	variables := map[string]any{"first": first}
	if after != "" {
		variables["after"] = after
	}
	return request(pageQuery, variables)
}

// serviceNumber asks for a generated service: they are spread over the partnerships in turn.
func serviceNumber(i, partnerships int) []byte {
	return request(serviceQuery, map[string]any{
		"partnership": fmt.Sprintf("sample-%03d", i%partnerships+1), "name": fmt.Sprintf("sample-service-%06d", i+1),
	})
}
