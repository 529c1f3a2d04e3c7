// Package vault keeps what is told of people unreadable to whoever has the database alone. Each person has a key of their
// own; it is kept wrapped by a key-encryption key that is not in the database. Erasing a person destroys their wrapped key:
// whatever is left of them, in backups of tables too, cannot be read any more. It can be read as long as a copy of the wrapped
// key exists: rotate the key-encryption key and drop the old one once backups have to forget as well.
//
// The cryptography is that of Tink: AES-256-GCM under keysets that rotate, HMAC-SHA256 for the blind index.
package vault
