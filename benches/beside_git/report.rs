//! Two Markdown tables: milliseconds, and ratios next to their targets.

use std::io::{self, Write};

use super::contenders::Contender;
use super::measure::Medians;

/// The measurements of one repository, with or without a commit-graph.
pub(crate) struct Row {
    pub(crate) repository: String,
    pub(crate) commit_graph: bool,
    pub(crate) medians: Medians,
}

/// A ratio of two contenders and its targets, without and with a commit-graph.
struct Ratio {
    title: &'static str,
    of: Contender,
    to: Contender,
    bound: Bound,
    targets: [f64; 2],
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast,
    AtMost,
}

const RATIOS: [Ratio; 6] = [
    Ratio {
        title: "describe loop / list",
        of: Contender::DescribeLoop,
        to: Contender::List,
        bound: Bound::AtLeast,
        targets: [10.0, 40.0],
    },
    Ratio {
        title: "list / git pipeline",
        of: Contender::List,
        to: Contender::Pipeline,
        bound: Bound::AtMost,
        targets: [0.5, 0.3],
    },
    Ratio {
        title: "list / rev-list --count",
        of: Contender::List,
        to: Contender::RevList,
        bound: Bound::AtMost,
        targets: [1.1, 1.8],
    },
    Ratio {
        title: "list --scope service / log",
        of: Contender::ListByService,
        to: Contender::Log,
        bound: Bound::AtMost,
        targets: [1.0, 0.5],
    },
    Ratio {
        title: "extended / describe, near",
        of: Contender::ExtendedNear,
        to: Contender::DescribeNear,
        bound: Bound::AtMost,
        targets: [1.0, 1.0],
    },
    Ratio {
        title: "extended / describe, far",
        of: Contender::ExtendedFar,
        to: Contender::DescribeFar,
        bound: Bound::AtMost,
        targets: [1.0, 1.0],
    },
];

impl Ratio {
    fn cell(&self, row: &Row) -> String {
        let [without, with] = self.targets;
        let target = if row.commit_graph { with } else { without };
        let (Some(of), Some(to)) = (row.medians.get(&self.of), row.medians.get(&self.to)) else {
            return "git too old".to_owned();
        };
        let ratio = of / to;
        let (sign, met) = match self.bound {
            Bound::AtLeast => ("≥", ratio >= target),
            Bound::AtMost => ("≤", ratio <= target),
        };
        format!("{ratio:.2} ({sign} {target}) {}", if met { "✓" } else { "✗" })
    }
}

pub(crate) fn write(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "CPU milliseconds (user and system, whole processes, medians):\n")?;
    let cell = |row: &Row, contender| match row.medians.get(&contender) {
        Some(ms) if *ms >= 1000.0 => format!("{ms:.0}"),
        Some(ms) => format!("{ms:.1}"),
        None => "git too old".to_owned(),
    };
    let titles = Contender::ALL.map(Contender::title);
    write_table(rows, &titles, |row| Contender::ALL.map(|contender| cell(row, contender)).to_vec(), out)?;
    writeln!(out, "\nRatios, with targets in brackets:\n")?;
    write_table(
        rows,
        &RATIOS.map(|ratio| ratio.title),
        |row| RATIOS.map(|ratio| ratio.cell(row)).to_vec(),
        out,
    )
}

fn write_table(
    rows: &[Row],
    titles: &[&str],
    cells: impl Fn(&Row) -> Vec<String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "| repository | commit-graph | {} |", titles.join(" | "))?;
    writeln!(out, "|---|---|{}", "--:|".repeat(titles.len()))?;
    for row in rows {
        let graph = if row.commit_graph { "yes" } else { "no" };
        writeln!(out, "| {} | {graph} | {} |", row.repository, cells(row).join(" | "))?;
    }
    Ok(())
}
