//! The names of environments that images are built for.

/// The environments whose names mean something here; images for any other one are named as in development.
const KNOWN: [&str; 4] = [PRODUCTION, "staging", "development", CANDIDATE];

const PRODUCTION: &str = "production";

const CANDIDATE: &str = "candidate";

/// Short forms of [`KNOWN`] names that are no beginnings of them.
const SHORT: [(&str, &str); 3] = [("prd", PRODUCTION), ("stage", "staging"), ("stg", "staging")];

/// What the name of an environment means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentName {
    /// Production, whose images are releases.
    Production,
    /// Candidate, whose images are pre-releases in a repository that has any.
    Candidate,
    /// Another name.
    Other,
    /// Another name that begins as production does: `production-eu`, `prod2`.
    NearProduction,
    /// A misspelling, another case or a short form of this known name.
    Misspelled(&'static str),
}

impl EnvironmentName {
    /// What `name` means. The empty name is what CI systems leave of a variable that is not set: no name at all.
    pub fn of(name: &str) -> Self {
        if let Some(known) = KNOWN.into_iter().find(|known| *known == name) {
            return match known {
                PRODUCTION => EnvironmentName::Production,
                CANDIDATE => EnvironmentName::Candidate,
                _ => EnvironmentName::Other,
            };
        }
        let lower = name.trim().to_lowercase();
        let head = lower.split(|character: char| !character.is_alphabetic()).next().unwrap_or_default();
        let rest = lower.get(head.len()..).unwrap_or_default();
        // `staging-2` and `dev-review` are others, `staging-` is not.
        match meant(head) {
            None if rest.is_empty() => EnvironmentName::Other,
            None => meant(&lower).map_or(EnvironmentName::Other, EnvironmentName::Misspelled),
            Some(known) if !rest.contains(char::is_alphanumeric) => EnvironmentName::Misspelled(known),
            Some(PRODUCTION) => EnvironmentName::NearProduction,
            Some(_) => EnvironmentName::Other,
        }
    }
}

/// The known name that `word`, in lower case, stands for.
fn meant(word: &str) -> Option<&'static str> {
    /// So many letters tell a beginning from an abbreviation of something else.
    const BEGINNING_MIN: usize = 3;
    /// So many letters may be wrong, missing, too many or in another order.
    const ERRORS_MAX: usize = 2;
    /// Nobody misspells more, and a comparison takes time in the product of the lengths.
    const LENGTH_MAX: usize = 32;
    if word.len() > LENGTH_MAX {
        return None;
    }
    let short = SHORT.into_iter().find(|(short, _)| *short == word).map(|(_, known)| known);
    let begun = || KNOWN.into_iter().find(|known| word.len() >= BEGINNING_MIN && known.starts_with(word));
    let near = || KNOWN.into_iter().find(|known| strsim::osa_distance(known, word) <= ERRORS_MAX);
    short.or_else(begun).or_else(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_known_for_what_they_mean() {
        for (name, known) in [
            ("Production", PRODUCTION),
            ("PRODUCTION", PRODUCTION),
            (" production", PRODUCTION),
            ("production\n", PRODUCTION),
            ("production-", PRODUCTION),
            ("'production'", PRODUCTION),
            ("productions", PRODUCTION),
            ("prodution", PRODUCTION),
            ("prodcution", PRODUCTION),
            ("porduction", PRODUCTION),
            ("poduciton", PRODUCTION),
            ("produktion", PRODUCTION),
            ("product", PRODUCTION),
            ("prod", PRODUCTION),
            ("Prod", PRODUCTION),
            ("PRD", PRODUCTION),
            ("Staging", "staging"),
            ("stagging", "staging"),
            ("stageing", "staging"),
            ("satging", "staging"),
            ("stage", "staging"),
            ("stag", "staging"),
            ("stg", "staging"),
            ("Development", "development"),
            ("developement", "development"),
            ("develop", "development"),
            ("devel", "development"),
            ("dev", "development"),
            ("DEV", "development"),
            ("Candidate", "candidate"),
            ("canditate", "candidate"),
            ("candidates", "candidate"),
        ] {
            assert_eq!(EnvironmentName::of(name), EnvironmentName::Misspelled(known), "{name}");
        }
    }

    #[test]
    fn two_names_ask_for_tags() {
        assert_eq!(EnvironmentName::of("production"), EnvironmentName::Production);
        assert_eq!(EnvironmentName::of("candidate"), EnvironmentName::Candidate);
    }

    #[test]
    fn other_names_are_their_own() {
        let others = [
            "",
            " ",
            "staging",
            "development",
            "qa",
            "test",
            "testing",
            "preprod",
            "preproduction",
            "pre-production",
            "non-production",
            "nonprod",
            "preview",
            "uat",
            "demo",
            "e2e",
            "integration",
            "canary",
            "sandbox",
            "dev-1",
            "dev2",
            "staging-eu",
            "stage2",
            "review-12",
            "pr-12",
            "pr",
            "live",
            "training",
            "release",
            "main",
            "nightly",
            "local",
            "ci",
            "1",
            "é",
            "deployment",
            "devops",
        ];
        for name in others {
            assert_eq!(EnvironmentName::of(name), EnvironmentName::Other, "{name}");
        }
        let long = "production".repeat(1000);
        assert_eq!(EnvironmentName::of(&long), EnvironmentName::Other);
    }

    #[test]
    fn only_production_is_production_and_what_looks_alike_is_told_apart() {
        assert_eq!(EnvironmentName::of("production"), EnvironmentName::Production);
        for name in
            ["production-eu", "Production-EU", "prod-eu", "prod2", "production_2", "prodution-eu", "prod/eu"]
        {
            assert_eq!(EnvironmentName::of(name), EnvironmentName::NearProduction, "{name}");
        }
    }
}
