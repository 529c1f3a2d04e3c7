package story

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"lifeline.scot/hack/dev/issuer"
	"lifeline.scot/hack/dev/partners"
)

// stage is where the story is played. Its first error ends it: whatever is asked for afterwards is not done, so that a scene
// reads from top to bottom and the error is looked at once.
type stage struct {
	*teller
	ctx     context.Context //nolint:containedctx // a stage lasts as long as one call of Play
	options Options
	tokens  map[string]string
	err     error
	// versions of the referrals that are known.
	versions map[string]int
	// partners says what their software got; nil until that is asked. toldOf are the events, by id, that the story has told of.
	partners *partners.Ask
	toldOf   map[string]bool
	keys     int
	run      string
}

func newStage(ctx context.Context, o Options) *stage {
	return &stage{
		teller: &teller{out: o.Out, began: time.Now()}, ctx: ctx, options: o, tokens: map[string]string{},
		versions: map[string]int{}, toldOf: map[string]bool{}, run: rand.Text()[:8],
	}
}

// fail keeps the first error, and tells nothing more.
func (s *stage) fail(err error) {
	if s.err == nil {
		s.err, s.out = err, io.Discard
	}
}

// answerLimit is how long one answer may take.
const answerLimit = 20 * time.Second

// asks sends a query as somebody and reads the data of the answer.
func (s *stage) asks(who player, query string, into any) {
	if s.err != nil {
		return
	}
	if err := s.send(who, query, into); err != nil {
		s.fail(fmt.Errorf("%s asks: %w", who.name, err))
	}
}

func (s *stage) send(who player, query string, into any) error {
	token, err := s.token(who.role)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return fmt.Errorf("encode the question: %w", err)
	}
	ctx, cancel := context.WithTimeout(s.ctx, answerLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.options.API+"/graphql", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("ask the API: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	return decode(response.Body, into)
}

const mostAnswerBytes = 4 << 20

func decode(from io.Reader, into any) error {
	var answer struct {
		Data   json.RawMessage
		Errors []struct{ Message string }
	}
	if err := json.NewDecoder(io.LimitReader(from, mostAnswerBytes)).Decode(&answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if len(answer.Errors) > 0 {
		return fmt.Errorf("the API answers: %s", answer.Errors[0].Message)
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// token signs somebody in, once.
func (s *stage) token(who string) (string, error) {
	if token := s.tokens[who]; token != "" {
		return token, nil
	}
	token, err := issuer.Token(s.ctx, s.options.Dir, who)
	if err != nil {
		return "", fmt.Errorf("sign in as %s: %w", who, err)
	}
	s.tokens[who] = token
	return token, nil
}

// key is a new idempotency key.
func (s *stage) key() string {
	s.keys++
	return fmt.Sprintf("demo-%s-%d", s.run, s.keys)
}

// problem is why something was not done.
type problem struct{ Code, Message string }

var errNotDone = errors.New("it was not done")

func notDone(mutation string, problems []problem) error {
	said := make([]string, len(problems))
	for i, p := range problems {
		said[i] = p.Message
	}
	return fmt.Errorf("%s: %w: %s", mutation, errNotDone, strings.Join(said, " "))
}

// does carries out a mutation of a referral, and keeps its version.
func (s *stage) does(who player, mutation, input string) (id string) {
	var answer struct {
		Did struct {
			ID       string
			Version  int
			Problems []problem
		}
	}
	s.asks(who, fmt.Sprintf(`mutation { did: %s(input: {idempotencyKey: %q, %s}) { id version problems { code message } } }`,
		mutation, s.key(), input), &answer)
	if s.err == nil && len(answer.Did.Problems) > 0 {
		s.fail(notDone(mutation, answer.Did.Problems))
	}
	return answer.Did.ID
}

// makes a referral.
func (s *stage) makes(who player, mutation, input string) (id string) {
	id = s.does(who, mutation, input)
	s.reads(who, id)
	return id
}

// moves a referral on, from the version that it has now.
func (s *stage) moves(who player, mutation, id, input string) {
	s.reads(who, id)
	if input != "" {
		input = ", " + input
	}
	s.does(who, mutation, fmt.Sprintf(`referral: %q, version: %d%s`, id, s.versions[id], input))
}

// reads the version of a referral.
func (s *stage) reads(who player, id string) {
	var answer struct{ Referral *struct{ Version int } }
	s.asks(who, fmt.Sprintf(`{ referral(%s) { version } }`, who.of(id)), &answer)
	switch {
	case s.err != nil:
	case answer.Referral == nil:
		s.fail(fmt.Errorf("%s does not find the referral", who.name))
	default:
		s.versions[id] = answer.Referral.Version
	}
}

// places carries out a mutation of a claim on a place.
func (s *stage) places(who player, mutation, input string) {
	var answer struct{ Did struct{ Problems []problem } }
	s.asks(who, fmt.Sprintf(`mutation { did: %s(input: {idempotencyKey: %q, %s}) { problems { code message } } }`,
		mutation, s.key(), input), &answer)
	if s.err == nil && len(answer.Did.Problems) > 0 {
		s.fail(notDone(mutation, answer.Did.Problems))
	}
}

// patience is how long something that happens by itself may take.
const patience = 60 * time.Second

// awaits what happens by itself; the time that it took.
func (s *stage) awaits(what string, happened func() bool) time.Duration {
	began := time.Now()
	for s.err == nil && !happened() {
		select {
		case <-s.ctx.Done():
			s.fail(s.ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
		if time.Since(began) > patience {
			s.fail(fmt.Errorf("it took longer than %s until %s", patience, what))
		}
	}
	return time.Since(began)
}

// awaitsStatus waits until a referral has a status.
func (s *stage) awaitsStatus(who player, id, status string) time.Duration {
	return s.awaits("the referral was "+status, func() bool {
		var answer struct {
			Referral *struct{ Status struct{ Value string } }
		}
		s.asks(who, fmt.Sprintf(`{ referral(%s) { status { value } } }`, who.of(id)), &answer)
		return answer.Referral != nil && answer.Referral.Status.Value == status
	})
}
