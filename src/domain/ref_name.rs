//! What git takes for the name of a tag.

/// Why git refuses a tag called `name`, as the end of a sentence; none if it does not. The rules are those of
/// git-check-ref-format(1) for a ref below `refs/tags/`, and git-tag(1) takes no name with a dash in front.
pub fn tag_name_fault(name: &str) -> Option<String> {
    let is_barred = |letter: char| {
        letter.is_ascii_control() || matches!(letter, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\')
    };
    if let Some(letter) = name.chars().find(|letter| is_barred(*letter)) {
        return Some(format!("contains {letter:?}"));
    }
    let found = ["..", "@{", "//"].into_iter().find(|text| name.contains(text));
    let begins = ["-", "/"].into_iter().find(|text| name.starts_with(text));
    let ends = [".", "/"].into_iter().find(|text| name.ends_with(text));
    let of_part = || {
        let part = name.split('/').find(|part| part.starts_with('.') || part.ends_with(".lock"))?;
        Some(format!("has the part '{part}', and none may begin with '.' or end with '.lock'"))
    };
    found
        .map(|text| format!("contains '{text}'"))
        .or_else(|| begins.map(|text| format!("begins with '{text}'")))
        .or_else(|| ends.map(|text| format!("ends with '{text}'")))
        .or_else(of_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_refuses_is_found() {
        for name in
            ["1.0.0", "v1.0.0", "services/api@1.0.0", "a-b_c+d#e%", "é", "lock", "a.lock.b", "a{b}", "a@b"]
        {
            assert_eq!(tag_name_fault(name), None, "{name}");
        }
        for (name, fault) in [
            ("a 1", "contains ' '"),
            ("a\t1", "contains '\\t'"),
            ("a\u{7f}1", "contains '\\u{7f}'"),
            ("a~1", "contains '~'"),
            ("a^1", "contains '^'"),
            ("a:1", "contains ':'"),
            ("a?", "contains '?'"),
            ("a*", "contains '*'"),
            ("a[", "contains '['"),
            ("a\\1", "contains '\\\\'"),
            ("a..1", "contains '..'"),
            ("a@{1", "contains '@{'"),
            ("a//1", "contains '//'"),
            ("-1", "begins with '-'"),
            ("/1", "begins with '/'"),
            ("1/", "ends with '/'"),
            ("1.", "ends with '.'"),
        ] {
            assert_eq!(tag_name_fault(name).as_deref(), Some(fault), "{name}");
        }
        for name in [".1", "a/.1", "1.lock", "a.lock/1"] {
            assert!(tag_name_fault(name).is_some_and(|fault| fault.starts_with("has the part")), "{name}");
        }
    }
}
