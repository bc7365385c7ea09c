//! Copies of images between repositories, as data.

use super::DockerCommand;
use super::command::Args;
use crate::domain::{Digest, ImageRepository, ImageTag, Reference};

/// What a registry has, to be had under another name as well: the same bytes, the same digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageCopy {
    /// The repository that has it.
    pub source: ImageRepository,
    /// What it is.
    pub digest: Digest,
    /// The new name: a tag in the same repository, or in another.
    pub target: Reference,
    /// The builder, by whose settings docker reaches registries; none means the selected one.
    pub builder: Option<String>,
}

impl ImageCopy {
    /// Whether it is only a new tag, in the repository that has the image.
    pub fn is_tag(&self) -> bool {
        self.source.in_full() == self.target.repository.in_full()
    }

    /// The source, as docker takes it: `REPOSITORY@DIGEST`.
    pub fn source(&self) -> String {
        format!("{}@{}", self.source, self.digest)
    }

    /// The same under a tag that nobody else uses, which names the image when all of it is there: `copy-` and the beginning of its
    /// digest. Another run uses the same, so there is one for each image that was copied.
    #[must_use]
    pub fn aside(&self) -> Self {
        let tag = ImageTag::of_copy(&self.digest);
        let target = Reference { repository: self.target.repository.clone(), tag };
        ImageCopy { target, ..self.clone() }
    }

    /// The run of docker that makes it.
    ///
    /// Without `--prefer-index=false`, buildx makes an index around an image that is none, which has another digest ("docker
    /// buildx imagetools create" in docker's documentation).
    pub fn command(&self) -> DockerCommand {
        self.create(&["--prefer-index=false", "--tag", &self.target.to_string()])
    }

    /// The same for a buildx before 0.15, which does not know that flag and always makes an index around an image that is none.
    pub fn command_of_old(&self) -> DockerCommand {
        self.create(&["--tag", &self.target.to_string()])
    }

    /// The question what [`ImageCopy::command_of_old`] would write.
    pub fn question_of_old(&self) -> DockerCommand {
        self.create(&["--dry-run"])
    }

    /// Whether the answer to [`ImageCopy::question_of_old`], a manifest and a line break, is this very image.
    pub fn is_same(&self, answer: &[u8]) -> bool {
        let manifest = answer.strip_suffix(b"\n").unwrap_or(answer);
        self.digest.is_of(manifest)
    }

    fn create(&self, options: &[&str]) -> DockerCommand {
        let mut args = Args(vec!["buildx".into(), "imagetools".into(), "create".into()]);
        args.options("--builder", self.builder.as_ref());
        args.0.extend(options.iter().map(Into::into));
        args.0.push(self.source().into());
        DockerCommand {
            title: format!("docker buildx imagetools create of {}", self.target),
            args: args.0,
            env: Vec::new(),
            stdin: None,
        }
    }

    /// As a shell takes it: a POSIX command line; a comment where no program does it.
    pub fn to_shell(&self) -> Vec<u8> {
        let mut line = match self.is_tag() {
            true => format!("# imgver tags {} as {}", self.source(), self.target).into_bytes(),
            false => self.command().to_shell(),
        };
        line.push(b'\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(source: &str, target: &str, builder: Option<&str>) -> ImageCopy {
        let (repository, tag) = Reference::split(target);
        ImageCopy {
            source: source.parse().unwrap(),
            digest: Digest::of(b"image"),
            target: Reference {
                repository: repository.unwrap().parse().unwrap(),
                tag: tag.unwrap().parse().unwrap(),
            },
            builder: builder.map(ToOwned::to_owned),
        }
    }

    #[test]
    fn another_repository_is_written_by_docker() {
        let digest = Digest::of(b"image");
        for (builder, expected) in [(None, ""), (Some("b 1"), " --builder 'b 1'")] {
            let copy = copy("a.example/x", "b.example/x:1.0.0", builder);
            let line = format!(
                "docker buildx imagetools create{expected} '--prefer-index=false' --tag b.example/x:1.0.0 a.example/x@{digest}\n"
            );
            assert!(!copy.is_tag());
            assert_eq!(String::from_utf8(copy.to_shell()).unwrap(), line);
        }
    }

    #[test]
    fn a_copy_aside_is_the_same_image_in_the_same_repository() {
        let copy = copy("a.example/x", "b.example/x:1.0.0", Some("b"));
        let aside = copy.aside();
        let tag = aside.target.tag.clone();
        assert!(tag.as_str().starts_with("copy-") && tag.as_str().len() == 17 && !tag.is_release(), "{tag}");
        assert!(copy.digest.as_str().starts_with(&tag.as_str().replace("copy-", "sha256:")));
        assert_eq!(aside.aside(), aside);
        assert_eq!(ImageCopy { target: copy.target.clone(), ..aside }, copy);
    }

    #[test]
    fn an_old_buildx_is_trusted_with_what_it_would_not_change() {
        let copy = copy("a.example/x", "b.example/x:1.0.0", None);
        assert!(copy.is_same(b"image\n") && copy.is_same(b"image"));
        assert!(!copy.is_same(b"image\n\n") && !copy.is_same(b"{\"manifests\": []}\n") && !copy.is_same(b""));
        let has = |command: DockerCommand, word: &str| command.args.iter().any(|arg| arg == word);
        assert!(has(copy.command(), "--tag") && has(copy.command(), "--prefer-index=false"));
        assert!(has(copy.command_of_old(), "--tag") && !has(copy.command_of_old(), "--prefer-index=false"));
        assert!(has(copy.question_of_old(), "--dry-run") && !has(copy.question_of_old(), "--tag"));
    }

    #[test]
    fn a_repository_is_the_same_however_it_is_written() {
        let copy = copy("docker.io/team/x", "team/x:1", None);
        assert!(copy.is_tag());
        assert!(copy.to_shell().starts_with(b"# imgver tags docker.io/team/x@sha256:"));
    }
}
