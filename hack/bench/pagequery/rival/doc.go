// Package rival serves a part of the directory's schema with gqlgen, from the same data laid out as it likes it best: plain
// structs made in advance, one field of Go for each field of GraphQL, and its cache of parsed queries on.
package rival

//go:generate go tool gqlgen generate
