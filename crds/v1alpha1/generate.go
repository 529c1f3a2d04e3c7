package v1alpha1

//go:generate go tool -modfile=../../hack/tools/go.mod controller-gen object paths=.
//go:generate go tool -modfile=../../hack/tools/go.mod controller-gen crd paths=. output:crd:dir=..
