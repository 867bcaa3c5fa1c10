package hadatabase_test

import (
	"testing"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
)

func TestBadInput(t *testing.T) { acctest.BadInput(t, "testdata/bad", acctest.PrepareVPC) }
