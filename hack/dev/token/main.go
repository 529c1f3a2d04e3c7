// Command token prints a bearer token for a role, good for half an hour, for the stack that `make run` has started:
//
//	go run ./hack/dev/token commissioner
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"lifeline.scot/hack/cluster/binaries"
	"lifeline.scot/hack/dev/issuer"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "token:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	role := ""
	if len(arguments) == 1 {
		role = arguments[0]
	}
	root, err := binaries.Root()
	if err != nil {
		return err
	}
	token, err := issuer.Token(context.Background(), filepath.Join(root, ".run"), role)
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}
