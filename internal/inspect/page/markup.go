package page

import (
	_ "embed"
	"fmt"
	"strconv"
	"time"

	g "maragu.dev/gomponents"

	"github.com/slipway/slipway/internal/inspect"
)

// The markup of the page. gomponents escapes every text and every attribute. What it cannot judge is the address of a link, which link
// does, and what hosts say goes through clean.

//go:embed page.css
var style string

// el and attr are an element and an attribute, by their names. They are variables, so that the compiler does not repeat what they do in
// each place: the program would be 0.15 MB larger.
var el, attr = g.El, g.Attr

// shapes are drawn where the page uses them by name.
const shapes = `<svg class="shapes" aria-hidden="true" focusable="false">
<symbol id="live" viewBox="0 0 16 16"><path d="M3.5 8.5l3 3 6-7"/></symbol>
<symbol id="back" viewBox="0 0 16 16"><path d="M6.5 3.5l-3 3 3 3M3.5 6.5h6a3 3 0 0 1 0 6h-2"/></symbol>
<symbol id="bad" viewBox="0 0 16 16"><path d="M4 4l8 8M12 4l-8 8"/></symbol>
<symbol id="held" viewBox="0 0 16 16"><path d="M4 8h8"/></symbol>
</svg>`

func (v view) page() g.Node {
	return g.Group{g.Raw("<!doctype html>"), el("html", attr("lang", "en"),
		el("head",
			el("meta", attr("charset", "utf-8")),
			meta("viewport", "width=device-width, initial-scale=1"), meta("color-scheme", "light dark"),
			meta("robots", "noindex"), meta("referrer", "no-referrer"),
			el("meta", attr("http-equiv", "Content-Security-Policy"), attr("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
			el("title", text(v.App), g.Text(": what runs where")),
			el("link", attr("rel", "icon"), attr("href", "data:,")),
			el("style", g.Raw(style)),
		),
		el("body",
			g.Raw(shapes),
			el("header",
				el("h1", text(v.App)),
				el("p", g.Text("What runs where, as of "), moment(v.Asked, v.Asked.UTC().Format("2 January 2006, 15:04")+" UTC")),
				g.If(len(v.Environments) > 1, v.navigation()),
			),
			el("main", g.Map(v.Environments, environment.section)),
			el("footer", el("p",
				g.Text("Made by "), el("code", g.Text("slipway history --html")),
				g.Text(" from what the hosts record. Times are UTC. Figures are of the last 90 days, or of as many as there are records of."),
			)),
		),
	)}
}

func (v view) navigation() g.Node {
	return el("nav", attr("aria-label", "Environments"), el("ul", g.Map(v.Environments, func(e environment) g.Node {
		return el("li", el("a", attr("href", "#"+e.Anchor), text(e.Environment)))
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
	return line(el("section", attr("id", e.Anchor), attr("aria-labelledby", e.Anchor+"-name"),
		el("div", attr("class", "title"),
			el("h2", attr("id", e.Anchor+"-name"), name),
			el("p", attr("class", "state "+string(state)), state.shape(), g.Text(e.Verdict)),
			g.If(link(e.URL) != "", el("p", attr("class", "site"), el("a", attr("href", e.URL), text(e.URL)))),
		),
		e.now(),
		el("div", attr("class", "wide"), attr("tabindex", "0"), attr("role", "region"), attr("aria-label", label), e.table()),
		g.Map(e.Unasked, func(u inspect.Unasked) g.Node {
			return lack(text(u.Host), g.Text(" did not answer, and its record is missing here: "), text(u.Error))
		}),
		g.If(e.Damaged > 0, lack(g.Textf("%d records of the hosts could not be read, and are missing here.", e.Damaged))),
		g.Iff(len(e.Months) > 0, e.past),
		el("h3", g.Text("Deployments")),
		g.If(len(e.Months) == 0, el("p", g.Text("None is recorded."))),
		g.Map(e.Months, month.list),
		g.If(e.Older > 0, lack(g.Textf("%d older ones are not listed: ", e.Older), el("code", g.Text("slipway history")), g.Text(" has them."))),
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
	return el("p", attr("class", "now"), commit(d.Revision), g.Text(" "), el("span", since, by(d.Actor), run(d.RunURL)))
}

func (e environment) table() g.Node {
	return el("table",
		el("thead", el("tr", g.Map([]string{"Host", "State", "Commit", "Since", "Release"}, func(title string) g.Node {
			return el("th", attr("scope", "col"), g.Text(title))
		}))),
		el("tbody", g.Map(e.Hosts, func(host inspect.HostStatus) g.Node {
			state := text(host.State)
			if host.State.Bad() {
				state = el("strong", attr("class", "bad"), state)
			}
			return line(el("tr",
				el("th", attr("scope", "row"), text(host.Host)),
				el("td", state, g.Map(host.Why, func(why string) g.Node { return g.Group{el("br"), el("small", text(why))} })),
				el("td", orDash(host.Revision != "", commit(host.Revision))),
				el("td", orDash(!host.Since.IsZero(), moment(host.Since, minute(host.Since)))),
				el("td", orDash(host.Release != "", el("code", text(host.Release)))),
			))
		})),
	)
}

// past is the way back, the figures, and the chart.
func (e environment) past() g.Node {
	return g.Group{
		e.wayBack(),
		el("dl", attr("class", "figures"), g.Map(e.Figures, Figure.entry)),
		el("figure",
			el("figcaption",
				el("h3", g.Text("Deployments a week")),
				el("p", attr("class", "legend"),
					el("span", attr("class", "live"), g.Text("went live")), g.Text(" "), el("span", attr("class", "back"), g.Text("rolled back")), g.Text(" "),
					el("span", attr("class", "bad"), g.Text("unwound or unfinished")),
					g.If(e.Weeks.Most > 0, g.Group{g.Text(" "), el("span", attr("class", "most"), g.Textf("highest: %d", e.Weeks.Most))}),
				),
			),
			e.Weeks.drawing(),
		),
	}
}

func (e environment) wayBack() g.Node {
	switch r := e.Rollback; {
	case r.Release != "":
		return lack(g.Text("A rollback would go to "), el("code", text(r.Release)), g.If(r.Brought != "", g.Group{g.Text("; "), text(r.Brought)}), g.Text("."))
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
	return line(el("div",
		el("dt", g.Text(f.Name)), el("dd", attr("class", class), g.Text(value)), el("dd", attr("class", "note"), g.Text(f.Note)),
		el("dd", el("details", el("summary", g.Text("What is counted"), el("span", attr("class", "hidden"), g.Text(" for "+f.Name))), el("p", g.Text(f.Means)))),
	))
}

func (c chart) drawing() g.Node {
	return g.Group{
		el("svg", attr("class", "chart"), attr("role", "img"), attr("aria-label", c.Text), attr("viewBox", fmt.Sprintf("0 0 %d 100", c.Width)), attr("preserveAspectRatio", "none"),
			g.Map(c.Weeks, week.bars)),
		el("div", attr("class", "months"), attr("aria-hidden", "true"), g.Map(c.Months, func(l label) g.Node {
			return el("span", attr("style", fmt.Sprintf("left:%.1f%%", l.Left)), g.Text(l.Name))
		})),
	}
}

func (w week) bars() g.Node {
	if len(w.Bars) == 0 {
		return nil
	}
	return line(el("g", el("title", g.Text(w.Title)), g.Map(w.Bars, func(b bar) g.Node {
		return el("rect", attr("class", string(b.Kind)), attr("x", strconv.Itoa(w.X)), attr("y", fmt.Sprintf("%.1f", b.Y)), attr("width", "8"), attr("height", fmt.Sprintf("%.1f", b.Height)))
	})))
}

func (m month) list() g.Node {
	return el("details", attr("class", "month"), g.If(m.Open, attr("open")),
		el("summary", el("span", attr("class", "name"), g.Text(m.Name)), g.Text(" "), el("span", attr("class", "tally"), g.Text(m.Summary))),
		el("ol", g.Map(m.Rows, row.item)),
	)
}

func (r row) item() g.Node {
	return line(el("li", attr("class", string(r.Kind)), r.Kind.shape(),
		el("p", moment(r.At, minute(r.At)), g.Text(" "), el("strong", g.Text(r.Word)), g.Text(" "), commit(r.Revision), g.If(r.Live, g.Group{g.Text(" "), el("em", g.Text("runs now"))})),
		el("p", attr("class", "more"), g.Text(r.Where), g.If(r.Took != "", g.Text(", "+r.Took)), by(r.Actor), run(r.RunURL), g.Text(" "), el("code", text(r.Release))),
		g.Map(r.Why, func(why string) g.Node { return el("p", attr("class", "why"), text(why)) }),
	))
}

// text is foreign text.
func text(foreign any) g.Node { return g.Text(clean(foreign)) }

// line is a node in a line of its own, for whoever reads the source.
func line(n g.Node) g.Node { return g.Group{g.Text("\n"), n} }

func meta(name, content string) g.Node {
	return el("meta", attr("name", name), attr("content", content))
}

func lack(nodes ...g.Node) g.Node { return el("p", attr("class", "lack"), g.Group(nodes)) }

func moment(t time.Time, shown string) g.Node {
	return el("time", attr("datetime", iso(t)), g.Text(shown))
}

func commit(revision string) g.Node { return el("code", g.Text(short(revision))) }

func by(actor string) g.Node { return g.If(actor != "", g.Group{g.Text(", by "), text(actor)}) }

func run(address string) g.Node {
	return g.If(link(address) != "", g.Group{g.Text(", "), el("a", attr("href", address), g.Text("CI run"))})
}

func orDash(known bool, n g.Node) g.Node {
	if known {
		return n
	}
	return g.Text("-")
}

// shape is the sign of a kind.
func (k kind) shape() g.Node {
	return el("svg", attr("aria-hidden", "true"), el("use", attr("href", "#"+string(k))))
}
