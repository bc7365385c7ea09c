//! `imgver promote`.

use super::args::PromoteArgs;
use super::reply::Reply;
use crate::error::Result;
use crate::ops::Checkout;
use crate::world::World;

pub(super) fn promote(args: &PromoteArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let _ = (args, checkout, world);
    Ok(Reply::default())
}
