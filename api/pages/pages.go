package pages

import (
	"fmt"
	"net/http"

	"lifeline.scot/api/directory"
)

// New returns the handler of the pages. Mount it at /, under the addresses of everything else. source is asked once for
// each request and must be safe for use by many; the page is made from the view it returns.
//
// It panics if the files built into the program cannot be read, which only a broken build can bring about.
func New(source func() directory.View, o Options) http.Handler {
	s, err := newSite(source, o)
	if err != nil {
		panic(fmt.Sprintf("pages: %v", err))
	}
	return s.handler()
}
