//! `imgver.yaml`: what it cannot say, its schema for editors, and its page in the documentation.

mod page;
pub(crate) mod refusals;
mod schema;
mod services;

use imgver::config::Config;

#[test]
fn what_is_wrong_is_named_at_its_place() {
    let mut wrong = Vec::new();
    for refusal in refusals::all() {
        let text = refusal.text();
        match Config::parse(&text) {
            Ok(_) => wrong.push(format!("{}: accepted\n{text}", refusal.what)),
            Err(error) => {
                let place = error.location.map(|place| (place.line, place.column));
                if place != Some(refusal.place()) || !error.message.contains(refusal.says) {
                    wrong.push(format!("{}: {place:?} {error}\n{text}", refusal.what));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
