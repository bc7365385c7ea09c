//! Workflow files and their checks: any text results in findings with places, and no output line is a workflow command.
#![no_main]

use imgver::check::{self, CheckedConfig, CheckedService, Flows, Setup, Source, TagFacts};
use imgver::ci::github::Workflow;
use imgver::config::Config;
use imgver::domain::TagFormats;
use imgver::filters::Quantifier;
use imgver::workspace::Service;
use imgver::workspace::taskfile::ImageRepo;
use imgver::yaml::Place;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str)| {
    let (workflow, action, filters) = input;
    // On its own, a random text rarely gets as far as the rules.
    let on = format!("on: {workflow}\njobs: {{a: {{steps: [{{uses: ./a}}, {{run: imgver plan}}]}}}}\n");
    for text in [workflow, &on] {
        match Workflow::parse("w.yaml", text) {
            Ok(workflow) => {
                workflow.starts_for_tag("services/go/api@1.0.0");
                let places = workflow.duplicates.iter().flat_map(|found| [found.place, found.first]);
                places.for_each(|place| assert!(place.line > 0 && place.column > 0));
            }
            Err(error) => assert!(!error.message.is_empty()),
        }
        check(text, action, filters);
    }
});

fn check(workflow: &str, action: &str, filters: &str) {
    let source =
        |file: &str, text: &str| Source { file: file.to_owned(), named_at: None, text: Ok(text.to_owned()) };
    let service = |path: &str| {
        let image = ImageRepo::Plain { text: action.to_owned(), place: Place { line: 1, column: 1 } };
        Service::of_taskfile(path, format!("{path}/Taskfile.yaml"), image)
    };
    let services = ["services/go/api", "services/node/api"].map(service);
    let formats = TagFormats::default();
    let checked = |service| CheckedService::new(service, &formats);
    let checked = services.each_ref().map(checked);
    let files = services.iter().filter_map(|service| service.origin.taskfile.clone()).collect::<Vec<_>>();
    let flows = Flows::read(&[source("w.yaml", workflow)], &[source("a/action.yaml", action)]);
    let config = CheckedConfig { config: &Config::NONE, is_there: false, fault: None, conflicts: Vec::new() };
    for quantifier in [Quantifier::Some, Quantifier::SomeWithExcludes] {
        let findings = check::findings(&Setup {
            services: &checked,
            config: &config,
            unreadable: &[],
            unnameable: &[],
            taskfiles: &[],
            dotenv: &[],
            filters: Some(&source("filters.yaml", filters)),
            formats: &check::TagFormats::default(),
            quantifier,
            flows: &flows,
            files: &files,
            paths: &[],
            inputs: &[None, None],
            releases: &[(0, "services/go/api@1.0.0".to_owned())],
            tags: &TagFacts::default(),
        });
        let text = check::text(&findings, imgver::paint::Painter::PLAIN);
        assert_eq!(text.lines().count(), 3 * findings.len());
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")));
        assert_eq!(check::github(&findings).lines().count(), findings.len());
    }
}
