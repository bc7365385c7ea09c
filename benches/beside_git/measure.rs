//! CPU time of whole processes, including those that they start, in interleaved rounds.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::contenders::{Commands, Contender};

/// Short processes run several times in a row, so that a sample contains about this much CPU time.
const SAMPLE_MS: f64 = 30.0;
const MOST_IN_A_SAMPLE: usize = 12;

/// How many rounds a slow contender takes part in.
pub(crate) const SLOW_ROUNDS: usize = 3;

/// The median CPU time, in milliseconds, of every contender that can run.
pub(crate) type Medians = BTreeMap<Contender, f64>;

pub(crate) fn measure(commands: &Commands<'_>, rounds: usize) -> Result<Medians> {
    let mut entered = Vec::new();
    for contender in Contender::ALL {
        if let Some(mut command) = commands.command(contender) {
            // The first run warms the caches, the second shows how long a run takes.
            cpu_ms(&mut command, 1)?;
            let once = if contender.is_slow() { SAMPLE_MS } else { cpu_ms(&mut command, 1)? };
            let repeats = (1..MOST_IN_A_SAMPLE).find(|repeats| once * *repeats as f64 >= SAMPLE_MS);
            entered.push((contender, command, repeats.unwrap_or(MOST_IN_A_SAMPLE), Vec::new()));
        }
    }
    for round in 0..rounds {
        for (contender, command, repeats, samples) in &mut entered {
            if !contender.is_slow() || round < SLOW_ROUNDS {
                samples.push(cpu_ms(command, *repeats)?);
            }
        }
    }
    Ok(entered.into_iter().map(|(contender, _, _, samples)| (contender, median(samples))).collect())
}

fn cpu_ms(command: &mut Command, repeats: usize) -> Result<f64> {
    let before = children_ms()?;
    for _ in 0..repeats {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
        ensure!(status.success(), "{command:?} failed: {status}");
    }
    Ok((children_ms()? - before) / repeats as f64)
}

/// User and system time of all descendants that have ended so far, in milliseconds.
fn children_ms() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let ms = |time: TimeVal| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3;
    Ok(ms(usage.user_time()) + ms(usage.system_time()))
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}
