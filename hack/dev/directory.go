package main

import (
	"bytes"
	"context"
	_ "embed" // for beds.graphql
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// directory asks the API through GraphQL, as any other client would.
type directory struct {
	url string // of /graphql
}

//go:embed beds.graphql
var bedsQuery string

// figure is a number that may be unknown, or withheld because it is small.
type figure struct {
	Value *int
	State string
}

// place is a pool as the query asks for it.
type place struct {
	DisplayName                               string
	Kind                                      string
	Partnership, Service                      *struct{ DisplayName string }
	Registered, Staffed, Occupied, Held, Free figure
	Trust                                     string
	ConfirmedTime                             *time.Time
	Provenance                                string
}

// places returns every pool of the directory, by ADP, kind and name.
func (d directory) places(ctx context.Context) ([]place, error) {
	var all []place
	for variables := map[string]any{}; ; {
		var answer struct {
			CapacityPools struct {
				TotalCount int
				PageInfo   struct {
					HasNextPage bool
					EndCursor   string
				}
				Nodes []place
			}
		}
		if err := d.ask(ctx, bedsQuery, variables, &answer); err != nil {
			return nil, fmt.Errorf("read the bed table through GraphQL: %w", err)
		}
		all = append(all, answer.CapacityPools.Nodes...)
		if !answer.CapacityPools.PageInfo.HasNextPage {
			return all, nil
		}
		variables["after"] = answer.CapacityPools.PageInfo.EndCursor
	}
}

// ask sends a query and decodes its data.
func (d directory) ask(ctx context.Context, query string, variables map[string]any, data any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // only read
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	return decode(response.Status, text, data)
}

func decode(status string, text []byte, data any) error {
	answer := struct {
		Data   any
		Errors []struct{ Message string }
	}{Data: data}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("the answer (%s) is not GraphQL: %w", status, err)
	}
	var failed []error
	for _, e := range answer.Errors {
		failed = append(failed, errors.New(e.Message))
	}
	return errors.Join(failed...)
}
