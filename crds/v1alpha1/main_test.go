package v1alpha1_test

import (
	"testing"

	"lifeline.scot/hack/cluster/clustertest"
)

func TestMain(m *testing.M) { clustertest.Main(m) }
