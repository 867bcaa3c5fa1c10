// Package permissions writes the guide that says which IAM permissions each resource
// needs: it leads the resource through its life and notes what it asks AWS for, and
// adds what the code of its kinds asks for otherwise, such as to repair drift.
//
//	go test ./internal/permissions -update
package permissions

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/composite/cloneserverimage"
	"github.com/webtier/terraform-provider-webtier/internal/composite/hadatabase"
	"github.com/webtier/terraform-provider-webtier/internal/composite/multiserver"
	"github.com/webtier/terraform-provider-webtier/internal/composite/network"
	"github.com/webtier/terraform-provider-webtier/internal/composite/queueworker"
	"github.com/webtier/terraform-provider-webtier/internal/provider"
)

var update = flag.Bool("update", false, "write the guide anew")

// life is a configuration that is applied with one set of variables after another,
// imported and destroyed.
type life struct {
	dir   string
	steps []map[string]string
	// fails are steps that cannot work: what is read to find out why counts, too.
	fails []map[string]string
	// prepare makes what the configuration needs, and what goes wrong; nil is
	// acctest.PrepareVPC.
	prepare func(t *testing.T, lab *acctest.Lab)
	// imported is the name by which the resource is imported at the end, "" for not at all.
	imported string
}

// lived is a type of resource and its lives.
type lived struct {
	name  string
	kinds []string
	lives []life
}

// resources are led through these lives, one entry each.
var resources = []lived{
	{"network", network.Definition.Kinds, []life{
		{dir: "network/testdata/full", imported: "shop-full", steps: []map[string]string{
			{}, {"nat_gateway_mode": "regional", "gateway_endpoints": `["dynamodb"]`, "tags": `{ team = "web" }`},
			{"nat_gateway_mode": "per_az", "flow_log_destination": "arn:aws:logs:eu-west-1:123456789012:log-group:flow"},
			{"zones": `["euw1-az1", "euw1-az2", "euw1-az3"]`, "flow_log_destination": "null"}, {"zones": `["euw1-az1", "euw1-az3"]`},
		}},
	}},
	{"multi_server", multiserver.Definition.Kinds, []life{
		{dir: "multiserver/testdata/full", imported: "shop-full", steps: []map[string]string{
			{"alarm_actions": `["arn:aws:sns:eu-west-1:123456789012:ops"]`}, {"image_id": "ami-0e5b0000000000002", "tags": `{ team = "web" }`, "deletion_protection": "true", "idle_timeout": "61", "max_size": "8",
				"instance_types": `["t3.small", "t3.medium"]`, "spot": "{ percentage = 50 }"},
			{"scaling": `{ schedules = { day = { recurrence = "0 8 * * *", min_size = 4 } } }`},
			{"deletion_protection": "false", "port": "8081", "scaling": "{}", "iam_policy_arns": "null", "stickiness": "null", "ingress_cidr_blocks": `["203.0.113.0/24"]`},
			{"certificate_arn": "null", "access_logs_retention_days": "0", "access_logs_prefix": "null", "ssl_policy": "null", "health_check": `{ path = "/up" }`},
			{"internal": "true", "create_access_logs_bucket": "null", "access_logs_retention_days": "null"},
		}, fails: []map[string]string{{"image_id": "ami-0e5b000000000bad0"}}},
		// So many versions of the launch template that the first ones are deleted.
		{dir: "multiserver/testdata/full", steps: []map[string]string{
			{}, {"user_data": "a"}, {"user_data": "b"}, {"user_data": "c"}, {"user_data": "d"}, {"user_data": "e"}, {"user_data": "f"},
		}},
		{dir: "multiserver/testdata/failing", fails: []map[string]string{{"image_id": "ami-0e5b000000000bad0"}}},
	}},
	{"ha_database", hadatabase.Definition.Kinds, []life{
		{dir: "hadatabase/testdata/full", imported: "shop-full", steps: []map[string]string{
			{}, {"tags": `{ team = "shop", stage = "test" }`, "backup_retention_days": "20", "allocated_storage": "30", "deletion_protection": "true"},
			{"deletion_protection": "false", "parameters": `{ work_mem = "16384", shared_buffers = "32768" }`, "allow_reboot": "true", "restore_from": "null"},
			{"tags": `{ stage = "test" }`},
		}},
		{dir: "hadatabase/testdata/basic", steps: []map[string]string{{}}},
		{dir: "hadatabase/testdata/cluster", steps: []map[string]string{{}}},
		{dir: "hadatabase/testdata/cluster", prepare: failDatabases, fails: []map[string]string{{}}},
		{dir: "hadatabase/testdata/aurora", steps: []map[string]string{{}}},
		{dir: "hadatabase/testdata/blue-green", steps: []map[string]string{{}}},
	}},
	{"clone_server_image", cloneserverimage.Definition.Kinds, []life{
		{dir: "cloneserverimage/testdata/full", prepare: acctest.PrepareServer, steps: []map[string]string{
			{}, {"freeze": `{ before = ["fsfreeze -f /srv"], after = ["fsfreeze -u /srv"] }`, "triggers": `{ version = "2" }`},
			{"triggers": `{ version = "3" }`, "keep_last": "1", "min_age_before_delete": "0s"}, {"triggers": `{ version = "4" }`, "retain_on_destroy": "false"}, {"tags": `{ team = "web" }`},
		}},
	}},
	{"queue_worker", queueworker.Definition.Kinds, []life{
		{dir: "queueworker/testdata/full", imported: "jobs-full", steps: []map[string]string{
			{}, {"min_size": "2", "visibility_timeout": "60", "scale_in_protection": `"none"`, "producer_principals": "null", "tags": `{ team = "web" }`},
			{"alarm_actions": "null", "image_id": `"ami-0e5b0000000000012"`, "deletion_protection": "true", "kms_key_id": "null", "iam_policy_arns": "null"}, {"deletion_protection": "false", "fifo": "true"},
		}, fails: []map[string]string{{"image_id": `"ami-0e5b000000000bad1"`}}},
	}},
}

// failDatabases makes the creation of databases fail.
func failDatabases(t *testing.T, lab *acctest.Lab) {
	t.Helper()
	acctest.PrepareVPC(t, lab)
	world := lab.Sim.World(acctest.Region)
	world.Do(func() { world.RDS.FailCreation("", "there is no room for it") })
}

// TestGuide fails when a resource asks AWS for something that the guide does not have,
// or no more for something that it has.
func TestGuide(t *testing.T) {
	guide := filepath.Join("..", "..", "templates", "guides", "iam-permissions.md.tmpl")
	code := kindSources(t)
	asked, kinds := needs{}, []string{}
	var text bytes.Buffer
	text.WriteString(introduction)
	for _, r := range resources {
		all := code.of(r.kinds)
		for _, life := range r.lives {
			t.Run(r.name+"/"+filepath.Base(life.dir), func(t *testing.T) {
				acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
					life.lead(t, lab, "webtier_"+r.name+".this")
					for _, call := range lab.Sim.Calls() {
						all.call(t, call)
					}
				})
			})
		}
		maps.Copy(asked, all)
		kinds = append(kinds, r.kinds...)
		policy, err := json.MarshalIndent(all.policy(), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if size := len(strings.Join(strings.Fields(string(policy)), "")); size > mostCharacters {
			t.Errorf("the policy for %s has %d characters; AWS takes %d", r.name, size, mostCharacters)
		}
		fmt.Fprintf(&text, "\n## webtier_%s\n\n```json\n%s\n```\n", r.name, policy)
	}
	if t.Failed() {
		return
	}
	if code.mustBeAsked(t, kinds, asked); t.Failed() {
		return
	}
	if *update {
		if err := os.WriteFile(guide, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	had, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(had, text.Bytes()) {
		t.Errorf("%s does not say what the resources need now; `go test ./internal/permissions -update` writes it anew:\n%s", guide, difference(string(had), text.String()))
	}
}

// TestEveryResourceIsThere makes sure that the guide has all resources of the provider.
func TestEveryResourceIsThere(t *testing.T) {
	for _, newResource := range provider.New(provider.Options{})().Resources(t.Context()) {
		var named resource.MetadataResponse
		newResource().Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: "webtier"}, &named)
		if !slices.ContainsFunc(resources, func(r lived) bool { return "webtier_"+r.name == named.TypeName }) {
			t.Errorf("%s is missing in resources: lead it through a life", named.TypeName)
		}
	}
}

// mostCharacters is how long a managed policy may be, without white space.
const mostCharacters = 6144

// difference lists the lines that only one of two texts has.
func difference(had, has string) string {
	var lines []string
	before, after := strings.Split(had, "\n"), strings.Split(has, "\n")
	for _, line := range before {
		if !slices.Contains(after, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			lines = append(lines, "+ "+line)
		}
	}
	return strings.Join(lines, "\n")
}

// lead applies, plans, imports and destroys.
func (l life) lead(t *testing.T, lab *acctest.Lab, address string) {
	t.Helper()
	dir := filepath.Join("..", "composite", l.dir)
	if l.prepare == nil {
		l.prepare = acctest.PrepareVPC
	}
	l.prepare(t, lab)
	lab.Sim.ResetCalls() // those were somebody else's
	variables := map[string]string{}
	for _, step := range l.steps {
		maps.Copy(variables, step)
		lab.MustApply(t, dir, variables)
	}
	if l.imported != "" {
		lab.MustRoundTrip(t, dir, variables, address, l.imported)
	}
	for _, step := range l.fails {
		failing := maps.Clone(variables)
		maps.Copy(failing, step)
		if err := lab.Apply(t.Context(), dir, failing); err == nil {
			t.Errorf("an apply of %v did not fail", step)
		}
	}
	if err := lab.Destroy(t.Context(), dir, variables); err != nil {
		t.Fatal(err)
	}
}
