// Package engine serves a GraphQL schema over HTTP. It knows no domain: a caller declares each type and field once
// (name, description, nullability, how to read it) with [Object], [Field] and friends, compiles the declaration with
// [Compile] and mounts [NewHandler].
//
// A request passes these steps, and each can end it with an error that carries a code:
//
//	bytes → JSON → scan → parse → shape → validate → coerce variables → cost → execute → ordered JSON
//
// The scan runs before the parser and the shape check before validation, because graphql-go v0.8.1 can be made to
// burn minutes, or to overflow its stack, by documents of a few dozen bytes. What is declared here does not depend on
// how it is executed: a [Field] keeps its typed accessor, so that a faster executor can call it without reflection.
package engine
