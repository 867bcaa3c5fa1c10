package ephemeral_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/zclconf/go-cty/cty"

	"github.com/webtier/terraform-provider-webtier/internal/acctest"
	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
)

const dir = "testdata/plain"

// secret makes a secret and returns its ARN.
func secret(t *testing.T, lab *acctest.Lab, value string) string {
	t.Helper()
	out, err := awsapi.SecretsManager(lab.Clients(t)).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("shop"), SecretString: aws.String(value)})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ARN
}

func TestCredentialsAreRead(t *testing.T) {
	number, none := cty.NumberIntVal(5432), cty.NullVal(cty.Number)
	for name, test := range map[string]struct {
		value string
		host  string
		port  cty.Value
	}{
		"as RDS keeps them":       {`{"username":"dbadmin","password":"tiger"}`, "", none},
		"with an endpoint":        {`{"engine":"postgres","username":"dbadmin","password":"tiger","host":"db.example","port":5432,"dbname":"shop"}`, "db.example", number},
		"with the port as text":   {`{"username":"dbadmin","password":"tiger","host":"db.example","port":"5432"}`, "db.example", number},
		"with nothing for a port": {`{"username":"dbadmin","password":"tiger","port":null}`, "", none},
	} {
		t.Run(name, func(t *testing.T) {
			acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
				got, err := lab.Open(t.Context(), dir, "webtier_database_credentials", map[string]cty.Value{"secret_arn": cty.StringVal(secret(t, lab, test.value))})
				if err != nil {
					t.Fatal(err)
				}
				host := cty.NullVal(cty.String)
				if test.host != "" {
					host = cty.StringVal(test.host)
				}
				for attribute, want := range map[string]cty.Value{"username": cty.StringVal("dbadmin"), "password": cty.StringVal("tiger"), "host": host, "port": test.port} {
					if value := got.GetAttr(attribute); !value.RawEquals(want) {
						t.Errorf("%s is %#v instead of %#v", attribute, value, want)
					}
				}
			})
		})
	}
}

// TestNoCredentials reads what is none: the error says so, and quotes nothing of it.
func TestNoCredentials(t *testing.T) {
	for name, test := range map[string]struct{ value, want string }{
		"a bare password":        {"tiger", "not a JSON object"},
		"a password with quotes": {`"tiger"`, "not a JSON object"},
		"numbers":                {`{"username":"dbadmin","password":987654}`, "not a JSON object with texts"},
		"another secret":         {`{"key":"tiger"}`, "lacks username or password"},
		"a port that is none":    {`{"username":"dbadmin","password":"tiger","port":"tiger"}`, "port is no number"},
	} {
		t.Run(name, func(t *testing.T) {
			acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
				_, err := lab.Open(t.Context(), dir, "webtier_database_credentials", map[string]cty.Value{"secret_arn": cty.StringVal(secret(t, lab, test.value))})
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("the error does not say %q: %v", test.want, err)
				}
				if err != nil && (strings.Contains(err.Error(), "tiger") || strings.Contains(err.Error(), "987654")) {
					t.Errorf("the error quotes the secret: %v", err)
				}
			})
		})
	}
}

// TestRefusals opens with arguments that cannot be right, or that AWS refuses.
func TestRefusals(t *testing.T) {
	text, port := cty.StringVal, cty.NumberIntVal
	for name, test := range map[string]struct {
		kind      string
		arguments map[string]cty.Value
		want      string
	}{
		"no secret": {"credentials", map[string]cty.Value{"secret_arn": text("arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf")},
			"Cannot read the secret arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf\nAWS answered ResourceNotFoundException"},
		"not an ARN":            {"credentials", map[string]cty.Value{"secret_arn": text("shop")}, "must be the ARN of a secret"},
		"an endpoint with port": {"auth_token", map[string]cty.Value{"endpoint": text("db.example:5432"), "port": port(5432), "username": text("shop")}, "without scheme and port"},
		"a port that is none":   {"auth_token", map[string]cty.Value{"endpoint": text("db.example"), "port": port(0), "username": text("shop")}, "between 1 and 65535"},
		"no user":               {"auth_token", map[string]cty.Value{"endpoint": text("db.example"), "port": port(5432), "username": text("")}, "at least 1"},
	} {
		t.Run(name, func(t *testing.T) {
			acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
				_, err := lab.Open(t.Context(), dir, "webtier_database_"+test.kind, test.arguments)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("the error does not say %q: %v", test.want, err)
				}
			})
		})
	}
}

// TestToken signs a token: a request that a database can check, without any call.
func TestToken(t *testing.T) {
	acctest.InLab(t, func(t *testing.T, lab *acctest.Lab) {
		arguments := map[string]cty.Value{"endpoint": cty.StringVal("shop.abc.eu-west-1.rds.amazonaws.com"), "port": cty.NumberIntVal(5432), "username": cty.StringVal("a user&more")}
		got, err := lab.Open(t.Context(), dir, "webtier_database_auth_token", arguments)
		if err != nil {
			t.Fatal(err)
		}
		request, err := url.Parse("https://" + got.GetAttr("token").AsString())
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().UTC()
		want := map[string]string{"Action": "connect", "DBUser": "a user&more", "X-Amz-Expires": "900", "X-Amz-Date": now.Format("20060102T150405Z"),
			"X-Amz-Credential": "AKIAEXAMPLE/" + now.Format("20060102") + "/eu-west-1/rds-db/aws4_request"}
		for name, value := range want {
			if is := request.Query().Get(name); is != value {
				t.Errorf("%s is %q instead of %q", name, is, value)
			}
		}
		if request.Host != "shop.abc.eu-west-1.rds.amazonaws.com:5432" || len(request.Query().Get("X-Amz-Signature")) != 64 {
			t.Errorf("token %s", request)
		}
		if at := got.GetAttr("expires_at").AsString(); at != now.Add(15*time.Minute).Format(time.RFC3339) {
			t.Errorf("it expires at %s, and now is %s", at, now)
		}
		arguments["region"] = cty.StringVal("us-east-1")
		if got, err = lab.Open(t.Context(), dir, "webtier_database_auth_token", arguments); err != nil || !strings.Contains(got.GetAttr("token").AsString(), "us-east-1%2Frds-db") {
			t.Errorf("in another Region: %#v, %v", got, err)
		}
	})
}
