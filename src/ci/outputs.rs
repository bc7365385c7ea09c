//! A step's outputs, as GitHub reads them ("Workflow commands", "Setting an output parameter").

use serde::Serialize;

use super::plan::{Plan, PlannedService};

/// The value of the output `matrix`: a job per service (`jobs.<job_id>.strategy.matrix.include` in GitHub's workflow
/// syntax).
#[derive(Debug, Serialize)]
pub struct Matrix<'p> {
    include: &'p [PlannedService],
}

impl Plan {
    /// Names and values of the outputs, in their fixed order.
    ///
    /// # Errors
    /// JSON that cannot be written.
    pub fn outputs(&self) -> serde_json::Result<[(&'static str, String); 5]> {
        Ok([
            ("services", serde_json::to_string(&self.paths())?),
            ("environment", self.environment.to_string()),
            ("push", self.push.to_string()),
            ("version", self.version.clone()),
            ("matrix", serde_json::to_string(&self.matrix())?),
        ])
    }

    /// The matrix.
    pub fn matrix(&self) -> Matrix<'_> {
        Matrix { include: &self.services }
    }

    /// The services' paths.
    pub fn paths(&self) -> Vec<&str> {
        self.services.iter().map(|service| &*service.service).collect()
    }
}

/// `outputs` as lines for `GITHUB_OUTPUT`.
///
/// A value without a line break ends with its line. Any other stands between two delimiter lines, and the delimiter is
/// chosen so that no line of the value is it: whatever a value is, it cannot begin another output.
pub fn output_lines<'o>(outputs: impl IntoIterator<Item = (&'o str, &'o str)>) -> String {
    let mut lines = String::new();
    for (name, value) in outputs {
        if !value.contains(['\n', '\r']) {
            lines.extend([name, "=", value, "\n"]);
            continue;
        }
        let mut delimiter = "IMGVER_END".to_owned();
        while value.contains(&delimiter) {
            delimiter.push('_');
        }
        lines.extend([name, "<<", &delimiter, "\n", value, "\n", &delimiter, "\n"]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads outputs as the runner does.
    fn read(text: &str) -> Vec<(String, String)> {
        let mut outputs = Vec::new();
        let mut lines = text.split('\n');
        while let Some(line) = lines.next() {
            match (line.find('='), line.find("<<")) {
                (None, None) => assert_eq!(line, "", "a line that is no output"),
                (Some(equals), heredoc) if heredoc.is_none_or(|at| equals < at) => {
                    let (name, value) = line.split_at(equals);
                    outputs.push((name.to_owned(), value.split_at(1).1.to_owned()));
                }
                _ => {
                    let (name, delimiter) = line.split_once("<<").unwrap();
                    let value: Vec<&str> = lines.by_ref().take_while(|line| *line != delimiter).collect();
                    outputs.push((name.to_owned(), value.join("\n")));
                }
            }
        }
        outputs
    }

    proptest! {
        #[test]
        fn no_value_reaches_beyond_its_own_output(
            values in proptest::collection::vec("(\\PC|\n|\r|=|<<|IMGVER_END|_|push=true){0,12}", 0..5)
        ) {
            let outputs: Vec<(&str, &str)> = values.iter().map(|value| ("name", value.as_str())).collect();
            let expected: Vec<(String, String)> =
                values.iter().map(|value| ("name".to_owned(), value.clone())).collect();
            prop_assert_eq!(read(&output_lines(outputs)), expected);
        }
    }
}
