package hadatabase

import "github.com/webtier/terraform-provider-webtier/internal/composite"

// preflights are the questions to AWS whose answers can refuse a plan.
var preflights = []composite.Preflight[*Model]{
	{Name: "blue/green deployment", Reads: []string{"engine_version", "instance_class", "upgrade_strategy"}, Ask: readyForBlueGreen},
}
