package vault

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
)

// Index finds people by something that must not be readable in the database, such as a CHI number: by a keyed hash of it. Whoever
// has the database alone cannot try numbers, of which there are few. Its keys are its own, and rotate apart from those that
// wrap people's keys.
type Index struct{ file *keyFile }

// Tag is a keyed hash, and the key it was made with.
type Tag struct {
	Key uint32
	Sum []byte
}

// OpenIndex opens the key file of the index. An [Owned] one that is missing is made.
func OpenIndex(path string, source Source, options ...Option) (*Index, error) {
	file, err := openKeyFile(path, source, indexTemplate(), options)
	if err != nil {
		return nil, err
	}
	index := &Index{file}
	if _, _, err := index.Tags("check", "check"); err != nil {
		return nil, &KeyFileError{Path: path, Problem: "holds keys that do not hash: is it the file of the key-encryption key?"}
	}
	return index, nil
}

func indexTemplate() *tinkpb.KeyTemplate { return prf.HMACSHA256PRFKeyTemplate() }

const tagBytes = 32

// Tags are the tags of a text of some kind, one for each key of the index, in the order of their keys; current is the one that
// lasts. All of them are written, and any of them finds, so that nobody is missed while keys rotate.
func (x *Index) Tags(kind, text string) (tags []Tag, current uint32, err error) {
	handle, err := x.file.load()
	if err != nil {
		return nil, 0, &Unavailable{err}
	}
	return tagsBy(handle, forIndex.about(kind, text))
}

func tagsBy(handle *keyset.Handle, text []byte) ([]Tag, uint32, error) {
	set, err := prf.NewPRFSet(handle)
	if err != nil {
		return nil, 0, fmt.Errorf("use the keys of the blind index: %w", err)
	}
	tags := make([]Tag, 0, len(set.PRFs))
	for _, key := range slices.Sorted(maps.Keys(set.PRFs)) {
		sum, err := set.PRFs[key].ComputePRF(text, tagBytes)
		if err != nil {
			return nil, 0, fmt.Errorf("hash for the blind index: %w", err)
		}
		tags = append(tags, Tag{key, sum})
	}
	return tags, set.PrimaryID, nil
}

// Keys are the keys of the index, and the one that lasts.
func (x *Index) Keys() (keys []uint32, current uint32, err error) {
	tags, current, err := x.Tags("check", "check")
	if err != nil {
		return nil, 0, err
	}
	for _, tag := range tags {
		keys = append(keys, tag.Key)
	}
	return keys, current, nil
}

// Rotate adds a key that lasts; tags of the earlier ones still find.
func (x *Index) Rotate() error { return x.file.rotate(indexTemplate()) }

// Prune drops every key but the one that lasts. Whoever has no tag of it is not found any more.
func (x *Index) Prune() error { return x.file.prune() }
