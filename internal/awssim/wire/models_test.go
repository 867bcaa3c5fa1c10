package wire

import (
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestPatternsCompile(t *testing.T) {
	for name, m := range loaded() {
		for _, s := range m.shapes {
			if s.limits.pattern != nil {
				t.Run(name+"/"+s.name, func(*testing.T) { s.limits.pattern.matches("") }) // panics if Go cannot compile it
			}
		}
	}
}

func TestPatternCoversWholeValueAndHighPlanes(t *testing.T) {
	printable := newPattern(`[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*`)
	name := newPattern(`[\w+=,.@-]+`)
	for _, c := range []struct {
		pattern *pattern
		value   string
		want    bool
	}{
		{printable, "plain, ü and 🙂", true},
		{printable, "bell\a", false},
		{name, "role.name", true},
		{name, "role name", false},
	} {
		if got := c.pattern.matches(c.value); got != c.want {
			t.Errorf("%s on %q: got %t", c.pattern.java, c.value, got)
		}
	}
}

// TestModelsMatchTheirLists fails when an operations file was changed and the
// models were not generated again.
func TestModelsMatchTheirLists(t *testing.T) {
	for name, m := range loaded() {
		text, err := os.ReadFile("models/" + name + ".operations")
		if err != nil {
			t.Fatal(err)
		}
		listed := strings.Fields(string(text))
		if got := slices.Sorted(maps.Keys(m.operations)); !slices.Equal(got, listed) {
			t.Errorf("%s: the model has %v, the list %v: run go generate (and keep the list sorted)", name, got, listed)
		}
	}
}

// stale lists fields of SDK structs in use that the models do not have. A client
// that sends one is told UnknownParameter; a handler that sets one sets it in vain.
var stale = map[string]string{
	"autoscaling.CreateAutoScalingGroupInput.Operator":                          newer,
	"autoscaling/types.AutoScalingGroup.Operator":                               newer,
	"autoscaling/types.InstancesDistribution.DistributionSegments":              newer,
	"autoscaling.TerminateInstanceInAutoScalingGroupInput.AutoScalingGroupName": "termination of several instances at once: " + newer,
	"autoscaling.TerminateInstanceInAutoScalingGroupInput.InstanceIds":          "termination of several instances at once: " + newer,
	"autoscaling.TerminateInstanceInAutoScalingGroupOutput.Activities":          "termination of several instances at once: " + newer,
	"ec2.CreateFlowLogsInput.TagFieldSpecifications":                            newer,
	"ec2.CreateImageInput.BootModeOverride":                                     newer,
	"ec2.ModifyInstanceAttributeInput.EnclaveOptions":                           newer,
	"ec2/types.FlowLog.TagFieldSpecifications":                                  newer,
	"ec2/types.Image.ImageWatermarks":                                           newer,
	"ec2/types.Image.InstanceTypeSpecification":                                 newer,
	"ec2/types.Image.PublicSsmParameterName":                                    newer,
	"ec2/types.Image.ScanResults":                                               newer,
	"ec2/types.InstanceStatus.ApplicationStatus":                                newer,
	"ec2/types.InstanceStatus.PerformanceStatus":                                newer,
	"ec2/types.NetworkCardInfo.InterfaceTypes":                                  newer,
	"ec2/types.Volume.OwnerId":                                                  newer,
	"ec2/types.Volume.VolumeArn":                                                newer,
	"ec2/types.VpcEndpoint.PayerResponsibilities":                               newer,
	"elasticloadbalancingv2/types.SourceIpConditionConfig.IpAddressType":        newer,
	"iam/types.Role.SourceRoleTemplate":                                         newer,
	"acm.ListCertificatesInput.CertificateKeyPairOrigins":                       newer,
	"acm/types.CertificateDetail.AcmeAccountId":                                 newer,
	"acm/types.CertificateDetail.AcmeEndpointArn":                               newer,
	"acm/types.CertificateDetail.CertificateKeyPairOrigin":                      newer,
	"acm/types.CertificateDetail.UpdateSummary":                                 newer,
	"acm/types.CertificateOptions.ValidationMethod":                             newer,
	"acm/types.CertificateSummary.CertificateKeyPairOrigin":                     newer,
	"cloudwatch.DescribeAlarmsOutput.LogAlarms":                                 newer,
	"cloudwatch.PutCompositeAlarmInput.ActionConfiguration":                     newer,
	"cloudwatch.PutMetricAlarmInput.ActionConfiguration":                        newer,
	"cloudwatch.PutMetricAlarmInput.EvaluationWindow":                           newer,
	"cloudwatch.PutMetricAlarmInput.WarmUpConfiguration":                        newer,
	"cloudwatch/types.CompositeAlarm.ActionConfiguration":                       newer,
	"cloudwatch/types.MetricAlarm.ActionConfiguration":                          newer,
	"cloudwatch/types.MetricAlarm.EvaluationWindow":                             newer,
	"cloudwatch/types.MetricAlarm.WarmUpConfiguration":                          newer,
	"kms.CreateGrantInput.GranteeServicePrincipal":                              newer,
	"kms.CreateGrantInput.RetiringServicePrincipal":                             newer,
	"kms.ListGrantsInput.GranteeServicePrincipal":                               newer,
	"kms/types.GrantConstraints.SourceArn":                                      newer,
	"kms/types.GrantListEntry.GranteeServicePrincipal":                          newer,
	"kms/types.GrantListEntry.RetiringServicePrincipal":                         newer,
	"kms/types.KeyMetadata.EncapsulationAlgorithms":                             newer,
	"rds.CopyDBSnapshotInput.SourceRegion":                                      "of the SDK only: it makes PreSignedUrl of it",
	"rds.CopyDBSnapshotInput.TagSpecifications":                                 newer,
	"rds.CreateBlueGreenDeploymentInput.TargetResourceConfigurations":           newer,
	"rds.CreateDBClusterInput.AssociatedRoles":                                  newer,
	"rds.CreateDBClusterInput.SourceRegion":                                     "of the SDK only: it makes PreSignedUrl of it",
	"rds.CreateDBInstanceInput.DBCapacityReservationIdentifier":                 newer,
	"rds.CreateDBInstanceReadReplicaInput.DBCapacityReservationIdentifier":      newer,
	"rds.CreateDBInstanceReadReplicaInput.SourceRegion":                         "of the SDK only: it makes PreSignedUrl of it",
	"rds.ModifyDBClusterInput.EngineLifecycleSupport":                           newer,
	"rds.ModifyDBInstanceInput.DBCapacityReservationIdentifier":                 newer,
	"rds.ModifyDBInstanceInput.EngineLifecycleSupport":                          newer,
	"rds.RestoreDBClusterFromSnapshotInput.AssociatedRoles":                     newer,
	"rds.RestoreDBClusterToPointInTimeInput.AssociatedRoles":                    newer,
	"rds.RestoreDBInstanceFromDBSnapshotInput.DBCapacityReservationIdentifier":  newer,
	"rds.RestoreDBInstanceToPointInTimeInput.DBCapacityReservationIdentifier":   newer,
	"rds.StartDBInstanceInput.DBCapacityReservationIdentifier":                  newer,
	"rds.CopyDBClusterSnapshotInput.SourceRegion":                               "makes the SDK sign a URL, and is not sent",
	"servicequotas/types.QuotaContextInfo.AdjustableAtLevel":                    newer,
	"rds.StopDBInstanceInput.DetachFromDBCapacityReservation":                   newer,
	"rds/types.AdditionalStorageVolumeOutput.StorageOperationPercentProgress":   newer,
	"rds/types.AdditionalStorageVolumeOutput.StorageOperationStatus":            newer,
	"rds/types.DBInstance.DBCapacityReservationIdentifier":                      newer,
	"rds/types.DBInstance.StorageOperationPercentProgress":                      newer,
	"rds/types.DBInstance.StorageOperationStatus":                               newer,
	"rds/types.DBSnapshot.FullSnapshotSizeInBytes":                              newer,
	"rds/types.OptionGroup.SourceRegion":                                        newer,
	"rds/types.PendingModifiedValues.DBCapacityReservationIdentifier":           newer,
	"s3.GetObjectOutput.ExpiresString":                                          "of the SDK only: Expires as it was sent",
	"s3.HeadObjectOutput.ExpiresString":                                         "of the SDK only: Expires as it was sent",
	"ssm/types.InstanceInformation.SourceLocation":                              newer,
	"sts.AssumeRoleInput.MinimumSessionTokenSize":                               newer,
	"sts.AssumeRoleOutput.SessionTokenSize":                                     newer,
	"sts.AssumeRoleOutput.SessionTokenUtilization":                              newer,
}

// newer is the usual reason: the SDK was released after the models, and nothing
// simulated depends on the field.
const newer = "newer than the models"

// TestSDKFieldsAreModelled names the fields that a newer SDK has and the models
// lack, and entries of the list that are out of date.
func TestSDKFieldsAreModelled(t *testing.T) {
	unmodelled := map[string]bool{}
	eachType(t, func(op string, s *shape, typ reflect.Type) {
		known := map[string]bool{"ResultMetadata": true}
		for _, f := range planOf(s, typ) {
			known[upperFirst(f.member.name)] = true
		}
		for f := range typ.Fields() {
			if f.IsExported() && !known[f.Name] {
				unmodelled[typ.PkgPath()[strings.LastIndex(typ.PkgPath(), "service/")+8:]+"."+typ.Name()+"."+f.Name] = true
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(unmodelled)) {
		if stale[name] == "" {
			t.Errorf("%s is not in the model", name)
		}
	}
	for name := range stale {
		if !unmodelled[name] {
			t.Errorf("%s is in the model now: drop it from the list", name)
		}
	}
}

// TestEveryMemberHasAField names members of the models that the SDK's structs lack.
func TestEveryMemberHasAField(t *testing.T) {
	eachType(t, func(op string, s *shape, typ reflect.Type) {
		for _, f := range planOf(s, typ) {
			if f.index < 0 {
				t.Errorf("%s: %s has no field for %s.%s", op, typ, s.name, f.member.name)
			}
		}
	})
}

// eachType visits every structure in use with the SDK's struct for it.
func eachType(t *testing.T, visit func(op string, s *shape, typ reflect.Type)) {
	eachOperation(t, http.DefaultTransport, func(_ *testing.T, op *operation, call reflect.Value) {
		seen := map[planKey]bool{}
		var walk func(s *shape, typ reflect.Type)
		walk = func(s *shape, typ reflect.Type) {
			for typ.Kind() == reflect.Pointer {
				typ = typ.Elem()
			}
			if s == nil || seen[planKey{s, typ}] {
				return
			}
			seen[planKey{s, typ}] = true
			switch {
			case s.union:
				for _, m := range s.members {
					if concrete := unionMember(typ, m); concrete != nil {
						value, _ := concrete.FieldByName("Value")
						walk(m.shape, value.Type)
					}
				}
			case s.kind == kindStructure:
				visit(op.name, s, typ)
				for _, f := range planOf(s, typ) {
					if f.index >= 0 {
						walk(f.member.shape, typ.Field(f.index).Type)
					}
				}
			case s.kind == kindList:
				walk(s.item.shape, typ.Elem())
			case s.kind == kindMap:
				walk(s.value.shape, typ.Elem())
			}
		}
		walk(op.input, call.Type().In(1))
		walk(op.output, call.Type().Out(0))
	})
}

// TestUnionsAreKnown names members of unions that the codec has no type for.
func TestUnionsAreKnown(t *testing.T) {
	eachType(t, func(op string, s *shape, typ reflect.Type) {
		for _, f := range planOf(s, typ) {
			if f.index < 0 || !f.member.shape.union {
				continue
			}
			for _, m := range f.member.shape.members {
				if union := typ.Field(f.index).Type; unionMember(union, m) == nil {
					t.Errorf("%s: unionMembers lacks %s of %s", op, m.name, union)
				}
			}
		}
	})
}

// unionMember returns the SDK's struct for a member of a union, or nil.
func unionMember(union reflect.Type, m *member) reflect.Type {
	for _, typ := range unionMembers[union] {
		if isUnionMember(typ, m) {
			return typ
		}
	}
	return nil
}

// staleEnums lists enumerations of inputs that have gained values since the
// models. A request with such a value is refused.
var staleEnums = map[string]string{
	"types.CapacityDistributionStrategy": newer,
	"types.AssociationFilterKey":         newer,
	"types.KeySpec":                      newer,
	"types.KeyUsageType":                 newer,
	"types.ResourceTypeForTagging":       newer,
	"types.SourceType":                   newer,
	"types.MarketType":                   newer,
	"types.ResourceType":                 newer,
	"types.VpcEndpointType":              newer,
	"types.VpcState":                     newer, // of answers; a handler may use it
}

func TestSDKEnumsAreModelled(t *testing.T) {
	unmodelled := map[string][]string{}
	eachType(t, func(_ string, s *shape, typ reflect.Type) {
		for _, f := range planOf(s, typ) {
			enum := f.member.shape
			if f.index < 0 || enum.limits.enum == nil {
				continue
			}
			values := reflect.Zero(typ.Field(f.index).Type).MethodByName("Values")
			if !values.IsValid() {
				continue
			}
			list := values.Call(nil)[0]
			for i := range list.Len() {
				value := list.Index(i).String()
				name := typ.Field(f.index).Type.String()
				if !enum.limits.enum[value] && !slices.Contains(unmodelled[name], value) {
					unmodelled[name] = append(unmodelled[name], value)
				}
			}
		}
	})
	for _, name := range slices.Sorted(maps.Keys(unmodelled)) {
		if staleEnums[name] == "" {
			t.Errorf("%s has values that the model does not: %v", name, unmodelled[name])
		}
	}
}
