package moto

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	certificate "github.com/aws/aws-sdk-go-v2/service/acm/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	zone "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	parameter "github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

func secrets(r *run) {
	name := aws.String("shop/db")
	create := &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("one"), ClientRequestToken: aws.String("11111111-1111-4111-8111-111111111111")}
	do(r, "an unknown secret", "ResourceNotFoundException", r.secrets.DescribeSecret, &secretsmanager.DescribeSecretInput{SecretId: name})
	do(r, "a secret", ok, r.secrets.CreateSecret, create)
	do(r, "the same request token", ok, r.secrets.CreateSecret, create)
	do(r, "a name in use", "ResourceExistsException", r.secrets.CreateSecret, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("two")})
	do(r, "a secret of text and bytes", "InvalidParameterException", r.secrets.CreateSecret, &secretsmanager.CreateSecretInput{Name: aws.String("both"), SecretString: aws.String("x"), SecretBinary: []byte("x")})
	value := do(r, "its value", ok, r.secrets.GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: name})
	see(r, "the value", "one", aws.ToString(value.SecretString))
	put := &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("two"), ClientRequestToken: aws.String("22222222-2222-4222-8222-222222222222")}
	do(r, "a new value", ok, r.secrets.PutSecretValue, put)
	do(r, "a new value again", ok, r.secrets.PutSecretValue, put)
	do(r, "another value with the token of a version", "ResourceExistsException", r.secrets.PutSecretValue, &secretsmanager.PutSecretValueInput{SecretId: name, SecretString: aws.String("three"), ClientRequestToken: put.ClientRequestToken})
	previous := do(r, "the previous value", ok, r.secrets.GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: name, VersionStage: aws.String("AWSPREVIOUS")})
	see(r, "the previous value is the first", "one", aws.ToString(previous.SecretString))
	do(r, "an unknown stage", "ResourceNotFoundException", r.secrets.GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: name, VersionStage: aws.String("NOTHING")})
	do(r, "a recovery window of 3 days", "InvalidParameterException", r.secrets.DeleteSecret, &secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(3)})
	do(r, "a recovery window and no recovery", "InvalidParameterException", r.secrets.DeleteSecret, &secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(7), ForceDeleteWithoutRecovery: aws.Bool(true)})
	do(r, "scheduling the deletion", ok, r.secrets.DeleteSecret, &secretsmanager.DeleteSecretInput{SecretId: name, RecoveryWindowInDays: aws.Int64(7)})
	do(r, "the value of a secret to be deleted", "InvalidRequestException", r.secrets.GetSecretValue, &secretsmanager.GetSecretValueInput{SecretId: name})
	do(r, "its name while it is to be deleted", "InvalidRequestException", r.secrets.CreateSecret, &secretsmanager.CreateSecretInput{Name: name, SecretString: aws.String("x")})
	do(r, "restoring", ok, r.secrets.RestoreSecret, &secretsmanager.RestoreSecretInput{SecretId: name})
	do(r, "deleting without recovery", ok, r.secrets.DeleteSecret, &secretsmanager.DeleteSecretInput{SecretId: name, ForceDeleteWithoutRecovery: aws.Bool(true)})
	r.pass(10 * time.Minute)
	do(r, "a secret that is gone", "ResourceNotFoundException", r.secrets.DescribeSecret, &secretsmanager.DescribeSecretInput{SecretId: name})
}

func parameters(r *run) {
	name := aws.String("/shop/image")
	put := func(step, want string, change func(*ssm.PutParameterInput)) {
		in := &ssm.PutParameterInput{Name: name, Type: parameter.ParameterTypeString, Value: aws.String("one")}
		change(in)
		do(r, step, want, r.ssm.PutParameter, in)
	}
	do(r, "an unknown parameter", "ParameterNotFound", r.ssm.GetParameter, &ssm.GetParameterInput{Name: name})
	put("a parameter", ok, func(*ssm.PutParameterInput) {})
	put("a parameter again", "ParameterAlreadyExists", func(*ssm.PutParameterInput) {})
	put("overwriting", ok, func(in *ssm.PutParameterInput) { in.Overwrite, in.Value = aws.Bool(true), aws.String("two") })
	put("no type", "ValidationException", func(in *ssm.PutParameterInput) { in.Name, in.Type = aws.String("/shop/none"), "" })
	put("a name of AWS's own", "AccessDeniedException", func(in *ssm.PutParameterInput) { in.Name = aws.String("/aws/x") })
	put("tags while overwriting", "ValidationException", func(in *ssm.PutParameterInput) {
		in.Overwrite, in.Tags = aws.Bool(true), []parameter.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	})
	got := do(r, "the value", ok, r.ssm.GetParameter, &ssm.GetParameterInput{Name: name})
	see(r, "version after overwriting", int64(2), got.Parameter.Version)
	do(r, "an old version", ok, r.ssm.GetParameter, &ssm.GetParameterInput{Name: aws.String("/shop/image:1")})
	do(r, "an unknown version", "ParameterVersionNotFound", r.ssm.GetParameter, &ssm.GetParameterInput{Name: aws.String("/shop/image:9")})
	put("another type", "HierarchyTypeMismatchException", func(in *ssm.PutParameterInput) {
		in.Overwrite, in.Type = aws.Bool(true), parameter.ParameterTypeSecureString
	})
	several := do(r, "several, one unknown", ok, r.ssm.GetParameters, &ssm.GetParametersInput{Names: []string{*name, "/nothing"}})
	see(r, "invalid parameters", 1, len(several.InvalidParameters))
	do(r, "a parameter's deletion", ok, r.ssm.DeleteParameter, &ssm.DeleteParameterInput{Name: name})
	do(r, "a parameter's deletion again", "ParameterNotFound", r.ssm.DeleteParameter, &ssm.DeleteParameterInput{Name: name})
}

func keys(r *run) {
	do(r, "an unknown key", "NotFoundException", r.kms.DescribeKey, &kms.DescribeKeyInput{KeyId: aws.String("00000000-0000-4000-8000-000000000000")})
	do(r, "an unknown alias", "NotFoundException", r.kms.DescribeKey, &kms.DescribeKeyInput{KeyId: aws.String("alias/nothing")})
	do(r, "AWS's own key by alias", ok, r.kms.DescribeKey, &kms.DescribeKeyInput{KeyId: aws.String("alias/aws/ebs")})
	do(r, "keys", ok, r.kms.ListKeys, &kms.ListKeysInput{})
	do(r, "aliases", ok, r.kms.ListAliases, &kms.ListAliasesInput{})
}

func certificates(r *run) {
	create := &acm.RequestCertificateInput{DomainName: aws.String("shop.example.com"), ValidationMethod: certificate.ValidationMethodDns, IdempotencyToken: aws.String("one")}
	first := do(r, "a certificate", ok, r.acm.RequestCertificate, create).CertificateArn
	r.pass(time.Minute)
	again := do(r, "the same token", ok, r.acm.RequestCertificate, create).CertificateArn
	see(r, "the same token gives the same certificate", true, *first == aws.ToString(again))
	do(r, "a malformed ARN", "ValidationException", r.acm.DescribeCertificate, &acm.DescribeCertificateInput{CertificateArn: aws.String("x")})
	do(r, "an unknown certificate", "ResourceNotFoundException", r.acm.DescribeCertificate, &acm.DescribeCertificateInput{CertificateArn: aws.String((*first)[:len(*first)-36] + "00000000-0000-4000-8000-000000000000")})
	pending := do(r, "a new certificate", ok, r.acm.DescribeCertificate, &acm.DescribeCertificateInput{CertificateArn: first}).Certificate
	see(r, "its state without its record", certificate.CertificateStatusPendingValidation, pending.Status)
	do(r, "deleting a certificate", ok, r.acm.DeleteCertificate, &acm.DeleteCertificateInput{CertificateArn: first})
	do(r, "deleting a certificate again", "ResourceNotFoundException", r.acm.DeleteCertificate, &acm.DeleteCertificateInput{CertificateArn: first})
}

func zones(r *run) {
	create := &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: aws.String("one")}
	made := do(r, "a zone", ok, r.route53.CreateHostedZone, create).HostedZone
	do(r, "a caller reference again", "HostedZoneAlreadyExists", r.route53.CreateHostedZone, create)
	change := func(step, want string, action zone.ChangeAction, name, address string) {
		do(r, step, want, r.route53.ChangeResourceRecordSets, &route53.ChangeResourceRecordSetsInput{HostedZoneId: made.Id, ChangeBatch: &zone.ChangeBatch{Changes: []zone.Change{{Action: action,
			ResourceRecordSet: &zone.ResourceRecordSet{Name: &name, Type: zone.RRTypeA, TTL: aws.Int64(60), ResourceRecords: []zone.ResourceRecord{{Value: &address}}}}}}})
	}
	change("a record", ok, zone.ChangeActionCreate, "www.example.com", "192.0.2.1")
	change("an upsert", ok, zone.ChangeActionUpsert, "www.example.com", "192.0.2.2")
	change("a record of another zone", "InvalidChangeBatch", zone.ChangeActionCreate, "www.example.org", "192.0.2.1")
	change("deleting a record with another value", "InvalidChangeBatch", zone.ChangeActionDelete, "www.example.com", "192.0.2.9")
	records := do(r, "records", ok, r.route53.ListResourceRecordSets, &route53.ListResourceRecordSetsInput{HostedZoneId: made.Id})
	see(r, "records with SOA and NS", 3, len(records.ResourceRecordSets))
	do(r, "an unknown zone", "NoSuchHostedZone", r.route53.GetHostedZone, &route53.GetHostedZoneInput{Id: aws.String("Z0123456789ABCDEFGHIJ")})
	do(r, "deleting a zone with records", "HostedZoneNotEmpty", r.route53.DeleteHostedZone, &route53.DeleteHostedZoneInput{Id: made.Id})
	change("deleting a record", ok, zone.ChangeActionDelete, "www.example.com", "192.0.2.2")
	do(r, "deleting the zone", ok, r.route53.DeleteHostedZone, &route53.DeleteHostedZoneInput{Id: made.Id})

	made = setUp(r, r.route53.CreateHostedZone, &route53.CreateHostedZoneInput{Name: aws.String("example.net"), CallerReference: aws.String("two")}).HostedZone
	change("an address that is none", "InvalidChangeBatch", zone.ChangeActionCreate, "bad.example.net", "nothing")
	change("another record", ok, zone.ChangeActionCreate, "www.example.net", "192.0.2.1")
	change("a record again", "InvalidChangeBatch", zone.ChangeActionCreate, "www.example.net", "192.0.2.2")
}
