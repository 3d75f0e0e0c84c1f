//! The page: one HTML file with everything inside.

use voidgrad_kit::chart::Drawing;

/// A page that is being written.
pub(crate) struct Page {
    title: String,
    body: String,
    figures: usize,
}

impl Page {
    /// A page with its title and a line of facts under it; both are HTML.
    pub(crate) fn new(title: &str, facts: &str) -> Self {
        let body = format!("<header>\n<h1>{title}</h1>\n<p class=\"facts\">{facts}</p>\n</header>\n");
        Self { title: strip_tags(title), body, figures: 0 }
    }

    /// A heading.
    pub(crate) fn heading(&mut self, text: &str) {
        self.push(&format!("<h2>{text}</h2>"));
    }

    /// A paragraph of HTML.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.push(&format!("<p>{}</p>", tie(text)));
    }

    /// A table of plain text; the first column names the rows.
    pub(crate) fn table(&mut self, heads: &[&str], rows: &[Vec<String>]) {
        self.push("<table>\n<thead><tr>");
        for head in heads {
            self.push(&format!("<th scope=\"col\">{}</th>", escape(head)));
        }
        self.push("</tr></thead>\n<tbody>");
        for row in rows {
            self.push("<tr>");
            for (column, cell) in row.iter().enumerate() {
                let cell = escape(cell);
                self.push(&match column {
                    0 => format!("<th scope=\"row\">{cell}</th>"),
                    _ => format!("<td>{cell}</td>"),
                });
            }
            self.push("</tr>");
        }
        self.push("</tbody>\n</table>");
    }

    /// A figure of one picture, or of several side by side, with one legend and one paragraph.
    pub(crate) fn figure(&mut self, drawings: Vec<Drawing>, caption: &str) {
        self.figures += 1;
        let mut keys: Vec<String> = Vec::new();
        for key in drawings.iter().flat_map(|drawing| &drawing.keys) {
            let entry = format!("<span>{} {}</span>", key.stroke(), key.name);
            if !keys.contains(&entry) {
                keys.push(entry);
            }
        }
        let layout = if drawings.len() > 1 { "panels" } else { "panel" };
        let free_place = drawings.len() > 1 && drawings.len() % 2 == 1;
        let pictures: Vec<String> = drawings.into_iter().map(|drawing| drawing.svg).collect();
        let keys = format!("<div class=\"keys\">{}</div>", keys.join("\n"));
        // The legend takes the place of the picture that an odd number of them leaves free.
        let (beside, below) = if free_place { (keys.as_str(), "") } else { ("", keys.as_str()) };
        self.push(&format!(
            "<figure>\n<div class=\"{layout}\">\n{}\n{beside}</div>\n{below}\n\
             <figcaption><b>Figure {}.</b> {}</figcaption>\n</figure>",
            pictures.join("\n"),
            self.figures,
            tie(caption)
        ));
    }

    /// The file.
    pub(crate) fn html(self) -> String {
        let Self { title, body, .. } = self;
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
            include_str!("page.css")
        )
    }

    fn push(&mut self, html: &str) {
        self.body.push_str(html);
        self.body.push('\n');
    }
}

/// Keeps the two sides of `=` and `−` on one line.
fn tie(text: &str) -> String {
    text.replace(" = ", "\u{a0}=\u{a0}").replace(" − ", "\u{a0}−\u{a0}")
}

/// Text as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn strip_tags(html: &str) -> String {
    let mut inside = false;
    html.chars()
        .filter(|&character| {
            match character {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    return false;
                }
                _ => {}
            }
            !inside
        })
        .collect()
}
