//go:build !linux || race

package apart

// limitProcess does nothing: the watch alone limits the process. Where races are looked for, that takes more memory than the
// rules.
func limitProcess(uint64) {}
