package rds

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
)

func firstError(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkPort(port *int32) error {
	if *port < 1150 || *port > 65535 {
		return badValue("Invalid database port: %d. Valid values are 1150-65535", *port)
	}
	return nil
}

func checkRetention(daysKept *int32) error {
	if *daysKept < 0 || *daysKept > 35 {
		return badValue("Invalid backup retention period: %d. Must be between 0 and 35", *daysKept)
	}
	return nil
}

// checkMonitoring checks Enhanced Monitoring (aws-facts §6.4).
func (s *Service) checkMonitoring(interval *int32, role *string) error {
	switch {
	case !slices.Contains([]int32{0, 1, 5, 10, 15, 30, 60}, aws.ToInt32(interval)):
		return badValue("Invalid monitoring interval: %d", *interval)
	case aws.ToInt32(interval) == 0 && aws.ToString(role) != "":
		return badCombination("A MonitoringInterval value other than 0 is required if you specify a MonitoringRoleARN value.")
	case aws.ToInt32(interval) == 0:
		return nil
	case aws.ToString(role) == "":
		return badCombination("A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
	case !isARN(*role, "iam") || s.MonitoringRole != nil && !s.MonitoringRole(*role):
		return badValue("IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING")
	}
	return nil
}

// checkInsights checks Performance Insights and sets it on the instance.
func (s *Service) checkInsights(in *sdk.CreateDBInstanceInput, c class, e *engine, i *instance) error {
	set, err := s.insights(in.EnablePerformanceInsights, in.PerformanceInsightsRetentionPeriod, in.PerformanceInsightsKMSKeyId, c, e)
	if err != nil {
		return err
	}
	set.on(&i.PerformanceInsightsEnabled, &i.PerformanceInsightsRetentionPeriod, &i.PerformanceInsightsKMSKeyId)
	return nil
}

// insightSettings are those of Performance Insights.
type insightSettings struct {
	enabled bool
	days    int32
	key     string
}

// insights checks a request for Performance Insights and completes it.
func (s *Service) insights(enable *bool, retention *int32, key *string, c class, e *engine) (insightSettings, error) {
	set := insightSettings{enabled: aws.ToBool(enable), days: 7}
	switch {
	case !set.enabled && (retention != nil || key != nil):
		return set, badCombination("Performance Insights must be enabled to set its retention period or KMS key.")
	case !set.enabled:
		return insightSettings{}, nil
	case !c.insights(e):
		return set, badCombination("Performance Insights not supported for this configuration.")
	case retention != nil && *retention != 7 && *retention != 731 && (*retention%31 != 0 || *retention < 31 || *retention > 23*31):
		return set, badValue("Invalid Performance Insights retention period: %d", *retention)
	case retention != nil:
		set.days = *retention
	}
	arn, err := s.key(key, defaultKey)
	set.key = arn
	return set, err
}

// on sets the members of an instance or cluster.
func (set insightSettings) on(enabled **bool, days **int32, key **string) {
	*enabled, *days, *key = aws.Bool(set.enabled), nil, nil
	if set.enabled {
		*days, *key = aws.Int32(set.days), aws.String(set.key)
	}
}

// checkCredentials checks the master user of a new instance. The password is
// checked and forgotten.
func checkCredentials(in *sdk.CreateDBInstanceInput) error {
	e, err := findEngine(lower(in.Engine))
	if err != nil {
		return err
	}
	return e.checkMaster(in.MasterUsername, in.MasterUserPassword, in.ManageMasterUserPassword, in.MasterUserSecretKmsKeyId)
}

// checkMaster checks a master user: a password is given or managed (aws-facts §6.4, §6.10).
func (e *engine) checkMaster(user, password *string, manage *bool, key *string) error {
	if user == nil {
		return badValue("The parameter MasterUsername must be provided and must not be blank.")
	}
	if err := e.checkUser(*user); err != nil {
		return err
	}
	switch {
	case aws.ToBool(manage) && password != nil:
		return badCombination("You can't specify MasterUserPassword when ManageMasterUserPassword is turned on.")
	case aws.ToBool(manage):
		return nil
	case key != nil:
		return badCombination("You can't specify MasterUserSecretKmsKeyId when ManageMasterUserPassword is turned off.")
	case password == nil:
		return badValue("The parameter MasterUserPassword must be provided and must not be blank.")
	}
	return e.checkPassword(*password)
}

var userName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,15}$`)

func (e *engine) checkUser(user string) error {
	if !userName.MatchString(user) {
		return badValue("The parameter MasterUsername is not a valid identifier. It must have 1 to 16 letters, numbers or underscores and begin with a letter.")
	}
	if folded := strings.ToLower(user); folded == "rdsadmin" || folded == "admin" && strings.Contains(e.name, "postgres") {
		return badValue("MasterUsername %s cannot be used as it is a reserved word used by the engine", user)
	}
	return nil
}

func (e *engine) checkPassword(password string) error {
	switch {
	case len(password) < e.passwordMin:
		return badValue("The parameter MasterUserPassword is not a valid password because it is shorter than %d characters.", e.passwordMin)
	case len(password) > e.passwordMax:
		return badValue("The parameter MasterUserPassword is not a valid password because it is longer than %d characters.", e.passwordMax)
	case strings.ContainsFunc(password, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/@"`, r) }):
		return badValue(`The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '"', ' ' may be used.`)
	}
	return nil
}
