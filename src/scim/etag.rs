//! Entity tags (RFC 7644 section 3.14): weak, from the number of changes of the row.

/// The entity tag of a version.
pub fn weak(version: i64) -> String {
    format!("W/\"{version}\"")
}

/// Whether a request with this `If-Match` may proceed: there is none, it is `*`, or it lists the version.
pub fn if_match_holds(header: Option<&str>, version: i64) -> bool {
    header.is_none_or(|header| lists(header, version))
}

/// Whether the client has this version already, by its `If-None-Match`: then a GET answers 304.
pub fn is_not_modified(header: Option<&str>, version: i64) -> bool {
    header.is_some_and(|header| lists(header, version))
}

/// Tags are compared weakly: `"7"` is `W/"7"` (RFC 9110 section 8.8.3.2).
fn lists(header: &str, version: i64) -> bool {
    let version = version.to_string();
    header.split(',').map(str::trim).any(|tag| {
        let opaque = tag.strip_prefix("W/").unwrap_or(tag);
        tag == "*" || opaque.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) == Some(version.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scim_074_tags_are_weak_and_compared_weakly() {
        for header in [None, Some("*"), Some("W/\"7\""), Some("\"7\""), Some("\"1\", W/\"7\"")] {
            assert!(if_match_holds(header, 7), "{header:?}");
        }
        for header in ["W/\"8\"", "7", "", "\"77\"", "W/"] {
            assert!(!if_match_holds(Some(header), 7), "{header}");
        }
        assert!(is_not_modified(Some(&weak(7)), 7) && !is_not_modified(None, 7));
    }
}
