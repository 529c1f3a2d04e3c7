#!/bin/sh
# Checks the style of the product: Go code, custom resource types, the chart. Arguments are packages; default: all.
set -eu
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- ./...

echo "lint: Go code and custom resources (the first run builds the linter, which takes minutes)"
go tool -modfile=hack/tools/lint/go.mod golangci-lint-kube-api-linter run "$@"

echo "lint: chart"
go tool -modfile=hack/tools/helm/go.mod helm lint --strict charts/lifeline
