// Command terraform-provider-webtier serves the webtier provider to Terraform.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os/signal"
	"syscall"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/webtier/terraform-provider-webtier/internal/provider"
)

const address = "registry.terraform.io/webtier/webtier"

// version is set when a release is linked.
var version = "dev"

func main() {
	debug := flag.Bool("debug", false, "wait for a debugger: print what to set TF_REATTACH_PROVIDERS to")
	show := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *show {
		fmt.Println(version)
		return
	}

	// CI runners and closed terminals signal the whole process group. Terraform then
	// stops the provider itself, over the protocol, and saves what it returns; dying of
	// the signal would lose every object that is being made.
	signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)

	options := providerserver.ServeOpts{Address: address, Debug: *debug}
	if err := providerserver.Serve(context.Background(), provider.New(provider.Options{Version: version}), options); err != nil {
		log.Fatal(err)
	}
}
