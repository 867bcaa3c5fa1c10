package rds

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// parameter is a setting of a database engine.
type parameter struct {
	name, value string
	// allowed is a list of values or a range; empty: anything.
	allowed, dataType string
	// static parameters take effect at a restart (aws-facts §6.7).
	static bool
	// system says that RDS sets the value, not the engine.
	system, fixed bool
}

var postgresParameters = []parameter{
	{name: "autovacuum", value: "1", allowed: "0,1", dataType: "boolean"},
	{name: "autovacuum_max_workers", value: "3", allowed: "1-262143", dataType: "integer", static: true},
	{name: "autovacuum_vacuum_scale_factor", value: "0.1", dataType: "float"},
	{name: "checkpoint_timeout", value: "300", allowed: "30-3600", dataType: "integer"},
	{name: "client_encoding", value: "UTF8", dataType: "string"},
	{name: "config_file", value: "/rdsdbdata/config/postgresql.conf", dataType: "string", static: true, system: true, fixed: true},
	{name: "default_statistics_target", value: "100", allowed: "1-10000", dataType: "integer"},
	{name: "effective_cache_size", value: "{DBInstanceClassMemory/16384}", allowed: "1-2147483647", dataType: "integer"},
	{name: "idle_in_transaction_session_timeout", value: "86400000", allowed: "0-2147483647", dataType: "integer"},
	{name: "log_connections", allowed: "0,1", dataType: "boolean"},
	{name: "log_disconnections", allowed: "0,1", dataType: "boolean"},
	{name: "log_lock_waits", allowed: "0,1", dataType: "boolean"},
	{name: "log_min_duration_statement", allowed: "-1-2147483647", dataType: "integer"},
	{name: "log_statement", allowed: "none,ddl,mod,all", dataType: "string"},
	{name: "maintenance_work_mem", value: "GREATEST({DBInstanceClassMemory*1024/63963136},65536)", allowed: "1024-2147483647", dataType: "integer"},
	{name: "max_connections", value: "LEAST({DBInstanceClassMemory/9531392},5000)", allowed: "6-262143", dataType: "integer", static: true},
	{name: "max_parallel_workers", value: "GREATEST({DBInstanceVCPU/2},8)", allowed: "0-1024", dataType: "integer"},
	{name: "max_wal_senders", value: "20", allowed: "5-100", dataType: "integer", static: true},
	{name: "max_wal_size", value: "2048", allowed: "128-201326592", dataType: "integer"},
	{name: "max_worker_processes", value: "GREATEST({DBInstanceVCPU*2},8)", allowed: "0-262143", dataType: "integer", static: true},
	{name: "password_encryption", value: "scram-sha-256", allowed: "md5,scram-sha-256", dataType: "string"},
	{name: "random_page_cost", value: "4", dataType: "float"},
	{name: "rds.force_ssl", value: "1", allowed: "0,1", dataType: "boolean", system: true},
	{name: "rds.logical_replication", value: "0", allowed: "0,1", dataType: "boolean", static: true, system: true},
	{name: "rds.log_retention_period", value: "4320", allowed: "1440-10080", dataType: "integer"},
	{name: "shared_buffers", value: "{DBInstanceClassMemory/32768}", allowed: "16-1073741823", dataType: "integer", static: true},
	{name: "shared_preload_libraries", value: "pg_stat_statements", dataType: "list", static: true, system: true},
	{name: "statement_timeout", allowed: "0-2147483647", dataType: "integer"},
	{name: "timezone", value: "UTC", dataType: "string"},
	{name: "track_activity_query_size", value: "4096", allowed: "100-1048576", dataType: "integer", static: true},
	{name: "wal_buffers", allowed: "-1-262143", dataType: "integer", static: true},
	{name: "work_mem", value: "4096", allowed: "64-2147483647", dataType: "integer"},
}

var mysqlParameters = []parameter{
	{name: "autocommit", allowed: "0,1", dataType: "boolean"},
	{name: "basedir", value: "/rdsdbbin/mysql", dataType: "string", static: true, system: true, fixed: true},
	{name: "binlog_format", value: "ROW", allowed: "ROW,STATEMENT,MIXED", dataType: "string", system: true},
	{name: "character_set_client", allowed: "latin1,utf8,utf8mb3,utf8mb4", dataType: "string"},
	{name: "character_set_server", allowed: "ascii,latin1,utf8,utf8mb3,utf8mb4", dataType: "string"},
	{name: "collation_server", dataType: "string"},
	{name: "connect_timeout", allowed: "2-31536000", dataType: "integer"},
	{name: "event_scheduler", allowed: "ON,OFF", dataType: "string"},
	{name: "general_log", allowed: "0,1", dataType: "boolean"},
	{name: "innodb_buffer_pool_size", value: "{DBInstanceClassMemory*3/4}", allowed: "5242880-18446744073709551615", dataType: "integer", static: true},
	{name: "innodb_flush_log_at_trx_commit", value: "1", allowed: "0,1,2", dataType: "integer"},
	{name: "innodb_lock_wait_timeout", allowed: "1-1073741824", dataType: "integer"},
	{name: "innodb_print_all_deadlocks", allowed: "0,1", dataType: "boolean"},
	{name: "log_bin_trust_function_creators", allowed: "0,1", dataType: "boolean"},
	{name: "log_output", value: "TABLE", allowed: "TABLE,FILE,NONE", dataType: "string", system: true},
	{name: "long_query_time", dataType: "float"},
	{name: "lower_case_table_names", allowed: "0,1", dataType: "integer", static: true},
	{name: "max_allowed_packet", allowed: "1024-1073741824", dataType: "integer"},
	{name: "max_connections", value: "{DBInstanceClassMemory/12582880}", allowed: "1-100000", dataType: "integer"},
	{name: "performance_schema", value: "0", allowed: "0,1", dataType: "boolean", static: true, system: true},
	{name: "read_only", value: "{TrueIfReplica}", allowed: "0,1,{TrueIfReplica}", dataType: "boolean", system: true},
	{name: "require_secure_transport", value: "0", allowed: "0,1", dataType: "boolean", system: true},
	{name: "slow_query_log", allowed: "0,1", dataType: "boolean"},
	{name: "sql_mode", dataType: "list"},
	{name: "sync_binlog", value: "1", allowed: "0-4294967295", dataType: "integer"},
	{name: "table_open_cache", allowed: "1-524288", dataType: "integer"},
	{name: "time_zone", allowed: "UTC,Europe/Paris,Europe/London,US/Eastern,US/Pacific", dataType: "string"},
	{name: "tls_version", allowed: "TLSv1.2,TLSv1.3", dataType: "list", static: true},
	{name: "wait_timeout", allowed: "1-31536000", dataType: "integer"},
}

// parameters are those of the engine.
func (e *engine) parameters() []parameter {
	switch {
	case strings.Contains(e.name, "postgres"):
		return postgresParameters
	case e.aurora:
		return auroraMySQLParameters
	}
	return mysqlParameters
}

// auroraMySQLParameters differ from MySQL's in how TLS is demanded: ON or OFF (Aurora
// User Guide, AuroraMySQL.Security).
var auroraMySQLParameters = func() []parameter {
	list := slices.Clone(mysqlParameters)
	for i := range list {
		if list[i].name == "require_secure_transport" {
			list[i].value, list[i].allowed = "OFF", "ON,OFF"
		}
	}
	return list
}()

// parameter finds one that a request names.
func (e *engine) parameter(name string) (parameter, error) {
	i := slices.IndexFunc(e.parameters(), func(p parameter) bool { return p.name == name })
	if i < 0 {
		return parameter{}, badValue("Could not find parameter with name: %s", name)
	}
	return e.parameters()[i], nil
}

// accept checks a value and returns it as RDS stores it: RDS gives members of a
// list their own spelling (aws-facts §6.7).
func (p parameter) accept(value string) (string, error) {
	bad := badValue("Invalid parameter value: %s for: %s allowed values are: %s", value, p.name, p.allowed)
	low, high, ranged := bounds(p.allowed)
	switch {
	case p.allowed == "" || p.dataType == "list" || strings.Contains(value, "{") && ranged:
		return value, nil
	case ranged:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || n < low || n > high {
			return "", bad
		}
		return value, nil
	}
	for _, allowed := range strings.Split(p.allowed, ",") {
		if strings.EqualFold(allowed, value) {
			return allowed, nil
		}
	}
	return "", bad
}

// bounds parses a range like -1-100.
func bounds(allowed string) (low, high float64, ok bool) {
	cut := strings.LastIndex(allowed, "-")
	if cut < 1 {
		return 0, 0, false
	}
	low, err1 := strconv.ParseFloat(allowed[:cut], 64)
	high, err2 := strconv.ParseFloat(allowed[cut+1:], 64)
	return low, high, err1 == nil && err2 == nil
}

// shown is the parameter with its default value.
func (p parameter) shown() types.Parameter {
	out := types.Parameter{ParameterName: aws.String(p.name), DataType: aws.String(p.dataType), ApplyType: aws.String("dynamic"),
		Description: aws.String("Sets " + p.name + "."), IsModifiable: aws.Bool(!p.fixed), Source: aws.String("engine-default"),
		ApplyMethod: types.ApplyMethodPendingReboot}
	if p.static {
		out.ApplyType = aws.String("static")
	}
	if p.system {
		out.Source = aws.String("system")
	}
	if p.value != "" {
		out.ParameterValue = aws.String(p.value)
	}
	if p.allowed != "" {
		out.AllowedValues = aws.String(p.allowed)
	}
	return out
}
