package report

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Measures of the plot, in pixels.
const (
	left      = 118 // names of contenders
	panel     = 176 // a panel's width, with its gap
	bars      = 112 // the longest bar
	row       = 15  // a bar with its gap
	head      = 40  // above the panels of a course
	headBelow = 14
	top       = 46
	legend    = 30
	narrowest = 680 // what the title needs
)

// colors of the contenders in their order, all readable on white and on black.
var colors = []string{"#0b7a75", "#8a8f98", "#c77d0a", "#c0392b", "#3b6fb6", "#7d4fa8"}

// SVG plots the seconds of each contender that does the same work: a row of panels for each course, a panel for each scenario. Each
// panel has its own scale. The pale part of a bar is what the link alone would need for what was sent.
func (r *Report) SVG() string {
	var b strings.Builder
	height, columns := top, 0
	for _, c := range r.Courses {
		height += head + row*len(c.plotted()) + headBelow
		columns = max(columns, len(c.Scenarios))
	}
	width := max(narrowest, left+panel*columns)
	height += legend
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" font-family="sans-serif" font-size="11">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	label(&b, 8, 20, `font-size="15" font-weight="bold"`, "Seconds of a deployment, all contenders verifying what they unpacked")
	label(&b, 8, 36, `fill="#555555"`, "median of "+r.Date.Format("2 January 2006")+"; each panel has a scale of its own, and a bar with a gap is longer than that; less is better")
	y := top
	everybody := r.Courses[0].plotted() // a contender has its colour on every course
	for _, c := range r.Courses {
		c.plot(&b, y, width, everybody)
		y += head + row*len(c.plotted()) + headBelow
	}
	fmt.Fprintf(&b, `<rect x="8" y="%d" width="24" height="10" fill="#8a8f98" fill-opacity="0.45"/>`+"\n", y+6)
	label(&b, 38, y+15, `fill="#555555"`, "what the link alone needs for the bytes that were sent")
	fmt.Fprint(&b, "</svg>\n")
	return b.String()
}

// plotted are the names of the contenders that do the same work.
func (c Course) plotted() []string {
	var names []string
	for _, name := range c.names() {
		if !strings.HasSuffix(name, ", unverified") {
			names = append(names, name)
		}
	}
	return names
}

func (c Course) plot(b *strings.Builder, y, width int, everybody []string) {
	fmt.Fprintf(b, `<line x1="8" x2="%d" y1="%d" y2="%[2]d" stroke="#dddddd"/>`+"\n", width-8, y)
	label(b, 8, y+17, `font-size="12" font-weight="bold"`, c.Title())
	names := c.plotted()
	for i, name := range names {
		label(b, left-8, y+head+row*i+9, `text-anchor="end"`, name)
	}
	for column, s := range c.Scenarios {
		x := left + panel*column
		label(b, x, y+32, `fill="#555555"`, s.Name)
		most := s.scale()
		for i, name := range names {
			at := slices.IndexFunc(s.Contenders, func(c Contender) bool { return c.title() == name })
			if at < 0 || len(s.Contenders[at].Rounds) == 0 {
				continue
			}
			seconds := s.Contenders[at].of(wall).median()
			shown := min(seconds, most)
			bar(b, x, y+head+row*i, shown/most, min(1, c.Link.alone(s.Contenders[at])/shown), colors[max(0, slices.Index(everybody, name))%len(colors)])
			if seconds > most {
				fmt.Fprintf(b, `<path d="M%d %d l6 -%d" stroke="#ffffff" stroke-width="4"/>`+"\n", x+bars*4/5, y+head+row*i+row-2, row)
			}
			label(b, x+int(bars*shown/most)+4, y+head+row*i+9, "", fmt.Sprintf("%.2f s", seconds))
		}
	}
}

// scale is the seconds of the longest bar. One that is far longer than all the others is broken: nobody could tell those apart.
func (s Scenario) scale() float64 {
	var all []float64
	for _, contender := range s.Contenders {
		if contender.Same && len(contender.Rounds) > 0 {
			all = append(all, contender.of(wall).median())
		}
	}
	slices.Sort(all)
	last := len(all) - 1
	return min(all[last], 1.5*all[max(0, last-1)])
}

// bar is as long as its share of the longest one; the link's share of it is pale.
func bar(b *strings.Builder, x, y int, share, link float64, color string) {
	whole := bars * share
	pale := whole * link
	if pale > 0 {
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s" fill-opacity="0.45"/>`+"\n", x, y, pale, row-4, color)
	}
	fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", float64(x)+pale, y, whole-pale, row-4, color)
}

func label(b *strings.Builder, x, y int, attributes, text string) {
	if attributes != "" {
		attributes = " " + attributes
	}
	fmt.Fprintf(b, `<text x="%d" y="%d"%s>`, x, y, attributes)
	_ = xml.EscapeText(b, []byte(text)) // a strings.Builder takes everything
	fmt.Fprint(b, "</text>\n")
}
