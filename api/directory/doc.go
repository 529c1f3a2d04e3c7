// Package directory holds the whole public directory in memory: an immutable [Snapshot], fed by watches on the Kubernetes
// API, with the indexes that searches need. No request touches Kubernetes; it reads a [View], which is one snapshot at
// one moment.
//
// One goroutine turns watch events into the next snapshot and publishes it with one atomic store. A snapshot shares all
// that did not change with the one before it: a changed pool costs the same whether the directory holds a hundred services
// or fifty thousand. What depends on the clock (how far a count can be trusted, and so what is free) is worked out when it
// is read, by package capacity, so that it changes as time passes even when nothing happens.
//
// If Kubernetes goes away the directory keeps answering from the last snapshot, and says so: see [Freshness].
package directory
