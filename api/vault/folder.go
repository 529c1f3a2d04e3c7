package vault

import "path/filepath"

// The names of the key files in their folder, and of the entries of a Secret that is mounted as one.
const (
	PeopleKeyFile = "people.json"
	IndexKeyFile  = "index.json"
)

// OpenFolder opens both key files of a folder: the key-encryption key and that of the blind index.
func OpenFolder(folder string, source Source, options ...Option) (*FileKey, *Index, error) {
	key, err := OpenFileKey(filepath.Join(folder, PeopleKeyFile), source, options...)
	if err != nil {
		return nil, nil, err
	}
	index, err := OpenIndex(filepath.Join(folder, IndexKeyFile), source, options...)
	if err != nil {
		return nil, nil, err
	}
	return key, index, nil
}
