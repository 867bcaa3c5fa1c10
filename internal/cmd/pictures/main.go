// Command pictures draws the patterns: what stands in which zone, and what asks what.
//
//	pictures DIR
//
// writes DIR/<pattern>.svg. The drawings are the table in patterns.go.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

//go:generate go run . ../../../assets

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pictures DIR")
		os.Exit(2)
	}
	for _, p := range patterns {
		if err := os.WriteFile(filepath.Join(os.Args[1], p.name+".svg"), []byte(p.draw()), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
