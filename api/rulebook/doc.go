// Package rulebook keeps what decisions about sharing rest on as it is now: the organisations of the directory and the
// DataSharingAgreements between them, as the world that package policies decides in; and the rules, narrowed by those stricter
// ones that an administrator keeps in a ConfigMap.
//
// Denied by default: until all of it has been read, and when it has not been heard of for too long, there is no world to decide
// in, and package policies denies whatever is asked.
package rulebook
