//! Aligned tables.

use anstyle::Style;

use crate::display::on_one_line;
use crate::paint::Painter;

/// `rows` with their cells below each other, two spaces between columns. The text is the same with and without colour.
pub(super) fn aligned<const N: usize>(
    rows: impl IntoIterator<Item = [(String, Style); N]>,
    painter: Painter,
) -> String {
    let shown = |cells: [(String, Style); N]| cells.map(|(cell, style)| (on_one_line(&cell), style));
    let rows: Vec<[(String, Style); N]> = rows.into_iter().map(shown).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, (cell, _)) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut gap = 0;
        for ((cell, style), width) in row.iter().zip(widths) {
            text.extend(std::iter::repeat_n(' ', gap));
            text.push_str(&painter.paint(*style, cell));
            gap = width - cell.chars().count() + 2;
        }
        text.push('\n');
    }
    text
}
