package rds_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/awssim"
	"github.com/webtier/terraform-provider-webtier/internal/engine"
	"github.com/webtier/terraform-provider-webtier/internal/kind/rds"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
	"github.com/webtier/terraform-provider-webtier/internal/stack"
)

// unit is a database with its group and protection, as a composite has it.
type unit struct {
	*testing.T
	sim   *awssim.Sim
	place place
}

func newUnit(t *testing.T) *unit {
	u := &unit{T: t, sim: awssim.New(awssim.Options{Account: kindtest.Account})}
	u.place = newPlace(t, u.clients())
	return u
}

func (u *unit) clients() *awsapi.Clients { return kindtest.Clients(u.T, u.sim) }

// want is the stack with the engine's major version and class.
func (u *unit) want(version, class string) *stack.Stack {
	s := stack.New(stack.ID{Type: "trial", Name: "shop"}, nil)
	family := "postgres" + version
	s.Add("parameter_group", &rds.ParameterGroup{Name: awsapi.Name("shop", family, 255, family), Family: family, Description: "trial",
		Parameters: map[string]string{"rds.logical_replication": "1"}})
	db := u.place.database("shop-db-0a1b2c")
	db.EngineVersion, db.Class, db.BlueGreen, db.MultiAZ = &version, class, true, false
	db.ParameterGroup = stack.Output("parameter_group", "name")
	db.ManagedPassword, db.Password = aws.Bool(false), &stack.Secret{Name: rds.PasswordAttribute, Version: "1"}
	s.Add("database", db)
	s.Add("deletion_protection/database", &rds.DeletionProtection{Instance: stack.Output("database", "id")})
	s.Anchor, s.Secrets = "database", stack.Secrets{rds.PasswordAttribute: "correct-horse"}
	return s
}

func (u *unit) apply(want *stack.Stack) (engine.Outcome, error) {
	e := &engine.Engine{Kinds: rds.Kinds(u.clients()), Confirm: 5 * time.Second}
	outcome, err := e.Apply(u.Context(), want, nil, false)
	if err == nil {
		err = outcome.Err()
	}
	return outcome, err
}

func (u *unit) mustApply(want *stack.Stack) {
	u.Helper()
	if _, err := u.apply(want); err != nil {
		u.Fatal(err)
	}
	u.settled(want)
}

// settled fails the test if there is anything left to do.
func (u *unit) settled(want *stack.Stack) {
	u.Helper()
	lives, err := (&engine.Engine{Kinds: rds.Kinds(u.clients())}).Observe(u.Context(), want.ID, nil, false)
	if err != nil {
		u.Fatal(err)
	}
	for _, action := range engine.Match(want, lives) {
		if action.Verb != engine.Keep {
			u.Errorf("there is still to do: %s %s %s %v", action.Verb, action.Key, action.Have.ID, action.Diff)
		}
	}
}

// inventory lists what exists, without the endings of snapshots' names.
func (u *unit) inventory() []string { return u.sim.World(kindtest.Region).Inventory() }

func (u *unit) database() (resource, version string) {
	u.Helper()
	out := must[*sdk.DescribeDBInstancesOutput](u.T)(awsapi.RDS(u.clients()).DescribeDBInstances(u.Context(), &sdk.DescribeDBInstancesInput{
		DBInstanceIdentifier: aws.String("shop-db-0a1b2c")}))
	return *out.DBInstances[0].DbiResourceId, *out.DBInstances[0].EngineVersion
}

// kept are the lines of snapshots of the inventory.
func kept(inventory []string) []string {
	return slices.DeleteFunc(slices.Clone(inventory), func(line string) bool { return !strings.HasPrefix(line, "rds snapshot ") })
}

// TestBlueGreen upgrades a database by a blue/green deployment: the new one takes
// over, the old one is removed with a final snapshot.
func TestBlueGreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		u.mustApply(u.want("16", "db.t4g.medium"))
		before, _ := u.database()
		u.mustApply(u.want("17", "db.m6g.large"))
		after, version := u.database()
		if before == after || !strings.HasPrefix(version, "17.") {
			t.Errorf("the database with version %s is the new one: %t", version, before != after)
		}
		inventory := u.inventory()
		if snapshots := kept(inventory); len(snapshots) != 1 || !strings.Contains(snapshots[0], "-old1-final-") {
			t.Errorf("snapshots %v", snapshots)
		}
		for _, line := range inventory {
			if strings.Contains(line, "postgres16") || strings.Contains(line, "deployment") || strings.HasPrefix(line, "rds instance") && strings.Contains(line, "-old") {
				t.Errorf("left: %s", line)
			}
		}
	})
}

// TestBlueGreenSurvivesEveryKill kills the provider before and after each mutating
// call of an upgrade. The next apply goes on, and ends as one that was not killed.
func TestBlueGreenSurvivesEveryKill(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			var died bool
			t.Run(fmt.Sprintf("call %d, after it: %t", n, after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					u := newUnit(t)
					u.mustApply(u.want("16", "db.t4g.medium"))
					before, _ := u.database()
					u.sim.Intercept(killAt(n, after, &died))
					_, err := u.apply(u.want("17", "db.t4g.medium"))
					u.sim.Intercept(nil)
					if died != (err != nil) {
						t.Fatalf("killed: %t, and the apply ended with %v", died, err)
					}
					u.mustApply(u.want("17", "db.t4g.medium"))
					if resource, version := u.database(); resource == before || !strings.HasPrefix(version, "17.") {
						t.Errorf("version %s, a new database: %t", version, resource != before)
					}
					if snapshots := kept(u.inventory()); len(snapshots) < 1 || len(snapshots) > 2 {
						t.Errorf("snapshots %v", snapshots)
					}
				})
			})
			if !died || t.Failed() {
				break
			}
		}
	}
}

// killAt ends the client at its nth mutating call: from then on nothing gets through.
func killAt(n int, after bool, died *bool) func(*awssim.Call, bool) error {
	seen := 0
	return func(c *awssim.Call, isAfter bool) error {
		if c.Mutating && !isAfter {
			seen++
		}
		if c.Mutating && seen == n && isAfter == after {
			*died = true
		}
		if *died {
			return fmt.Errorf("the client is dead")
		}
		return nil
	}
}

// TestBlueGreenIsGivenUp: a deployment that a crash has left behind goes when the
// change is taken back, and its green database with it.
func TestBlueGreenIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		u.mustApply(u.want("16", "db.t4g.medium"))
		before, _ := u.database()
		inventory := u.inventory()
		var died bool
		u.sim.Intercept(func(c *awssim.Call, isAfter bool) error {
			died = died || c.Operation == "SwitchoverBlueGreenDeployment"
			if died {
				return fmt.Errorf("the client is dead")
			}
			return nil
		})
		if _, err := u.apply(u.want("17", "db.t4g.medium")); err == nil || !died {
			t.Fatalf("the apply came to its end: %v", err)
		}
		u.sim.Intercept(nil)
		u.mustApply(u.want("16", "db.t4g.medium"))
		if resource, version := u.database(); resource != before || !strings.HasPrefix(version, "16.") {
			t.Errorf("version %s, a new database: %t", version, resource != before)
		}
		if now := u.inventory(); !slices.Equal(now, inventory) {
			t.Errorf("before there was\n%v\nand then\n%v", inventory, now)
		}
	})
}

// TestBlueGreenThatFails leaves the old database in service, and says why.
func TestBlueGreenThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u := newUnit(t)
		u.mustApply(u.want("16", "db.t4g.medium"))
		world := u.sim.World(kindtest.Region)
		world.Do(func() { world.RDS.FailCreation("", "incompatible-parameters") })
		_, err := u.apply(u.want("17", "db.t4g.medium"))
		for _, want := range []string{"PROVISIONING_FAILED", "shop-db-0a1b2c serves as before", "The green DB instance could not be created"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error does not say %q: %v", want, err)
			}
		}
		if _, version := u.database(); !strings.HasPrefix(version, "16.") {
			t.Errorf("version %s", version)
		}
	})
}
