//! Where a browser may be sent in the end.

use http::Uri;

/// Schemes that run what follows them.
const RUNNING: [&str; 4] = ["javascript", "data", "vbscript", "blob"];

/// Whether a text is an address that a browser may be sent to at all.
pub(crate) fn well_formed(uri: &str) -> Result<(), String> {
    let wrong =
        || "an address is written as https://app.example.com/connected, without a fragment".to_owned();
    let printable =
        uri.bytes().all(|byte| byte.is_ascii_graphic()) && !uri.contains(['\\', '#', '<', '>', '"']);
    let (scheme, rest) = uri.split_once(':').ok_or_else(wrong)?;
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if uri.len() > 2000 || !printable || !named || rest.is_empty() {
        return Err(wrong());
    }
    if RUNNING.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Err(format!("`{scheme}:` is no place to send a browser to"));
    }
    if matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        let parsed: Uri = uri.parse().map_err(|_| wrong())?;
        let authority = parsed.authority().ok_or_else(wrong)?;
        if authority.as_str().contains('@') || authority.host().is_empty() {
            return Err("an address has no user name in it".to_owned());
        }
    }
    Ok(())
}

/// Whether a browser may be sent to `uri`: it stands on the list (whatever its query), or the list is empty and
/// it is this machine's or this server's own.
pub(crate) fn allowed(uri: &str, list: &[String], base: &str) -> Result<(), String> {
    well_formed(uri).map_err(|problem| format!("can not be used: {problem}"))?;
    let bare = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    if list.iter().any(|known| known == uri || bare(known) == bare(uri)) {
        return Ok(());
    }
    let parsed: Option<Uri> = uri.parse().ok();
    let own: Option<Uri> = base.parse().ok();
    let is_here = parsed.as_ref().is_some_and(|uri| {
        uri.host().is_some_and(is_loopback)
            || (uri.scheme() == own.as_ref().and_then(Uri::scheme)
                && uri.authority().is_some()
                && uri.authority() == own.as_ref().and_then(Uri::authority))
    });
    if list.is_empty() && is_here {
        return Ok(());
    }
    Err("is not on this environment's list: add it with PUT /environment/redirect-uris".to_owned())
}

/// Whether a host is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// An address with further parameters.
pub(crate) fn with(uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        query.append_pair(name, value);
    }
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", query.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://crm.example.com";

    #[test]
    fn only_what_stands_on_the_list_is_allowed() {
        let list = [
            "https://app.example.com/done".to_owned(),
            "myapp://back".to_owned(),
        ];
        for good in [
            "https://app.example.com/done",
            "https://app.example.com/done?user=7",
            "myapp://back",
        ] {
            assert_eq!(allowed(good, &list, BASE), Ok(()), "{good}");
        }
        for bad in [
            "https://app.example.com/",
            "https://app.example.com/done/",
            "https://app.example.com/done/../x",
            "https://app.example.com.evil.example/done",
            "http://app.example.com/done",
            "https://app.example.com:444/done",
            "https://user@app.example.com/done",
            "http://localhost/done",
            "https://app.example.com/done#x",
            "//app.example.com/done",
            "javascript:alert(1)",
            "https:\\\\app.example.com",
            "",
        ] {
            assert!(allowed(bad, &list, BASE).is_err(), "{bad}");
        }
    }

    #[test]
    fn without_a_list_only_this_machine_and_this_server() {
        for good in [
            "http://localhost:3000/done",
            "http://127.0.0.1/x",
            "http://[::1]:5/x",
            "https://crm.example.com/x",
        ] {
            assert_eq!(allowed(good, &[], BASE), Ok(()), "{good}");
        }
        for bad in [
            "http://localhost@evil.example/",
            "http://localhost.evil.example/",
            "http://crm.example.com/x",
            "https://evil.example/",
            "myapp://back",
            "data:text/html,x",
        ] {
            assert!(allowed(bad, &[], BASE).is_err(), "{bad}");
        }
    }

    #[test]
    fn parameters_are_encoded() {
        assert_eq!(
            with("https://a/?b=c", &[("error", "a b&c")]),
            "https://a/?b=c&error=a+b%26c"
        );
    }
}
