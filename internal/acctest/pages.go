package acctest

import (
	"strings"
)

// Block is a fenced block of a page in Markdown.
type Block struct {
	// Line is that of the opening fence, from 1.
	Line int
	// Language is the word behind the fence.
	Language, Text string
}

const fence = "```"

// Blocks returns the fenced blocks of a page. What is indented, as below an item of a
// list, loses the indentation of its fence.
func Blocks(page string) []Block {
	var blocks []Block
	open, indent := false, ""
	line := 0
	for text := range strings.Lines(page) {
		line++
		trimmed := strings.TrimSpace(text)
		switch {
		case open && trimmed == fence:
			open = false
		case open:
			blocks[len(blocks)-1].Text += strings.TrimPrefix(text, indent)
		case strings.HasPrefix(trimmed, fence):
			open, indent = true, text[:strings.Index(text, fence)]
			blocks = append(blocks, Block{Line: line, Language: strings.TrimPrefix(trimmed, fence)})
		}
	}
	return blocks
}

// Prose returns a page without its fenced blocks.
func Prose(page string) string {
	var prose strings.Builder
	open := false
	for text := range strings.Lines(page) {
		if strings.HasPrefix(strings.TrimSpace(text), fence) {
			open = !open
			continue
		}
		if !open {
			prose.WriteString(text)
		}
	}
	return prose.String()
}
