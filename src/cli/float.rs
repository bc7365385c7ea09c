//! `imgver float`.

use super::args::FloatArgs;
use super::reply::Reply;
use crate::error::Result;
use crate::ops::Checkout;
use crate::world::World;

pub(super) fn float(args: &FloatArgs, checkout: &Checkout, world: &World<'_>) -> Result<Reply> {
    let _ = (args, checkout, world);
    Ok(Reply::default())
}
