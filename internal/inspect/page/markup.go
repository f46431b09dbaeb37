package page

import (
	_ "embed"
	"fmt"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"github.com/slipway/slipway/internal/inspect"
)

// The markup of the page. gomponents escapes every text and every attribute. What it cannot judge is the address of a link, which link
// does, and what hosts say goes through clean.

//go:embed page.css
var style string

// shapes are drawn where the page uses them by name.
const shapes = `<svg class="shapes" aria-hidden="true" focusable="false">
<symbol id="live" viewBox="0 0 16 16"><path d="M3.5 8.5l3 3 6-7"/></symbol>
<symbol id="back" viewBox="0 0 16 16"><path d="M6.5 3.5l-3 3 3 3M3.5 6.5h6a3 3 0 0 1 0 6h-2"/></symbol>
<symbol id="bad" viewBox="0 0 16 16"><path d="M4 4l8 8M12 4l-8 8"/></symbol>
<symbol id="held" viewBox="0 0 16 16"><path d="M4 8h8"/></symbol>
</svg>`

func (v view) page() g.Node {
	return h.Doctype(h.HTML(h.Lang("en"),
		h.Head(
			h.Meta(h.Charset("utf-8")),
			meta("viewport", "width=device-width, initial-scale=1"), meta("color-scheme", "light dark"),
			meta("robots", "noindex"), meta("referrer", "no-referrer"),
			h.Meta(g.Attr("http-equiv", "Content-Security-Policy"), h.Content("default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
			h.TitleEl(text(v.App), g.Text(": what runs where")),
			h.Link(h.Rel("icon"), h.Href("data:,")),
			h.StyleEl(g.Raw(style)),
		),
		h.Body(
			g.Raw(shapes),
			h.Header(
				h.H1(text(v.App)),
				h.P(g.Text("What runs where, as of "), moment(v.Asked, v.Asked.UTC().Format("2 January 2006, 15:04")+" UTC")),
				g.If(len(v.Environments) > 1, v.navigation()),
			),
			h.Main(g.Map(v.Environments, environment.section)),
			h.Footer(h.P(
				g.Text("Made by "), h.Code(g.Text("slipway history --html")),
				g.Text(" from what the hosts record. Times are UTC. Figures are of the last 90 days, or of as many as there are records of."),
			)),
		),
	))
}

func (v view) navigation() g.Node {
	return h.Nav(h.Aria("label", "Environments"), h.Ul(g.Map(v.Environments, func(e environment) g.Node {
		return h.Li(h.A(h.Href("#"+e.Anchor), text(e.Environment)))
	})))
}

func (e environment) section() g.Node {
	state, label := bad, "Hosts"
	if e.Good() {
		state = live
	}
	name := g.Text("Now")
	if e.Environment != "" {
		name, label = text(e.Environment), "Hosts of "+clean(e.Environment)
	}
	return line(h.Section(h.ID(e.Anchor), h.Aria("labelledby", e.Anchor+"-name"),
		h.Div(h.Class("title"),
			h.H2(h.ID(e.Anchor+"-name"), name),
			h.P(h.Class("state "+string(state)), state.shape(), g.Text(e.Verdict)),
			g.If(link(e.URL) != "", h.P(h.Class("site"), h.A(h.Href(e.URL), text(e.URL)))),
		),
		e.now(),
		h.Div(h.Class("wide"), h.TabIndex("0"), h.Role("region"), h.Aria("label", label), e.table()),
		g.Map(e.Unasked, func(u inspect.Unasked) g.Node {
			return lack(text(u.Host), g.Text(" did not answer, and its record is missing here: "), text(u.Error))
		}),
		g.If(e.Damaged > 0, lack(g.Textf("%d records of the hosts could not be read, and are missing here.", e.Damaged))),
		g.Iff(len(e.Months) > 0, e.past),
		h.H3(g.Text("Deployments")),
		g.If(len(e.Months) == 0, h.P(g.Text("None is recorded."))),
		g.Map(e.Months, month.list),
		g.If(e.Older > 0, lack(g.Textf("%d older ones are not listed: ", e.Older), h.Code(g.Text("slipway history")), g.Text(" has them."))),
	))
}

// now is what is live.
func (e environment) now() g.Node {
	d := e.Live
	if d == nil {
		return nil
	}
	since := g.Text("live")
	if !d.LiveAt.IsZero() {
		since = g.Group{g.Text("live since "), moment(d.LiveAt, d.LiveAt.UTC().Format("2 January 2006, 15:04"))}
	}
	return h.P(h.Class("now"), commit(d.Revision), g.Text(" "), h.Span(since, by(d.Actor), run(d.RunURL)))
}

func (e environment) table() g.Node {
	return h.Table(
		h.THead(h.Tr(g.Map([]string{"Host", "State", "Commit", "Since", "Release"}, func(title string) g.Node {
			return h.Th(h.Scope("col"), g.Text(title))
		}))),
		h.TBody(g.Map(e.Hosts, func(host inspect.HostStatus) g.Node {
			state := text(host.State)
			if host.State.Bad() {
				state = h.Strong(h.Class("bad"), state)
			}
			return line(h.Tr(
				h.Th(h.Scope("row"), text(host.Host)),
				h.Td(state, g.Map(host.Why, func(why string) g.Node { return g.Group{h.Br(), h.Small(text(why))} })),
				h.Td(orDash(host.Revision != "", commit(host.Revision))),
				h.Td(orDash(!host.Since.IsZero(), moment(host.Since, minute(host.Since)))),
				h.Td(orDash(host.Release != "", h.Code(text(host.Release)))),
			))
		})),
	)
}

// past is the way back, the figures, and the chart.
func (e environment) past() g.Node {
	return g.Group{
		e.wayBack(),
		h.Dl(h.Class("figures"), g.Map(e.Figures, Figure.entry)),
		h.Figure(
			h.FigCaption(
				h.H3(g.Text("Deployments a week")),
				h.P(h.Class("legend"),
					h.Span(h.Class("live"), g.Text("went live")), g.Text(" "), h.Span(h.Class("back"), g.Text("rolled back")), g.Text(" "),
					h.Span(h.Class("bad"), g.Text("unwound or unfinished")),
					g.If(e.Weeks.Most > 0, g.Group{g.Text(" "), h.Span(h.Class("most"), g.Textf("highest: %d", e.Weeks.Most))}),
				),
			),
			e.Weeks.drawing(),
		),
	}
}

func (e environment) wayBack() g.Node {
	switch r := e.Rollback; {
	case r.Release != "":
		return lack(g.Text("A rollback would go to "), h.Code(text(r.Release)), g.If(r.Brought != "", g.Group{g.Text("; "), text(r.Brought)}), g.Text("."))
	case r.Refused != "":
		return lack(g.Text("There is no way back: "), text(r.Refused))
	}
	return nil
}

func (f Figure) entry() g.Node {
	class, value := "value", f.Value
	if value == "" {
		class, value = "value unknown", "not known"
	}
	return line(h.Div(
		h.Dt(g.Text(f.Name)), h.Dd(h.Class(class), g.Text(value)), h.Dd(h.Class("note"), g.Text(f.Note)),
		h.Dd(h.Details(h.Summary(g.Text("What is counted"), h.Span(h.Class("hidden"), g.Text(" for "+f.Name))), h.P(g.Text(f.Means)))),
	))
}

func (c chart) drawing() g.Node {
	return g.Group{
		g.El("svg", h.Class("chart"), h.Role("img"), h.Aria("label", c.Text), g.Attr("viewBox", fmt.Sprintf("0 0 %d 100", c.Width)), g.Attr("preserveAspectRatio", "none"),
			g.Map(c.Weeks, week.bars)),
		h.Div(h.Class("months"), h.Aria("hidden", "true"), g.Map(c.Months, func(l label) g.Node {
			return h.Span(h.Style(fmt.Sprintf("left:%.1f%%", l.Left)), g.Text(l.Name))
		})),
	}
}

func (w week) bars() g.Node {
	if len(w.Bars) == 0 {
		return nil
	}
	return line(g.El("g", g.El("title", g.Text(w.Title)), g.Map(w.Bars, func(b bar) g.Node {
		return g.El("rect", h.Class(string(b.Kind)), g.Attr("x", strconv.Itoa(w.X)), g.Attr("y", fmt.Sprintf("%.1f", b.Y)), h.Width("8"), h.Height(fmt.Sprintf("%.1f", b.Height)))
	})))
}

func (m month) list() g.Node {
	return h.Details(h.Class("month"), g.If(m.Open, g.Attr("open")),
		h.Summary(h.Span(h.Class("name"), g.Text(m.Name)), g.Text(" "), h.Span(h.Class("tally"), g.Text(m.Summary))),
		h.Ol(g.Map(m.Rows, row.item)),
	)
}

func (r row) item() g.Node {
	return line(h.Li(h.Class(string(r.Kind)), r.Kind.shape(),
		h.P(moment(r.At, minute(r.At)), g.Text(" "), h.Strong(g.Text(r.Word)), g.Text(" "), commit(r.Revision), g.If(r.Live, g.Group{g.Text(" "), h.Em(g.Text("runs now"))})),
		h.P(h.Class("more"), g.Text(r.Where), g.If(r.Took != "", g.Text(", "+r.Took)), by(r.Actor), run(r.RunURL), g.Text(" "), h.Code(text(r.Release))),
		g.Map(r.Why, func(why string) g.Node { return h.P(h.Class("why"), text(why)) }),
	))
}

// text is foreign text.
func text(foreign any) g.Node { return g.Text(clean(foreign)) }

// line is a node in a line of its own, for whoever reads the source.
func line(n g.Node) g.Node { return g.Group{g.Text("\n"), n} }

func meta(name, content string) g.Node { return h.Meta(h.Name(name), h.Content(content)) }

func lack(nodes ...g.Node) g.Node { return h.P(h.Class("lack"), g.Group(nodes)) }

func moment(t time.Time, shown string) g.Node { return h.Time(h.DateTime(iso(t)), g.Text(shown)) }

func commit(revision string) g.Node { return h.Code(g.Text(short(revision))) }

func by(actor string) g.Node { return g.If(actor != "", g.Group{g.Text(", by "), text(actor)}) }

func run(address string) g.Node {
	return g.If(link(address) != "", g.Group{g.Text(", "), h.A(h.Href(address), g.Text("CI run"))})
}

func orDash(known bool, n g.Node) g.Node {
	if known {
		return n
	}
	return g.Text("-")
}

// shape is the sign of a kind.
func (k kind) shape() g.Node {
	return h.SVG(h.Aria("hidden", "true"), g.El("use", h.Href("#"+string(k))))
}
