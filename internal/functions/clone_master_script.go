package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/clonesync"
)

// cloneMasterScript renders what makes a server the master of clones.
type cloneMasterScript struct{}

// Metadata names the function.
func (cloneMasterScript) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "clone_master_script"
}

// Definition describes the function.
func (cloneMasterScript) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Script that lets clones read folders of a master",
		MarkdownDescription: "Returns a shell script to be run as root on the master, by hand or by Systems Manager: it serves `paths` with rsync, read only. " +
			"A server that was a clone before stops to follow. " +
			"Who may connect is up to the master's security group: allow the port from the clones' security group alone.",
		Parameters: []function.Parameter{
			function.ListParameter{Name: "paths", ElementType: types.StringType, MarkdownDescription: "The same absolute folders that `clone_user_data` is given."},
			function.DynamicParameter{Name: "options", MarkdownDescription: "An object of settings, all optional, or `{}`: `port` (873), `allow` (address ranges that may connect, beside what the security group says), " +
				"`health_file` and `host_aliases` (those of the clones: here the file always says 0, and the names stand for the server itself)."},
		},
		Return: function.StringReturn{},
	}
}

// Run renders it.
func (cloneMasterScript) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	m := clonesync.Master{Port: defaultSyncPort}
	var options types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &m.Paths, &options); resp.Error != nil {
		return
	}
	if resp.Error = decodeOptions(1, options, map[string]any{"port": &m.Port, "allow": &m.Allow, "health_file": &m.HealthFile, "host_aliases": &m.HostAliases}); resp.Error != nil {
		return
	}
	script, err := m.Render()
	if err != nil {
		resp.Error = function.NewFuncError(err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, script)
}
