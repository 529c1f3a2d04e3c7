package outbound

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"lifeline.scot/api/mesh/event"
	"lifeline.scot/api/mesh/signature"
)

// userAgent is who we say that we are.
const userAgent = "Lifeline"

// question is what is sent, once or again.
type question struct {
	method string
	id     string
	body   []byte
	header http.Header
	// still reports whether it may be sent once more; nil for that it may.
	still func(ctx context.Context) bool
}

// errNoLonger ends a question that is not to be sent once more.
var errNoLonger = errors.New("this may not be sent any more")

// ask sends a question, and returns what came of it and the headers of the answer; nil if there was none.
func (s *Sender) ask(ctx context.Context, to Endpoint, q question) (Outcome, http.Header) {
	begun := time.Now()
	u, code := s.guard.endpoint(to.URL)
	switch {
	case code != "":
		return Outcome{Kind: Prohibited, Code: code}, nil
	case !signature.IsID(q.id), len(to.Secrets) == 0, len(q.body) > event.MostBytes:
		return Outcome{Kind: Failed, Code: CodeNotSendable}, nil
	}
	caller := ctx
	ctx, cancel := context.WithTimeout(caller, s.options.SendTime)
	defer cancel()
	request, err := retryablehttp.NewRequestWithContext(ctx, q.method, u.String(), bodyOf(q.body))
	if err != nil {
		return Outcome{Kind: Prohibited, Code: CodeURLNotAllowed}, nil
	}
	request.Header = s.headers(to, q)
	anew := func(r *http.Request) error {
		if q.still != nil && !q.still(ctx) {
			return errNoLonger
		}
		r.Header = s.headers(to, q) // a new one: the try before may still be reading its own
		return nil
	}
	response, err := s.trier(s.clients.of(to.URL), anew).Do(request)
	outcome := Outcome{Took: time.Since(begun)}
	if response != nil {
		defer response.Body.Close() //nolint:errcheck // there is nothing in it: see forgetful
	}
	if errors.Is(err, errNoLonger) {
		outcome.Kind, outcome.Code = Failed, CodeNoLonger
		return outcome, nil
	}
	if err != nil {
		outcome.Kind, outcome.Code = ofError(caller, ctx, err)
		return outcome, nil
	}
	outcome.Kind, outcome.Code = ofStatus(response.StatusCode)
	outcome.Status = response.StatusCode
	if outcome.Kind == Busy {
		outcome.RetryAfter = retryAfter(response.Header, s.options.Clock())
	}
	return outcome, response.Header
}

// bodyOf keeps a question without a body from having one that is empty.
func bodyOf(body []byte) any {
	if body == nil {
		return nil
	}
	return body
}

// headers are those of one try, signed with the time that it is now.
func (s *Sender) headers(to Endpoint, q question) http.Header {
	header := signature.Sign(to.Secrets, q.id, s.options.Clock(), q.body)
	header.Set("User-Agent", userAgent)
	for name, values := range q.header {
		header[name] = values
	}
	return header
}

// trier tries again within seconds what may go well the next time.
func (s *Sender) trier(client *http.Client, anew retryablehttp.PrepareRetry) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   client,
		Logger:       nil, // it would write down URLs and errors
		RetryMax:     s.options.Tries - 1,
		RetryWaitMin: s.options.ShortestPause,
		RetryWaitMax: s.options.LongestPause,
		CheckRetry:   s.again,
		Backoff:      s.pause,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		PrepareRetry: anew,
	}
}

// again reports whether to try again at once: when no connection could be made or it ended, and when the endpoint says that it is
// busy or broken and does not ask for longer than is waited here. Who gave no answer in time is not asked again now.
func (s *Sender) again(ctx context.Context, response *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		_, code := ofError(ctx, ctx, err)
		return code == CodeNotConnected || code == CodeHungUp || code == CodeNotResolved, err
	}
	kind, code := ofStatus(response.StatusCode)
	soon := retryAfter(response.Header, s.options.Clock()) <= s.options.LongestPause
	return soon && (kind == Busy || code == CodeServerError), nil
}

// pause is how long is waited before the next try: longer each time, at random so that those who fail together do not come back
// together, as long as is asked for and never longer than the longest.
func (s *Sender) pause(shortest, longest time.Duration, tried int, response *http.Response) time.Duration {
	wait := min(shortest<<min(tried, 8), longest)
	wait = wait/2 + rand.N(wait/2+1)
	if response != nil {
		wait = max(wait, retryAfter(response.Header, s.options.Clock()))
	}
	return min(max(wait, shortest/2), longest)
}
