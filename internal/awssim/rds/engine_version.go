package rds

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// DescribeDBEngineVersions implements the operation. An unknown engine or version
// gives an empty list.
func (s *Service) DescribeDBEngineVersions(_ context.Context, in *sdk.DescribeDBEngineVersionsInput) (*sdk.DescribeDBEngineVersionsOutput, error) {
	var all []types.DBEngineVersion
	for _, e := range engines {
		if in.Engine != nil && *in.Engine != e.name {
			continue
		}
		for _, v := range e.shown() {
			if in.EngineVersion != nil && *v.EngineVersion != *in.EngineVersion && *v.MajorEngineVersion != *in.EngineVersion ||
				in.DBParameterGroupFamily != nil && *v.DBParameterGroupFamily != *in.DBParameterGroupFamily ||
				aws.ToBool(in.DefaultOnly) && !e.isDefault(v, in.EngineVersion != nil) {
				continue
			}
			all = append(all, v)
		}
	}
	list, next, err := filtered(all, in.Filters, in.Marker, in.MaxRecords, func(v types.DBEngineVersion) map[string][]string {
		return map[string][]string{
			"db-parameter-group-family": values(v.DBParameterGroupFamily),
			"engine":                    values(v.Engine),
			"engine-mode":               v.SupportedEngineModes,
			"engine-version":            values(v.EngineVersion),
			"status":                    values(v.Status),
		}
	})
	if err != nil {
		return nil, err
	}
	return &sdk.DescribeDBEngineVersionsOutput{DBEngineVersions: list, Marker: next}, nil
}

// isDefault reports whether RDS chooses the version, for its major version or for
// the engine as a whole.
func (e *engine) isDefault(v types.DBEngineVersion, ofMajor bool) bool {
	want, _ := e.resolve("")
	if ofMajor {
		want, _ = e.resolve(*v.MajorEngineVersion)
	}
	return *v.EngineVersion == want
}

// shown lists an engine's versions as DescribeDBEngineVersions has them.
func (e *engine) shown() (list []types.DBEngineVersion) {
	for _, r := range e.releases {
		for _, minor := range r.minors {
			v := types.DBEngineVersion{
				Engine: aws.String(e.name), EngineVersion: aws.String(minor), MajorEngineVersion: aws.String(r.major),
				DBEngineDescription: aws.String(e.title), DBEngineVersionDescription: aws.String(e.title + " " + minor),
				DBParameterGroupFamily: aws.String(e.familyPrefix + r.major), Status: aws.String("available"),
				ExportableLogTypes: slices.Clone(e.logs), SupportsLogExportsToCloudwatchLogs: aws.Bool(true),
				SupportsReadReplica: aws.Bool(!e.aurora), SupportsGlobalDatabases: aws.Bool(e.aurora),
				SupportedCACertificateIdentifiers:         certificateNames(),
				SupportsCertificateRotationWithoutRestart: aws.Bool(e.rotates),
			}
			if e.aurora {
				v.SupportedEngineModes = []string{"provisioned"}
			}
			for _, t := range e.targets(minor) {
				v.ValidUpgradeTarget = append(v.ValidUpgradeTarget, types.UpgradeTarget{
					Engine: aws.String(e.name), EngineVersion: aws.String(t.version), Description: aws.String(e.title + " " + t.version),
					AutoUpgrade: aws.Bool(t.auto), IsMajorVersionUpgrade: aws.Bool(t.major), SupportsGlobalDatabases: aws.Bool(e.aurora),
				})
			}
			list = append(list, v)
		}
	}
	return list
}

// families lists the parameter group families.
func families() (list []string) {
	for _, e := range engines {
		for _, r := range e.releases {
			list = append(list, e.familyPrefix+r.major)
		}
	}
	return list
}

// familyEngine finds the engine of a parameter group family.
func familyEngine(family string) (*engine, error) {
	for _, e := range engines {
		for _, r := range e.releases {
			if e.familyPrefix+r.major == strings.ToLower(family) {
				return e, nil
			}
		}
	}
	return nil, badValue("ParameterGroupFamily %s is not a valid parameter group family", family)
}

// checkLogs refuses log types that the engine does not export.
func (e *engine) checkLogs(logs []string) error {
	for _, name := range logs {
		if !slices.Contains(e.logs, name) {
			return badCombination("You cannot use the log types '%s' with engine version %s. For supported log types, see the documentation.",
				name, e.name)
		}
	}
	return nil
}

// upgrade checks a new version for a database (aws-facts §6.5) and completes it. An
// equal version, or a prefix of it, is no upgrade.
func (e *engine) upgrade(current, wanted string, allowMajor *bool) (version string, major bool, err error) {
	if wanted == current || wanted == e.releases[e.major(current)].major {
		preferred := e.releases[e.major(current)].preferred()
		// A major version alone upgrades to its preferred minor version, if that is higher.
		if wanted != current && e.older(current, preferred) {
			return preferred, false, nil
		}
		return current, false, nil
	}
	version, err = e.resolve(wanted)
	if err != nil {
		return "", false, err
	}
	i := slices.IndexFunc(e.targets(current), func(t target) bool { return t.version == version })
	if i < 0 {
		return "", false, badCombination("Cannot upgrade %s from %s to %s", e.name, current, version)
	}
	if major = e.targets(current)[i].major; major && !aws.ToBool(allowMajor) {
		return "", false, badCombination("The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
	}
	return version, major, nil
}
