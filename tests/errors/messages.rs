pub(crate) fn missing(_: &str) -> Vec<String> {
    Vec::new()
}
