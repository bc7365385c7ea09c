//! Texts reach buildx as they were given, whatever they would mean to bake.

use serde_json::Value;

use super::shop::Shop;
use crate::support::Rng;

#[test]
#[ignore = "scripts/e2e runs it"]
fn every_text_survives_the_definition() {
    let shop = Shop::new("definitions");
    let parts = [
        "$", "%", "{", "}", "~", "\"", "\\", "a", "\n", " ", "\r", "\t", "é", "u0024", "if true", "=", ",",
        "💣",
    ];
    let mut rng = Rng::new(4);
    let mut texts: Vec<String> =
        ["${x}", "%{y}", "$${", "$$${x}", "%%{", "a$%{b}", "\r${", "%{if true}x%{endif}", "${", "'", ""]
            .map(ToOwned::to_owned)
            .to_vec();
    for _ in 0..600 {
        let length = rng.within(0..12);
        texts.push((0..length).map(|_| *rng.pick(&parts)).collect());
    }
    let mut args = vec!["--all".to_owned()];
    for (number, text) in texts.iter().enumerate() {
        args.extend([format!("--build-arg=A{number}={text}"), format!("--label=l{number}={text}")]);
    }
    args.extend(["--".to_owned(), "--print".to_owned()]);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let understood: Value = shop.build(&args).run().json();
    for target in ["api-golang", "client-react"] {
        let target = &understood["target"][target];
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(target["args"][format!("A{number}")], **text);
            assert_eq!(target["labels"][format!("l{number}")], **text);
        }
    }
}
