package scribe

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// shelf stores one object, as an API server does: each write counts, and only onto the version that is stored.
type shelf struct {
	client.StatusClient
	client.SubResourceWriter

	mu      sync.Mutex
	stored  corev1.Namespace
	old     *corev1.Namespace // what the cache shows; nil: what is stored
	gone    bool
	writes  int
	version int
	// fault says what becomes of a write: nil, before it arrives, or after with its answer lost.
	fault func(write int) (before, after error)
	// hold, if not nil, keeps writes waiting until it is closed; begun tells of each.
	hold, begun chan struct{}
}

func newShelf() *shelf {
	s := &shelf{begun: make(chan struct{}, 100)}
	s.stored.Name, s.stored.ResourceVersion, s.version = "n", "1", 1
	return s
}

var key = client.ObjectKey{Name: "n"}

func (s *shelf) scribe() *Scribe[*corev1.Namespace] {
	return &Scribe[*corev1.Namespace]{
		Cached: cached{shelf: s}, Live: live{shelf: s}, Writer: s,
		New: func() *corev1.Namespace { return &corev1.Namespace{} },
	}
}

type live struct {
	client.Reader
	*shelf
}

func (l live) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "shelves"}, "n")
	}
	l.stored.DeepCopyInto(o.(*corev1.Namespace))
	return nil
}

type cached struct {
	client.Reader
	*shelf
}

func (c cached) Get(ctx context.Context, key client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	c.mu.Lock()
	old := c.old
	c.mu.Unlock()
	if old == nil {
		return live{shelf: c.shelf}.Get(ctx, key, o)
	}
	old.DeepCopyInto(o.(*corev1.Namespace))
	return nil
}

func (s *shelf) Status() client.SubResourceWriter { return s }

func (s *shelf) Update(_ context.Context, o client.Object, _ ...client.SubResourceUpdateOption) error {
	s.begun <- struct{}{}
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	var before, after error
	if s.fault != nil {
		before, after = s.fault(s.writes)
	}
	is := o.(*corev1.Namespace)
	switch {
	case before != nil:
		return before
	case s.gone:
		return apierrors.NewNotFound(schema.GroupResource{Resource: "shelves"}, "n")
	case is.ResourceVersion != s.stored.ResourceVersion:
		return conflict()
	}
	s.version++
	is.ResourceVersion = fmt.Sprint(s.version)
	is.DeepCopyInto(&s.stored)
	return after
}

func conflict() error {
	return apierrors.NewConflict(schema.GroupResource{Resource: "shelves"}, "n", errors.New("somebody wrote first"))
}

// others write as another operator would.
func (s *shelf) others(change Change[*corev1.Namespace]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = change(&s.stored)
	s.version++
	s.stored.ResourceVersion = fmt.Sprint(s.version)
}

func (s *shelf) freeze() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.old = s.stored.DeepCopy()
}

// words are what the object carries.
func (s *shelf) words() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return wordsOf(&s.stored)
}

func wordsOf(o *corev1.Namespace) string {
	var words []string
	for _, c := range o.Status.Conditions {
		words = append(words, string(c.Type))
	}
	return strings.Join(words, " ")
}

func has(o *corev1.Namespace, word string) bool {
	return slices.ContainsFunc(o.Status.Conditions, func(c corev1.NamespaceCondition) bool { return string(c.Type) == word })
}

var errFull = errors.New("full")

// add adds the word unless it is there, as long as there are fewer than three.
func add(word string) Change[*corev1.Namespace] {
	return func(o *corev1.Namespace) error {
		if has(o, word) {
			return nil
		}
		if len(o.Status.Conditions) >= 3 {
			return errFull
		}
		o.Status.Conditions = append(o.Status.Conditions, corev1.NamespaceCondition{Type: corev1.NamespaceConditionType(word)})
		return nil
	}
}

func drop(word string) Change[*corev1.Namespace] {
	return func(o *corev1.Namespace) error {
		o.Status.Conditions = slices.DeleteFunc(o.Status.Conditions, func(c corev1.NamespaceCondition) bool {
			return string(c.Type) == word
		})
		return nil
	}
}

// Whoever reads sees what was just written, though the cache lags, and what others have written since, once the cache shows it.
func TestTheNewestIsOfTheCacheAndOfWhatWasWritten(t *testing.T) {
	s := newShelf()
	scribe := s.scribe()
	newest := func(want string) {
		t.Helper()
		is, err := scribe.Newest(t.Context(), key)
		if err != nil || wordsOf(is) != want {
			t.Errorf("%q, %v; want %q", wordsOf(is), err, want)
		}
	}
	newest("")
	s.freeze()
	if err := scribe.Do(t.Context(), key, add("a")); err != nil {
		t.Fatal(err)
	}
	newest("a")
	s.others(add("b"))
	newest("a")
	s.freeze()
	newest("a b")
	s.gone, s.old = true, nil
	if _, err := scribe.Newest(t.Context(), key); !apierrors.IsNotFound(err) {
		t.Errorf("what is gone: %v", err)
	}
}

// What waits while a write is under way goes into the next one together, and a change that is refused spoils nobody else's.
func TestChangesThatWaitAreWrittenTogether(t *testing.T) {
	s := newShelf()
	s.hold = make(chan struct{})
	scribe := s.scribe()
	var all sync.WaitGroup
	told := make([]error, 6)
	ask := func(i int, word string) {
		all.Go(func() { told[i] = scribe.Do(context.Background(), key, add(word)) })
	}
	ask(0, "a")
	<-s.begun
	for i, word := range []string{"b", "c", "d", "e", "f"} {
		ask(i+1, word)
		waiting(t, scribe, i+1)
	}
	close(s.hold)
	all.Wait()
	if s.writes != 2 || s.words() != "a b c" {
		t.Errorf("%d writes left %q", s.writes, s.words())
	}
	for i, err := range told {
		if wantFull := i > 2; errors.Is(err, errFull) != wantFull || (!wantFull && err != nil) {
			t.Errorf("change %d was told %v", i, err)
		}
	}
}

// waiting waits until so many changes wait for the write that is under way.
func waiting(t *testing.T, scribe *Scribe[*corev1.Namespace], n int) {
	t.Helper()
	for {
		scribe.mu.Lock()
		pending := len(scribe.books[key].pending)
		scribe.mu.Unlock()
		if pending == n {
			return
		}
		if t.Context().Err() != nil {
			t.Fatal("never waited")
		}
		runtime.Gosched()
	}
}

func TestWhatBecomesOfAChange(t *testing.T) {
	lost := errors.New("connection reset")
	for name, tc := range map[string]struct {
		prepare func(s *shelf, scribe *Scribe[*corev1.Namespace])
		change  Change[*corev1.Namespace]
		told    error
		words   string
	}{
		"written": {change: add("a"), words: "a"},
		"judged anew on what somebody wrote first": {func(s *shelf, scribe *Scribe[*corev1.Namespace]) {
			_ = scribe.Do(context.Background(), key, add("x"))
			s.freeze()
			s.others(add("y"))
			s.others(add("z"))
		}, add("a"), errFull, "x y z"},
		"found not to be there only after looking at what is stored": {func(s *shelf, scribe *Scribe[*corev1.Namespace]) {
			_ = scribe.Do(context.Background(), key, add("x"))
			s.freeze()
			s.others(add("a"))
		}, drop("a"), nil, "x"},
		"refused only after looking at what is stored": {func(s *shelf, scribe *Scribe[*corev1.Namespace]) {
			for _, word := range []string{"x", "y", "z"} {
				_ = scribe.Do(context.Background(), key, add(word))
			}
			s.freeze()
			s.others(drop("y"))
		}, add("a"), nil, "x z a"},
		"given up while others keep writing": {func(s *shelf, _ *Scribe[*corev1.Namespace]) {
			s.fault = func(int) (error, error) { return conflict(), nil }
		}, add("a"), errOthers, ""},
		"of an object that has gone": {func(s *shelf, _ *Scribe[*corev1.Namespace]) {
			s.gone = true
		}, add("a"), apierrors.NewNotFound(schema.GroupResource{Resource: "shelves"}, "n"), ""},
		"lost before it arrived": {func(s *shelf, _ *Scribe[*corev1.Namespace]) {
			s.fault = func(int) (error, error) { return lost, nil }
		}, add("a"), lost, ""},
		"with its answer lost": {func(s *shelf, _ *Scribe[*corev1.Namespace]) {
			s.fault = func(int) (error, error) { return nil, lost }
		}, add("a"), lost, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf()
			scribe := s.scribe()
			if tc.prepare != nil {
				tc.prepare(s, scribe)
			}
			err := scribe.Do(t.Context(), key, tc.change)
			if !alike(err, tc.told) || s.words() != tc.words {
				t.Errorf("told %v and stored %q; want %v and %q", err, s.words(), tc.told, tc.words)
			}
			s.fault = nil
			if errors.Is(tc.told, lost) { // asking again settles it
				if err := scribe.Do(t.Context(), key, tc.change); err != nil || s.words() != "a" {
					t.Errorf("asked again: told %v and stored %q", err, s.words())
				}
			}
		})
	}
}

var errOthers = errors.New("others keep writing")

func alike(got, want error) bool {
	if errors.Is(want, errOthers) {
		return got != nil && strings.Contains(got.Error(), want.Error())
	}
	return errors.Is(got, want) || (want != nil && apierrors.ReasonForError(want) != metav1.StatusReasonUnknown &&
		apierrors.ReasonForError(got) == apierrors.ReasonForError(want))
}

// Whoever does not want to wait any more is let go, though it be the one whose change began the write; the change is carried out
// all the same, and nothing stays behind.
func TestACallerThatGivesUpIsLetGo(t *testing.T) {
	before := runtime.NumGoroutine()
	s := newShelf()
	s.hold = make(chan struct{})
	scribe := s.scribe()
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan error)
	go func() { told <- scribe.Do(ctx, key, add("a")) }()
	<-s.begun
	cancel()
	select {
	case err := <-told:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("told %v", err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("kept waiting")
	}
	close(s.hold)
	if err := scribe.Do(t.Context(), key, add("b")); err != nil || s.words() != "a b" {
		t.Errorf("told %v, stored %q", err, s.words())
	}
	for deadline := time.Now().Add(2 * time.Minute); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}

// Many ask at once through two scribes, with conflicts and lost answers: whoever was told that a change is stored finds it,
// whoever was refused does not, and there are never more than fit.
func TestManyAtOnceAreServedAsIfOneAfterAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newShelf()
		faults := rapid.SliceOfN(rapid.IntRange(0, 5), 40, 40).Draw(t, "faults")
		s.begun = make(chan struct{}, 10000)
		s.fault = func(write int) (error, error) {
			switch faults[write%len(faults)] {
			case 0:
				return conflict(), nil
			case 1:
				return errors.New("lost"), nil
			case 2:
				return nil, errors.New("lost")
			default:
				return nil, nil
			}
		}
		scribes := []*Scribe[*corev1.Namespace]{s.scribe(), s.scribe()}
		var all sync.WaitGroup
		told := make([]error, 8)
		for i := range told {
			all.Go(func() {
				for range 200 { // an answer that was lost is asked for again
					told[i] = scribes[i%2].Do(context.Background(), key, add(fmt.Sprint(i)))
					if told[i] == nil || errors.Is(told[i], errFull) {
						return
					}
				}
			})
		}
		all.Wait()
		stored := 0
		for i, err := range told {
			there := has(&s.stored, fmt.Sprint(i))
			if there {
				stored++
			}
			if (err == nil) != there {
				t.Fatalf("change %d was told %v, and what is stored is %q", i, err, s.words())
			}
		}
		if stored != 3 {
			t.Fatalf("stored %q, want three", s.words())
		}
	})
}
