// Package measure takes times and memory, and says what came of it.
package measure

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Load is a closed loop: each of Clients sends its next request when it has the answer to the last.
type Load struct {
	URL string
	// Bodies are sent in turn.
	Bodies  [][]byte
	Clients int
	For     time.Duration
}

// Answered is what a load found.
type Answered struct {
	Times     Times
	PerSecond float64
}

// grace is how long the last answers may take after the end of a load.
const grace = 10 * time.Second

// Run sends the load. Any answer but 200 with a body ends it with an error, so that no ratio is ever made of failures.
func (l Load) Run(ctx context.Context) (Answered, error) {
	ctx, cancel := context.WithTimeout(ctx, l.For+grace)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: l.Clients}}
	defer client.CloseIdleConnections()

	var failed atomic.Pointer[error]
	times := make([]Times, l.Clients)
	var all sync.WaitGroup
	start := time.Now()
	for i := range l.Clients {
		all.Go(func() {
			for turn := i; time.Since(start) < l.For && failed.Load() == nil; turn++ {
				took, err := l.ask(ctx, client, l.Bodies[turn%len(l.Bodies)])
				if err != nil {
					failed.Store(&err)
					return
				}
				times[i] = append(times[i], took)
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return Answered{}, *err
	}
	merged := Join(times...)
	return Answered{merged, float64(len(merged)) / time.Since(start).Seconds()}, nil
}

func (l Load) ask(ctx context.Context, client *http.Client, body []byte) (time.Duration, error) {
	start := time.Now()
	n := int64(0)
	err := Post(ctx, client, l.URL, body, func(answer io.Reader) (err error) {
		n, err = io.Copy(io.Discard, answer)
		return err
	})
	if err == nil && n == 0 {
		err = fmt.Errorf("%s answered nothing", l.URL)
	}
	return time.Since(start), err
}

// Post sends a JSON body and has the answer read. An answer that is not 200 is an error.
func Post(ctx context.Context, client *http.Client, url string, body []byte, read func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300)) // only to explain the status
		return fmt.Errorf("%s answered %s: %s", url, response.Status, text)
	}
	return read(response.Body)
}
