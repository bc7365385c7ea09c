//! The examples of `docs/configuration.md`: each is made into a repository, and what the page shows is what the commands say.
//!
//! In a section, `$ git ls-files` lists the files, of which blocks of YAML show some; `$ git tag` lists the tags of the first
//! commit, and `$ git diff --name-only HEAD~1` what the second one changes. All commands are run, these as well.
//! `IMGVER_UPDATE=1 cargo test --test it configuration` writes what the others say; read what changed.

use std::fs;
use std::path::PathBuf;

use imgver::config::{Config, ServiceKey, TopKey};

use crate::support::Repo;

/// A section of the page: an example.
struct Example<'p> {
    title: &'p str,
    /// What the blocks of YAML show: path and content.
    files: Vec<(&'p str, String)>,
    /// The command lines of all consoles, each with what it prints.
    commands: Vec<(&'p str, String)>,
}

impl<'p> Example<'p> {
    fn read(section: &'p str) -> Self {
        let (title, text) = section.split_once('\n').expect("a section has a title");
        let mut example = Example { title, files: Vec::new(), commands: Vec::new() };
        let mut before = "";
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let is_block = line.starts_with("```");
            let block: Vec<&str> = match is_block {
                true => lines.by_ref().take_while(|line| *line != "```").collect(),
                false => Vec::new(),
            };
            match line {
                "```yaml" => {
                    // "`imgver.yaml`:"
                    let file = before.strip_suffix("`:").and_then(|before| before.rsplit('`').next());
                    let file = file.unwrap_or_else(|| panic!("{title}: which file is behind {before:?}?"));
                    example.files.push((file, block.iter().map(|line| format!("{line}\n")).collect()));
                }
                "```console" => block.into_iter().for_each(|line| example.console(line)),
                line if is_block => panic!("{title}: {line}"),
                "" => {}
                line => before = line,
            }
        }
        example
    }

    fn console(&mut self, line: &'p str) {
        match (line.strip_prefix("$ "), self.commands.last_mut()) {
            (Some(command), _) => self.commands.push((command, String::new())),
            (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
            (None, None) => panic!("{}: output of no command: {line}", self.title),
        }
    }

    /// The lines that the page shows for `command`.
    fn shown(&self, command: &str) -> Vec<&str> {
        let found = self.commands.iter().find(|(known, _)| *known == command);
        found.map(|(_, output)| output.lines().collect()).unwrap_or_default()
    }

    fn repository(&self) -> Repo {
        let repo = Repo::new();
        let files = self.shown("git ls-files");
        assert!(self.files.iter().all(|(file, _)| files.contains(file)), "{}: {files:?}", self.title);
        for file in files {
            let shown = self.files.iter().find(|(shown, _)| *shown == file).map(|(_, text)| &**text);
            repo.write(file, shown.unwrap_or("FROM scratch\n"));
        }
        repo.commit("first");
        self.shown("git tag").into_iter().for_each(|tag| repo.tag(tag));
        let changed = self.shown("git diff --name-only HEAD~1");
        changed.iter().for_each(|file| repo.write(file, "FROM scratch\n# changed\n"));
        if !changed.is_empty() {
            repo.commit("second");
        }
        repo
    }

    /// What each command prints.
    fn run(&self) -> Vec<(&'p str, String)> {
        let repo = self.repository();
        let run = |command: &'p str| {
            let script = command.replace("imgver ", &format!("'{}' ", env!("CARGO_BIN_EXE_imgver")));
            let output = repo.program("/bin/sh").args(["-c", &format!("exec 2>&1; {script}")]).run();
            (command, output.stdout)
        };
        self.commands.iter().map(|(command, _)| run(command)).collect()
    }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")
}

/// The sections below `## Examples`.
fn sections(page: &str) -> impl Iterator<Item = &str> {
    let (_, examples) = page.split_once("\n## Examples\n").expect("the page has examples");
    let examples = examples.split("\n## ").next().unwrap();
    examples.split("\n### ").skip(1)
}

#[test]
fn every_example_says_what_its_page_shows() {
    let mut page = fs::read_to_string(file()).expect("read the page");
    let is_update = std::env::var_os("IMGVER_UPDATE").is_some_and(|value| value == "1");
    let read = page.clone();
    let mut wrong = Vec::new();
    for section in sections(&read) {
        let example = Example::read(section);
        assert!(example.files.iter().any(|(file, _)| *file == "imgver.yaml"), "{}", example.title);
        let mut rewritten = section.to_owned();
        for ((command, shown), (_, printed)) in example.commands.iter().zip(example.run()) {
            if *shown != printed {
                wrong.push(format!("{}: $ {command}\n{printed}", example.title));
                let line = format!("\n$ {command}\n");
                rewritten = rewritten.replacen(&format!("{line}{shown}"), &format!("{line}{printed}"), 1);
            }
        }
        page = page.replacen(section, &rewritten, 1);
    }
    assert_eq!(sections(&read).count(), 6, "six examples");
    if is_update {
        fs::write(file(), page).expect("write the page");
    } else {
        assert!(wrong.is_empty(), "docs/configuration.md shows something else than\n{}", wrong.join("\n"));
    }
}

#[test]
fn the_page_has_every_key_and_nothing_else() {
    let page = fs::read_to_string(file()).expect("read the page");
    let (before, _) = page.split_once("\n## Examples\n").unwrap();
    let rows = before.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let mut keys: Vec<&str> = rows.map(|(key, _)| key).collect();
    let (top, service) = (TopKey::NAMES.map(|(key, _)| key), ServiceKey::NAMES.map(|(key, _)| key));
    let mut wanted = [&top[..], &service[..]].concat();
    keys.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(keys, wanted);
}

#[test]
fn what_the_pages_show_is_read() {
    for (name, count) in [("docs/configuration.md", 7), ("docs/services.md", 1)] {
        let page = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
        let blocks = page.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap());
        let blocks: Vec<&str> = blocks.filter(|block| block.contains("services:\n")).collect();
        assert_eq!(blocks.len(), count, "{name}");
        for block in blocks {
            assert!(Config::parse(block).is_ok(), "{name}: {:?}\n{block}", Config::parse(block).err());
        }
    }
}
