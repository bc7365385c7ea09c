//! The picture at the top of README.md.

use std::path::Path;

use regex::Regex;

use super::{compare_or_write, printed, shop};

/// What it shows, in the order in which it is run.
const COMMANDS: [&str; 4] = [
    "imgver list",
    "imgver changed --base HEAD~2",
    "imgver tag migrator --environment production",
    "imgver tag web --environment production",
];

/// Pixels of a character and of a line, and around the text.
const CHARACTER: f64 = 8.45;
const LINE: usize = 20;
const MARGIN: usize = 22;
const BAR: usize = 34;

/// The colours, for a light and a dark page.
const STYLE: &str = "\
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; white-space: pre }
    .window { fill: #f6f8fa; stroke: #d1d9e0 }
    .bar { fill: #e6eaef }
    .prompt { fill: #0969da }
    .c1, .command { font-weight: bold }
    .c2 { fill: #59636e }
    .c31 { fill: #cf222e }
    .c32 { fill: #1a7f37 }
    .c33 { fill: #9a6700 }
    .c36 { fill: #1b7c83 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .window { fill: #0d1117; stroke: #3d444d }
      .bar { fill: #161b22 }
      .prompt { fill: #58a6ff }
      .c2 { fill: #9198a1 }
      .c31 { fill: #ff7b72 }
      .c32 { fill: #3fb950 }
      .c33 { fill: #d29922 }
      .c36 { fill: #39c5cf }
    }
";

/// The text of a terminal's line as SVG: what a terminal would colour is in spans of that class.
fn spans(line: &str) -> String {
    let code = Regex::new("\x1b\\[([0-9;]*)m").unwrap();
    let mut classes: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut end = 0;
    let mut add = |part: &str, classes: &[String]| {
        let part = part.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        match (part.is_empty(), classes.is_empty()) {
            (true, _) => {}
            (_, true) => text.push_str(&part),
            (_, false) => text.push_str(&format!("<tspan class=\"{}\">{part}</tspan>", classes.join(" "))),
        }
    };
    for found in code.captures_iter(line) {
        let whole = found.get(0).unwrap();
        add(&line[end..whole.start()], &classes);
        end = whole.end();
        for number in found[1].split(';') {
            match number {
                "" | "0" => classes.clear(),
                "1" | "2" | "31" | "32" | "33" | "36" => classes.push(format!("c{number}")),
                other => panic!("the picture has no colour for {other}: {line:?}"),
            }
        }
    }
    add(&line[end..], &classes);
    text
}

/// How many characters wide it is on a terminal.
fn width(line: &str) -> usize {
    Regex::new("\x1b\\[[0-9;]*m").unwrap().replace_all(line, "").chars().count()
}

fn picture() -> String {
    let repo = shop();
    let mut lines = Vec::new();
    let mut widest = 0;
    for command in COMMANDS {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.push(format!("<tspan class=\"prompt\">$</tspan> <tspan class=\"command\">{command}</tspan>"));
        for line in printed(&repo, command, &[("CLICOLOR_FORCE", "1")]).lines() {
            widest = widest.max(width(line));
            lines.push(spans(line));
        }
    }
    let across = (f64::from(u32::try_from(widest).unwrap()) * CHARACTER).ceil();
    let (across, down) = (across as usize + 2 * MARGIN, BAR + MARGIN + LINE * lines.len());
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {across} {down}\" width=\"{across}\" height=\"{down}\" role=\"img\">\n  \
         <title>imgver in a repository of four services</title>\n  <style>\n{STYLE}  </style>\n  \
         <clipPath id=\"corners\"><rect width=\"{across}\" height=\"{down}\" rx=\"10\"/></clipPath>\n  \
         <g clip-path=\"url(#corners)\">\n    <rect class=\"window\" width=\"{across}\" height=\"{down}\"/>\n    \
         <rect class=\"bar\" width=\"{across}\" height=\"{BAR}\"/>\n"
    );
    for (at, colour) in [(20, "#ff5f57"), (40, "#febc2e"), (60, "#28c840")] {
        svg.push_str(&format!("    <circle cx=\"{at}\" cy=\"{}\" r=\"6\" fill=\"{colour}\"/>\n", BAR / 2));
    }
    for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.is_empty()) {
        let y = BAR + MARGIN + LINE * number + 4;
        svg.push_str(&format!("    <text x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\">{line}</text>\n"));
    }
    svg + "  </g>\n</svg>\n"
}

#[test]
fn the_picture_is_what_imgver_prints() {
    let svg = picture();
    assert!(svg.len() < 20_000, "{} bytes", svg.len());
    compare_or_write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/picture.svg"), &svg);
}

#[test]
fn text_is_escaped_and_colours_are_classes() {
    assert_eq!(spans("a <b> & c"), "a &lt;b&gt; &amp; c");
    assert_eq!(spans("\x1b[1m\x1b[33mdirty\x1b[0m x"), "<tspan class=\"c1 c33\">dirty</tspan> x");
}
