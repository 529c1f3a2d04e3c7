package placement

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"lifeline.scot/api/identity"
	"lifeline.scot/api/refusal"
)

// AnsweredAnnotation holds the requests that were carried out on an object, so that one that is sent again is answered and
// not carried out again. It is written in the same write as what the request asked for: either both are there or neither.
// It holds hashes only.
const AnsweredAnnotation = "lifeline.scot/answered-requests"

// answeredLimit is how many requests an object remembers. A claim has fewer than ten decisions in its life.
const answeredLimit = 32

// Bounds of an idempotency key.
const (
	shortestKey = 8
	longestKey  = 200
)

// answered is a request that was carried out.
type answered struct {
	// Key is the hash of who asked for which kind of thing with which idempotency key, Input that of what was asked for.
	Key   string `json:"k"`
	Input string `json:"i"`
}

// once identifies a request. What kind of thing is asked for is part of it, so a key counts for one mutation only.
func once(c identity.Caller, what, key string, input any) (answered, error) {
	if len(key) < shortestKey || len(key) > longestKey {
		return answered{}, refusal.Of(refusal.Invalid, fmt.Sprintf(
			"An idempotencyKey has %d to %d characters: a new random one for each thing you want done, and the same one when you "+
				"send it again.", shortestKey, longestKey), "input", "idempotencyKey")
	}
	text, err := json.Marshal(input)
	if err != nil {
		return answered{}, fmt.Errorf("write down what was asked for: %w", err)
	}
	return answered{digest(c.Scope(), what, key), digest(what, string(text))}, nil
}

// digest hashes texts so that no two lists of them give the same, in 26 letters and digits.
func digest(texts ...string) string {
	hash := sha256.New()
	for _, text := range texts {
		fmt.Fprintf(hash, "%d:%s", len(text), text)
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(hash.Sum(nil))[:26])
}

// answeredOf returns the requests that were carried out on an object. What cannot be read counts as none.
func answeredOf(object metav1.Object) []answered {
	text, ok := object.GetAnnotations()[AnsweredAnnotation]
	if !ok {
		return nil
	}
	var list []answered
	if json.Unmarshal([]byte(text), &list) != nil {
		return nil
	}
	return list
}

// remember notes on the object that the request is carried out.
func remember(object metav1.Object, a answered) error {
	list := append(answeredOf(object), a)
	if len(list) > answeredLimit { // the first made the object, and is never forgotten
		list = slices.Delete(list, 1, 2)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("note what was asked for: %w", err)
	}
	notes := object.GetAnnotations()
	if notes == nil {
		notes = map[string]string{}
	}
	notes[AnsweredAnnotation] = string(text)
	object.SetAnnotations(notes)
	return nil
}

// carriedOut reports whether the request was carried out on the object. It is refused if the same key was used there for
// other input.
func carriedOut(object metav1.Object, a answered) (bool, error) {
	list := answeredOf(object)
	i := slices.IndexFunc(list, func(b answered) bool { return b.Key == a.Key })
	switch {
	case i < 0:
		return false, nil
	case list[i].Input != a.Input:
		return false, keyReused()
	default:
		return true, nil
	}
}

func keyReused() refusal.Refusal {
	return refusal.Of(refusal.KeyReused, "This idempotencyKey was used before with other input. Use a new one for something else.",
		"input", "idempotencyKey")
}
