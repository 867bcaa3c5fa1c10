package main

import (
	"fmt"
	"html"
	"strings"
)

// The measures, in pixels.
const (
	column    = 220 // width of a zone
	gap       = 20  // between zones, and at the edges
	boxHeight = 54
	rowHeight = 96
	titleRoom = 44
	zoneRoom  = 22 // for a zone's name
)

var looks = map[string]struct{ fill, stroke string }{
	"clients": {"#f4f4f5", "#71717a"},
	"balance": {"#e0f2fe", "#0284c7"},
	"server":  {"#dcfce7", "#16a34a"},
	"data":    {"#ede9fe", "#7c3aed"},
	"queue":   {"#fef3c7", "#d97706"},
	"network": {"#e0e7ff", "#4f46e5"},
}

type box struct{ x, y, width int }

func (b box) centre() int { return b.x + b.width/2 }

// draw renders the pattern as SVG.
func (p pattern) draw() string {
	var out strings.Builder
	width := gap + p.zones*(column+gap)
	height := titleRoom + len(p.rows)*rowHeight + gap
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" font-family="Helvetica, Arial, sans-serif" role="img" aria-label=%q>`+"\n", width, height, width, p.title)
	out.WriteString(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#52525b"/></marker></defs>` + "\n")
	fmt.Fprintf(&out, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&out, `<text x="%d" y="28" font-size="17" font-weight="bold" fill="#18181b">%s</text>`+"\n", gap, html.EscapeString(p.title))
	p.drawZones(&out, height)
	for i, r := range p.rows {
		for _, from := range p.boxes(i) {
			for _, to := range p.targets(i, r) {
				arrow(&out, from, to)
			}
		}
	}
	for i, r := range p.rows {
		texts := r.in
		if r.over != "" {
			texts = []string{r.over}
		}
		at := p.boxes(i)
		for _, text := range texts {
			if text != "" {
				drawBox(&out, at[0], text, r.look)
				at = at[1:]
			}
		}
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// drawZones draws the columns behind all rows that are within the zones.
func (p pattern) drawZones(out *strings.Builder, height int) {
	first := 0
	for first < len(p.rows) && p.rows[first].outside {
		first++
	}
	top := titleRoom + first*rowHeight - zoneRoom + 14
	for zone := range p.zones {
		x := gap + zone*(column+gap)
		fmt.Fprintf(out, `<rect x="%d" y="%d" width="%d" height="%d" rx="10" fill="#fafafa" stroke="#a1a1aa" stroke-dasharray="5 4"/>`+"\n", x, top, column, height-top-10)
		fmt.Fprintf(out, `<text x="%d" y="%d" font-size="12" fill="#71717a">zone %c</text>`+"\n", x+10, height-18, 'a'+zone)
	}
}

// boxes returns where the boxes of a row are.
func (p pattern) boxes(i int) []box {
	y := titleRoom + i*rowHeight + 14
	if p.rows[i].over != "" {
		return []box{{gap + 14, y, p.zones*(column+gap) - gap - 28}}
	}
	var boxes []box
	for zone, text := range p.rows[i].in {
		if text != "" {
			boxes = append(boxes, box{gap + zone*(column+gap) + 24, y, column - 48})
		}
	}
	return boxes
}

// targets returns the boxes that a row asks.
func (p pattern) targets(i int, r row) []box {
	asks := r.asks
	if asks == nil && i+1 < len(p.rows) {
		asks = []int{i + 1}
	}
	var boxes []box
	for _, row := range asks {
		at := p.boxes(row)
		if p.rows[row].primary {
			at = at[:1]
		}
		boxes = append(boxes, at...)
	}
	return boxes
}

// arrow goes straight down where one of two boxes spans the other.
func arrow(out *strings.Builder, from, to box) {
	x1, x2 := from.centre(), to.centre()
	switch {
	case from.width > to.width:
		x1 = x2
	case to.width > from.width:
		x2 = x1
	}
	fmt.Fprintf(out, `<path d="M%d %dL%d %d" stroke="#52525b" stroke-width="1.5" fill="none" marker-end="url(#tip)"/>`+"\n", x1, from.y+boxHeight, x2, to.y-2)
}

func drawBox(out *strings.Builder, at box, text, look string) {
	colours := looks[look]
	fmt.Fprintf(out, `<rect x="%d" y="%d" width="%d" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", at.x, at.y, at.width, boxHeight, colours.fill, colours.stroke)
	name, note, noted := strings.Cut(text, "|")
	y := at.y + boxHeight/2 + 5
	if noted {
		y -= 8
		fmt.Fprintf(out, `<text x="%d" y="%d" font-size="11" fill="#52525b" text-anchor="middle">%s</text>`+"\n", at.centre(), y+17, html.EscapeString(note))
	}
	fmt.Fprintf(out, `<text x="%d" y="%d" font-size="14" fill="#18181b" text-anchor="middle">%s</text>`+"\n", at.centre(), y, html.EscapeString(name))
}
