//! Image repositories of many services, written as one.

use std::fmt;
use std::str::FromStr;

use super::repository::{ImageRepository, ImageRepositoryError};
use crate::domain::placeholder::{Piece, UnmatchedBrace, pieces};
use crate::domain::short_name;

/// An image repository with placeholders: `ghcr.io/acme/{name}`.
///
/// `{name}` is the last component of the service's path, `{service}` the whole path with a dash for each slash. All other
/// text is literal; a template need not have any placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTemplate {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Name,
    Service,
}

/// Why a text is not an [`ImageTemplate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageTemplateError {
    /// A placeholder that does not exist.
    UnknownPlaceholder(String),
    /// An opening brace without a closing one, or the other way round.
    UnmatchedBrace,
    /// It makes no image repository, whatever the service is called.
    NoRepository(ImageRepositoryError),
}

impl ImageTemplate {
    /// The image repository of the service at `path`.
    ///
    /// # Errors
    /// The path makes it none: it has uppercase letters, for example.
    pub fn resolve(&self, path: &str) -> Result<ImageRepository, ImageRepositoryError> {
        self.text_for(path).parse()
    }

    /// As [`ImageTemplate::resolve`], whether or not it is a repository.
    pub fn text_for(&self, path: &str) -> String {
        let fill = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Name => short_name(path).to_owned(),
            Part::Service => path.replace('/', "-"),
        };
        self.parts.iter().map(fill).collect()
    }

    /// Whether different services can have different images by it.
    pub fn names_service(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Literal(_)))
    }
}

impl FromStr for ImageTemplate {
    type Err = ImageTemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |piece| match piece {
            Ok(Piece::Literal(literal)) => Ok(Part::Literal(literal.to_owned())),
            Ok(Piece::Placeholder("name")) => Ok(Part::Name),
            Ok(Piece::Placeholder("service")) => Ok(Part::Service),
            Ok(Piece::Placeholder(other)) => Err(ImageTemplateError::UnknownPlaceholder(other.to_owned())),
            Err(UnmatchedBrace) => Err(ImageTemplateError::UnmatchedBrace),
        };
        let parts = pieces(text).map(part).collect::<Result<_, _>>()?;
        let template = ImageTemplate { text: text.to_owned(), parts };
        // Any plain name will do: a template that makes no repository of that makes none of others.
        template.resolve("services/api").map_err(ImageTemplateError::NoRepository)?;
        Ok(template)
    }
}

/// As it is written.
impl fmt::Display for ImageTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for ImageTemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageTemplateError::UnknownPlaceholder(name) => {
                write!(f, "unknown placeholder {{{name}}} in an image: use {{name}} or {{service}}")
            }
            ImageTemplateError::UnmatchedBrace => f.write_str("unmatched brace in an image"),
            ImageTemplateError::NoRepository(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ImageTemplateError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resolved(template: &str, path: &str) -> String {
        template.parse::<ImageTemplate>().unwrap().text_for(path)
    }

    #[test]
    fn placeholders_are_the_services() {
        for (template, expected) in [
            ("ghcr.io/acme/{name}", "ghcr.io/acme/orders"),
            ("ghcr.io/acme/{service}", "ghcr.io/acme/apps-orders"),
            ("{name}/{service}-x", "orders/apps-orders-x"),
            ("acme/one", "acme/one"),
            ("registry.example:5000/{name}", "registry.example:5000/orders"),
        ] {
            assert_eq!(resolved(template, "apps/orders"), expected);
        }
        assert!("acme/one".parse::<ImageTemplate>().is_ok_and(|template| !template.names_service()));
    }

    #[test]
    fn what_makes_no_repository_is_refused() {
        let refused = |text: &str| text.parse::<ImageTemplate>().unwrap_err();
        assert_eq!(refused("a/{svc}"), ImageTemplateError::UnknownPlaceholder("svc".to_owned()));
        for text in ["a/{name", "a/name}", "}{name}"] {
            assert_eq!(refused(text), ImageTemplateError::UnmatchedBrace, "{text}");
        }
        for text in
            ["", "https://ghcr.io/{name}", "acme/{name}:1", "acme/{name}/", "acme/Web", "acme/{name} "]
        {
            assert!(matches!(refused(text), ImageTemplateError::NoRepository(_)), "{text}");
        }
        let template: ImageTemplate = "acme/{name}".parse().unwrap();
        assert!(template.resolve("apps/Orders").is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[a-z{}/:@ ]{0,20}|(\\{name\\}|\\{service\\}|/|a){0,6}", path in "\\PC{0,20}") {
            if let Ok(template) = text.parse::<ImageTemplate>() {
                let _ = template.resolve(&path);
            }
        }
    }
}
