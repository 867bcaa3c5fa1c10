package hadatabase

import (
	"regexp"
	"strings"
)

// engine is what the resource knows of a database engine without asking AWS.
type engine struct {
	port int32
	// majors is how many numbers of a version make the major version.
	majors int
	logs   []string
	// tls is the parameter that refuses connections without TLS.
	tls string
	// database are the names that a database may have, reserved the users that there
	// are already (aws: CreateDBInstance).
	database *regexp.Regexp
	reserved []string
	// shortest and longest passwords (aws-facts §6.4).
	shortest, longest int
	// replicasFirst says that AWS upgrades replicas before their source (aws-facts §6.5).
	replicasFirst bool
}

var engineNames = []string{"postgres", "mysql", "mariadb"}

var (
	postgresNames = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,62}$`)
	mysqlNames    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)
)

var engines = map[string]engine{
	"postgres": {port: 5432, majors: 1, logs: []string{"postgresql", "upgrade"}, tls: "rds.force_ssl", database: postgresNames,
		reserved: []string{"admin", "postgres", "rdsadmin", "public", "user"}, shortest: 8, longest: 128},
	"mysql": {port: 3306, majors: 2, logs: []string{"error", "slowquery"}, tls: "require_secure_transport", database: mysqlNames,
		reserved: []string{"rdsadmin", "root"}, shortest: 8, longest: 41, replicasFirst: true},
	"mariadb": {port: 3306, majors: 2, logs: []string{"error", "slowquery"}, tls: "require_secure_transport", database: mysqlNames,
		reserved: []string{"rdsadmin", "root"}, shortest: 8, longest: 41, replicasFirst: true},
}

// about returns the engine of the configuration.
func (m *Model) about() engine { return engines[m.Engine.ValueString()] }

// logs returns the logs that are exported by default.
func (m *Model) logs() []string {
	if m.aurora() && m.Engine.ValueString() == "postgres" {
		return []string{"postgresql"} // Aurora has no log of upgrades
	}
	return m.about().logs
}

// major returns the major version of a version; the whole when it is shorter.
func (e engine) major(version string) string {
	numbers := strings.SplitN(version, ".", e.majors+1)
	return strings.Join(numbers[:min(e.majors, len(numbers))], ".")
}

// family is the parameter group family of the wanted version.
func (m *Model) family() string {
	return m.rdsEngine() + m.about().major(m.EngineVersion.ValueString())
}
