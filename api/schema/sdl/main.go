// Command sdl writes the schema in the GraphQL schema definition language to a file.
package main

import (
	"log"
	"os"

	"lifeline.scot/api/schema"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: sdl FILE")
	}
	compiled, err := schema.Compile()
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(os.Args[1], []byte(compiled.SDL()), 0o644); err != nil {
		log.Fatal("write the schema: ", err)
	}
}
