// Command kubectl is the Kubernetes command line, built from the module proxy for machines that have none.
package main

import (
	"os"

	_ "k8s.io/client-go/plugin/pkg/client/auth" // log-in plugins, as upstream's own main registers them
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	"k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubectl/pkg/cmd/util"
)

func main() {
	// An error here only means that -v was not a number; kubectl reports that itself when it parses its flags.
	_, _ = logs.GlogSetter(cmd.GetLogVerbosity(os.Args))
	if err := cli.RunNoErrOutput(cmd.NewDefaultKubectlCommand()); err != nil {
		util.CheckErr(err)
	}
}
