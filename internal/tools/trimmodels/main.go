// Command trimmodels cuts botocore's service models down to what the simulator
// reads: the operations in use, the shapes they reach, and no documentation.
//
//	BOTOCORE_DATA=…/botocore/data go generate ./internal/awssim/wire
//
// The output is the same for the same input, byte for byte.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	models := flag.String("models", os.Getenv("BOTOCORE_DATA"), "botocore's data directory")
	out := flag.String("out", "", "directory with the <service>.operations files, where the trimmed models go")
	flag.Parse()
	if err := run(*models, *out); err != nil {
		fmt.Fprintln(os.Stderr, "trimmodels:", err)
		os.Exit(1)
	}
}

func run(models, out string) error {
	if models == "" {
		return errors.New("no models: set BOTOCORE_DATA or -models to botocore's data directory")
	}
	lists, err := filepath.Glob(filepath.Join(out, "*.operations"))
	if err != nil {
		return err
	}
	if len(lists) == 0 {
		return fmt.Errorf("no *.operations file in %q", out)
	}
	for _, list := range lists {
		service := strings.TrimSuffix(filepath.Base(list), ".operations")
		if err := trimService(models, list, filepath.Join(out, service+".json.gz"), service); err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
	}
	return writeNotice(models, filepath.Join(out, "NOTICE"))
}

func trimService(models, list, target, service string) error {
	operations, err := readList(list)
	if err != nil {
		return err
	}
	raw, err := readModel(models, service)
	if err != nil {
		return err
	}
	var full model
	if err := json.Unmarshal(raw, &full); err != nil {
		return err
	}
	trimmed, err := trim(&full, operations)
	if err != nil {
		return err
	}
	text, err := json.Marshal(trimmed)
	if err != nil {
		return err
	}
	return writeGzip(target, text)
}

// readList reads an operations file: one name a line, # starts a comment.
func readList(file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		name, _, _ := strings.Cut(line, "#")
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}

// readModel reads the newest version of a service's model, compressed or not.
func readModel(models, service string) ([]byte, error) {
	var files []string
	for _, name := range []string{"service-2.json", "service-2.json.gz"} {
		found, err := filepath.Glob(filepath.Join(models, service, "*", name))
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no service-2.json under %s", filepath.Join(models, service))
	}
	newest := slices.MaxFunc(files, func(a, b string) int { return strings.Compare(filepath.Dir(a), filepath.Dir(b)) })
	raw, err := os.ReadFile(newest)
	if err != nil || !strings.HasSuffix(newest, ".gz") {
		return raw, err
	}
	unzip, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unzip)
}

// writeGzip compresses without a name or time, so that the file repeats.
func writeGzip(file string, text []byte) error {
	var buffer bytes.Buffer
	zip, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := zip.Write(text); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, buffer.Bytes(), 0o644)
}

const notice = `The *.json.gz files in this directory are service models of botocore %s,
trimmed by internal/tools/trimmodels: operations that are not in use, shapes that
they do not reach, documentation and examples were removed.

Botocore
Copyright 2012-2022 Amazon.com, Inc. or its affiliates. All Rights Reserved.

Licensed under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
`

// writeNotice names the origin of the models and its version, which botocore
// keeps in its __init__.py beside the data directory.
func writeNotice(models, file string) error {
	version := "(version unknown)"
	source, err := os.ReadFile(filepath.Join(models, "..", "__init__.py"))
	if err == nil {
		if _, rest, found := strings.Cut(string(source), "__version__ = '"); found {
			version, _, _ = strings.Cut(rest, "'")
		}
	}
	return os.WriteFile(file, fmt.Appendf(nil, notice, version), 0o644)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
