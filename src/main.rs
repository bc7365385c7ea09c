//! The `imgver` program: builds the real world and runs in it.

use std::io::{self, Write as _};
use std::process::ExitCode;

use imgver::World;

fn main() -> ExitCode {
    let (mut stdin, mut stdout, mut stderr) = (io::stdin().lock(), io::stdout().lock(), io::stderr().lock());
    match World::real(&mut stdin, &mut stdout, &mut stderr) {
        Ok(mut world) => ExitCode::from(imgver::run(&mut world)),
        Err(error) => {
            // Nothing is left to report to if standard error is closed, too.
            let _ = writeln!(
                stderr,
                "error: cannot read the current directory\ncaused by: {error}\nhint: it may have been deleted: cd to one that exists"
            );
            ExitCode::FAILURE
        }
    }
}
