package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/clonesync"
)

// defaultSyncPort is that of rsync's daemon.
const defaultSyncPort = 873

// cloneUserData renders the boot script of servers that follow a master.
type cloneUserData struct{}

// Metadata names the function.
func (cloneUserData) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "clone_user_data"
}

// Definition describes the function.
func (cloneUserData) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Boot script of servers that follow a master",
		MarkdownDescription: "Returns user data for clones of a master. At the first boot of each it gives the clone an identity of its own (SSH host keys, machine id, " +
			"cloud-init's memory); then a systemd timer pulls `paths` from the master with rsync. A pull that fails is tried again with growing pauses. " +
			"Nothing is deleted on a clone unless the master answered and has something to give.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "master", MarkdownDescription: "Host name or private address of the master, on which `clone_master_script` has run."},
			function.ListParameter{Name: "paths", ElementType: types.StringType, MarkdownDescription: "Absolute folders that follow the master's."},
			function.DynamicParameter{Name: "options", MarkdownDescription: "An object of settings, all optional, or `{}`: " +
				"`excludes` (rsync patterns that are neither fetched nor deleted), " +
				"`interval` (seconds between pulls, 60), " +
				"`max_age` (seconds after which content counts as too old, 600), " +
				"`bandwidth` (KiB/s, 0 for no limit), " +
				"`delete` (remove what the master has no more, true), " +
				"`port` (873), " +
				"`health_file` (absolute path below the web server's folder, such as `/var/www/html/webtier/sync-age`: it holds the content's age in seconds and is absent while the content is too old, for health checks), " +
				"`stop_services` (systemd units that must not run on clones, such as the database), " +
				"`host_aliases` (names that stand for the master in `/etc/hosts`), " +
				"`replace` (list of `{ file, from, to }`: literal text changed once on each clone, such as the database's host; such files are not fetched), " +
				"`then` (shell lines to run at the end)."},
		},
		Return: function.StringReturn{},
	}
}

// Run renders it.
func (cloneUserData) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	c := clonesync.Clone{Port: defaultSyncPort, Interval: 60, MaxAge: 600, Delete: true}
	var options types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &c.Master, &c.Paths, &options); resp.Error != nil {
		return
	}
	var replacements []map[string]string
	resp.Error = decodeOptions(2, options, map[string]any{"excludes": &c.Excludes, "interval": &c.Interval, "max_age": &c.MaxAge,
		"bandwidth": &c.Bandwidth, "delete": &c.Delete, "port": &c.Port, "health_file": &c.HealthFile, "stop_services": &c.StopServices,
		"host_aliases": &c.HostAliases, "replace": &replacements, "then": &c.Then})
	if resp.Error != nil {
		return
	}
	for _, r := range replacements {
		c.Replace = append(c.Replace, clonesync.Replacement{File: r["file"], From: r["from"], To: r["to"]})
	}
	script, err := c.Render()
	if err != nil {
		resp.Error = function.NewFuncError(err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, script)
}
