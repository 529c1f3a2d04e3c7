//go:build !linux

package apart

// limitProcess does nothing: the watch alone limits the process.
func limitProcess(uint64) {}
