//! `authentication.conf`, as brz reads it.

use monkeyfarm_plugin_api::Failure;
use monkeyfarm_vcs_kit::login::Credentials;

/// The file that tells brz these credentials; none without any.
pub(crate) fn text(all: &[Credentials]) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    for (number, given) in all.iter().enumerate() {
        let (scheme, host) = given.place.split_once("://").unwrap_or_default();
        let (host, port) = match host.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (host, None),
        };
        text += &format!("[{number}]\nscheme = {scheme}\nhost = {host}\n");
        if let Some(port) = port {
            text += &format!("port = {port}\n");
        }
        text += &format!("user = {}\npassword = {}\n", quoted(given, &given.user)?, {
            quoted(given, &given.password)?
        });
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A text as a value of that file, whatever is in it.
fn quoted(given: &Credentials, text: &str) -> Result<String, Failure> {
    let quote = ["\"", "'", "'''"].into_iter().find(|quote| !text.contains(quote));
    let fits = !text.contains(char::is_control) && !text.ends_with('\'');
    match quote.filter(|quote| fits || (*quote == "\"" && !text.contains(char::is_control))) {
        Some(quote) => Ok(format!("{quote}{text}{quote}")),
        None => Err(Failure::new(format!(
            "the user or password for {} has characters that brz cannot be told",
            given.place
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_password_stays_in_it() {
        let given = |password: &str| Credentials {
            place: "https://h:81".into(),
            user: "joe".into(),
            password: password.into(),
        };
        let text = |password| text(&[given(password)]);
        assert_eq!(
            text("a#b, 'c'").unwrap().unwrap(),
            "[0]\nscheme = https\nhost = h\nport = 81\nuser = \"joe\"\npassword = \"a#b, 'c'\"\n"
        );
        assert!(text("a\"b").unwrap().unwrap().ends_with("password = 'a\"b'\n"));
        assert!(text("a\"b'c").unwrap().unwrap().ends_with("password = '''a\"b'c'''\n"));
        let sentence = text("a\nuser = x").unwrap_err().sentence;
        assert!(sentence.starts_with("the user or password for https://h:81"), "{sentence}");
        assert!(super::text(&[]).unwrap().is_none());
    }
}
