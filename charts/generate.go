package charts

// The definitions come first, whatever order `go generate ./...` takes, because the chart carries copies of them.
//
//go:generate go generate ../crds/...
//go:generate sh -c "rm -rf lifeline/files/crds lifeline/files/admission && mkdir -p lifeline/files/crds lifeline/files/admission"
//go:generate sh -c "cp ../crds/*.yaml lifeline/files/crds/ && cp ../crds/admission/*.yaml lifeline/files/admission/"
//go:generate go tool -modfile=../hack/tools/go.mod controller-gen rbac:roleName=lifeline-operator,fileName=operator-role.yaml paths=../operator/... output:rbac:dir=lifeline/files
//go:generate go tool -modfile=../hack/tools/go.mod controller-gen rbac:roleName=lifeline-api,fileName=api-role.yaml paths=../api/... output:rbac:dir=lifeline/files
