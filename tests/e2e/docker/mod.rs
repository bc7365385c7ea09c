//! `imgver build`, this repository's services and its workflows with the real docker, buildx, BuildKit, registry and act.
//! `scripts/with-docker` starts what must run. `scripts/e2e` runs this.

mod builders;
mod builds;
mod definitions;
mod dockerignore;
mod failures;
mod images;
mod inputs;
mod missing;
mod promotions;
mod releases;
mod reproducible;
mod services;
pub(crate) mod shop;
mod stack;
mod workflows;
mod workspace;
