//go:build unix

package e2e

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// registry offers provider and modules by the registry protocols, as the public one
// does: versions, downloads, checksums and their signature.
type registry struct {
	t *testing.T
	*httptest.Server
	signer *openpgp.Entity
	// versions are offered, of the provider and of each module alike.
	versions []string
	zips     map[string][]byte // of the provider, by version
	trees    string            // of the modules, one repository each
}

func newRegistry(t *testing.T) *registry {
	t.Helper()
	signer, err := openpgp.NewEntity("webtier", "test", "test@example.com", &packet.Config{Algorithm: packet.PubKeyAlgoRSA, RSABits: 2048, DefaultHash: crypto.SHA256})
	if err != nil {
		t.Fatal(err)
	}
	r := &registry{t: t, signer: signer, zips: map[string][]byte{}, trees: t.TempDir()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /providers/webtier/webtier/versions", r.providerVersions)
	mux.HandleFunc("GET /providers/webtier/webtier/{version}/download/{os}/{arch}", r.providerDownload)
	mux.HandleFunc("GET /modules/webtier/{name}/webtier/versions", r.moduleVersions)
	mux.HandleFunc("GET /modules/webtier/{name}/webtier/{version}/download", r.moduleDownload)
	mux.HandleFunc("GET /files/{name}", r.file)
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

// publish offers a further version of the provider and of all modules.
func (r *registry) publish(version, binary string) {
	r.t.Helper()
	program, err := os.ReadFile(binary)
	if err != nil {
		r.t.Fatal(err)
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	header := &zip.FileHeader{Name: "terraform-provider-webtier_v" + version, Method: zip.Store}
	header.SetMode(0o755)
	file, err := archive.CreateHeader(header)
	if err == nil {
		_, err = file.Write(program)
	}
	if err == nil {
		err = archive.Close()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.zips[version] = packed.Bytes()
	if out, err := exec.CommandContext(r.t.Context(), "../../.github/split-modules.sh", version, r.trees).CombinedOutput(); err != nil {
		r.t.Fatalf("splitting the modules: %v\n%s", err, out)
	}
	r.versions = append(r.versions, version)
}

// config is a CLI configuration under which this registry is the default one.
func (r *registry) config() string {
	r.t.Helper()
	var text strings.Builder
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		fmt.Fprintf(&text, "host %q {\n  services = {\n    \"modules.v1\"   = %q\n    \"providers.v1\" = %q\n  }\n}\n", host, r.URL+"/modules/", r.URL+"/providers/")
	}
	file := filepath.Join(r.t.TempDir(), "terraformrc")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return file
}

func zipName(version string) string {
	return fmt.Sprintf("terraform-provider-webtier_%s_%s_%s.zip", version, runtime.GOOS, runtime.GOARCH)
}

func (r *registry) sums(version string) []byte {
	return fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(r.zips[version]), zipName(version))
}

func (r *registry) providerVersions(w http.ResponseWriter, _ *http.Request) {
	var list []map[string]any
	for _, version := range r.versions {
		list = append(list, map[string]any{"version": version, "protocols": []string{"6.0"},
			"platforms": []map[string]string{{"os": runtime.GOOS, "arch": runtime.GOARCH}}})
	}
	r.reply(w, map[string]any{"versions": list})
}

func (r *registry) providerDownload(w http.ResponseWriter, req *http.Request) {
	version := req.PathValue("version")
	var key bytes.Buffer
	armored, err := armor.Encode(&key, openpgp.PublicKeyType, nil)
	if err == nil {
		err = r.signer.Serialize(armored)
	}
	if err == nil {
		err = armored.Close()
	}
	if err != nil {
		r.t.Error(err)
	}
	r.reply(w, map[string]any{
		"protocols": []string{"6.0"}, "os": runtime.GOOS, "arch": runtime.GOARCH, "filename": zipName(version),
		"download_url": r.URL + "/files/" + zipName(version), "shasum": fmt.Sprintf("%x", sha256.Sum256(r.zips[version])),
		"shasums_url": r.URL + "/files/" + version + "_SHA256SUMS", "shasums_signature_url": r.URL + "/files/" + version + "_SHA256SUMS.sig",
		"signing_keys": map[string]any{"gpg_public_keys": []map[string]string{{"key_id": r.signer.PrimaryKey.KeyIdString(), "ascii_armor": key.String()}}},
	})
}

func (r *registry) moduleVersions(w http.ResponseWriter, _ *http.Request) {
	var list []map[string]string
	for _, version := range r.versions {
		list = append(list, map[string]string{"version": version})
	}
	r.reply(w, map[string]any{"modules": []any{map[string]any{"versions": list}}})
}

func (r *registry) moduleDownload(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("X-Terraform-Get", fmt.Sprintf("%s/files/%s@%s.tar.gz", r.URL, req.PathValue("name"), req.PathValue("version")))
	w.WriteHeader(http.StatusNoContent)
}

func (r *registry) file(w http.ResponseWriter, req *http.Request) {
	name := req.PathValue("name")
	for version, packed := range r.zips {
		switch name {
		case zipName(version):
			_, _ = w.Write(packed)
			return
		case version + "_SHA256SUMS":
			_, _ = w.Write(r.sums(version))
			return
		case version + "_SHA256SUMS.sig":
			if err := openpgp.DetachSign(w, r.signer, bytes.NewReader(r.sums(version)), nil); err != nil {
				r.t.Error(err)
			}
			return
		}
	}
	module, version, _ := strings.Cut(strings.TrimSuffix(name, ".tar.gz"), "@")
	out, err := exec.CommandContext(req.Context(), "git", "-C", filepath.Join(r.trees, "terraform-webtier-"+module), "archive", "--format=tar.gz", "v"+version).Output()
	if err != nil {
		http.NotFound(w, req)
		return
	}
	_, _ = w.Write(out)
}

func (r *registry) reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(body); err != nil {
		r.t.Error(err)
	}
}

// TestFromARegistry does what a new user does: in a fresh folder, a module's source, a
// version constraint and a dozen lines are initialized, applied, changed, upgraded and
// destroyed. It says how long each step takes.
func TestFromARegistry(t *testing.T) {
	_, provider := need(t)
	if _, err := os.Stat("../../.git"); err != nil {
		t.Skip("modules are split from the repository, which is not here")
	}
	r := newRegistry(t)
	r.publish("0.1.0", provider.binary)
	began := time.Now()
	step := func(name string) {
		t.Logf("%-8s %5.1f s", name, time.Since(began).Seconds())
		began = time.Now()
	}
	w := newWorkspace(t, newAccount(t), []string{"registry"}, "TF_CLI_CONFIG_FILE="+r.config())
	step("init")
	mustSay(t, w.must(apply()...), "Apply complete!", `url = "http://shop-`)
	step("apply")
	w.mustPlanEmpty()
	step("plan")
	main := filepath.Join(w.dir, "main.tf")
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(main, bytes.Replace(text, []byte("ami-0e5b0000000000001"), []byte("ami-0e5b0000000000002"), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	mustSay(t, w.must(apply()...), "0 added, 1 changed, 0 destroyed")
	step("change")

	r.publish("0.2.0", provider.binary)
	began = time.Now()
	mustSay(t, w.must("init", "-input=false", "-upgrade"), "0.2.0")
	step("upgrade")
	w.mustPlanEmpty()
	step("plan")
	w.must(destroy()...)
	step("destroy")
	mustLeaveNoMore(t, w, nil)

	// The other modules are there, too.
	var all strings.Builder
	for name := range moduleDirs(t) {
		fmt.Fprintf(&all, "module %q {\n  source = \"webtier/%s/webtier\"\n}\n", name, name)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(all.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	newWorkspaceIn(t, w.account, dir, "TF_CLI_CONFIG_FILE="+r.config())
}
