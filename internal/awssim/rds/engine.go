package rds

import (
	"slices"
	"strings"
)

// engine is a database engine with its releases.
type engine struct {
	name, title, license, familyPrefix string
	port                               int32
	passwordMin, passwordMax           int
	logs                               []string
	releases                           []release // by age
	aurora                             bool
	clusters                           bool // Multi-AZ DB clusters
	// rotates says that a CA certificate is replaced without a restart (aws-facts §6.17).
	rotates bool
	// replicasFirst says that replicas are upgraded before their source (aws-facts §6.5).
	replicasFirst bool
}

// release is a major version with its minor versions by age. The last but one is
// the default: AWS prefers a minor version some time after its release.
type release struct {
	major  string
	minors []string
}

func (r release) preferred() string { return r.minors[max(0, len(r.minors)-2)] }

var (
	postgresLogs = []string{"postgresql", "upgrade", "iam-db-auth-error"}
	mysqlLogs    = []string{"audit", "error", "general", "slowquery", "iam-db-auth-error"}
)

var engines = []*engine{
	{name: "postgres", title: "PostgreSQL", license: "postgresql-license", familyPrefix: "postgres", port: 5432,
		passwordMin: 8, passwordMax: 128, logs: postgresLogs, clusters: true, rotates: true, releases: []release{
			{"15", []string{"15.10", "15.12", "15.13", "15.14"}},
			{"16", []string{"16.6", "16.8", "16.9", "16.10"}},
			{"17", []string{"17.2", "17.4", "17.5", "17.6"}},
		}},
	{name: "mysql", title: "MySQL Community Edition", license: "general-public-license", familyPrefix: "mysql", port: 3306,
		passwordMin: 8, passwordMax: 41, logs: mysqlLogs, clusters: true, rotates: true, replicasFirst: true, releases: []release{
			{"8.0", []string{"8.0.40", "8.0.41", "8.0.42", "8.0.43"}},
			{"8.4", []string{"8.4.4", "8.4.5", "8.4.6"}},
		}},
	{name: "mariadb", title: "MariaDB Community Edition", license: "general-public-license", familyPrefix: "mariadb", port: 3306,
		passwordMin: 8, passwordMax: 41, logs: mysqlLogs, replicasFirst: true, releases: []release{
			{"10.11", []string{"10.11.11", "10.11.13", "10.11.14"}},
			{"11.4", []string{"11.4.5", "11.4.7", "11.4.8"}},
		}},
	{name: "aurora-postgresql", title: "Aurora PostgreSQL", license: "postgresql-license", familyPrefix: "aurora-postgresql", port: 5432,
		passwordMin: 8, passwordMax: 128, logs: []string{"iam-db-auth-error", "instance", "postgresql"}, aurora: true, rotates: true,
		releases: []release{
			{"15", []string{"15.10", "15.12"}},
			{"16", []string{"16.6", "16.8"}},
			{"17", []string{"17.4", "17.5"}},
		}},
	{name: "aurora-mysql", title: "Aurora MySQL", license: "general-public-license", familyPrefix: "aurora-mysql", port: 3306,
		passwordMin: 8, passwordMax: 41, logs: []string{"audit", "error", "general", "iam-db-auth-error", "instance", "slowquery"},
		aurora: true, rotates: true, releases: []release{
			{"8.0", []string{"8.0.mysql_aurora.3.08.2", "8.0.mysql_aurora.3.10.0"}},
		}},
}

func findEngine(name string) (*engine, error) {
	for _, e := range engines {
		if e.name == name {
			return e, nil
		}
	}
	return nil, badValue("Invalid DB engine: %s", name)
}

// major returns the place of a version's release.
func (e *engine) major(version string) int {
	return slices.IndexFunc(e.releases, func(r release) bool {
		return version == r.major || strings.HasPrefix(version, r.major+".")
	})
}

// family is the parameter group family of a version.
func (e *engine) family(version string) string {
	if i := e.major(version); i >= 0 {
		return e.familyPrefix + e.releases[i].major
	}
	return ""
}

// resolve completes a version that may be a prefix: the engine then has a preferred
// minor version (aws-facts §6.4). An empty one is the preferred major version's.
func (e *engine) resolve(version string) (string, error) {
	if version == "" {
		return e.releases[len(e.releases)-1].preferred(), nil
	}
	if i := e.major(version); i >= 0 {
		switch r := e.releases[i]; {
		case version == r.major:
			return r.preferred(), nil
		case slices.Contains(r.minors, version):
			return version, nil
		}
	}
	return "", badCombination("Cannot find version %s for %s", version, e.name)
}

// target is a version to which another can be upgraded.
type target struct {
	version     string
	major, auto bool
}

// targets lists what a version can be upgraded to: later minor versions, and those
// of the major versions after it.
func (e *engine) targets(version string) (list []target) {
	own := e.major(version)
	if own < 0 {
		return nil
	}
	at := slices.Index(e.releases[own].minors, version)
	for i, r := range e.releases[own:] {
		for n, minor := range r.minors {
			if i > 0 || n > at {
				list = append(list, target{minor, i > 0, i == 0 && minor == r.preferred()})
			}
		}
	}
	return list
}

// older reports whether version a comes before b.
func (e *engine) older(a, b string) bool {
	return slices.ContainsFunc(e.targets(a), func(t target) bool { return t.version == b })
}
