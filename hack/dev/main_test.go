package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
)

func TestMain(m *testing.M) {
	ctrllog.SetLogger(logr.Discard())
	code := m.Run()
	if builtPrograms != "" {
		if err := os.RemoveAll(builtPrograms); err != nil {
			fmt.Fprintln(os.Stderr, "remove the programs of the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}
