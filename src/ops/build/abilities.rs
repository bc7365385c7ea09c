//! What docker must be able to do for a build, asked before anything is built.

use crate::domain::Platform;
use crate::error::{Error, Kind, Result};
use crate::images::docker::Docker;
use crate::images::{Options, Output};

/// The platforms of one image.
pub(super) struct ImagePlatforms<'a> {
    /// The service that the configuration gives them to; none if a flag names them.
    pub(super) configured: Option<&'a str>,
    /// The platforms.
    pub(super) platforms: &'a [Platform],
}

/// Checks that docker supports `options` and the platforms of all `images` before anything is built, and returns the warnings.
///
/// # Errors
/// There is no buildx or builder, or no daemon where one is needed; several platforms that it cannot store.
pub(super) fn check(
    docker: &Docker,
    options: &Options,
    images: &[ImagePlatforms<'_>],
) -> Result<Vec<String>> {
    docker.buildx()?;
    let builder = docker.builder(options.builder.as_deref())?;
    // The driver `docker` builds inside the daemon. If that does not run, buildx reports no driver.
    let is_local = matches!(&*builder.driver, "docker" | "");
    let needs_daemon = is_local || options.output == Output::Load;
    if needs_daemon
        && !docker.daemon()?.has_image_store
        && let Some(image) = images.iter().find(|image| image.platforms.len() > 1)
    {
        return Err(several_platforms(image, options.output, is_local));
    }
    let mut warnings: Vec<String> = builder
        .errors
        .iter()
        .map(|error| format!("the builder {} reports an error: {error}", builder.name))
        .collect();
    let mut foreign: Vec<&Platform> = Vec::new();
    for platform in images.iter().flat_map(|image| image.platforms) {
        if !builder.runs(platform) && !foreign.contains(&platform) {
            foreign.push(platform);
        }
    }
    warnings.extend(foreign.iter().map(|platform| {
        format!(
            "the builder {} cannot run {}: RUN steps for that platform will fail (docker run --privileged --rm tonistiigi/binfmt --install all adds emulation)",
            builder.name, platform.as_str()
        )
    }));
    Ok(warnings)
}

/// The error if the local docker would have to store `image`, which is for several platforms.
fn several_platforms(image: &ImagePlatforms<'_>, output: Output, is_local: bool) -> Error {
    let why =
        "the local docker cannot store multi-platform images: it does not use the containerd image store";
    let names: Vec<&str> = image.platforms.iter().map(Platform::as_str).collect();
    let error = match image.configured {
        Some(service) => {
            let message = format!("{service} is built for {}, but {why}", names.join(" and "));
            let one = names.first().copied().unwrap_or_default();
            Error::new(Kind::Usage, message).hint(format!("--platform {one} builds and loads just that one"))
        }
        None => Error::new(Kind::Usage, why),
    };
    let elsewhere =
        "docker buildx create --driver docker-container --use creates a builder that can push them";
    match output {
        Output::Load | Output::AsGiven if !is_local => error.hint("push the images instead, with --push"),
        Output::Load | Output::AsGiven => {
            error.hint(format!("push the images instead, with --push; {elsewhere}"))
        }
        Output::Push => error.hint(elsewhere),
    }
    .hint("or enable the image store: https://docs.docker.com/go/containerd-image-store/")
}
