//! Events: any payload and variables result in a decision or an error, and a decision contains no forged values.
#![no_main]

use imgver::ci::github::{EventContext, PLANNED_EVENTS, Payload, output_lines};
use imgver::ci::{Names, Scope, decide};
use imgver::domain::{ImageTag, PreReleases, TagFormats, TagPattern};
use libfuzzer_sys::fuzz_target;

const SERVICES: [&str; 3] = ["a", "services/go/api", "services/node/api"];

fuzz_target!(|input: (u8, Option<String>, Option<String>, Option<String>, bool, &[u8])| {
    let (event, reference, ref_name, sha, local, payload) = input;
    let formats = TagFormats::default();
    let patterns: Vec<Vec<TagPattern>> = SERVICES.iter().map(|service| formats.patterns(service)).collect();
    let services: Vec<(&str, &[TagPattern])> =
        SERVICES.iter().copied().zip(patterns.iter().map(Vec::as_slice)).collect();
    let context = EventContext {
        event_name: PLANNED_EVENTS.get(usize::from(event) % PLANNED_EVENTS.len()).map(ToString::to_string),
        reference,
        ref_type: ref_name.as_ref().map(|_| "tag".to_owned()),
        ref_name,
        sha,
        payload: Payload::parse("event.json", payload).ok(),
    };
    let Ok(event) = context.event(local.then_some("main")) else { return };
    let prereleases = PreReleases::new(["rc"]);
    let names = Names { services: &services, formats: &formats, prereleases: &prereleases };
    let Ok(decision) = decide(event, names, local) else { return };
    assert!(!(local && decision.push));
    if let Scope::Services(paths) = &decision.scope {
        assert!(!paths.is_empty() && paths.iter().all(|path| SERVICES.contains(&path.as_str())));
    }
    let version = decision.version.as_ref().map_or("", ImageTag::as_str);
    assert_eq!(output_lines([("version", version)]), format!("version={version}\n"));
});
