//! A step's outputs, as GitHub reads them ("Workflow commands", "Setting an output parameter").

use serde::Serialize;

use crate::ci::{Plan, PlannedService};
use crate::domain::{ImageRepository, Platform};
use crate::error::{Context as _, Error, Kind, Result};

/// The variable that names the file to append a step's outputs to.
pub const OUTPUT: &str = "GITHUB_OUTPUT";

/// The most jobs that a matrix can have ("Usage limits" in GitHub's documentation of Actions).
const JOBS_MAX: usize = 256;

/// The value of the output `matrix`: a job for each service (`jobs.<job_id>.strategy.matrix.include` in GitHub's workflow
/// syntax).
#[derive(Debug, Serialize)]
pub struct Matrix<'p> {
    include: Vec<MatrixJob<'p>>,
}

/// The variables of one job.
#[derive(Debug, Serialize)]
struct MatrixJob<'p> {
    service: &'p str,
    name: &'p str,
    context: &'p str,
    dockerfile: &'p str,
    target: &'p str,
    /// Separated by commas, as docker takes them.
    platforms: String,
    /// The main one of the images.
    image: &'p str,
    /// A line each.
    images: String,
}

impl<'p> Matrix<'p> {
    /// The matrix that builds `plan`.
    ///
    /// # Errors
    /// More services than a matrix can have jobs.
    pub fn of(plan: &'p Plan) -> Result<Self> {
        let count = plan.services.len();
        if count > JOBS_MAX {
            let message = format!(
                "{count} services are to be built, and a matrix in GitHub Actions has at most {JOBS_MAX} jobs"
            );
            return Err(Error::new(Kind::Input, message)
                .hint("build them in one job: imgver build --all --push; or, after a push, compare with a later commit: --base REV"));
        }
        Ok(Matrix { include: plan.services.iter().map(MatrixJob::of).collect() })
    }
}

impl<'p> MatrixJob<'p> {
    /// What is not set is the empty string, which docker's actions take for absent.
    fn of(planned: &'p PlannedService) -> Self {
        let PlannedService { service, name, context, dockerfile, target, platforms, images } = planned;
        let images: Vec<&str> = images.iter().map(ImageRepository::as_str).collect();
        MatrixJob {
            service,
            name,
            context,
            dockerfile: dockerfile.as_deref().unwrap_or_default(),
            target: target.as_deref().unwrap_or_default(),
            platforms: Platform::list(platforms),
            image: images.first().copied().unwrap_or_default(),
            images: images.join("\n"),
        }
    }
}

/// The outputs of `plan`, names and values, in their fixed order.
///
/// # Errors
/// As [`Matrix::of`].
pub fn outputs(plan: &Plan) -> Result<[(&'static str, String); 5]> {
    let version = plan.version.as_ref().map(ToString::to_string);
    Ok([
        ("services", json(&plan.paths())?),
        ("environment", plan.environment.to_string()),
        ("push", plan.push.to_string()),
        ("version", version.unwrap_or_default()),
        ("matrix", json(&Matrix::of(plan)?)?),
    ])
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).context(Kind::Unexpected, || "the plan cannot be written as JSON")
}

/// `outputs` as lines for `GITHUB_OUTPUT`.
///
/// A value without a line break ends with its line. Any other is put between two delimiter lines, and the delimiter is
/// not part of the value: no value can begin another output.
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
