// Package functions holds the provider's functions, one file each: what resources
// work out by themselves, for configurations that want to know it before.
//
// They are pure: they read nothing from AWS, and work without credentials.
package functions

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

// all are the functions, one line each.
var all = []func() function.Function{
	func() function.Function { return azLossCapacity{} },
	func() function.Function { return cloneMasterScript{} },
	func() function.Function { return cloneUserData{} },
	func() function.Function { return subnetPlan{} },
	func() function.Function { return workerUserData{} },
}

// All returns all functions.
func All() []func() function.Function { return slices.Clone(all) }
