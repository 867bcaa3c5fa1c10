//go:build unix

package e2e

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const (
	releaseVersion = "9.8.7"
	releaseName    = "terraform-provider-webtier_" + releaseVersion
)

// release is a checkout in which releases are built.
type release struct {
	t   *testing.T
	dir string
	env []string
}

// newRelease checks what is committed out into a directory of its own, as a tag.
func newRelease(t *testing.T) *release {
	t.Helper()
	r := &release{t: t, dir: filepath.Join(t.TempDir(), "checkout")}
	// Offline, and with Go's own defaults: the version control's stamp among them.
	r.env = append(bareEnvironment(), "GOPROXY=off", "GOFLAGS=", "GITHUB_TOKEN=", "GPG_FINGERPRINT=")
	for _, args := range [][]string{{"clone", "--quiet", "../..", r.dir}, {"-C", r.dir, "-c", "tag.gpgsign=false", "tag", "v" + releaseVersion}} {
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	// All platforms would take a quarter of an hour.
	config := []byte(r.read(".goreleaser.yml"))
	config = regexp.MustCompile(`(?m)goos: \[.*\]$`).ReplaceAll(config, []byte("goos: ["+runtime.GOOS+"]"))
	config = regexp.MustCompile(`(?m)goarch: \[.*\]$`).ReplaceAll(config, []byte("goarch: ["+runtime.GOARCH+"]"))
	if err := os.WriteFile(filepath.Join(filepath.Dir(r.dir), "platform.yml"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	return r
}

// make runs a target that builds into dist.
func (r *release) make(target string, flags ...string) {
	r.t.Helper()
	flags = append(flags, "-f ../platform.yml")
	r.run("make", target, "RELEASE_FLAGS="+strings.Join(flags, " "))
}

// run runs a program in the checkout.
func (r *release) run(program string, args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), program, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (r *release) read(file string) string {
	r.t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, file))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

// key makes a throw-away key with which checksums are signed.
func (r *release) key() {
	r.t.Helper()
	home := r.t.TempDir()
	r.env = append(r.env, "GNUPGHOME="+home, "GPG_FINGERPRINT=release@example.com")
	r.t.Cleanup(func() { _ = exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() })
	r.run("gpg", "--batch", "--passphrase", "", "--quick-generate-key", "release@example.com", "rsa2048", "sign", "1d")
}

// TestRelease builds the release of this platform as the release workflow does, twice
// in different directories and without network, and looks at what comes out: names,
// version, manifest, checksums, signature, bill of materials.
func TestRelease(t *testing.T) {
	if os.Getenv("WEBTIER_RELEASE") == "" {
		t.Skip("builds for minutes: make test-release")
	}
	r := newRelease(t)
	r.run("make", "check-release")
	flags, signature := "--skip=sign,publish,announce", ""
	if _, err := exec.LookPath("gpg"); err == nil {
		flags, signature = "--skip=publish,announce", releaseName+"_SHA256SUMS.sig"
		r.key()
	}
	r.make("release", flags)

	platform := runtime.GOOS + "_" + runtime.GOARCH
	archive, bill := releaseName+"_"+platform+".zip", releaseName+"_"+platform+".cdx.json"
	sums := r.mustSum(archive, "awssim_"+releaseVersion+"_"+platform+".zip", bill, releaseName+"_manifest.json")
	if signature == "" {
		t.Log("gpg is not installed: the signature is not tried")
	} else {
		mustSay(t, r.run("gpg", "--verify", "dist/"+signature, "dist/"+releaseName+"_SHA256SUMS"), "Good signature", "RSA")
	}
	program := r.unpack(archive)
	if said := r.run(program, "-version"); strings.TrimSpace(said) != releaseVersion {
		t.Errorf("the provider says it has version %q", said)
	}
	r.mustList(bill, program)

	again := newRelease(t)
	again.make("release", "--skip=sign,publish,announce")
	if other := again.read("dist/" + releaseName + "_SHA256SUMS"); other != sums {
		t.Errorf("built in another directory, the release has other checksums:\n%s\n%s", sums, other)
	}
	again.make("release-snapshot")
	again.read("dist/terraform-provider-webtier_9.8.8-dev_" + platform + ".zip")
}

// mustSum checks that the checksums are those of the files, and of no others.
func (r *release) mustSum(files ...string) string {
	r.t.Helper()
	sums := r.read("dist/" + releaseName + "_SHA256SUMS")
	var want []string
	for _, file := range files {
		path := "dist/" + file
		if strings.HasSuffix(file, "_manifest.json") {
			path = "terraform-registry-manifest.json" // is renamed when it is published
		}
		want = append(want, fmt.Sprintf("%x  %s", sha256.Sum256([]byte(r.read(path))), file))
	}
	got := strings.Split(strings.TrimSpace(sums), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		r.t.Errorf("checksums:\n%s\nwanted:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	return sums
}

// unpack returns the path of the program that an archive holds, and nothing else.
func (r *release) unpack(archive string) string {
	r.t.Helper()
	content := []byte(r.read("dist/" + archive))
	reader, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		r.t.Fatal(err)
	}
	if len(reader.File) != 1 || reader.File[0].Name != "terraform-provider-webtier_v"+releaseVersion {
		r.t.Fatalf("%s does not hold the provider alone, but %v", archive, reader.File)
	}
	file, err := reader.File[0].Open()
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	program, err := io.ReadAll(file)
	path := filepath.Join(r.t.TempDir(), reader.File[0].Name)
	if err == nil {
		err = os.WriteFile(path, program, reader.File[0].Mode())
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return path
}

// mustList checks that a bill of materials has every module that is linked into a
// program, in its version.
func (r *release) mustList(bill, program string) {
	r.t.Helper()
	type component struct{ Name, Version string }
	var document struct {
		BomFormat  string
		Metadata   struct{ Component component }
		Components []component
	}
	if err := json.Unmarshal([]byte(r.read("dist/"+bill)), &document); err != nil {
		r.t.Fatal(err)
	}
	if document.BomFormat != "CycloneDX" || document.Metadata.Component.Version != "v"+releaseVersion {
		r.t.Errorf("the bill of materials is a %s of %s", document.BomFormat, document.Metadata.Component)
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil || len(info.Deps) == 0 {
		r.t.Fatalf("the program does not say what it was built from: %v", err)
	}
	for _, module := range info.Deps {
		if !slices.Contains(document.Components, component{module.Path, module.Version}) {
			r.t.Errorf("the bill of materials lacks %s %s", module.Path, module.Version)
		}
	}
}
