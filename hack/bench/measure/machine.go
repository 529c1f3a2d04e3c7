package measure

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is what a run was measured on, to tell a quiet machine from a busy one.
type Machine struct {
	System string `json:"system"`
	Go     string `json:"go"`
	Cores  int    `json:"cores"`
	// LoadBefore and LoadAfter are the load averages of one minute at the start and the end; "" where the system has none.
	LoadBefore string `json:"loadBefore"`
	LoadAfter  string `json:"loadAfter"`
}

// ThisMachine is the machine now.
func ThisMachine() Machine {
	return Machine{
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), Cores: runtime.NumCPU(), LoadBefore: LoadAverage(),
	}
}

// LoadAverage is the load of the last minute; "" where the system has none.
func LoadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	minute, _, _ := strings.Cut(string(text), " ")
	return minute
}

func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, load %s before and %s after", m.System, m.Cores, m.Go, m.LoadBefore, m.LoadAfter)
}
