package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/webtier/terraform-provider-webtier/internal/queuerunner"
)

// workerUserData renders the boot script of servers that work on messages.
type workerUserData struct{}

// Metadata names the function.
func (workerUserData) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "worker_user_data"
}

// Definition describes the function.
func (workerUserData) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "Boot script of servers that work on messages",
		MarkdownDescription: "Returns user data for the servers of a `webtier_queue_worker`: a systemd service that takes messages from the queue and runs a command for each, " +
			"`concurrency_per_instance` at a time. It hides a message from other servers for as long as the command runs, and deletes it when that succeeds. " +
			"When the group wants the server gone it takes no more messages, waits for those in work, and only then lets the server go. " +
			"It calls the AWS CLI for each message, which takes about a second of a processor: for hundreds of messages a minute on each server, write a worker with an SDK.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "command", MarkdownDescription: "What is run for each message, which it reads from its standard input: lines of a shell, " +
				"or a script of any language that begins with `#!`. `MESSAGE_ID` and `RECEIVE_COUNT` are in its environment. If it fails, the message comes back."},
			function.DynamicParameter{Name: "options", MarkdownDescription: "An object of settings, all optional, or `{}`: " +
				"`timeout` (seconds after which a command counts as failed, 43200), " +
				"`user` (Linux user that runs it, `root`), " +
				"`environment` (variables for the command; no secrets, for user data can be read on each server), " +
				"`setup` (shell lines to run before the worker starts, such as the installation of programs)."},
		},
		Return: function.StringReturn{},
	}
}

// Run renders it.
func (workerUserData) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	w := queuerunner.Worker{Timeout: 43200, User: "root"}
	var options types.Dynamic
	if resp.Error = req.Arguments.Get(ctx, &w.Command, &options); resp.Error != nil {
		return
	}
	resp.Error = decodeOptions(1, options, map[string]any{"timeout": &w.Timeout, "user": &w.User, "environment": &w.Environment, "setup": &w.Setup})
	if resp.Error != nil {
		return
	}
	script, err := w.Render()
	if err != nil {
		resp.Error = function.NewFuncError(err.Error())
		return
	}
	resp.Error = resp.Result.Set(ctx, script)
}
