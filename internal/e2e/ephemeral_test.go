//go:build unix

package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/webtier/terraform-provider-webtier/internal/awsapi"
	"github.com/webtier/terraform-provider-webtier/internal/kindtest"
)

// fakeClient stands in for a database's client: it says which user it was called for,
// and proves that it was given the password without keeping it.
const fakeClient = `#!/bin/sh
printf '%s' "$PGPASSWORD" | sha256sum | cut -d' ' -f1 >password.sum
case "$PGPASSWORD" in *X-Amz-Signature=*) printf '%s' "$PGPASSWORD" >"$SPY/token" ;; esac
echo "$PGUSER" >user
`

// TestEphemeral runs the documentation's examples: the client gets the password or a
// token, and what Terraform keeps and logs, at TRACE, has neither.
func TestEphemeral(t *testing.T) {
	for _, example := range []struct{ name, user, resource, variable string }{
		{"webtier_database_credentials", "dbadmin", "terraform_data.tables", ""},
		{"webtier_database_auth_token", "migrations", "terraform_data.migrations", "-var=endpoint=shop.abc.eu-west-1.rds.amazonaws.com"},
	} {
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()
			spy := t.TempDir()
			if err := os.WriteFile(filepath.Join(spy, "psql"), []byte(fakeClient), 0o755); err != nil {
				t.Fatal(err)
			}
			w := newWorkspace(t, newAccount(t), []string{"ephemeral", "../../../examples/ephemeral-resources/" + example.name},
				"PATH="+spy+":"+os.Getenv("PATH"), "SPY="+spy, "TF_LOG=TRACE", "TF_LOG_PATH=trace.log")
			password := "correct-horse-battery-staple"
			if example.variable == "" {
				example.variable = "-var=secret_arn=" + makeSecret(t, w, `{"username":"dbadmin","password":"`+password+`"}`)
			}
			w.must(plan("-out=plan.zip", example.variable)...)
			w.must("show", "-json", "plan.zip")
			mustSay(t, w.must("apply", "plan.zip"), "1 added")
			w.mustPlanEmpty(example.variable)

			if user := read(t, w, "user"); user != example.user {
				t.Errorf("the client was called for %q", user)
			}
			if token, err := os.ReadFile(filepath.Join(spy, "token")); err == nil {
				password = string(token)
				// The signature alone would not do, but is nobody's business either.
				mustNowhere(t, w.dir, password[strings.Index(password, "X-Amz-Signature="):])
			}
			if sum := sha256.Sum256([]byte(password)); read(t, w, "password.sum") != hex.EncodeToString(sum[:]) {
				t.Error("the client did not get the password")
			}
			mustNowhere(t, w.dir, password)
			if log := read(t, w, "trace.log"); !strings.Contains(log, "OpenEphemeralResource") {
				t.Error("the log does not even show that it was opened")
			}
		})
	}
}

// makeSecret makes a secret and returns its ARN.
func makeSecret(t *testing.T, w *workspace, value string) string {
	t.Helper()
	out, err := awsapi.SecretsManager(kindtest.Clients(t, w.sim)).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("shop"), SecretString: aws.String(value)})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ARN
}

func read(t *testing.T, w *workspace, file string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// mustNowhere fails the test if a text is in any file below dir, or packed into one.
// Terraform escapes ampersands in JSON.
func mustNowhere(t *testing.T, dir, text string) {
	t.Helper()
	look := func(file string, content []byte) {
		content = bytes.ReplaceAll(content, []byte(`\u0026`), []byte("&"))
		if bytes.Contains(content, []byte(text)) {
			t.Errorf("%s contains the secret", file)
		}
	}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		look(file, content)
		if http.DetectContentType(content) != "application/zip" {
			return nil
		}
		archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
		if err != nil {
			return err
		}
		for _, member := range archive.File {
			in, err := member.Open()
			if err != nil {
				return err
			}
			content, err := io.ReadAll(in)
			if err != nil {
				return err
			}
			look(file+":"+member.Name, content)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
