// Package engine serves a GraphQL schema over HTTP. It knows no domain: a caller declares each type and field once
// (name, description, nullability, how to read it) with [Object], [Field] and friends, compiles the declaration with
// [Compile] and mounts [NewHandler].
//
// A request passes these steps, and each can end it with an error that carries a code:
//
//	bytes → JSON → who asks → scan → parse → shape → validate → coerce variables → cost → execute → ordered JSON
//
// The scan runs before the parser and the shape check before validation, because graphql-go v0.8.1 can be made to
// burn minutes, or to overflow its stack, by documents of a few dozen bytes. What is declared here does not depend on
// how it is executed: a [Field] keeps its typed accessor, so that a faster executor can call it without reflection.
//
// # Mutations
//
// The fields of a mutation run one after another, in the order of the document, each with a root of its own. Once the first
// one has begun, neither a client that hangs up nor a server that stops ends it: only [Limits].Time does, from the first byte of
// the request on. Then no further field begins, but what has happened is read and told. A resolver that is given up half way
// has to be safe to call again; that is what an idempotency key is for. They are sent by POST only, or over a stream.
//
// # Subscriptions
//
// A subscription follows one field, which opens a [Source]. Each event is an answer of its own: with a fresh root, the limits of
// one request, and the same masks. There is no queue: the source is asked for its next event when the client has taken
// the last one.
//
// # Streams
//
// Any operation can be sent over a stream; subscriptions need one. They are:
//
//   - Server-sent events, as the npm package graphql-sse has them in its distinct connections mode: GET or POST with Accept:
//     text/event-stream. Who may not ask is told by the status 401 or 403, and what is no request at all by 4xx; all else that
//     is wrong is told in an event next, before complete.
//   - Websockets with the subprotocol graphql-transport-ws, as the npm package graphql-ws has it. Who asks is told in the payload
//     of connection_init. A browser opens a websocket to any site, and sends its cookies: pages of other sites
//     must be named in [Options].Origins.
//
// The server ends streams that are as old as they may be, and all of them when it stops ([Options].Done). It then sends no
// complete, which would tell a client that there is nothing more to come: the stream breaks off (a websocket with 4499 or
// 1001), and the reference clients open another one and subscribe again. A client that does not take what it is sent within
// [Limits].WriteTime, or does not answer a websocket's pings, loses its stream.
package engine
